"""What a client becomes in another process, where its sign-in could not go along with it.

The text of this file travels in the pickle and is run where that is read: by a worker that has Tiled and perhaps
nothing of this package, by a scheduler that only hands it on. So it names the standard library and Tiled alone, and
nothing fails before the first request.
"""

from __future__ import annotations

import functools
import os
import stat
import sys
from pathlib import Path
from typing import Any

VARIABLE, ITS_SERVER = "TILED_API_KEY", "TILED_API_KEY_SERVER"  # the latter is set by `give_key`


class Arrive:
    """The function `arrive`, as something that can be pickled: it goes as the text of this file.

    Parameters
    ----------
    source : str
        That text.
    """

    def __init__(self, source: str) -> None:
        self._source = source

    def __reduce__(self) -> tuple[Any, ...]:
        names = {"__name__": "tiled_arrival"}
        return eval, ("(exec(source, names), names['arrive'])[1]", {"source": self._source, "names": names})

    def __call__(self, source: str, about: dict[str, Any]) -> Any:
        """Return what `arrive` does; pickle wants something that can be called."""
        return arrive(source, about)


def arrive(source: str, about: dict[str, Any]) -> Any:
    """Return Tiled's Context as it was signed in, or one that says at its first request why it is not.

    Parameters
    ----------
    source : str
        The text of this file, for the next journey.
    about : dict
        ``state``: of Tiled's Context, without a secret. ``session``: process and name of the one it had, if any.
        ``saved``: where that lies on disk, as `saved_session` wants it. ``key_file``: where its key does.
        ``variable_counts``: whether ``TILED_API_KEY`` can be meant for it. ``without``: what to say otherwise.

    Returns
    -------
    tiled.client.context.Context
    """
    from tiled.client.context import Context as TiledContext

    class Context(TiledContext):  # type: ignore[misc]
        """Tiled's, which travels on as it came."""

        refused: str | None = None

        @property
        def api_key(self) -> Any:
            """The key; for who would open a websocket without."""
            if self.refused is not None:
                raise RuntimeError(self.refused)
            return super().api_key

        @api_key.setter
        def api_key(self, key: str | None) -> None:
            TiledContext.api_key.fset(self, key)

        def __reduce__(self) -> tuple[Any, ...]:
            return Arrive(source), (source, about)

    context = Context.__new__(Context)
    context.__setstate__(about["state"])
    session = session_of_this_process(about["session"]) or saved_session(about["saved"], about["without"])
    if session is not None:
        context.http_client.auth = session
    else:
        key = key_in(about["key_file"]) or key_in_environment(str(context.api_uri), counts=about["variable_counts"])
        context.api_key = key
        context.refused = about["without"] if key is None else None
    passing = functools.partial(let_pass, context.api_uri, context.refused)
    context.http_client.event_hooks["request"].append(passing)
    return context


def let_pass(api_uri: Any, refused: str | None, request: Any) -> None:
    """Refuse a request whose client is not signed in: less data would look like all there is."""
    if refused is not None:
        raise RuntimeError(refused)
    if not is_served_by(api_uri, request.url):
        request.headers.pop("authorization", None)


def session_of_this_process(session: tuple[int, str] | None) -> Any:
    """Return the session itself where the client has not left its process, but for Dask's workers in it."""
    travel = sys.modules.get("tiled_jupyter.session.pickling")
    if travel is None or session is None or session[0] != os.getpid():
        return None
    return travel.session_named(session[1])


def saved_session(saved: tuple[str, str, str] | None, ended: str) -> Any:
    """Return a session of Tiled's, by refresh address, CSRF token and directory; None where the latter is not here."""
    from tiled.client.auth import CannotRefreshAuthentication, TiledAuth

    class Session(TiledAuth):  # type: ignore[misc]
        """Tiled's, which says what to do when it has ended."""

        def sync_auth_flow(self, request: Any, attempt: int = 0) -> Any:
            """Authorize a request as Tiled does, and name what to do where the session has ended."""
            try:
                yield from super().sync_auth_flow(request, attempt)
            except CannotRefreshAuthentication:
                raise CannotRefreshAuthentication(ended) from None

    try:
        return Session(*saved) if saved is not None and Path(saved[2]).is_dir() else None
    except (OSError, ValueError):  # not writable
        return None


def key_in(path: str | None) -> str | None:
    """Return the key in a file that only this user can read; None where there is none."""
    if path is None:
        return None
    try:
        with Path(path).open(encoding="utf-8") as file:
            found = os.fstat(file.fileno())
            mine = os.name != "posix" or (found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077)
            return (mine and file.read().partition(f"{VARIABLE}=")[2].strip()) or None
    except (OSError, ValueError):
        return None


def key_in_environment(api_uri: str, *, counts: bool) -> str | None:
    """Return this process's own key, if it is said to be for this server, or if nothing is said and it `counts`."""
    server = os.environ.get(ITS_SERVER)
    return os.environ.get(VARIABLE) or None if server == api_uri or (server is None and counts) else None


def is_served_by(api_uri: Any, url: Any) -> bool:
    """Whether an address has the origin of the server, or its encrypted twin's."""
    origin = (api_uri.scheme, api_uri.host, api_uri.port)
    twin = ("https", api_uri.host, None) if origin[::2] == ("http", None) else origin
    return (url.scheme, url.host, url.port) in (origin, twin)
