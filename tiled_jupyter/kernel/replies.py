"""A secret that one page alone receives: the reply to its own request, on the control channel.

What a kernel says on a comm is broadcast to every client. A reply goes to who asked and to nobody else, and its
buffers are logged nowhere. Besides `mailbox` and `page_load` this is the one place where ipykernel's own attributes
are touched: ``control_handlers``, ``control_thread`` and ``session``. The handler is there only while there is
something to give; a kernel without these attributes never replies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from . import cells
from .front_end import kernel as running_kernel
from .mailbox import say_busy

Answer: TypeAlias = Callable[[Mapping[str, Any]], tuple[dict[str, Any], list[bytes]]]


class Replies:
    """The replies to one type of request.

    Parameters
    ----------
    request, reply : str
        Types of the messages. The content of a request names the widget it is for (``comm_id``).
    otherwise : dict
        Content of the reply where the widget has no answer.
    """

    def __init__(self, request: str, reply: str, otherwise: dict[str, Any]) -> None:
        self.request = request
        self.reply = reply
        self._otherwise = otherwise
        self._lock = threading.Lock()
        self._answers: dict[str, Answer] = {}

    def offer(self, comm_id: str, answer: Answer | None) -> None:
        """Answer the requests for a widget, or no more.

        Parameters
        ----------
        comm_id : str
            Of the widget.
        answer : callable or None
            From the content of a request to the content and the buffers of its reply; called on the control thread.
        """
        handlers = getattr(running_kernel(), "control_handlers", None)
        with self._lock:
            if answer is None:
                self._answers.pop(comm_id, None)
            else:
                self._answers[comm_id] = answer
            if isinstance(handlers, dict):
                if self._answers:
                    handlers[self.request] = self._on_request
                elif handlers.get(self.request) == self._on_request:
                    del handlers[self.request]

    def _on_request(self, stream: Any, ident: Any, message: dict[str, Any]) -> None:
        kernel, asked = running_kernel(), message["content"]
        with self._lock:
            answer = self._answers.get(str(asked.get("comm_id")))
        content, buffers = answer(asked) if answer is not None else (self._otherwise, [])
        kernel.session.send(stream, self.reply, content, parent=message, ident=ident, buffers=buffers)
        # The kernel says `idle` after this, and hubs cull idle kernels: a running cell says again that it runs.
        kernel.control_thread.io_loop.add_callback(say_busy, cells.current())
