"""What a client becomes in another process, where its sign-in could not go along with it.

The text of this file travels in the pickle and is run where that is read: by a worker that has Tiled and perhaps
nothing of this package, by a scheduler that only hands it on. So it names the standard library and Tiled alone.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn


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
    """Return Tiled's Context with the key that belongs to it, or one that says at its first request why it has none.

    Parameters
    ----------
    source : str
        The text of this file, for the next journey.
    about : dict
        ``state``: of Tiled's Context, without a secret. ``key_file``: where the key lies on the computer that the
        client comes from, or None. ``host``: the name of that computer. ``from_environment``: whether the key was in
        ``TILED_API_KEY`` there. ``without_key``: what to say where this process has none.

    Returns
    -------
    tiled.client.context.Context
    """
    from tiled.client.context import Context as TiledContext

    class Context(TiledContext):  # type: ignore[misc]
        """Tiled's, which travels on as it came."""

        def __reduce__(self) -> tuple[Any, ...]:
            return Arrive(source), (source, about)

    context = Context.__new__(Context)
    context.__setstate__(about["state"])
    key = None
    if about["key_file"] is not None:
        key = key_in(about["key_file"])
        # On the same computer the variable may hold another server's key, as it may have where the client comes from.
        if key is None and (about["from_environment"] or socket.gethostname() != about["host"]):
            key = os.environ.get("TILED_API_KEY")
    if key:
        context.api_key = key
    else:
        context.http_client.event_hooks["request"].append(refusal(about["without_key"]))
    return context


def key_in(path: str) -> str | None:
    """Return the key in a file that only this user can read; None where there is none."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            found = os.fstat(file.fileno())
            mine = os.name != "posix" or (found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077)
            return (mine and file.read().partition("TILED_API_KEY=")[2].strip()) or None
    except (OSError, ValueError):
        return None


def refusal(sentence: str) -> Callable[[object], NoReturn]:
    """Return an event hook that lets no request pass: read without the sign-in, less data would look like all of it."""

    def refuse(_request: object) -> NoReturn:
        raise RuntimeError(sentence)

    return refuse
