"""A state that changes under one lock, and a worker thread for each attempt to change it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..background import in_background
from ..oauth.exchange import explain
from ..state.events import Event, Failed, transition
from ..state.states import State

_log = logging.getLogger(__name__)


class Attempts:
    """Numbered attempts, of which only the latest counts.

    Parameters
    ----------
    state : State
        To begin with.
    on_change : callable
        Called with every new state, under the lock and from whatever thread.

    Attributes
    ----------
    state : State
        What is the case now.
    lock : threading.RLock
        Held while the state changes.
    """

    def __init__(self, state: State, on_change: Callable[[State], None]) -> None:
        self.state = state
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._on_change = on_change
        self._number = 0

    def apply(self, event: Event) -> None:
        """Change the state as an event demands."""
        with self.lock:
            new = transition(self.state, event)
            if new is not self.state:
                _log.debug("%s: %s, now %s", type(event).__name__, self.state.kind, new.kind)
                self.state = new
                self._changed.notify_all()
                self._on_change(new)

    def start(self, begin: Callable[[int], Event], work: Callable[[int], None], host: str) -> None:
        """Begin an attempt on a thread of its own.

        Parameters
        ----------
        begin : callable
            Makes the event that opens it, from its number. Where that event makes no sense, nothing begins.
        work : callable
            Does it. What it raises becomes the failure of the attempt, in a sentence that quotes nothing.
        host : str
            Whom the sentence blames.
        """
        with self.lock:
            self._number += 1
            number, before = self._number, self.state
            self.apply(begin(number))
            if self.state is before:
                return

        def run() -> None:
            try:
                work(number)
            except Exception as error:  # noqa: BLE001 - becomes a sentence; its request may hold a secret
                self.apply(Failed(number, explain(error, host)))

        in_background(run)

    def is_current(self, number: int) -> bool:
        """Whether the result of an attempt is still wanted. Ask under the lock."""
        return getattr(self.state, "attempt", None) == number

    def rest(self, number: int, seconds: float) -> bool:
        """Wait, in an attempt; a Cancel ends that at once.

        Returns
        -------
        bool
            Whether its result is still wanted.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self.is_current(number), max(seconds, 0.0))
            return self.is_current(number)
