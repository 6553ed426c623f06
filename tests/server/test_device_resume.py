"""A session that was begun with a code dies, in both dialects: one new code, and every request goes on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest

from tiled_jupyter import IdentityChanged, from_context

from .device_flow import OwnFlow, ProvidersFlow
from .openid_provider import OpenIDProvider, own_device_provider, proxied_provider
from .sessions import DeviceHook, get, kill, let_expire, signed_in
from .tiled_server import TiledServer

LIFETIME = 2  # seconds, of access tokens
SCOPES = "read:metadata read:data create:node write:metadata write:data create:apikeys revoke:apikeys"


class OwnDialect:
    """Tiled's own device flow: the session is Tiled's."""

    flow = OwnFlow

    def __init__(self, provider):
        self.server = TiledServer(
            providers=[own_device_provider(provider)],
            writable=True,
            allow_anonymous_access=False,
            access_token_max_age=LIFETIME,
        )

    def end_session(self, context):
        kill(context)


class ProvidersDialect:
    """The provider's device flow: the session is the provider's, whose refresh tokens serve once."""

    flow = ProvidersFlow

    def __init__(self, provider):
        self.provider = provider
        self.server = TiledServer(
            providers=[proxied_provider(provider, scopes_map={"tiled": SCOPES.split()})],
            writable=True,
            allow_anonymous_access=False,
        )

    def end_session(self, context):
        self.provider.restart()  # with it goes all it knew
        let_expire(context)


@pytest.fixture(scope="module", params=[OwnDialect, ProvidersDialect])
def dialect(request):
    with OpenIDProvider(rotate=True, access_token_max_age=LIFETIME) as provider:
        dialect = request.param(provider)
        with dialect.server:
            yield dialect


@pytest.fixture
def hook(dialect):
    """The person; asked once to begin with, and once again."""
    hook = DeviceHook(dialect.server, dialect.flow)
    yield hook
    assert hook.calls == 2


@pytest.fixture
def folder(dialect, hook):
    folder = from_context(signed_in(dialect.server, hook)).create_container()
    folder.write_array(numpy.arange(6), key="image", metadata={"unit": "counts"})
    return folder


def test_data_is_read(dialect, folder):
    image = folder["image"]
    dialect.end_session(folder.context)
    assert image.read().tolist() == [*range(6)]


def test_data_is_written_once(dialect, folder):
    dialect.end_session(folder.context)
    folder.write_array(numpy.arange(4), key="another")
    assert sorted(folder) == ["another", "image"]
    folder["another"].update_metadata({"unit": "photons"})
    assert len(folder["another"].metadata_revisions[:]) == 1


@pytest.mark.parametrize("threads", [2, 16])
def test_threads_wait_for_one_approval(dialect, folder, threads):
    dialect.end_session(folder.context)
    barrier = threading.Barrier(threads)

    def read(_):
        barrier.wait()
        return folder["image"].read().tolist()

    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(read, range(threads))) == threads * [[*range(6)]]


@pytest.mark.parametrize("remember_me", [True, False])
def test_a_code_approved_by_somebody_else_resumes_nothing(dialect, hook, remember_me):
    context = signed_in(dialect.server, hook, remember_me=remember_me)
    context.whoami()  # a provider's tokens name nobody
    dialect.end_session(context)
    hook.name = "bob"
    with pytest.raises(IdentityChanged, match="Only alice"):
        get(context)


@pytest.mark.parametrize("remember_me", [True, False])
def test_the_occasion_says_whose_session_has_ended(dialect, hook, remember_me):
    context = signed_in(dialect.server, hook, remember_me=remember_me)
    context.whoami()  # a provider's tokens name nobody
    dialect.end_session(context)
    assert get(context).status_code == 200
    assert hook.occasions[1].identity.id == "alice"
    assert hook.occasions[1].remember is remember_me
    assert context.remembered is remember_me
