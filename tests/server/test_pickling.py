"""What travels to workers: Tiled's own classes, no secret, and nothing that could not work there."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import dask
import pytest
from distributed import Client, LocalCluster

from tests.patience import PATIENCE
from tiled_jupyter import Context, from_context, from_uri

from .openid_provider import OpenIDProvider, proxied_provider
from .sessions import Hook, kill, let_expire, signed_in
from .tiled_server import TiledServer

READ = """
import pickle, sys
sys.modules["tiled_jupyter"] = None  # is not installed
client = pickle.load(sys.stdin.buffer)
print(client["alice/heating_scan/images"].read().sum())
"""


def in_another_process(client, **environment):
    """Read with a pickled client where nobody can be asked and only Tiled is needed."""
    inherited = {name: value for name, value in os.environ.items() if name != "TILED_API_KEY"}
    return subprocess.run(
        [sys.executable, "-c", READ],
        input=pickle.dumps(client),
        capture_output=True,
        env={**inherited, **environment},
        timeout=PATIENCE,
    )


def total(client):
    return str(client["alice/heating_scan/images"].read().sum())


def test_a_remembered_session_refreshes_on_a_worker(short_server):
    context = signed_in(short_server)
    client = from_context(context)
    expected = total(client)
    let_expire(context)
    done = in_another_process(client)
    assert done.stdout.decode().strip() == expected, done.stderr


def test_no_token_is_in_the_bytes(short_server):
    context = signed_in(short_server)
    carried = pickle.dumps(context)
    assert not any(token.encode() in carried for token in context.http_client.auth.tokens.values())


def test_a_dead_session_ends_on_a_worker_without_asking(short_server):
    context = signed_in(short_server, hook := Hook())
    client = from_context(context)
    kill(context)
    done = in_another_process(client)
    assert b"CannotRefreshAuthentication" in done.stderr
    assert hook.calls == 1


def test_an_anonymous_client_travels(public_server):
    client = from_uri(public_server.uri, remember_me=False)
    copy = pickle.loads(pickle.dumps(client))
    with copy.context:
        assert sorted(copy) == sorted(client)


def test_a_session_in_memory_is_refused_before_a_job_starts(short_server):
    client = from_context(signed_in(short_server, remember_me=False))
    with pytest.raises(pickle.PicklingError, match=r"memory only.*key\.use\(\)"):
        pickle.dumps(client)


def test_a_session_that_a_provider_refreshes_is_refused():
    with OpenIDProvider() as provider, TiledServer(providers=[proxied_provider(provider)]) as server:
        context, _ = Context.from_any_uri(server.uri)
        context.configure_auth({"access_token": "a.b.c", "refresh_token": "r"})
        with pytest.raises(pickle.PicklingError, match="one process"):
            pickle.dumps(context)


@pytest.mark.parametrize("remember_me", [True, False])
def test_dasks_tokenizing_is_not_disturbed(short_server, remember_me):
    context = signed_in(short_server, remember_me=remember_me)
    assert dask.base.tokenize(context) == dask.base.tokenize(context)
    array = from_context(context, "dask")["alice/heating_scan/images"]
    assert dask.base.tokenize(array)
    assert array.read().sum().compute() > 0


@pytest.mark.filterwarnings("ignore:.*:ResourceWarning")  # distributed leaves sockets to its own shutdown
def test_workers_of_a_cluster_read_with_a_remembered_session(short_server):
    context = signed_in(short_server)
    array = from_context(context, "dask")["alice/heating_scan/images"]
    expected = array.read().sum().compute(scheduler="threads")
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as workers,
    ):
        let_expire(context)
        assert workers.compute(array.read().sum()).result(PATIENCE) == expected
        assert workers.submit(lambda: array.read().sum().compute(scheduler="threads")).result(PATIENCE) == expected
