"""How a running cell hears its own widget. What we touch of ipykernel's own is here, in `page_load` and in `replies`.

While a cell runs, the kernel dispatches no message of the page: they wait behind the cell. Dispatching them
anyway from inside the cell runs other cells inside this one, loses the cell's figures, or kills the kernel
at the next interrupt. So nothing is dispatched. For as long as somebody waits, the custom messages of the
waiting widget are taken out on their way and put into a queue that the waiting thread reads, and what a page asks
that is being loaded is answered (`page_load`); nothing else is touched:

* tap (ipykernel >= 7): the shell socket is read by a thread of its own; its callback is swapped. What that thread has
  handed on before is looked through once, where the main thread waits.
* pump (ipykernel 6): the main thread moves what has arrived into the kernel's own queue and picks ours out.
* control (all, where the page can use that channel): a handler for ``comm_msg``. The only way in when a
  worker thread waits on ipykernel 6 and the main thread waits for the worker.

All of it is installed for the first wait and removed after the last. A kernel that lacks one of these
attributes is heard by the other ways, or not at all, which the waiting widget says after a few seconds.

A kernel in which a cell waits is said to be busy, because hubs cull those that seem idle, and every message that a
kernel handles beside the cell ends with its report that it is idle.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

from ..text import Masked
from . import cells, page_load
from .front_end import kernel as running_kernel

Channel: TypeAlias = Literal["shell", "control"]

# Whose content is read; a queued cell may be large, and is passed by again and again.
_LOOKED_INTO = ("comm_msg", "comm_open", "comm_info_request", "kernel_info_request")
_BUSY_AGAIN = 5.0  # seconds; a hub's culler looks at most every few
_STEP = 0.05  # seconds between two looks at ipykernel 6's socket
_DEAF_AFTER = 3.0  # seconds without a look at it
_TAP_WITHIN = 2.0  # seconds that a wait gives the thread of ipykernel 7 to begin to hear
_TAP_STEP = 0.5  # at the socket of ipykernel 7, which needs none when all is well


@dataclass(frozen=True)
class Letter:
    """One custom message of the page.

    Parameters
    ----------
    content : object
    typed : str
        What a person typed, which comes as a buffer beside it.
    """

    content: Any
    typed: Masked = Masked()  # noqa: RUF009 - it is immutable

    @classmethod
    def of(cls, content: Any, buffers: Sequence[Any] | None) -> Letter:
        """Open what came with its buffers."""
        return cls(content, Masked(bytes(buffers[0]), "utf-8", "replace") if buffers else Masked())


class Mailbox:
    """The letters of one widget while somebody waits for them. Any number of threads may read it."""

    def __init__(self, ways: _Board) -> None:
        self._ways = ways
        self._letters: queue.SimpleQueue[Letter | None] = queue.SimpleQueue()
        self._said_busy = 0.0
        self.cell: cells.Cell | None = None
        self.readers = 0

    @property
    def channel(self) -> Channel:
        """The channel the page should answer on."""
        return self._ways.channel

    @property
    def hears_shell(self) -> bool:
        """Whether what comes on the shell channel is heard: else no page without control, and none loaded now."""
        return self._ways.hear_shell

    def put(self, letter: Letter) -> None:
        """Deliver a letter, from any thread."""
        self._letters.put(letter)

    def wake(self) -> None:
        """Make every `get` that waits return; safe in a signal handler."""
        for _ in range(self.readers):
            self._letters.put(None)

    def get(self, timeout: float) -> Letter | None:
        """Wait for a letter.

        Parameters
        ----------
        timeout : float
            Seconds. Zero looks once.

        Returns
        -------
        Letter or None
            None when the time is over or `wake` was called.
        """
        if time.monotonic() - self._said_busy > _BUSY_AGAIN:
            self.say_busy()  # others make the kernel say `idle` too
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            try:
                return self._letters.get(timeout=max(0.0, min(left, self._ways.look())))
            except queue.Empty:
                if time.monotonic() >= end:
                    return None

    def join(self) -> None:
        """Count one more reader, and know in which cell it waits."""
        self.readers += 1
        if self.cell is None or not self.cell.running:
            self.cell = cells.current()

    def say_busy(self) -> None:
        """Report that the cell is still running, if it is."""
        self._said_busy = time.monotonic()
        say_busy(self.cell)


class _Board:
    """Installs and removes the ways in, and sorts what comes."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._boxes: dict[str, Mailbox] = {}
        self._kernel: Any = None
        self._undo = contextlib.ExitStack()
        self._tap_done = threading.Event()
        self._sweep_is_due = False
        self._pump_is_due = False
        self._pumped_at = 0.0
        self._earlier_control: Any = None
        self._opened: set[str] = set()  # comms on which pages ask for all widgets

    @contextlib.contextmanager
    def open(self, comm_id: str) -> Iterator[Mailbox]:
        """Hear the widget `comm_id` for as long as the block runs."""
        with self._lock:
            if not self._boxes:
                self._install()
            box = self._boxes.setdefault(comm_id, Mailbox(self))
            box.join()
            self._sweep_is_due = True
            self._sweep()
        try:
            yield box
        finally:
            with self._lock:
                box.readers -= 1
                if not box.readers:
                    del self._boxes[comm_id]
                if not self._boxes:
                    self._remove()
            box.say_busy()

    # -- the ways in ---------------------------------------------------------------------------------

    @property
    def _tapped(self) -> bool:
        return self._tap_done.is_set()

    @property
    def channel(self) -> Channel:
        return "shell" if self._tapped else "control"

    @property
    def hear_shell(self) -> bool:
        return self._tapped or time.monotonic() - self._pumped_at < _DEAF_AFTER

    def _install(self) -> None:
        self._kernel = running_kernel()
        self._pumped_at = time.monotonic()
        handlers = getattr(self._kernel, "control_handlers", None)
        if isinstance(handlers, dict):
            self._earlier_control = handlers.get("comm_msg")
            handlers["comm_msg"] = self._on_control
            self._undo.callback(self._restore_control, handlers)
        thread = getattr(self._kernel, "shell_channel_thread", None)
        stream = getattr(self._kernel, "shell_stream", None)
        if thread is not None and stream is not None and hasattr(stream, "_recv_callback"):
            self._tap_done = self._tap(thread, stream)
            self._tap_done.wait(_TAP_WITHIN)  # on a busy computer it may come later

    def _remove(self) -> None:
        self._undo.close()
        self._kernel, self._tap_done = None, threading.Event()
        self._opened.clear()

    def _restore_control(self, handlers: dict[str, Any]) -> None:
        if handlers.get("comm_msg") == self._on_control:  # nobody replaced it in between
            if self._earlier_control is None:
                del handlers["comm_msg"]
            else:
                handlers["comm_msg"] = self._earlier_control

    def _tap(self, thread: Any, stream: Any) -> threading.Event:
        """Swap the callback of the shell socket, in the thread that reads it; return what is set when that is done."""
        earlier: Any = None
        receive = self._sieve(lambda frames: earlier(frames))

        def install() -> None:
            nonlocal earlier
            earlier = stream._recv_callback
            stream.on_recv(receive, copy=False)
            thread.io_loop.add_callback(done.set)  # then what was read before is on its way to the main thread

        def restore() -> None:
            # Where somebody swapped it after us, ours stays below theirs and lets everything pass.
            if stream._recv_callback is receive:
                stream.on_recv(earlier, copy=False)

        done = threading.Event()
        thread.io_loop.add_callback(install)
        self._undo.callback(thread.io_loop.add_callback, restore)
        return done

    def _sweep(self) -> None:
        """Look at what ipykernel 7 has handed to the main thread before, which that thread alone may read."""
        is_main = threading.current_thread() is threading.main_thread()
        if not (self._sweep_is_due and self._tapped and is_main):
            return
        self._sweep_is_due = False
        manager = self._kernel.shell_channel_thread.manager
        stream = getattr(getattr(manager, "_shell_channel_to_main", None), "to_stream", None)
        if stream is None or not hasattr(stream, "_recv_callback"):
            return
        import zmq

        earlier = stream._recv_callback
        stream.on_recv(self._sieve(earlier), copy=False)
        try:
            stream.flush(zmq.POLLIN)  # what is not ours becomes a task, which begins when the cell is over
        finally:
            stream.on_recv(earlier, copy=False)

    def _sieve(self, earlier: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return a callback that passes on what is not ours."""
        return lambda frames: None if self._take(frames) else earlier(frames)

    def look(self) -> float:
        """Look for letters nobody was told of; give in how many seconds to look again."""
        kernel = self._kernel
        if self._tapped:
            # Up to 7.3 a reply may swallow the notice of what has arrived (ipython/ipykernel#1554).
            kernel.shell_channel_thread.io_loop.add_callback(kernel.shell_stream.flush)
            self._sweep()
            return _TAP_STEP
        if getattr(kernel, "shell_channel_thread", None) is not None or not hasattr(kernel, "msg_queue"):
            return math.inf
        if threading.current_thread() is threading.main_thread():
            self._pump_on_main()
        elif not self._pump_is_due:
            # Of use where the main thread runs its loop (a top-level await); elsewhere control brings them.
            self._pump_is_due = True
            kernel.io_loop.add_callback(self._pump_on_main)
        return _STEP

    def _pump_on_main(self) -> None:
        self._pump_is_due = False
        kernel = self._kernel
        if kernel is None:  # a callback that was late
            return
        import zmq

        self._pumped_at = time.monotonic()
        kernel.shell_stream.flush(zmq.POLLIN)  # from the socket to msg_queue; dispatches nothing
        waiting = kernel.msg_queue._queue
        for item in [item for item in waiting if item[1] == kernel.dispatch_shell]:
            if self._take(item[2][0]):
                waiting.remove(item)

    # -- sorting -------------------------------------------------------------------------------------

    def _take(self, frames: Any) -> bool:
        """Keep a message of the shell channel if it is ours; everything else is left exactly as it is."""
        kernel = self._kernel  # once: the last wait may end meanwhile, on another thread
        if kernel is None or not self._boxes:
            return False
        try:
            answer, message = self._sort(kernel, frames)
            if answer is None:
                return False
            kernel._publish_status("busy", "shell", parent=message)
            answer()
        except Exception:  # noqa: BLE001 - whatever it is, the kernel knows better what to do with it
            return False
        kernel._publish_status("idle", "shell", parent=message)  # the page settles its send with these two
        for box in tuple(self._boxes.values()):
            box.say_busy()
        return True

    def _sort(self, kernel: Any, frames: Any) -> tuple[Callable[[], object] | None, Any]:
        """Return what is to be done about a message of the shell channel, None if it is not for us, and the message."""
        session = kernel.session
        ident, parts = session.feed_identities(frames, copy=False)
        head = session.deserialize(parts, content=False, copy=False)  # the signature stays usable
        kind = head["header"]["msg_type"]
        if kind not in _LOOKED_INTO:
            return None, None
        content = session.unpack(head["content"])
        if kind == "comm_open" and page_load.opens_control(content):  # which stays in line
            self._opened.add(content["comm_id"])
        answer = page_load.answer_to(kernel, ident, head, content, self._opened)
        if answer is not None:
            return answer, head
        box = self._box_for(content) if kind == "comm_msg" else None
        if box is None:
            return None, None
        message = session.deserialize(parts, content=True, copy=False)
        return partial(self._deliver, box, message), message

    def _on_control(self, stream: Any, ident: Any, message: dict[str, Any]) -> Any:
        kernel, box = self._kernel, self._box_for(message["content"])
        if kernel is None or box is None:
            return self._earlier_control(stream, ident, message) if self._earlier_control else None
        self._deliver(box, message)
        # The kernel says `idle` after this handler returns; a later turn of the same loop comes after that.
        kernel.control_thread.io_loop.add_callback(box.say_busy)
        return None

    def _box_for(self, content: dict[str, Any]) -> Mailbox | None:
        is_custom = content.get("data", {}).get("method") == "custom"
        return self._boxes.get(content.get("comm_id", "")) if is_custom else None

    @staticmethod
    def _deliver(box: Mailbox, message: dict[str, Any]) -> None:
        box.put(Letter.of(message["content"]["data"].get("content"), message.get("buffers")))


_board = _Board()
open_mailbox = _board.open


def say_busy(cell: cells.Cell | None) -> None:
    """Report that a cell is still running, if it is."""
    if cell is not None and cell.running and cell.request is not None:
        running_kernel()._publish_status("busy", "shell", parent=cell.request)


def say_busy_after_this() -> None:
    """Do so when the kernel has said `idle` for the message it handles now, in a subshell beside the cell."""
    with contextlib.suppress(RuntimeError):  # no loop: nothing is being handled
        asyncio.get_running_loop().call_soon(say_busy, cells.current())
