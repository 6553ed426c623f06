"""What a Context becomes in a pickle: made of Tiled's classes alone, so that a worker needs only Tiled.

No token and no key is in it, and nothing that could ask anybody. A saved session is found on disk. A key lies in a
file for this user alone while this kernel lives, and the pickle has the path. `arrival` is what becomes of it.
"""

from __future__ import annotations

import copyreg
import functools
import inspect
import os
import pickle
import sys
from types import FrameType
from typing import Any

from tiled.client import context as tiled_context

from ..address import host_of
from . import arrival, key_files, registry
from .auth import SessionAuth
from .prompts import SignsIn

_FOR_DASK = "tiled_jupyter.give_key(dask_client, key)"
_CANNOT_WORK_THERE = (
    "This sign-in to {host} {why}, and another process cannot use it. Read with an API key: make one with "
    f"tiled_jupyter.ApiKeys(client.context), and call key.use() here, or {_FOR_DASK} for a cluster of Dask's."
)
_SESSION_NOT_HERE = (
    "Nothing was read from {host}: the saved sign-in of this client has ended, or its files cannot be used here. Sign "
    "in again in the notebook. Where its files cannot be had, read with an API key: call key.use() in the notebook, or "
    f"{_FOR_DASK} for a cluster of Dask's."
)
_KEY_NOT_HERE = (
    "Nothing was read from {host}: the API key of this client is not here. It is in a file of yours on the computer of "
    "the notebook, {file}. Run the notebook again, or {otherwise}"
)
_WHILE_IT_RUNS = "while that runs and is signed in"
_NOT_WRITTEN = "or would be: it could not be written ({why})"
_VARIABLE_COUNTS = f"give this process a key: {_FOR_DASK} does for Dask, and TILED_API_KEY for others."
_VARIABLE_IS_ANOTHERS = (
    f"make the client in this process; for Dask, {_FOR_DASK} does. TILED_API_KEY is not used here, for in the notebook "
    "it was not this client's."
)
_WHO_BURIES_ERRORS = ("distributed.protocol.", "joblib.externals.loky.", "loky.")


def reduced(context: SignsIn, state: Any) -> tuple[Any, ...]:
    """Return what `object.__reduce__` returns.

    Parameters
    ----------
    context : SessionContext
    state : object
        What Tiled's own ``__getstate__`` gives.

    Raises
    ------
    pickle.PicklingError
        Where the sign-in could not work in another process: here, before a job starts. For Dask and joblib, which
        bury errors of pickling, it becomes a client that says so at its first request.
    """
    auth, host = context.http_client.auth, host_of(str(context.api_uri))
    if context.api_key is not None:
        return _arriving(context, state, **_key(context.api_key, str(context.api_uri), host))
    if not isinstance(auth, SessionAuth):
        # What pickle's first protocol makes instances with; `__newobj__` insists on the class that is pickled.
        return copyreg._reconstructor, (tiled_context.Context, object, None), state  # type: ignore[attr-defined]
    session = (os.getpid(), auth.name)
    if auth.token_directory is not None and (auth.client_id, auth.scopes) == (None, None):
        saved = (auth.refresh_url, auth.csrf_token, str(auth.token_directory))
        return _arriving(context, state, session=session, saved=saved, without=_SESSION_NOT_HERE.format(host=host))
    in_memory = "is kept in this kernel's memory only"
    why = in_memory if auth.token_directory is None else "can be renewed by one process only"
    sentence = _CANNOT_WORK_THERE.format(host=host, why=why)
    if not _buries_errors():
        raise pickle.PicklingError(sentence)
    return _arriving(context, state, session=session, without=sentence)


def session_named(name: str) -> SessionAuth | None:
    """Return the session of this process that has this name, while a client uses it."""
    sessions = (context.http_client.auth for context in registry.contexts())
    return next((auth for auth in sessions if isinstance(auth, SessionAuth) and auth.name == name), None)


def _key(key: str, api_uri: str, host: str) -> dict[str, Any]:
    """Return how a key is found where it cannot be in the pickle."""
    variable_counts = os.environ.get(key_files.VARIABLE) in (None, key)
    key_file, file = None, _WHILE_IT_RUNS
    try:
        key_file = str(key_files.for_workers(key, api_uri))
    except OSError as error:
        file = _NOT_WRITTEN.format(why=error.strerror)
    except ValueError as error:  # `UnsafePlace`, or no key at all
        file = _NOT_WRITTEN.format(why=str(error).rstrip("."))
    otherwise = _VARIABLE_COUNTS if variable_counts else _VARIABLE_IS_ANOTHERS
    without = _KEY_NOT_HERE.format(host=host, file=file, otherwise=otherwise)
    return {"key_file": key_file, "variable_counts": variable_counts, "without": without}


def _arriving(context: SignsIn, state: Any, **how: Any) -> tuple[Any, ...]:
    http = context.http_client
    headers = {name: value for name, value in http.headers.items() if name != "authorization"}
    without_secrets = {id(http.headers): headers, id(http.auth): None}
    about = {
        "state": tuple(without_secrets.get(id(part), part) for part in state),
        "session": None,
        "saved": None,
        "key_file": None,
        "variable_counts": False,
        **how,
    }
    source = _source()
    return arrival.Arrive(source), (source, about)


@functools.cache
def _source() -> str:
    """Return the text of `arrival`: one object, which a pickle of several clients holds once."""
    return inspect.getsource(arrival)


def _buries_errors() -> bool:
    """Whether those pickle at this moment who end every error of it with a sentence of their own."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(_WHO_BURIES_ERRORS):
            return True
        frame = frame.f_back
    return False
