"""Who is told of every answer that a Context of ours gets, by default nobody; and when its sign-in ends.

Changes no answer, and fails none.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable
from typing import Any

import httpx

_listener: Callable[[Any, httpx.Response], object] | None = None

_ends: dict[tuple[str, int | None], float] = {}  # of the sign-in to a server, where that is certain; by its key, if any


def note_end(api_uri: str, good_until: float | None, *, renews: bool, key: str | None = None) -> None:
    """Remember when a sign-in ends (seconds since the epoch); one that use makes last longer has no known end.

    `key` is the API key that is the sign-in; it is not kept.
    """
    if good_until is None or renews:
        _ends.pop(_name(api_uri, key), None)
    else:
        _ends[_name(api_uri, key)] = good_until


def end_of(api_uri: str, key: str | None = None) -> float | None:
    """Return when the sign-in to a server ends, where that is certain."""
    return _ends.get(_name(api_uri, key))


def _name(api_uri: str, key: str | None) -> tuple[str, int | None]:
    return api_uri, None if key is None else hash(key)


def listen(listener: Callable[[Any, httpx.Response], object] | None) -> None:
    """Have ``listener(context, response)`` called, in whichever thread asked; None for nobody."""
    global _listener
    _listener = listener


def watch(context: Any) -> None:
    """Tell of this Context's answers."""
    known = weakref.ref(context)

    def hear(response: httpx.Response) -> None:
        listener, asked = _listener, known()
        if listener is not None and asked is not None:
            with contextlib.suppress(Exception):  # a remark is worth no request
                listener(asked, response)

    context.http_client.event_hooks["response"].append(hear)
