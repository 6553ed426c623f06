"""One kernel at a time where several share something: a lock of the operating system, which dies with its owner.

Best effort: where there are no locks (some network file systems), where nothing can be written, or where another
kernel does not let go, this goes on without. What is locked, and why, is the affair of who calls.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _give(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _give(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a fork may have the file open, too


LONG, SHORT = 20.0, 5.0  # seconds; a refresh by another kernel takes less, or has hung
_LOOK_AGAIN = 0.02  # seconds
_mine = threading.local()
_open: set[int] = set()


def _pause(seconds: float) -> bool:
    threading.Event().wait(seconds)
    return True


def _let_go_in_fork() -> None:
    """Hold nothing that the parent holds: its lock would outlive it with this process."""
    while _open:
        os.close(_open.pop())
    vars(_mine).clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_fork)


@contextlib.contextmanager
def one_kernel_at_a_time(
    directory: Path | None, patience: float = LONG, rest: Callable[[float], bool] = _pause
) -> Iterator[None]:
    """Keep the other kernels that share a token directory, and other threads, from what is done meanwhile.

    Parameters
    ----------
    directory : Path or None
        None where nothing is shared.
    patience : float
        Seconds after which this goes on without the lock.
    rest : callable
        Waits for some seconds; False where nobody wants this any more, which ends the waiting.
    """
    held: set[Path] = vars(_mine).setdefault("held", set())
    if directory is None or directory in held:
        yield
        return
    held.add(directory)
    descriptor = None
    try:
        with contextlib.suppress(OSError):
            descriptor = _opened(directory)
            _wait_for(descriptor, patience, rest)
        yield
    finally:
        held.discard(directory)
        if descriptor is not None:
            with contextlib.suppress(OSError):
                _give(descriptor)
            _open.discard(descriptor)
            os.close(descriptor)


def _opened(directory: Path) -> int:
    locks = directory.parent.with_name("locks")  # Tiled and people look into tokens/
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(locks / f"{directory.name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    _open.add(descriptor)
    return descriptor


def _wait_for(descriptor: int, patience: float, rest: Callable[[float], bool]) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            _take(descriptor)
        except (BlockingIOError, PermissionError):  # somebody has it
            if time.monotonic() >= until or not rest(_LOOK_AGAIN):
                return
        else:
            return
