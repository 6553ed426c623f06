"""How many requests it takes to connect, sign in and read something, counted in the server's log."""

from __future__ import annotations

import builtins
import getpass
import multiprocessing
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING
from unittest import mock

from tests.server.shown import Shown
from tests.server.tiled_server import PASSWORDS, TiledServer

from .figures import Count
from .people import Person, requests_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATH = ("alice", "heating_scan", "images")


def measure() -> Iterator[Count]:
    """Count for a server that requires a sign-in, where Tiled asks at once, too."""
    with TiledServer(allow_anonymous_access=False) as server:
        reference = _count(server, _as_tiled_does)
        for name, way in (("from_uri, asking in the panel", _from_uri), ("the login panel", _panel)):
            yield Count(f"requests: {name}, login, first read", _count(server, way), reference, "Tiled's + 1 at most")


def _count(server: TiledServer, way: Callable[[str], None]) -> list[str]:
    before = len(server.log)
    with (
        tempfile.TemporaryDirectory() as place,
        mock.patch.dict(os.environ, TILED_CACHE_DIR=place),
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process,
    ):
        process.submit(way, server.uri).result()
    return requests_in(server.log[before:])


def _read(client) -> None:
    client["/".join(_PATH)].read()


def _as_tiled_does(uri: str) -> None:
    from tiled.client import context, from_uri

    with (
        mock.patch.object(context, "raise_if_cannot_prompt", return_value=None),
        mock.patch.object(builtins, "input", return_value="alice"),
        mock.patch.object(getpass, "getpass", return_value=PASSWORDS["alice"]),
    ):
        _read(from_uri(uri))


def _from_uri(uri: str) -> None:
    from tiled_jupyter import from_uri

    _read(from_uri(uri, prompt_for_reauthentication=Person()))


def _panel(uri: str) -> None:
    shown = Shown()
    shown.connect(uri)
    shown.sign_in()
    _read(shown.session.client())
