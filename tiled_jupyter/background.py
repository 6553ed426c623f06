"""Threads that do something beside the running cell."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
_NAME = "tiled-login"


def in_background(work: Callable[[], object]) -> None:
    """Run a callable on a thread of its own, as part of the cell that began it.

    Parameters
    ----------
    work : callable
        Its output and comm messages belong to that cell, because it runs with a copy of its context.
    """
    threading.Thread(target=contextvars.copy_context().run, args=(work,), name=_NAME, daemon=True).start()


def begun(work: Callable[[], T]) -> Future[T]:
    """Run a callable as `in_background` does, and return what will hold what it returns or raises."""
    done = Future[T]()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 - for who asks for the result
            done.set_exception(error)

    in_background(run)
    return done


def finish(seconds: float) -> None:
    """Wait for what runs in the background, so many seconds at most, before the process ends and it with it."""
    until = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread.name == _NAME:
            thread.join(max(until - time.monotonic(), 0.0))
