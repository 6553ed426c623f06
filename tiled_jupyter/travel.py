"""What a Context becomes in a pickle: made of Tiled's classes alone, so that a worker needs only Tiled.

No token and no key is in it, and nothing that could ask anybody.
"""

from __future__ import annotations

import copyreg
import functools
import pickle
from typing import Any

from tiled.client import context as tiled_context
from tiled.client.auth import TiledAuth

from .prompts import SignsIn

_CANNOT_WORK_THERE = (
    "This sign-in to Tiled {why}, so a worker could not use it. Nothing was sent to one. Give the workers an API key "
    "instead: set TILED_API_KEY where they run, and make a client with api_key=."
)


def reduced(context: SignsIn, state: Any) -> tuple[Any, ...]:
    """Give what `object.__reduce__` gives.

    Parameters
    ----------
    context : reauthentication.Context
    state : object
        What Tiled's own ``__getstate__`` gives; its auth travels as `session_auth.SessionAuth.__reduce__` says.

    Raises
    ------
    pickle.PicklingError
        Where the sign-in could not work in another process: here, before a job starts.
    """
    auth = context.http_client.auth
    if context.api_key is not None:
        # The worker's own TILED_API_KEY is read where the Context is made.
        headers = {name: value for name, value in context.http_client.headers.items() if name != "authorization"}
        make = functools.partial(
            tiled_context.Context, headers=headers, timeout=context.http_client.timeout, verify=context._verify
        )
        return make, (str(context.api_uri),)
    if isinstance(auth, TiledAuth) and auth.token_directory is None:
        raise pickle.PicklingError(_CANNOT_WORK_THERE.format(why="is kept in this kernel's memory only"))
    if isinstance(auth, TiledAuth) and auth.client_id is not None:
        raise pickle.PicklingError(_CANNOT_WORK_THERE.format(why="can be renewed by one process only"))
    return copyreg.__newobj__, (tiled_context.Context,), state  # type: ignore[attr-defined]
