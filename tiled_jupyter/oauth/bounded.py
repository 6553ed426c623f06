"""Let something take its time, and no longer: timeouts of connections do not bound who sends a byte now and then."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")


def within(seconds: float, work: Callable[[], _Result]) -> _Result:
    """Do `work` on a thread of its own, and give what it gives.

    Raises
    ------
    TimeoutError
        Where it takes longer; what comes of it then is nobody's.
    BaseException
        Whatever `work` raises.
    """
    done: queue.SimpleQueue[tuple[_Result] | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(),))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            done.put(error)

    try:
        threading.Thread(target=contextvars.copy_context().run, args=(run,), name="tiled-bounded", daemon=True).start()
    except RuntimeError:  # the process ends, and begins no threads any more
        return work()
    try:
        result = done.get(timeout=seconds)
    except queue.Empty:
        result = TimeoutError()
    try:
        if isinstance(result, BaseException):
            raise result
        return result[0]
    finally:
        del result  # else an error, and what its frames hold, would hold itself
