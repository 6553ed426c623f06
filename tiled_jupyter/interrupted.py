"""What an interrupted request is: can it be sent again, and why was it refused? Pure."""

from __future__ import annotations

import httpx


def is_replayable(request: httpx.Request) -> bool:
    """Whether the body can be sent a second time: bytes can, and forms with files; a generator cannot."""
    is_form = request.headers.get("content-type", "").startswith("multipart/form-data")
    return is_form or isinstance(request.stream, httpx.ByteStream)


def detail_of(response: httpx.Response) -> str:
    """Give the reason of a Tiled server, as far as it gives one."""
    try:
        detail = response.json().get("detail")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return detail if isinstance(detail, str) else ""
