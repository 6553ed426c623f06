"""What another client of the same kernel sees: every frame that the kernel broadcasts or answers, byte for byte.

It speaks the protocol itself over ZeroMQ, so that nothing is filtered, parsed away or hidden by a client library.
"""

from __future__ import annotations

import json
import threading
import uuid
from typing import TYPE_CHECKING, Any

import zmq
from jupyter_client.session import Session

from tests.patience import PATIENCE

from .waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Listener:
    """A second client, connected by the kernel's connection file.

    The kernel must be idle when it begins and at each `settle`.

    Parameters
    ----------
    connection_file : Path
    """

    def __init__(self, connection_file: Path) -> None:
        info = json.loads(connection_file.read_text())
        self._address = "{transport}://{ip}:{{}}".format(**info)
        self._info = info
        self._session = Session(key=info["key"].encode(), signature_scheme=info["signature_scheme"])
        self._recorded: list[list[bytes]] = []
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._context = zmq.Context()
        self._thread = threading.Thread(target=self._record, name="iopub listener", daemon=True)

    def __enter__(self) -> Listener:
        self._channels = {name: self._connected(name) for name in ("shell", "control")}
        self._thread.start()
        # A subscription takes a moment to arrive, and what was broadcast before is lost: ask until an answer is heard.
        until(lambda: self._asked_and_heard(1.0), "the second client to hear the kernel")
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        for socket in self._channels.values():
            socket.close()
        self._context.term()

    def _connected(self, name: str) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.DEALER)
        socket.linger = 0
        socket.connect(self._address.format(self._info[f"{name}_port"]))
        return socket

    def _record(self) -> None:
        iopub = self._context.socket(zmq.SUB)
        iopub.linger = 0
        iopub.subscribe(b"")
        iopub.connect(self._address.format(self._info["iopub_port"]))
        while not self._end.is_set():
            if iopub.poll(50):
                frames = iopub.recv_multipart()
                with self._lock:
                    self._recorded.append(frames)
        iopub.close()

    def _send(self, msg_type: str, content: dict[str, Any], channel: str = "shell") -> str:
        message = self._session.msg(msg_type, content, metadata={"version": "1.0.0"})
        self._session.send(self._channels[channel], message)
        return str(message["header"]["msg_id"])

    def ask(self, msg_type: str, content: dict[str, Any], channel: str = "shell") -> None:
        """Ask something that is answered, and record the answer and whatever else comes on the channel."""
        request = self._send(msg_type, content, channel).encode()
        answered = False
        while not answered:
            if not self._channels[channel].poll(int(PATIENCE * 1000)):
                raise TimeoutError(f"The kernel did not answer {msg_type} on {channel}.")
            frames = self._channels[channel].recv_multipart()
            answered = any(request in frame for frame in frames)
            with self._lock:
                self._recorded.append(frames)

    def _asked_and_heard(self, timeout: float) -> bool:
        request = self._send("kernel_info_request", {}).encode()
        try:
            until(
                lambda: any(
                    request in frame and b'"idle"' in b"".join(frames) for frames in self.frames() for frame in frames
                ),
                "an answer",
                timeout,
            )
        except TimeoutError:
            return False
        return True

    def settle(self) -> None:
        """Wait until all that an idle kernel has broadcast so far is recorded: it publishes in order."""
        if not self._asked_and_heard(PATIENCE):
            raise TimeoutError("The kernel did not answer its second client.")

    def ask_for_widget_states(self) -> None:
        """Ask for the state of every widget of the kernel, as any client may; the answer is broadcast."""
        comm = uuid.uuid4().hex
        self._send("comm_open", {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}})
        self._send("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}})
        self.settle()

    def ask_whatever_a_client_may(self, names: Iterable[str]) -> None:
        """Ask for widgets, comms, the history and help on names, on both channels; run nothing."""
        self.ask_for_widget_states()
        history = {"hist_access_type": "tail", "n": 1000, "raw": True, "output": True}
        for channel in ("shell", "control"):
            self.ask("kernel_info_request", {}, channel)
            self.ask("comm_info_request", {}, channel)
            self.ask("history_request", history, channel)
            for name in names:
                self.ask("inspect_request", {"code": name, "cursor_pos": len(name), "detail_level": 1}, channel)
        self.settle()

    def frames(self) -> list[list[bytes]]:
        """Return all messages so far, each a list of raw frames."""
        with self._lock:
            return list(self._recorded)

    def everything(self) -> bytes:
        """Return all that was sent here so far in one piece, to search in."""
        return b"\n".join(b"\n".join(frames) for frames in self.frames())

    def messages(self, msg_type: str) -> list[dict[str, Any]]:
        """Return the contents of the messages of one type."""
        found = []
        for frames in self.frames():
            _, parts = self._session.feed_identities(frames)
            header, content = json.loads(parts[1]), json.loads(parts[4])
            if header["msg_type"] == msg_type:
                found.append(content)
        return found
