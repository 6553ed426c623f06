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
    "instead: tiled_jupyter.give_key(client, key) does for Dask, and TILED_API_KEY where they run for others."
)


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
    """Give what `object.__reduce__` gives.

    Parameters
    ----------
    context : reauthentication.Context
    state : object
        What Tiled's own ``__getstate__`` gives.

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
    if isinstance(auth, TiledAuth) and (auth.client_id, auth.scopes) != (None, None):
        raise pickle.PicklingError(_CANNOT_WORK_THERE.format(why="can be renewed by one process only"))
    if isinstance(auth, TiledAuth):
        state = tuple(_Travelling(auth) if part is auth else part for part in state)
    # What pickle's first protocol makes instances with; `__newobj__` insists on the class that is pickled.
    return copyreg._reconstructor, (tiled_context.Context, object, None), state  # type: ignore[attr-defined]
