"""Threads that do something beside the running cell."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable


def in_background(work: Callable[[], object]) -> None:
    """Run a callable on a thread of its own, as part of the cell that began it.

    Parameters
    ----------
    work : callable
        Its output and comm messages belong to that cell, because it runs with a copy of its context.
    """
    threading.Thread(target=contextvars.copy_context().run, args=(work,), name="tiled-login", daemon=True).start()
