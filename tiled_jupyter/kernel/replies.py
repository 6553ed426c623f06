"""A secret that one page alone receives: the addressed reply to its own request, on the control channel.

What a kernel says on a comm is broadcast to every client. A reply goes to who asked and to nobody else, and its
buffers are logged nowhere. Besides `mailbox` and `busy` this is the one place where ipykernel's own attributes are
touched: ``control_handlers``, ``control_thread`` and ``session``. The handler is there only while there is a secret
to give; a kernel without these attributes never replies, and the page offers a file instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from . import cells
from .busy import say_busy
from .front_end import kernel as running_kernel

REQUEST = "tiled_jupyter_key_request"
REPLY = "tiled_jupyter_key_reply"
_NO_KEY = "There is no such key to be copied here. Save it to a file, or make another one."

_lock = threading.Lock()
_givers: dict[str, Callable[[str], str | None]] = {}


def offer(comm_id: str, give: Callable[[str], str | None] | None) -> None:
    """Have a page's requests answered, or no more.

    Parameters
    ----------
    comm_id : str
        Of the page's widget.
    give : callable or None
        From the first eight characters of a key to the key, or None; called on the control thread.
    """
    handlers = getattr(running_kernel(), "control_handlers", None)
    with _lock:
        if give is None:
            _givers.pop(comm_id, None)
        else:
            _givers[comm_id] = give
        if isinstance(handlers, dict):
            if _givers:
                handlers[REQUEST] = _answer
            elif handlers.get(REQUEST) is _answer:
                del handlers[REQUEST]


def _answer(stream: Any, ident: Any, message: dict[str, Any]) -> None:
    kernel, asked = running_kernel(), message["content"]
    with _lock:
        give = _givers.get(str(asked.get("comm_id")))
    secret = give(str(asked.get("first_eight"))) if give is not None else None
    content = {"status": "error", "sentence": _NO_KEY} if secret is None else {"status": "ok"}
    buffers = [] if secret is None else [secret.encode()]
    kernel.session.send(stream, REPLY, content, parent=message, ident=ident, buffers=buffers)
    # The kernel says `idle` after this, and hubs cull idle kernels: a running cell says again that it runs.
    kernel.control_thread.io_loop.add_callback(say_busy, cells.current())
