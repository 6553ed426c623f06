"""Which API key this kernel has for a server: given, typed, from the environment, or none.

Tiled sends the key in ``TILED_API_KEY`` to every server it is pointed at. Here a key that is known to be
another server's is sent only when the person says so, and one that can be left out stays out.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
import weakref

import httpx

from ..address import host_of, unencrypted, unquoted
from ..errors import LoginFailed
from ..kernel.memory import of_kernel
from ..oauth.audience import may_go, require_private
from ..session import ending, known_servers, registry
from ..session.context import SessionContext
from ..session.key_files import VARIABLE, listed_as
from ..state.parts import KeyNotice
from ..text import Masked

NO_KEY = ""  # None would have Tiled's Context take what the environment has
_AROUND = re.compile(  # as a key stands in a file, a job script, a notebook, or a header
    rf"""(?:(?:export|set|%env|%set_env)\s+|\$env:|os\.environ\[["'])?{VARIABLE}(?:["']\])?\s*[=:\s]"""
    r"|(?:Authorization\s*:\s*)?Apikey\s",
    re.IGNORECASE,
)
_KEY = re.compile(r"\w+", re.ASCII)  # what Tiled's Context can send and read back


class _Keys:
    """The keys of this kernel.

    Attributes
    ----------
    aside : set of str
        Servers that do not get the environment's key.
    bound : WeakSet of Context
        Those with a key that is for all of their server's.
    used_with : dict
        By the salted hash of a key that may not be named on disk: the servers that accepted it.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.aside: set[str] = set()
        self.bound: weakref.WeakSet[SessionContext] = weakref.WeakSet()
        self.used_with: dict[bytes, set[str]] = {}
        self._salt = secrets.token_bytes(16)

    def name(self, key: str) -> bytes:
        """Return a name for a key by which nobody finds it."""
        return hashlib.sha256(self._salt + key.encode("utf-8", "replace")).digest()


def choose_key(uri: str, api_key: str | None, *, own_server: bool = False) -> str | None:
    """Return what to make a Context of Tiled's with, so that it takes no key which does not belong there.

    Parameters
    ----------
    uri : str
        Root of the API; it may hold a key.
    api_key : str or None
        Given by who makes the Context.
    own_server : bool
        Whether the server runs in this process, and has a key of its own.

    Returns
    -------
    str or None
        `NO_KEY` where Tiled is to take none; it has to be removed again. None where it stands in the address.

    Raises
    ------
    LoginFailed
        Where the key is no key, known to be another server's, or could be read on its way.
    """
    wrong = fault(api_key) if api_key is not None else None
    if wrong is not None:
        raise LoginFailed(f"The API key given with api_key= {wrong}.", "credentials")
    url = httpx.URL(uri)
    if api_key is not None or "api_key" in url.params:
        if not own_server:
            require_private(str(uri), "the API key")
        return None if api_key is None else Masked(api_key)
    key, notice = (None, None)
    if not own_server:
        key, notice = key_for(str(url.copy_with(query=None, fragment=None)).rstrip("/") + "/")
    if notice is not None:
        raise LoginFailed(f"{notice.sentence} {_how_to_go_on(notice)}", "credentials")
    return key or NO_KEY


def _how_to_go_on(notice: KeyNotice) -> str:
    ways = "Unset it and connect again, or use %tiled_login to sign in without it"
    return f"{ways}, or to use it here." if notice.usable else f"{ways}."


def pasted(text: str) -> Masked:
    """Return the key in what a person pasted, without the quotes and the name of the variable around it."""
    text = unquoted(text)
    found = _AROUND.match(text)
    return Masked(unquoted(text[found.end() :] if found else text))


def fault(key: str) -> str | None:
    """Return why a text is no API key, as the rest of a sentence that does not quote it."""
    if not key.strip():
        return "is empty"
    if key.split() != [key]:
        return "has a line break or a space in it"
    if not _KEY.fullmatch(key):
        return "has characters in it that no API key has"
    return None


def key_for(api_uri: str) -> tuple[str | None, KeyNotice | None]:
    """Find the key this kernel has for a server, or why the one that is set is not simply used.

    Returns
    -------
    str or None
        One that somebody typed for the server, else the environment's.
    KeyNotice or None
        Where the environment's is in the way.
    """
    here = of_kernel(_Keys)
    with here.lock:
        for context in here.bound:
            if str(context.api_uri) == api_uri and context.api_key is not None:
                return Masked(context.api_key), None
        key = None if api_uri in here.aside else _in_environment()
    if key is None:
        return None, None
    wrong = fault(key)
    if wrong is not None:
        return None, KeyNotice(f"{VARIABLE} is set and {wrong}, so it has not been sent.", usable=False)
    if not may_go(api_uri):
        return None, KeyNotice(unencrypted(api_uri, f"the API key in {VARIABLE}"), usable=False)
    others = _servers_of(key)
    if others and api_uri not in others:
        names = " and ".join(sorted({host_of(uri) for uri in others}))
        sentence = f"The API key in {VARIABLE} was used with {names}, never with {host_of(api_uri)}."
        return None, KeyNotice(f"{sentence} Nothing has been sent.", usable=True)
    return key, None


def environment_key() -> str | None:
    """Return the environment's key, if it can be one."""
    key = _in_environment()
    return None if key is None or fault(key) is not None else key


def _in_environment() -> Masked | None:
    return Masked(os.environ[VARIABLE]) if VARIABLE in os.environ else None


def is_of_kernel(context: SessionContext) -> bool:
    """Whether the key of a Context is for all of its server's in this kernel: typed for it, or the environment's."""
    here = of_kernel(_Keys)
    with here.lock:
        return context in here.bound or context.api_key == _in_environment()


def set_aside(api_uri: str) -> None:
    """Leave keys out on a server, in this kernel: the environment's, and those typed for it."""
    here = of_kernel(_Keys)
    with here.lock:
        here.aside.add(api_uri)
        for context in tuple(here.bound):
            if str(context.api_uri) == api_uri:
                context.api_key = None
                here.bound.discard(context)
    for context in registry.contexts():
        if str(context.api_uri) == api_uri and context.api_key == _in_environment():
            context.api_key = None


def use(context: SessionContext, key: str, *, bind: bool) -> None:
    """Use an accepted key for a Context; with `bind`, for every other of this kernel that has none of its own, too.

    With `bind`, sign-ins that only this kernel has are ended: nothing uses them any more.
    """
    here, uri = of_kernel(_Keys), str(context.api_uri)
    note(uri, key)
    concerned = [context]
    if bind:
        replaced = (None, _in_environment())
        concerned += [other for other in registry.contexts(uri) if other.api_key in replaced or other in here.bound]
    with here.lock:
        for one in concerned:
            if bind:
                ending.end_early(one)
            one.http_client.auth = None
            one.api_key = key
            if bind:
                here.bound.add(one)


def note(api_uri: str, key: str) -> None:
    """Remember that a server has accepted a key."""
    first_eight = listed_as(key)
    known_servers.remember(api_uri, first_eight=first_eight)
    if first_eight is None:
        here = of_kernel(_Keys)
        with here.lock:
            here.used_with.setdefault(here.name(key), set()).add(api_uri)


def _servers_of(key: str) -> set[str]:
    here = of_kernel(_Keys)
    with here.lock:
        in_memory = set(here.used_with.get(here.name(key), ()))
    first_eight = listed_as(key)
    return in_memory | (set(known_servers.servers_of_key(first_eight)) if first_eight is not None else set())
