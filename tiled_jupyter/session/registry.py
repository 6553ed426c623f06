"""Which Contexts and sessions live in this process: a login reaches all of its server."""

from __future__ import annotations

import contextlib
import itertools
import threading
import weakref
from collections.abc import Callable, MutableMapping
from typing import Any, TypeAlias

import httpx

from ..kernel.memory import of_kernel
from ..oauth.answers import refuses_key
from . import showing
from .auth import SessionAuth

_Listener: TypeAlias = Callable[[Any, httpx.Response], object]


class Living:
    """The Contexts and sessions of this kernel.

    Attributes
    ----------
    lock : threading.RLock
    contexts : WeakValueDictionary
        By a number that grows.
    sessions : WeakValueDictionary
        By server and subject.
    signed_out : set of str
        Servers a person signed out of here, where a saved session is left to others.
    ends : dict
        When the sign-in to a server ends, where that is certain; by its key, if any.
    listener : callable or None
        Hears every answer.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.contexts: MutableMapping[int, Any] = weakref.WeakValueDictionary()
        self.numbers = itertools.count()
        self.sessions: MutableMapping[tuple[str, str], SessionAuth] = weakref.WeakValueDictionary()
        self.signed_out: set[str] = set()
        self.ends: dict[tuple[str, int | None], float] = {}
        self.listener: _Listener | None = None


def living() -> Living:
    """Return what lives in this kernel."""
    return of_kernel(Living)


def add(context: Any) -> None:
    """Add a Context to those that a login reaches."""
    here = living()
    with here.lock:
        here.contexts[next(here.numbers)] = context


def contexts(api_uri: object = None) -> list[Any]:
    """Return every `context.Context`, or those of one server, the newest first."""
    here = living()
    with here.lock:
        found = reversed(list(here.contexts.values()))
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
    here = living()
    with here.lock:
        return here.sessions.get((str(api_uri), subject)) if subject is not None else None


def keep(api_uri: object, auth: SessionAuth) -> None:
    """Add a session, to be found by whose it is; it is held weakly."""
    here = living()
    if auth.subject is not None:
        with here.lock:
            here.sessions[str(api_uri), auth.subject] = auth


def note_end(api_uri: str, good_until: float | None, *, renews: bool, key: str | None = None) -> None:
    """Remember when a sign-in ends (seconds since the epoch); one that use makes last longer has no known end.

    `key` is the API key that is the sign-in; it is not kept.
    """
    if good_until is None or renews:
        living().ends.pop(_name(api_uri, key), None)
    else:
        living().ends[_name(api_uri, key)] = good_until


def end_of(api_uri: str, key: str | None = None) -> float | None:
    """Return when the sign-in to a server ends, where that is certain."""
    return living().ends.get(_name(api_uri, key))


def _name(api_uri: str, key: str | None) -> tuple[str, int | None]:
    return api_uri, None if key is None else hash(key)


def listen(listener: _Listener | None) -> None:
    """Call ``listener(context, response)`` for every answer, in whichever thread asked; None for nobody."""
    living().listener = listener


def watch(context: Any) -> None:
    """Report this Context's answers to the listener, and notice when its API key works no longer."""
    known = weakref.ref(context)

    def hear(response: httpx.Response) -> None:
        listener, asked = living().listener, known()
        if response.status_code == httpx.codes.UNAUTHORIZED and asked is not None and asked.api_key is not None:
            response.read()
            if refuses_key(response) and not asked.is_key_over:
                asked.is_key_over = True
                showing.look_again()
        if listener is not None and asked is not None:
            with contextlib.suppress(Exception):  # a remark is worth no request
                listener(asked, response)

    context.http_client.event_hooks["response"].append(hear)
