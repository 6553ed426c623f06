"""What a Context becomes in a pickle: made of Tiled's classes alone, so that a worker needs only Tiled.

No token and no key is in it, and nothing that could ask anybody. A saved session is found on disk. A key lies in a
file for this user alone while this kernel lives, and the pickle has the path.
"""

from __future__ import annotations

import copyreg
import inspect
import os
import pickle
import socket
import sys
from types import FrameType
from typing import Any

from tiled.client import context as tiled_context
from tiled.client.auth import TiledAuth

from . import arrival, key_files
from .prompts import SignsIn

_CANNOT_WORK_THERE = (
    "This sign-in to Tiled {why}, so a worker could not use it. Give the workers an API key instead: "
    "tiled_jupyter.give_key(client, key) does for Dask, and TILED_API_KEY where they run for others."
)
_WITHOUT_KEY = (
    "This client of Tiled's is signed in with an API key that is not here, so nothing was read. Where the notebook "
    "that made it runs no more, or on another computer, give this process the key: tiled_jupyter.give_key(client, key) "
    "does for Dask, and TILED_API_KEY for others."
)
_WHO_BURIES_ERRORS = ("distributed.protocol.", "joblib.", "loky.")


class _SessionClass:
    """Travels as a class that is made where it arrives: Tiled's own session, with what Tiled forgets.

    A `TiledAuth` that is pickled a second time, as Dask's scheduler does, comes without ``client_id`` and ``scopes``
    and fails at its first refresh. Both are None for a session that Tiled's own server refreshes; as attributes of a
    class in ``__main__``, which cloudpickle sends by value, they stay.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return type, ("TiledAuth", (TiledAuth,), {"__module__": "__main__", "client_id": None, "scopes": None})

    def __call__(self) -> None:
        """Satisfy pickle, which looks whether this could be called; what it becomes is."""


class _Travelling:
    """Travels as a session without tokens: a worker finds them on disk."""

    def __init__(self, auth: TiledAuth) -> None:
        self._auth = auth

    def __reduce__(self) -> tuple[Any, ...]:
        return _SessionClass(), (self._auth.refresh_url, self._auth.csrf_token, self._auth.token_directory)


def reduced(context: SignsIn, state: Any) -> tuple[Any, ...]:
    """Return what `object.__reduce__` returns.

    Parameters
    ----------
    context : reauthentication.Context
    state : object
        What Tiled's own ``__getstate__`` gives.

    Raises
    ------
    pickle.PicklingError
        Where the sign-in could not work in another process: here, before a job starts. For Dask and joblib, which
        bury errors of pickling, it becomes a client that says so at its first request.
    """
    auth = context.http_client.auth
    if context.api_key is not None:
        from_environment = os.environ.get(key_files.VARIABLE) == context.api_key
        key_file = key_files.for_workers(context.api_key, str(context.api_uri))
        return _arriving(context, state, str(key_file), _WITHOUT_KEY, from_environment=from_environment)
    if not isinstance(auth, TiledAuth):
        return _as_tileds(state)
    why = None
    if auth.token_directory is None:
        why = "is kept in this kernel's memory only"
    elif (auth.client_id, auth.scopes) != (None, None):
        why = "can be renewed by one process only"
    if why is None:
        return _as_tileds(tuple(_Travelling(auth) if part is auth else part for part in state))
    sentence = _CANNOT_WORK_THERE.format(why=why)
    if not _buries_errors():
        raise pickle.PicklingError(sentence)
    return _arriving(context, state, None, sentence)


def _as_tileds(state: Any) -> tuple[Any, ...]:
    # What pickle's first protocol makes instances with; `__newobj__` insists on the class that is pickled.
    return copyreg._reconstructor, (tiled_context.Context, object, None), state  # type: ignore[attr-defined]


def _arriving(
    context: SignsIn, state: Any, key_file: str | None, without_key: str, *, from_environment: bool = False
) -> tuple[Any, ...]:
    http = context.http_client
    headers = {name: value for name, value in http.headers.items() if name != "authorization"}
    secret = {id(http.headers): headers, id(http.auth): None}
    about = {
        "state": tuple(secret.get(id(part), part) for part in state),
        "key_file": key_file,
        "host": socket.gethostname(),
        "from_environment": from_environment,
        "without_key": without_key,
    }
    source = inspect.getsource(arrival)
    return arrival.Arrive(source), (source, about)


def _buries_errors() -> bool:
    """Whether those pickle at this moment who end every error of it with a sentence of their own."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(_WHO_BURIES_ERRORS):
            return True
        frame = frame.f_back
    return False
