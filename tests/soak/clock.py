"""Time that passes while every thread of the package waits, and only then: a day is over in a minute.

with Clock() as clock:
    ...          # `time`, `queue` and `threading` of the package's modules are this clock's, and nobody else's

What a thread does takes no time. Where all of them wait, it becomes as late as the first of them waits for.
"""

from __future__ import annotations

import contextlib
import math
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

# Waits for the threads of ipykernel, whose time is everybody's.
_OF_OTHERS = ("tiled_jupyter.kernel.mailbox", "threading")


class _Wait:
    def __init__(self, is_over: Callable[[], bool], end: float) -> None:
        self.is_over, self.end, self.goes_on = is_over, end, False


class Clock:
    """The time, and who waits for it; entered by the thread that begins all others."""

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._ahead = 0.0
        self._begun, self._date = time.monotonic(), time.time()
        self._running = 1
        self._waits: list[_Wait] = []
        self._undo = contextlib.ExitStack()

    def monotonic(self) -> float:
        """Return what `time.monotonic` would."""
        return self._begun + self._ahead

    def time(self) -> float:
        """Return what `time.time` would."""
        return self._date + self._ahead

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.wait(lambda: False, seconds)

    def wait(self, is_over: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until something is the case, of which `look` must be told, or until it is so much later."""
        with self._turn:
            wait = _Wait(is_over, math.inf if seconds is None else self._ahead + max(seconds, 0.0))
            self._waits.append(wait)
            self._running -= 1
            self.look()
            while not wait.goes_on:
                self._turn.wait()
            return is_over()

    def look(self) -> None:
        """Look who waits no longer; if nobody does anything, it becomes later."""
        with self._turn:
            over = [wait for wait in self._waits if wait.end <= self._ahead or wait.is_over()]
            if not over and not self._running and self._waits:
                end = min(wait.end for wait in self._waits)
                if end < math.inf:  # else what comes from outside ends it
                    self._ahead = end
                    over = [wait for wait in self._waits if wait.end <= end]
            for wait in over:
                wait.goes_on = True
                self._waits.remove(wait)
            self._running += len(over)
            self._turn.notify_all()

    @contextlib.contextmanager
    def runs(self) -> Iterator[None]:
        """Count a thread that has been announced by `one_more`."""
        try:
            yield
        finally:
            with self._turn:
                self._running -= 1
                self.look()

    def one_more(self) -> None:
        """Hold the time back before a thread that is about to start has begun to wait."""
        with self._turn:
            self._running += 1

    def __enter__(self) -> Clock:
        """Set this time in the modules of the package that are loaded."""
        clock = self
        modules = {
            "time": _Like(time, monotonic=self.monotonic, time=self.time),
            "queue": _Like(queue, SimpleQueue=type("SimpleQueue", (_Queue,), {"clock": clock})),
            "threading": _Like(
                threading,
                Event=type("Event", (_Event,), {"clock": clock}),
                Condition=type("Condition", (_Condition,), {"clock": clock}),
                Thread=type("Thread", (_Thread,), {"clock": clock}),
            ),
        }
        for name, module in tuple(sys.modules.items()):
            if name.partition(".")[0] == "tiled_jupyter":
                for theirs, ours in modules.items():
                    if vars(module).get(theirs) is sys.modules[theirs] and (name, theirs) != _OF_OTHERS:
                        setattr(module, theirs, ours)
                        self._undo.callback(setattr, module, theirs, sys.modules[theirs])
        return self

    def __exit__(self, *_: object) -> None:
        """Return it back."""
        self._undo.close()


class _Like(SimpleNamespace):
    """A module, with some of its names made differently."""

    def __init__(self, module: Any, **ours: Any) -> None:
        super().__init__(**ours)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


class _Queue:
    clock: Clock

    def __init__(self) -> None:
        self._things: deque[Any] = deque()

    def __class_getitem__(cls, _kind: object) -> Any:
        return cls

    def put(self, thing: Any) -> None:
        self._things.append(thing)
        self.clock.look()

    def get(self, timeout: float | None = None) -> Any:
        end = None if timeout is None else self.clock.monotonic() + timeout
        while True:
            with contextlib.suppress(IndexError):
                return self._things.popleft()
            left = None if end is None else end - self.clock.monotonic()
            if not self.clock.wait(lambda: bool(self._things), left) and left is not None:
                raise queue.Empty


class _Event:
    clock: Clock

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self.clock.look()

    def clear(self) -> None:
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        return self._is_set or self.clock.wait(self.is_set, timeout)


class _Condition:
    clock: Clock

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self._told = 0

    def __enter__(self) -> Any:
        return self._lock.__enter__()

    def __exit__(self, *error: Any) -> Any:
        return self._lock.__exit__(*error)

    def notify_all(self) -> None:
        self._told += 1
        self.clock.look()

    def wait_for(self, is_so: Callable[[], bool], timeout: float) -> bool:
        end = self.clock.monotonic() + timeout
        while not is_so() and self.clock.monotonic() < end:
            told = self._told
            self._lock.release()
            self.clock.wait(lambda told=told: self._told != told, end - self.clock.monotonic())
            self._lock.acquire()
        return is_so()


class _Thread(threading.Thread):
    clock: Clock

    def start(self) -> None:
        self.clock.one_more()
        super().start()

    def run(self) -> None:
        with self.clock.runs():
            super().run()
