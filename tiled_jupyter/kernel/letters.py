"""What the page of a widget says while somebody waits for it: letters, in a queue that any thread may read.

How they come into it stands in `mailbox`.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..masked import Masked
from ..state.wire import Transport
from . import cells
from .busy import say_busy

_BUSY_AGAIN = 5.0  # seconds; a hub's culler looks at most every few


class WaysIn(Protocol):
    """What brings letters."""

    @property
    def transport(self) -> Transport:
        """The channel the page should answer on."""

    def look(self) -> float:
        """Look for letters nobody was told of; give in how many seconds to look again."""


@dataclass(frozen=True)
class Letter:
    """One custom message of the page.

    Parameters
    ----------
    content : object
    typed : str
        What a person typed, which comes as a buffer beside it.
    """

    content: Any
    typed: Masked = Masked()  # noqa: RUF009 - it is immutable

    @classmethod
    def of(cls, content: Any, buffers: Sequence[Any] | None) -> Letter:
        """Open what came with its buffers."""
        return cls(content, Masked(bytes(buffers[0]), "utf-8", "replace") if buffers else Masked())


class Mailbox:
    """The letters of one widget while somebody waits for them. Any number of threads may read it."""

    def __init__(self, ways: WaysIn) -> None:
        self._ways = ways
        self._letters: queue.SimpleQueue[Letter | None] = queue.SimpleQueue()
        self._said_busy = 0.0
        self.cell: cells.Cell | None = None
        self.readers = 0

    @property
    def transport(self) -> Transport:
        """The channel the page should answer on."""
        return self._ways.transport

    def put(self, letter: Letter) -> None:
        """Deliver a letter, from any thread."""
        self._letters.put(letter)

    def wake(self) -> None:
        """Make every `get` that waits return; safe in a signal handler."""
        for _ in range(self.readers):
            self._letters.put(None)

    def get(self, timeout: float) -> Letter | None:
        """Wait for a letter.

        Parameters
        ----------
        timeout : float
            Seconds. Zero looks once.

        Returns
        -------
        Letter or None
            None when the time is over or `wake` was called.
        """
        if time.monotonic() - self._said_busy > _BUSY_AGAIN:
            self.say_busy()  # others make the kernel say `idle` too
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            try:
                return self._letters.get(timeout=max(0.0, min(left, self._ways.look())))
            except queue.Empty:
                if time.monotonic() >= end:
                    return None

    def join(self) -> None:
        """Count one more reader, and know in which cell it waits."""
        self.readers += 1
        if self.cell is None or not self.cell.running:
            self.cell = cells.current()

    def say_busy(self) -> None:
        """Tell the world that the cell is still running, if it is."""
        self._said_busy = time.monotonic()
        say_busy(self.cell)
