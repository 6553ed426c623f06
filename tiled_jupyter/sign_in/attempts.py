"""A state that changes under one lock, and a worker thread for each attempt to change it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from ..background import in_background
from ..oauth.exchange import Refused, explain
from ..session.patience import in_own_time
from ..state.events import Delayed, Event, Failed, transition
from ..state.states import State

_PAUSE = 5.0  # seconds, where a server in trouble does not say how long
_Answer = TypeVar("_Answer")
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

    def patiently(
        self, attempt: int, until: float, ask: Callable[[], _Answer], *, only_when_told: bool = False
    ) -> _Answer | None:
        """Ask again, visibly, while that may help; None where the answer is not wanted any more.

        Parameters
        ----------
        attempt : int
        until : float
            On the monotonic clock.
        ask : callable
        only_when_told : bool
            Ask again only where the server says when, because what is sent is not to be sent twice.
        """
        while True:
            try:
                return ask()
            except Refused as refused:
                pause = max(in_own_time(refused.retry_after or _PAUSE), 1.0)
                told = refused.retry_after is not None or not only_when_told
                if not (refused.passing and told) or time.monotonic() + pause >= until:
                    raise
                words = trouble(refused, pause)
            self.apply(Delayed(attempt, words))
            if not self.rest(attempt, pause):
                return None
            self.apply(Delayed(attempt, None))


def trouble(refused: Refused, pause: float) -> str:
    """Return why an attempt takes longer."""
    sentence = refused.failure.sentence.partition(". ")[0].rstrip(".")
    return f"{sentence}. The next try comes by itself in {pause:.0f} s."
