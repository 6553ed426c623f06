"""How long trouble that may pass is waited out, and with which pauses: a server may take a minute to be restarted.

Many kernels lose it at the same moment. Each comes back at moments of its own, also where the server says when.
"""

from __future__ import annotations

import random
import time

from ..kernel import cells
from .prompts import is_invited

LONGEST = 90.0  # seconds in all; Tiled's own retries end after 45 at the latest
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 12.0  # httpx ends a flow after 21 requests, and these make 20 at most
_MOST_LATER = 30.0  # seconds


def in_own_time(seconds: float) -> float:
    """Return a little more than the seconds for which a server is to be left alone: everybody else is told the same."""
    return seconds + random.uniform(0.0, min(seconds / 4, _MOST_LATER))  # noqa: S311 - nobody's secret


class Patience:
    """The pauses of one request, or of one refresh that many requests wait for."""

    def __init__(self) -> None:
        self._until = time.monotonic() + LONGEST * random.uniform(0.9, 1.0)  # noqa: S311 - nobody's secret
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
        pause = self._next * random.uniform(0.5, 1.0)  # noqa: S311 - nobody's secret
        self._next = min(2 * self._next, LONGEST_PAUSE)
        cells.pause(min(max(pause, in_own_time(at_least or 0.0)), left))
        return True
