"""An API key for the clipboard of the page that asks for it, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..kernel.replies import Replies

_NO_KEY = {
    "status": "error",
    "sentence": "There is no such key to be copied here. Save it to a file, or make another one.",
}

REPLIES = Replies("tiled_jupyter_key_request", "tiled_jupyter_key_reply", _NO_KEY)


def offer_keys(comm_id: str, give: Callable[[str], str | None] | None) -> None:
    """Answer the page of a widget that asks for keys, or no more.

    Parameters
    ----------
    comm_id : str
        Of the widget.
    give : callable or None
        From the first eight characters of a key to the key, or None; called on the control thread.
    """
    REPLIES.offer(comm_id, None if give is None else _answer(give))


def _answer(give: Callable[[str], str | None]) -> Callable[[Mapping[str, Any]], tuple[dict[str, Any], list[bytes]]]:
    def answer(asked: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        secret = give(str(asked.get("first_eight")))
        return (_NO_KEY, []) if secret is None else ({"status": "ok"}, [secret.encode()])

    return answer
