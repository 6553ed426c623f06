"""How long trouble that may pass is waited out, and with which pauses: a little longer than Tiled's client does."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from .prompts import is_invited

LONGEST = 60.0  # seconds in all; Tiled's own retries end after 45 at the latest
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # httpx ends a flow after 20 requests


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


_pause: Callable[[float], None] = _wait


def pause_by(wait: Callable[[float], None] | None) -> None:
    """Replace how a pause is waited for; a notebook obeys its stop button meanwhile. None restores it."""
    global _pause
    _pause = wait or _wait


class Patience:
    """The pauses of one request, or of one refresh that many requests wait for."""

    def __init__(self) -> None:
        self._until = time.monotonic() + LONGEST
        self._next = FIRST_PAUSE

    def rest(self, at_least: float | None = None) -> bool:
        """Wait before the next try.

        Parameters
        ----------
        at_least : float or None
            Seconds the server asks for.

        Returns
        -------
        bool
            False, without waiting, where the time is over, or nobody has asked for data (a repr, say).
        """
        left = self._until - time.monotonic()
        if left <= 0 or not is_invited():
            return False
        pause = self._next * random.uniform(0.75, 1.0)  # noqa: S311 - many kernels need not come back together
        self._next = min(2 * self._next, LONGEST_PAUSE)
        _pause(min(max(pause, at_least or 0.0), left))
        return True
