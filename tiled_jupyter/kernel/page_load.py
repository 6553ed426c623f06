"""What a page asks that is loaded while a cell runs: about the kernel, and for the state of every widget.

A page that is loaded again, or in a second browser, sends nothing until a ``kernel_info_request`` is answered (or for
three seconds), then asks for all widgets at once (``request_states`` on a comm for ``jupyter.widget.control``), and
gives up four seconds later. Then it asks which widgets there are (``comm_info_request``), and each of them for its
state (``request_state``), and waits for all of that as long as it takes. Its questions stand in line behind the running
cell, so that no widget of the notebook is there until the cell is over, nor the one that it waits for. While somebody
waits, `mailbox` takes them out of the line, also those that came before the wait, and they are answered here, as the
kernel and ipywidgets would.

The states are read on threads of their own. A trait that cannot be read or sent is left out, one that takes its time
comes after the answer, and the widget is there nevertheless: others may contain it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, NamedTuple

from ..background import in_background

_log = logging.getLogger(__name__)
_STUCK_AFTER = 0.2  # seconds for a widget: then its traits are read one by one, each beside one that takes longer
_CONTROL = "jupyter.widget.control"
_WIDGET = "jupyter.widget"
_ANSWER_WITHIN = 3.0  # seconds; the page gives up after four


def answer_to(
    kernel: Any, ident: Any, head: Mapping[str, Any], content: Mapping[str, Any], opened: Collection[str]
) -> Callable[[], object] | None:
    """Return what answers a message of the shell channel; None where no page that is being loaded asks with it.

    Parameters
    ----------
    kernel : ipykernel.kernelbase.Kernel
    ident : list of bytes
        Who sent it.
    head, content : mapping
        The message.
    opened : collection of str
        The comms for questions about all widgets whose opening is still in line behind the cell.
    """
    kind = head["header"]["msg_type"]
    if kind == "comm_msg":
        return _answer_on_comm(kernel, head, content, opened)
    if head["header"].get("subshell_id") is not None:  # which is free to answer
        return None
    if kind == "kernel_info_request":
        return lambda: _reply(kernel, ident, head, "kernel_info_reply", kernel.kernel_info)
    if kind == "comm_info_request" and content.get("target_name") == _WIDGET:
        return lambda: _reply(kernel, ident, head, "comm_info_reply", {"comms": _comms_of_widgets(kernel)})
    return None


def opens_control(content: Mapping[str, Any]) -> bool:
    """Whether the content of a ``comm_open`` opens a comm for questions about all widgets."""
    return bool(content.get("target_name") == _CONTROL)


def _answer_on_comm(
    kernel: Any, head: Mapping[str, Any], content: Mapping[str, Any], opened: Collection[str]
) -> Callable[[], object] | None:
    comm_id = content.get("comm_id", "")
    method = content.get("data", {}).get("method")
    if method == "request_states":  # of which a widget may have one of its own
        known = _comms(kernel).get(comm_id)
        if comm_id not in opened and getattr(known, "target_name", None) != _CONTROL:
            return None
        widgets = _widgets()
    elif method == "request_state" and comm_id in (known := _widgets()):
        widgets = {comm_id: known[comm_id]}
    else:
        return None
    return lambda: in_background(_Reading(kernel, head, comm_id, widgets).answer)


def _comms(kernel: Any) -> dict[str, Any]:
    return dict(getattr(getattr(kernel, "comm_manager", None), "comms", {}))


def _widgets() -> dict[str, Any]:
    from ipywidgets.widgets import widget as ipywidgets

    return dict(ipywidgets._instances)


def _comms_of_widgets(kernel: Any) -> dict[str, dict[str, str]]:
    # A page waits for the state of each that it is told of: those whose state is not read here are left out.
    return {name: {"target_name": _WIDGET} for name in _comms(kernel).keys() & _widgets().keys()}


def _reply(kernel: Any, ident: Any, request: Mapping[str, Any], kind: str, content: Mapping[str, Any]) -> None:
    stream, thread = kernel.shell_stream, getattr(kernel, "shell_channel_thread", None)
    send = partial(kernel.session.send, stream, kind, {"status": "ok", **content}, parent=request, ident=ident)
    if thread is not None:  # to which the socket belongs
        thread.io_loop.add_callback(send)
    else:  # ipykernel 6: the loop that would send it is blocked
        import zmq

        send()
        stream.flush(zmq.POLLOUT)


class _Part(NamedTuple):
    """Some traits of a widget, which are read together."""

    name: str
    widget: Any
    keys: tuple[str, ...]

    def traits(self) -> list[_Part]:
        """Return each of them by itself; a single trait has no parts."""
        return [_Part(self.name, self.widget, (key,)) for key in self.keys] if len(self.keys) > 1 else []


class _Reading:
    """The states of widgets, for one page.

    Parameters
    ----------
    kernel : ipykernel.kernelbase.Kernel
    request : mapping
        The page's question.
    comm_id : str
        The comm it came on: of the only widget that is asked for, or for questions about all.
    widgets : dict
        By the names of their comms.
    """

    def __init__(self, kernel: Any, request: Mapping[str, Any], comm_id: str, widgets: Mapping[str, Any]) -> None:
        from ipywidgets.widgets import widget as ipywidgets

        self._kernel = kernel
        self._request = request
        self._comm_id = comm_id
        self._split = ipywidgets._remove_buffers
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
            if self._comm_id in self._models:
                self._send(self._comm_id, "update", "state", self._models[self._comm_id]["state"], self._request)
            else:
                self._send(self._comm_id, "update_states", "states", self._models, self._request)

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
                    self._send(part.name, "update", "state", new)
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

    def _send(self, comm_id: str, method: str, name: str, state: dict[str, Any], request: Any = None) -> None:
        plain, paths, buffers = self._split(state)
        kernel = self._kernel
        kernel.session.send(
            kernel.iopub_socket,
            "comm_msg",
            {"comm_id": comm_id, "data": {"method": method, name: plain, "buffer_paths": paths}},
            parent=request,
            ident=f"comm-{comm_id}".encode(),
            buffers=buffers,
        )
