"""Which Contexts and sessions live in this process: a login reaches all of its server."""

from __future__ import annotations

import contextlib
import itertools
import threading
import weakref
from collections.abc import Callable
from typing import Any

import httpx

from .auth import SessionAuth

lock = threading.RLock()
signed_out: set[str] = set()  # servers a person signed out of here, where a saved session is left to others
_contexts: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
_numbers = itertools.count()
_sessions: weakref.WeakValueDictionary[tuple[str, str], SessionAuth] = weakref.WeakValueDictionary()


def add(context: Any) -> None:
    """Add a Context to those that a login reaches."""
    with lock:
        _contexts[next(_numbers)] = context


def contexts(api_uri: object = None) -> list[Any]:
    """Return every `context.Context`, or those of one server, the newest first."""
    with lock:
        found = reversed(list(_contexts.values()))
    return [context for context in found if api_uri is None or str(context.api_uri) == str(api_uri)]


def signed_in_context(api_uri: str) -> Any:
    """Return a Context that is signed in to the server, if there is one."""
    return next((context for context in contexts(api_uri) if context.http_client.auth is not None), None)


def sharing(context: Any) -> list[Any]:
    """Return a Context, and those of its server whose session is not known to be somebody else's; none with a key."""
    whose = getattr(context.http_client.auth, "subject", None)
    return [
        other
        for other in contexts(context.api_uri)
        if other is context
        or (
            other.api_key is None
            and (whose is None or getattr(other.http_client.auth, "subject", None) in (None, whose))
        )
    ]


def session_of(api_uri: object, subject: str | None) -> SessionAuth | None:
    """Return the session that a principal has on a server already."""
    with lock:
        return _sessions.get((str(api_uri), subject)) if subject is not None else None


def keep(api_uri: object, auth: SessionAuth) -> None:
    """Let others find a session by whose it is; it is held weakly."""
    if auth.subject is not None:
        with lock:
            _sessions[str(api_uri), auth.subject] = auth


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
    """Call ``listener(context, response)`` for every answer, in whichever thread asked; None for nobody."""
    global _listener
    _listener = listener


def watch(context: Any) -> None:
    """Report this Context's answers to the listener."""
    known = weakref.ref(context)

    def hear(response: httpx.Response) -> None:
        listener, asked = _listener, known()
        if listener is not None and asked is not None:
            with contextlib.suppress(Exception):  # a remark is worth no request
                listener(asked, response)

    context.http_client.event_hooks["response"].append(hear)
