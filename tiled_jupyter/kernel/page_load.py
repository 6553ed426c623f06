"""What a page asks that is loaded while a cell waits: about the kernel, and for the state of every widget.

A page that is loaded again, or in a second browser, sends nothing until a ``kernel_info_request`` is answered (or for
three seconds), then asks for all widgets at once (``request_states`` on a comm for ``jupyter.widget.control``), and
gives up four seconds later. Both questions stand in line behind the running cell, so that no widget of the notebook is
there until the cell is over, nor the one that it waits for. While somebody waits, `mailbox` takes the two out of the
line, and they are answered here, as the kernel and ipywidgets would.

The states are read on threads of their own. A trait that cannot be read or sent is left out, one that takes its time
comes after the answer, and the widget is there nevertheless: others may contain it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ..background import in_background

_log = logging.getLogger(__name__)
_STUCK_AFTER = 0.2  # seconds for a widget: then its traits are read one by one, each beside one that takes longer
_CONTROL = "jupyter.widget.control"
_ANSWER_WITHIN = 3.0  # seconds; the page gives up after four


def tell_about_kernel(kernel: Any, ident: Any, request: Mapping[str, Any]) -> None:
    """Reply to a ``kernel_info_request``, on the thread that reads the shell socket."""
    stream = kernel.shell_stream
    kernel.session.send(
        stream, "kernel_info_reply", {"status": "ok", **kernel.kernel_info}, parent=request, ident=ident
    )
    if getattr(kernel, "shell_channel_thread", None) is None:  # ipykernel 6: the loop that would send it is blocked
        import zmq

        stream.flush(zmq.POLLOUT)


def opens_control(content: Mapping[str, Any]) -> bool:
    """Whether the content of a ``comm_open`` opens a comm for questions about all widgets."""
    return bool(content.get("target_name") == _CONTROL)


def asks_for_states(kernel: Any, content: Mapping[str, Any], opened: Collection[str]) -> bool:
    """Whether the content of a ``comm_msg`` is a page's question for the state of every widget.

    Parameters
    ----------
    kernel : ipykernel.kernelbase.Kernel
    content : mapping
    opened : collection of str
        The comms for such questions whose opening is still in line behind the cell.
    """
    comm_id = content.get("comm_id", "")
    if content.get("data", {}).get("method") != "request_states":  # of which a widget may have one of its own
        return False
    known = getattr(getattr(kernel, "comm_manager", None), "comms", {}).get(comm_id)
    return comm_id in opened or getattr(known, "target_name", None) == _CONTROL


def tell_states(kernel: Any, comm_id: str) -> None:
    """Answer a page's question for the state of every widget, from any thread and without holding it up.

    Parameters
    ----------
    kernel : ipykernel.kernelbase.Kernel
    comm_id : str
        The comm it came on.
    """
    in_background(_Reading(kernel, comm_id).answer)


class _Part(NamedTuple):
    """Some traits of a widget, which are read together."""

    name: str
    widget: Any
    keys: tuple[str, ...]

    def traits(self) -> list[_Part]:
        """Return each of them by itself; a single trait has no parts."""
        return [_Part(self.name, self.widget, (key,)) for key in self.keys] if len(self.keys) > 1 else []


class _Reading:
    """The states of all widgets of a kernel, for one page.

    Parameters
    ----------
    kernel : ipykernel.kernelbase.Kernel
    comm_id : str
        The comm on which they are wanted.
    """

    def __init__(self, kernel: Any, comm_id: str) -> None:
        from ipywidgets.widgets import widget as ipywidgets

        self._kernel = kernel
        self._comm_id = comm_id
        self._split = ipywidgets._remove_buffers
        widgets = dict(ipywidgets._instances)
        self._unread = deque(_Part(name, widget, tuple(widget.keys)) for name, widget in widgets.items())
        self._in_hand: _Part | None = None
        self._models = {
            name: {
                "model_name": widget._model_name,
                "model_module": widget._model_module,
                "model_module_version": widget._model_module_version,
                "state": {},
            }
            for name, widget in widgets.items()
        }
        self._done = queue.SimpleQueue[None]()
        self._lock = threading.Lock()
        self._is_answered = False

    def answer(self) -> None:
        """Read them and send them."""
        end = time.monotonic() + _ANSWER_WITHIN
        in_background(self._read)
        while (self._unread or self._in_hand) and time.monotonic() < end:
            try:
                self._done.get(timeout=_STUCK_AFTER)
            except queue.Empty:
                stuck, self._in_hand = self._in_hand, None
                if stuck is not None:
                    self._unread.extend(stuck.traits())
                in_background(self._read)  # the thread that is stuck goes on by itself
        with self._lock:
            self._is_answered = True
            self._send(self._comm_id, {"method": "update_states"}, "states", self._models)

    def _read(self) -> None:
        while True:
            try:
                self._in_hand = part = self._unread.popleft()
            except IndexError:
                return
            read = self._read_part(part)
            with self._lock:
                state = self._models[part.name]["state"]
                new = {key: read[key] for key in read.keys() - state.keys()}
                state.update(new)
                if self._is_answered and new:
                    self._send(part.name, {"method": "update"}, "state", new)
            if self._in_hand is part:
                self._in_hand = None
            self._done.put(None)

    def _read_part(self, part: _Part) -> dict[str, Any]:
        try:
            read: dict[str, Any] = part.widget.get_state(part.keys)
            plain, _, buffers = self._split(read)
            self._kernel.session.pack(plain)
            if all(memoryview(buffer).contiguous for buffer in buffers):
                return read
        except Exception as error:  # noqa: BLE001 - of somebody else's widget
            _log.debug("%s of a %s: %s", part.keys, type(part.widget).__name__, type(error).__name__)
        self._unread.extend(part.traits())
        return {}

    def _send(self, comm_id: str, data: dict[str, Any], name: str, states: dict[str, Any]) -> None:
        plain, paths, buffers = self._split(states)
        kernel = self._kernel
        kernel.session.send(
            kernel.iopub_socket,
            "comm_msg",
            {"comm_id": comm_id, "data": {**data, name: plain, "buffer_paths": paths}},
            ident=f"comm-{comm_id}".encode(),
            buffers=buffers,
        )
