"""What is remembered of each server from one notebook to the next: that it was used, and how.

A file in the user's state directory, with addresses, names of providers, counts, the first eight letters of
API keys, which servers show too, and where sign-ins and keys were made; no names of people, no secrets. A file that
cannot be read or written means "never seen": one sentence too many is the worst that can come of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs

_LONGEST = 200
_MOST_KEYS = 50


@dataclass(frozen=True)
class Place:
    """Where a sign-in or an API key was made.

    Parameters
    ----------
    session : str
        Id of the session at the server, or the first eight letters of the key.
    host, notebook : str
        The computer, and the notebook, if it was one.
    since : float
        In seconds since the epoch.
    """

    session: str
    host: str
    notebook: str
    since: float

    @property
    def where(self) -> str:
        """The same in words."""
        return ", ".join(filter(None, (self.host, self.notebook)))


@dataclass(frozen=True)
class Known:
    """What is remembered of a server.

    Parameters
    ----------
    provider : str or None
        Chosen last.
    sign_ins : int or None
        How many sessions the account had when that was last seen.
    keys : tuple of str
        First eight letters of API keys it has accepted.
    places : tuple of Place
        Where sign-ins and keys were made from this computer account.
    """

    provider: str | None = None
    sign_ins: int | None = None
    keys: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


def known(api_uri: str) -> Known | None:
    """Return what is remembered of a server; None if nobody signed in to it before."""
    return _read().get(api_uri)


def addresses() -> list[str]:
    """Return the servers that somebody has signed in to, those of last time last."""
    return list(_read())


def here(session: str) -> Place:
    """Return where something is made now, to be remembered."""
    return Place(session, socket.gethostname(), Path(os.environ.get("JPY_SESSION_NAME", "")).stem, time.time())


def places(api_uri: str) -> dict[str, Place]:
    """Return what is remembered of where things were made, by their names."""
    server = known(api_uri) or Known()
    return {place.session: place for place in server.places}


def servers_of_key(first_eight: str) -> list[str]:
    """Return the servers that have accepted an API key."""
    return [uri for uri, server in _read().items() if first_eight in server.keys]


def remember(
    api_uri: str,
    *,
    provider: str | None = None,
    sign_ins: int | None = None,
    first_eight: str | None = None,
    place: Place | None = None,
) -> None:
    """Note a sign-in; what is not given stays as it was."""
    servers = _read()
    before = servers.pop(api_uri, None)
    server = before or Known()
    if provider is not None:
        server = replace(server, provider=provider)
    if sign_ins is not None:
        server = replace(server, sign_ins=sign_ins)
    if first_eight is not None and first_eight not in server.keys:
        server = replace(server, keys=(*server.keys[-_MOST_KEYS + 1 :], first_eight))
    if place is not None:
        server = replace(server, places=(*server.places[-_LONGEST + 1 :], place))
    if server != before:
        _write({**servers, api_uri: server})


def _path() -> Path:
    return platformdirs.user_state_path("tiled_jupyter") / "servers.json"


def _write(servers: dict[str, Known]) -> None:
    latest = {uri: asdict(servers[uri]) for uri in list(servers)[-_LONGEST:]}
    with contextlib.suppress(OSError):
        path = _path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".servers.", dir=path.parent)
        with contextlib.ExitStack() as unless_moved:
            unless_moved.callback(Path(name).unlink, missing_ok=True)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(latest, file)
            Path(name).replace(path)
            unless_moved.pop_all()


def _read() -> dict[str, Known]:
    try:
        content = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if isinstance(content, list):  # a list of addresses, as the first version wrote it
        content = {uri: {} for uri in content if _is_text(uri)}
    return {uri: _server(value) for uri, value in content.items()} if isinstance(content, dict) else {}


def _server(value: object) -> Known:
    said: dict[str, Any] = value if isinstance(value, dict) else {}
    provider, sign_ins, keys, places = (said.get(name) for name in ("provider", "sign_ins", "keys", "places"))
    return Known(
        provider if _is_text(provider) else None,
        sign_ins if type(sign_ins) is int and sign_ins >= 0 else None,
        tuple(filter(_is_text, keys)) if isinstance(keys, list) else (),
        tuple(filter(None, map(_place, places))) if isinstance(places, list) else (),
    )


def _place(value: object) -> Place | None:
    said: dict[str, Any] = value if isinstance(value, dict) else {}
    session, host, notebook, since = (said.get(name) for name in ("session", "host", "notebook", "since"))
    if not all(map(_is_text, (session, host, notebook))) or not isinstance(since, int | float):
        return None
    return Place(str(session), str(host), str(notebook), since)


def _is_text(value: object) -> bool:
    return isinstance(value, str)
