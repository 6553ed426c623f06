"""The key of a job, given to the workers of a Dask cluster: to those of now and to those that join later.

It goes as a plugin, and so into no task graph and no pickled client. The plugin stays on the scheduler. It
carries the path of the key's file; the key itself only where nobody can listen (``by_value``). Each worker looks at the
file every minute: it may be given a new key (`rotation`). The plugin's class travels by value: workers need Dask and no
``tiled_jupyter``.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..address import host_of, is_loopback
from ..errors import KeysUnavailable
from ..session import arrival, key_files
from ..session.key_files import VARIABLE
from .new_key import NewApiKey

PLUGIN = "tiled-api-key"
_EVERY = 60.0  # seconds, after which a worker looks whether the file has another key
_REFUSED = "0" * 72  # has the form of a key, and is nobody's: a server refuses it
_CANNOT_READ = (
    "The worker {worker} has no Tiled API key: it cannot read {path} ({why}). What its tasks ask of Tiled is refused "
    "(401). If the key was revoked, give the workers another: tiled_jupyter.give_key(client, key)."
)
NOT_ENCRYPTED = "This cluster's connections are not encrypted; put the key file where the workers can read it."


def give_key(client: Any, key: NewApiKey | Path | str, *, by_value: bool = False) -> None:
    """Send an API key to the workers of a cluster, those that join later too.

    Each worker puts it in its ``TILED_API_KEY``, where Tiled looks for it when a task makes a client. Giving another
    key replaces it, and so does, within a minute, another key in its file.

    Parameters
    ----------
    client : distributed.Client
    key : NewApiKey, Path or str
        A key that was saved, or the path of its file. Workers read the file when they start and whenever it changes.
    by_value : bool
        Send the key itself, to workers that cannot read the file. The scheduler then holds it.

    Raises
    ------
    ValueError
        If the key was not saved, and is not to be sent by value.
    KeysUnavailable
        If the connections of the cluster are not encrypted, a worker cannot read the file, or the server does not
        accept the key from one. Then none has it.
    """
    if client.scheduler.address.startswith("inproc:"):
        raise KeysUnavailable("These workers live in this kernel, and use its sign-in. Nothing is to be given to them.")
    path = key.saved_to if isinstance(key, NewApiKey) else Path(key).expanduser().absolute()
    server = key.api_uri if isinstance(key, NewApiKey) else key_files.server_of(path) if path else None
    if by_value:
        if not _nobody_listens(client):
            raise KeysUnavailable(NOT_ENCRYPTED)
        plugin = _plugin(server, secret=key.secret if isinstance(key, NewApiKey) else _read(path))
    elif path is None:
        raise ValueError("Save the key first: the workers read its file.")
    else:
        plugin = _plugin(server, path=str(path))
    try:
        client.register_plugin(plugin, name=PLUGIN)
    except OSError as error:
        take_key_back(client)
        sentence = f"A worker cannot read {path} ({error.strerror}). {NOT_ENCRYPTED.partition('; ')[2].capitalize()}"
    else:
        sentence = _trouble(client, server) if server is not None else ""
        if not sentence:
            return
        take_key_back(client)
    raise KeysUnavailable(sentence)


def take_key_back(client: Any) -> None:
    """Remove the key from the workers; clients that a task made before keep it."""
    with contextlib.suppress(ValueError):  # they have none
        client.unregister_worker_plugin(PLUGIN)


def _trouble(client: Any, api_uri: str) -> str:
    """Return what goes wrong when each worker of now tries the key; empty where nothing does."""
    url, variable, here = f"{api_uri}auth/apikey", VARIABLE, is_loopback(urlsplit(api_uri).hostname or "")

    def try_key() -> int:  # which no module has, so that it travels by value
        import os

        import httpx

        headers = {"Authorization": f"Apikey {os.environ[variable]}"}
        return httpx.get(url, headers=headers, timeout=20, trust_env=not here).status_code

    answers = client.run(try_key, on_error="return")
    why = next((answer for answer in answers.values() if answer != 200), None)
    host = host_of(api_uri)
    if why == 401:
        return f"{host} does not accept this key: it has expired, or was revoked. No worker has it."
    said = why if isinstance(why, int) else type(why).__name__
    return "" if why is None else f"A worker could not try the key at {host} ({said}). No worker has it."


def _nobody_listens(client: Any) -> bool:
    """Whether all that the key would pass is encrypted, or never leaves this computer."""
    # Also what the scheduler calls itself: one that listens everywhere may be spoken to by a loopback address.
    about = client.scheduler_info()
    addresses = [client.scheduler.address, about["address"], *about["workers"]]
    return all(
        urlsplit(address).scheme in ("tls", "wss") or is_loopback(urlsplit(address).hostname or "")
        for address in addresses
    )


def _read(path: Path | None) -> str:
    if path is None:
        raise ValueError("There is no file with the key.")
    return path.read_text(encoding="utf-8").partition(f"{VARIABLE}=")[2].strip()


def _plugin(server: str | None, *, path: str | None = None, secret: str | None = None) -> Any:
    """Make the plugin; its class is one that no module has, so that it is pickled by value."""
    from distributed import WorkerPlugin

    variable, its_server, refused, cannot_read = VARIABLE, arrival.ITS_SERVER, _REFUSED, _CANNOT_READ
    every = _EVERY

    def without_key(request: Any) -> Any:
        kept = [each for each in request.headers.multi_items() if each[0].lower() != "authorization"]
        state = {**request.__getstate__(), "headers": type(request.headers)(kept)}
        # Made by its class, and then given the state: a function of this module would be asked for where it arrives.
        return object.__new__, (type(request),), state

    class TiledApiKey(WorkerPlugin):
        """Puts a Tiled API key in the environment of a worker."""

        def __init__(self) -> None:
            self._path = path
            self._secret = secret
            self._before: dict[str, str | None] = {}
            self._looking: Any = None

        def setup(self, worker: Any) -> None:
            import copyreg
            import os

            import httpx

            # What a task raises goes to the scheduler, often in clear; an error of httpx holds the request that failed.
            copyreg.pickle(httpx.Request, without_key)
            self._before = {name: os.environ.get(name) for name in (variable, its_server)}
            os.environ.pop(its_server, None)
            if server is not None:
                os.environ[its_server] = server
            # Dask lets a worker join whose plugin fails. It must not read public data alone and take that for all.
            os.environ[variable] = refused
            if secret is None and worker is not None:
                from tornado.ioloop import PeriodicCallback

                self._looking = PeriodicCallback(self._look_again, every * 1000)
                self._looking.start()
            try:
                os.environ[variable] = self._secret or self._read()
            except OSError as error:
                # What fails while a worker registers is written to its log alone; later, the scheduler passes it on.
                if not worker.periodic_callbacks["heartbeat"].is_running():
                    sentence = cannot_read.format(worker=worker.address, path=self._path, why=error.strerror)
                    worker.log_event("warn", sentence)
                raise

        async def _look_again(self) -> None:
            """Take another key over from the file, where there is one."""
            import asyncio
            import contextlib
            import os

            with contextlib.suppress(OSError):
                found = await asyncio.to_thread(self._read)  # the disk may hang
                if self._looking is not None:  # nobody has taken the key back meanwhile
                    os.environ[variable] = found

        def _read(self) -> str:
            with open(str(self._path), encoding="utf-8") as file:  # noqa: PTH123
                secret = file.read().partition(variable + "=")[2].strip()
            if not secret:
                raise OSError(22, "there is no key in it")
            return secret

        def teardown(self, worker: object) -> None:  # noqa: ARG002 - Dask's signature
            import copyreg
            import os

            import httpx

            copyreg.dispatch_table.pop(httpx.Request, None)
            looking, self._looking = self._looking, None
            if looking is not None:
                looking.stop()
            for name, value in self._before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value

        def __repr__(self) -> str:
            return f"<TiledApiKey {self._path or 'by value'}>"

    return TiledApiKey()
