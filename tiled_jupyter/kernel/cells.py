"""Which cell is running, and has its stop button been pressed?

A wait on a worker thread cannot see an interrupt: Python runs signal handlers on the main thread, which
may be blocked in ``future.result()``. And a plain wait inside a top-level-await cell cannot be stopped at
all, because ipykernel's handler there only schedules a cancellation on the loop that the wait blocks.
So for the length of each cell the SIGINT handler is wrapped: it raises a flag that every wait born in
that cell watches, and then does what it did before.

This does not interrupt anything itself, and does nothing outside a Jupyter kernel's main thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from types import FrameType
from typing import Any

from . import front_end
from .front_end import shell
from .memory import of_kernel

_STEP = 0.25  # seconds; on Windows the main thread hears the stop button only between two of them


class Cell:
    """One execution of a cell.

    Attributes
    ----------
    request : dict or None
        The message that asked for it.
    running : bool
        False once it has ended.
    stopped : bool
        True once the stop button was pressed.
    awaits : bool
        Whether it has a top-level await: then ipykernel's handler of the stop button cancels its task.
    """

    def __init__(self, request: Any = None) -> None:
        self.request = request
        self.begun = time.monotonic()
        self.running = True
        self.stopped = False
        self.awaits = False
        self._main_thread_waits = 0
        self._wakers: set[Callable[[], None]] = set()
        self._previous: Any = None

    @contextlib.contextmanager
    def watched(self, wake: Callable[[], None], *, blocking: bool) -> Iterator[None]:
        """Call `wake` when the stop button is pressed.

        Parameters
        ----------
        wake : callable
            Called from the signal handler: it must be safe to re-enter (`queue.SimpleQueue.put` is).
        blocking : bool
            Whether the caller blocks its thread. In the cell's own code it must then raise KeyboardInterrupt by
            itself, from a place where nothing is half done.
        """
        on_main = blocking and threading.current_thread() is threading.main_thread() and may_be_interrupted()
        self._wakers.add(wake)
        if on_main:  # the one thread that counts
            self._main_thread_waits += 1
        try:
            yield
        finally:
            if on_main:
                self._main_thread_waits -= 1
            self._wakers.discard(wake)

    def begin(self) -> None:
        """Wrap the interrupt handler, whichever it is now."""
        self._previous = signal.getsignal(signal.SIGINT)
        self.awaits = self._previous is not signal.default_int_handler
        signal.signal(signal.SIGINT, self._handle)

    def end(self) -> None:
        """Put the interrupt handler back, unless somebody else wrapped ours."""
        self.running = False
        if signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, self._previous)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        first = not self.stopped
        self.stopped = True
        for wake in tuple(self._wakers):
            wake()
        if first and self.running and self._main_thread_waits:
            return  # the wait raises KeyboardInterrupt
        if callable(self._previous):
            self._previous(signum, frame)
        elif self._previous == signal.SIG_DFL:
            signal.default_int_handler(signum, frame)


def may_be_interrupted() -> bool:
    """Whether KeyboardInterrupt may be raised here: it ends an asyncio loop that runs something beside the cell's code.

    On the main thread that is the kernel's, which would hear nothing more. What a thread raises may be awaited there.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # no loop runs in this thread
        cell = current()
        return threading.current_thread() is threading.main_thread() or cell is None or not cell.awaits
    # What runs a cell, and what handles a message, catch it.
    catches = (getattr(type(shell()), "run_code", None), getattr(type(front_end.kernel()), "dispatch_shell", None))
    codes = [function.__code__ for function in catches if function is not None]
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code not in codes:
        frame = frame.f_back
    return frame is not None


class _Cells:
    """The cells of this kernel.

    Attributes
    ----------
    current : Cell or None
        The one that is running.
    last : Cell or None
        The one that was begun last.
    watching : bool
        Whether they are noticed.
    """

    def __init__(self) -> None:
        self.current: Cell | None = None
        self.last: Cell | None = None
        self.watching = False


def watch() -> None:
    """Begin to notice cells, the running one included. More than once is once."""
    here, ip = of_kernel(_Cells), shell()
    if here.watching or ip is None or getattr(ip, "kernel", None) is None:
        return
    here.watching = True
    ip.events.register("pre_run_cell", _before_cell)
    ip.events.register("post_run_cell", _after_cell)
    if _request() is not None:
        _before_cell()


def unwatch() -> None:
    """Undo `watch`, and leave the interrupt handler as it was."""
    here, ip = of_kernel(_Cells), shell()
    if not here.watching or ip is None:
        return
    here.watching = False
    _after_cell()
    ip.events.unregister("pre_run_cell", _before_cell)
    ip.events.unregister("post_run_cell", _after_cell)


def current() -> Cell | None:
    """The cell that is running, if one is and it is watched."""
    return of_kernel(_Cells).current


def began_after(moment: float) -> bool | None:
    """Whether a cell was begun after a moment on the monotonic clock; None where cells are not watched."""
    here = of_kernel(_Cells)
    return None if not here.watching else here.last is not None and here.last.begun >= moment


def pause(seconds: float, done: Future[Any] | None = None) -> None:
    """Wait for some seconds, or until something is done, on whatever thread this is.

    Raises
    ------
    KeyboardInterrupt
        After the running cell's stop button.
    asyncio.CancelledError
        The same, beside the cell's own code in an asyncio loop.
    """
    cell, woken = current() or Cell(), queue.SimpleQueue[None]()
    until = time.monotonic() + seconds
    if done is not None:
        done.add_done_callback(lambda _: woken.put(None))
    with cell.watched(lambda: woken.put(None), blocking=True):
        while not cell.stopped and (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                woken.get(timeout=min(left, _STEP))
                break
    if cell.stopped:
        raise KeyboardInterrupt if may_be_interrupted() else asyncio.CancelledError


def when_idle() -> Callable[[Callable[[], object]], None] | None:
    """Return what has something done on this thread if no cell keeps it; None where it is no kernel's.

    It may be called on any thread. Where a cell awaits something nothing is done: the stop button would have to wait.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    if front_end.kernel() is None:
        return None

    def later(work: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the kernel ends
            loop.call_soon_threadsafe(lambda: None if current() is not None else work())

    return later


def in_its_output(display: Callable[[], None]) -> None:
    """Call `display` so that what it displays appears in the output of the running cell, on whatever thread this is.

    A thread that a person began has no request of its own on ipykernel 7, and gets the one handled last. That may
    be a message of a widget, which a subshell handles beside the cell: what is displayed for it is seen nowhere.
    """
    publisher: Any = getattr(shell(), "display_pub", None)
    has_request = threading.current_thread() is threading.main_thread() or any(
        variable.name == "parent_header" for variable in contextvars.copy_context()
    )
    cell = current()
    if cell is None or cell.request is None or has_request or not hasattr(publisher, "set_parent"):
        display()
        return
    request = cell.request

    def beside() -> None:
        publisher.set_parent(request)
        display()

    contextvars.copy_context().run(beside)  # this thread may outlive the cell


def _request() -> Any:
    request: Any = getattr(front_end.kernel(), "get_parent", dict)()
    return request if request.get("header", {}).get("msg_type") == "execute_request" else None


def _before_cell(*_info: object) -> None:
    if threading.current_thread() is not threading.main_thread():
        return  # a subshell's; signals belong to the main thread
    here = of_kernel(_Cells)
    if here.current is not None:
        here.current.end()
    here.current = here.last = Cell(_request())
    here.current.begin()


def _after_cell(*_result: object) -> None:
    here = of_kernel(_Cells)
    if here.current is not None and threading.current_thread() is threading.main_thread():
        here.current.end()
        here.current = None
