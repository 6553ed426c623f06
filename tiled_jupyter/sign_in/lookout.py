"""Looks for the sign-in of another kernel, for panels whose session has ended and in which nobody types.

One thread for the kernel, while there are such panels; a cell that waits looks by itself.
"""

from __future__ import annotations

import contextvars
import threading
import time
import weakref
from typing import Protocol

from ..kernel.memory import of_kernel

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0  # seconds; a tenth of how long it is looked already
_LONGEST = 86400.0  # seconds


class Ended(Protocol):
    """What shows that its session has ended."""

    @property
    def is_over(self) -> bool:
        """Whether it still does."""

    def look_for_saved(self) -> None:
        """Look whether somebody has signed in from another kernel."""


class _Lookout:
    """Those for which is looked, held weakly, and since when."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ended: weakref.WeakSet[Ended] = weakref.WeakSet()
        self.since = 0.0
        self.is_looking = False


def begin(ended: Ended) -> None:
    """Look for this one, until its session lives again or another sign-in takes its place."""
    here = of_kernel(_Lookout)
    with here.lock:
        here.ended.add(ended)
        here.since = time.monotonic()
        if here.is_looking:
            return
        here.is_looking = True
    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(_look, here), name="tiled-lookout", daemon=True).start()


def _look(here: _Lookout) -> None:
    pause = threading.Event()
    while True:
        looked = time.monotonic() - here.since
        pause.wait(min(max(looked / 10, _FIRST_PAUSE), _LONGEST_PAUSE))
        with here.lock:
            for one in [one for one in here.ended if looked > _LONGEST or not one.is_over]:
                here.ended.discard(one)
            found = list(here.ended)
            if not found:
                here.is_looking = False
                return
        for one in found:
            one.look_for_saved()
        del found
