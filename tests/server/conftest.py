"""Real Tiled servers, a token cache of its own for each test, and bob, who has no keys but its own.

Each file of tests has servers of its own: an account may have 200 sign-ins, those that have ended included.
"""

from __future__ import annotations

import gc
import warnings
from typing import TYPE_CHECKING

import httpx
import pytest

from tiled_jupyter.kernel import memory
from tiled_jupyter.keys.api_keys import ApiKeys

from .sessions import another_kernel, end_kernels, janitor_of, sign_in_as
from .tiled_server import TiledServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def public_server() -> Iterator[TiledServer]:
    with TiledServer() as server:
        yield server


@pytest.fixture(scope="module")
def closed_server() -> Iterator[TiledServer]:
    with TiledServer(allow_anonymous_access=False) as server:
        yield server


@pytest.fixture(scope="module")
def short_server() -> Iterator[TiledServer]:
    """Access tokens of this one last three seconds, so that a session that was ended is soon known to be over."""
    with TiledServer(allow_anonymous_access=False, access_token_max_age=3) as server:
        yield server


@pytest.fixture(scope="module")
def writable_server() -> Iterator[TiledServer]:
    """An empty catalog to write in, with streaming; access tokens of this one last two seconds."""
    with TiledServer(writable=True, allow_anonymous_access=False, access_token_max_age=2) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def dropped() -> Iterator[None]:
    """Collect what a file's tests have dropped, so that no test after them is blamed for it.

    Plain Tiled's clients are closed by nobody, and so are their sockets.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make for each test an empty place for tokens, and no key from the environment."""
    monkeypatch.setenv("TILED_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("TILED_API_KEY", raising=False)
    monkeypatch.setattr(memory, "_kernel", None)  # to be put back
    another_kernel()  # each test is one
    yield tmp_path / "cache"
    end_kernels()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """Note every request on its way out."""
    requests: list[httpx.Request] = []
    send = httpx.Client.send

    def noted(client: httpx.Client, request: httpx.Request, **options: object) -> httpx.Response:
        requests.append(request)
        return send(client, request, **options)

    monkeypatch.setattr(httpx.Client, "send", noted)
    return requests


@pytest.fixture
def context(closed_server):
    """Bob, signed in and without keys; what the tests make is revoked after them, by Tiled's own client."""
    with janitor_of(closed_server):
        yield sign_in_as(closed_server, "bob", remember_me=False)


@pytest.fixture
def keys(context):
    return ApiKeys(context)
