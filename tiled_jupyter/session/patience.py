"""How long trouble that may pass is waited out, and with which pauses: a little longer than Tiled's client does."""

from __future__ import annotations

import random
import time

from ..kernel import cells
from .prompts import is_invited

LONGEST = 60.0  # seconds in all; Tiled's own retries end after 45 at the latest
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # httpx ends a flow after 20 requests


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
        cells.pause(min(max(pause, at_least or 0.0), left))
        return True
