"""What a Context becomes in a pickle: made of Tiled's classes alone, so that a worker needs only Tiled.

No token and no key is in it, and nothing that could ask anybody.
"""

from __future__ import annotations

import copyreg
import functools
import os
import pickle
import sys
import warnings
import weakref
from typing import Any
from urllib.parse import urlsplit

from tiled.client import context as tiled_context
from tiled.client.auth import TiledAuth

from .address import is_loopback
from .key_files import VARIABLE
from .prompts import SignsIn

_CANNOT_WORK_THERE = (
    "This sign-in to Tiled {why}, so a worker could not use it. Nothing was sent to one. Give the workers an API key "
    "instead: tiled_jupyter.give_key(client, key) does for Dask, and TILED_API_KEY where they run for others."
)


_KEY_STAYS = (
    "This client of Tiled's is signed in with an API key, which does not travel, and the workers of this Dask cluster "
    "were given none: without a TILED_API_KEY of their own they are not signed in. To give them one first: "
    "tiled_jupyter.give_key(client, key)."
)

keyed: weakref.WeakSet[Any] = weakref.WeakSet()  # Dask clients whose workers have a key, or whose person was told


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


class _KeylessClass:
    """Travels as a class that is made where it arrives: Tiled's Context, which travels on as it came.

    Dask's scheduler unpickles a graph and pickles it again. A Context of Tiled's would then take the scheduler's key
    along, or none where it has none, and never look for the worker's.
    """

    def __init__(self, make: Any, uri: str) -> None:
        # An exception holds a tuple, and a default makes no difference to `getattr`, whether or not it is bound.
        self._reduce = functools.partial(getattr, Exception(make, (uri,)), "args")

    def __reduce__(self) -> tuple[Any, ...]:
        context = tiled_context.Context
        return type, ("Context", (context,), {"__module__": "__main__", "__reduce__": self._reduce})

    def __call__(self) -> None:
        """Satisfy pickle, as in `_SessionClass`."""


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
        _tell_of_workers_without_key(context.api_key)
        # The worker's own TILED_API_KEY is read where the Context is made.
        headers = {name: value for name, value in context.http_client.headers.items() if name != "authorization"}
        options = {"headers": headers, "timeout": context.http_client.timeout, "verify": context._verify}
        uri = str(context.api_uri)
        there = functools.partial(tiled_context.Context, **options)
        return functools.partial(_KeylessClass(there, uri), **options), (uri,)
    if isinstance(auth, TiledAuth) and auth.token_directory is None:
        raise pickle.PicklingError(_CANNOT_WORK_THERE.format(why="is kept in this kernel's memory only"))
    if isinstance(auth, TiledAuth) and (auth.client_id, auth.scopes) != (None, None):
        raise pickle.PicklingError(_CANNOT_WORK_THERE.format(why="can be renewed by one process only"))
    if isinstance(auth, TiledAuth):
        state = tuple(_Travelling(auth) if part is auth else part for part in state)
    # What pickle's first protocol makes instances with; `__newobj__` insists on the class that is pickled.
    return copyreg._reconstructor, (tiled_context.Context, object, None), state  # type: ignore[attr-defined]


def _tell_of_workers_without_key(api_key: str) -> None:
    """Warn, once for each Dask client, before something is sent to workers that may have no key.

    They cannot be asked: Dask pickles under a lock that its answers wait for.
    """
    distributed = sys.modules.get("distributed")
    try:
        client = distributed.default_client() if distributed is not None else None
    except ValueError:  # there is none
        return
    if client is None or client in keyed or client.scheduler is None:
        return
    address = urlsplit(client.scheduler.address)
    inherited = is_loopback(address.hostname or "") and os.environ.get(VARIABLE) == api_key
    if address.scheme != "inproc" and not inherited:
        keyed.add(client)
        warnings.warn(_KEY_STAYS, stacklevel=2)
