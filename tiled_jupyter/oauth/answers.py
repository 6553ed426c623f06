"""What an interrupted request is: can it be sent again, and who refused it, and why, said without secrets? Pure."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx

_BY_TILED = "x-tiled-request-id"  # in every answer of a Tiled server
_LED_AWAY = (301, 302, 303, 307, 308)  # httpx follows these, unless `stay` has kept it
_TILEDS_OWN_TO_RETRY = (httpx.codes.INTERNAL_SERVER_ERROR, httpx.codes.GATEWAY_TIMEOUT)
_LONGEST_WAIT = 600.0  # seconds


def is_replayable(request: httpx.Request) -> bool:
    """Whether the body can be sent a second time: bytes can, and forms with files; a generator cannot."""
    is_form = request.headers.get("content-type", "").startswith("multipart/form-data")
    return is_form or isinstance(request.stream, httpx.ByteStream)


def only_reads(request: httpx.Request) -> bool:
    """Whether sending it again changes nothing, whoever has had it."""
    return request.method in ("GET", "HEAD") and is_replayable(request)


def read_json(response: httpx.Response) -> Any:
    """Return what an answer holds; None where that is no JSON, or was not read."""
    try:
        return response.json()
    except (ValueError, KeyError, RecursionError, httpx.ResponseNotRead):  # KeyError: Tiled's, without a content type
        return None


def detail_of(response: httpx.Response) -> str:
    """Return the reason of a Tiled server, as far as it gives one."""
    answer = read_json(response)
    detail = answer.get("detail") if isinstance(answer, dict) else None
    return detail if isinstance(detail, str) else ""


def reason_of(response: httpx.Response) -> str:
    """Return the same for people, as far as it can be shown."""
    detail = detail_of(response)
    return detail[:300] if detail.isprintable() else ""


def refuses_key(response: httpx.Response) -> bool:
    """Whether a Tiled server says that an API key works no longer, which is more than that it may not do this."""
    return response.status_code == httpx.codes.UNAUTHORIZED and detail_of(response).startswith("Invalid API key")


def is_page(response: httpx.Response) -> bool:
    """Whether an answer is a page for people."""
    kind: str = response.headers.get("content-type", "")
    return kind.lower().startswith(("text/html", "application/xhtml"))


def is_somebody_elses(request: httpx.Request, response: httpx.Response) -> bool:
    """Whether not Tiled has answered, but what stands before it: a portal, a firewall, a page about maintenance."""
    if _BY_TILED in response.headers:
        return False
    if response.status_code in _LED_AWAY:
        return True
    if not is_page(response) or response.status_code in _TILEDS_OWN_TO_RETRY:
        return False
    return "html" not in request.headers.get("accept", "") and b"html" not in request.url.query


def stay(response: httpx.Response) -> None:
    """Keep httpx from following a session's request to another host: Tiled sends nobody away, but a portal does.

    The host may not even be there. As an event hook this comes before the redirect is followed.
    """
    if not response.has_redirect_location or _BY_TILED in response.headers:
        return
    if not response.request.headers.get("authorization", "").startswith("Bearer "):
        return
    with contextlib.suppress(httpx.InvalidURL, ValueError):
        url = response.request.url
        to = url.join(response.headers["location"])
        if to.host != url.host:
            response.extensions["led_to"] = to
            del response.headers["location"]


def seconds_to_wait(response: httpx.Response) -> float | None:
    """Return for how long a server wants to be left alone; a date, the other form of Retry-After, is nobody's use."""
    text: str = response.headers.get("retry-after", "").strip()
    return min(float(text[:9]), _LONGEST_WAIT) if text.isdecimal() else None


def without_secrets(response: httpx.Response) -> httpx.Response:
    """Return what a server said and where, less all that it was sent and all else that it sent."""
    request = httpx.Request(response.request.method, response.request.url.copy_with(query=None))
    return httpx.Response(response.status_code, json={"detail": said_by(response)}, request=request)


def said_by(response: httpx.Response) -> str:
    """Return the reason of a Tiled server for people, or that of the status where it gives none."""
    return reason_of(response) or response.reason_phrase
