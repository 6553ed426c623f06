"""Threads and kernels on a session whose refresh tokens serve only once: one refresh each time, nobody is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from .device_flow import ProvidersFlow
from .openid_provider import OpenIDProvider, proxied_provider
from .sessions import DeviceHook, get, let_expire, signed_in
from .tiled_server import TiledServer

KERNELS, REFRESHES, THREADS = 2, 100, 64
LIFETIME, RENEWED = 3, 600  # seconds: so long that on a busy machine the last thread's request finds it alive
KERNEL = """
import sys
from tiled_jupyter import Context
context, _ = Context.from_any_uri(sys.argv[1])
assert context.use_cached_tokens()
sys.stdin.readline()  # both at once
for _ in range(int(sys.argv[2])):
    context.force_auth_refresh()
print(repr(context))
"""


@pytest.fixture(scope="module")
def provider():
    """Refresh tokens of this one are used up by a refresh, and a second use ends the session."""
    with OpenIDProvider(rotate=True, access_token_max_age=LIFETIME, renewed_token_max_age=RENEWED) as provider:
        yield provider


@pytest.fixture(scope="module")
def rotating_server(provider):
    with TiledServer(providers=[proxied_provider(provider)], allow_anonymous_access=False) as server:
        yield server


@pytest.fixture
def context(rotating_server):
    context = signed_in(rotating_server, DeviceHook(rotating_server, ProvidersFlow))
    assert context.whoami()
    return context


def refreshes(provider):
    return [request["status"] for request in provider.requests("/token") if request["grant"] == "refresh_token"]


@pytest.mark.parametrize("remembered", [True, False])
def test_threads_on_an_expired_token_use_a_refresh_token_once(context, provider, remembered):
    context.configure_auth(dict(context.http_client.auth.tokens), remember_me=remembered)
    let_expire(context)
    before = len(refreshes(provider))
    barrier = threading.Barrier(THREADS)

    def request(_):
        barrier.wait()
        return get(context).status_code

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(request, range(THREADS))) == THREADS * [200]
    assert refreshes(provider)[before:] == [200]


def test_kernels_that_refresh_at_once_lose_nobody(context, rotating_server, provider):
    before = len(refreshes(provider))
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", KERNEL, rotating_server.uri, str(REFRESHES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(os.environ),
            text=True,
        )
        for _ in range(KERNELS)
    ]
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    for kernel in kernels:
        said, wrong = kernel.communicate(timeout=120)
        assert "authenticated as 'alice'" in said, wrong
    made = refreshes(provider)[before:]
    assert set(made) == {200}
    assert len(made) >= REFRESHES  # what one kernel has refreshed, the other has adopted
    let_expire(context)
    assert get(context).status_code == 200
