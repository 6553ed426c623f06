"""The workers of a real Dask cluster read with a key that no task graph and no log has seen."""

from __future__ import annotations

import logging
import os
import pickle
import stat
import subprocess
import sys
import time
from types import SimpleNamespace
from unittest.mock import Mock

import dask
import pytest
from dask.distributed import Client, LocalCluster
from distributed.protocol.pickle import dumps
from tiled.client.context import Context as TiledContext

from tests.canaries import leaks
from tests.patience import PATIENCE
from tiled_jupyter import attach, from_context
from tiled_jupyter.errors import KeysUnavailable
from tiled_jupyter.keys.dask import NOT_ENCRYPTED, give_key, take_key_back
from tiled_jupyter.keys.rotation import rotate
from tiled_jupyter.session import key_files

from .sessions import Hook

SECONDS = 2 * PATIENCE  # for workers to start: each imports Dask, and tries its key


@pytest.fixture(scope="module")
def cluster():
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "10m"}),  # a worker that was killed is not given up
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster,
    ):
        yield cluster


@pytest.fixture
def client(cluster):
    with Client(cluster) as client:
        yield client
        take_key_back(client)


@pytest.fixture
def key(keys):
    made = keys.create("1h")
    made.save()
    return made


def first_eight():
    return os.environ.get("TILED_API_KEY", "")[:8]


def names(uri):
    from tiled.client import from_uri

    return list(from_uri(uri))


def mean_of_block(uri, path, block):
    from tiled.client import from_uri

    client = from_uri(f"{uri}/api/v1/metadata/{path}", "dask")
    with client.context:
        return float(client.read_block((block, 0, 0)).mean())


def test_workers_of_now_and_workers_of_later_have_the_key(cluster, client, key):
    give_key(client, key)
    assert set(client.run(first_eight).values()) == {key.first_eight}
    cluster.scale(3)
    client.wait_for_workers(3, timeout=SECONDS)
    assert set(client.run(first_eight).values()) == {key.first_eight}


def test_workers_that_die_come_back_with_the_key(client, key):
    give_key(client, key.saved_to)
    before = client.run(os.getpid)
    client.restart(timeout=SECONDS)
    after = client.run(os.getpid)
    assert not set(before.values()) & set(after.values())
    assert set(client.run(first_eight).values()) == {key.first_eight}


def test_a_worker_that_is_killed_comes_back_with_the_key(client, key):
    give_key(client, key)
    (victim, pid), *others = client.run(os.getpid).items()
    os.kill(pid, 9)
    deadline = time.monotonic() + SECONDS
    while victim in client.scheduler_info()["workers"]:
        assert time.monotonic() < deadline
    client.wait_for_workers(len(others) + 1, timeout=SECONDS)
    assert set(client.run(first_eight).values()) == {key.first_eight}
    assert pid not in client.run(os.getpid).values()


def test_workers_read_a_chunked_array_and_no_graph_has_the_key(client, key, closed_server):
    give_key(client, key)
    tasks = [dask.delayed(mean_of_block)(closed_server.uri, "bob/heating_scan/images", block) for block in range(2)]
    assert all(isinstance(value, float) for value in client.gather(client.compute(tasks)))
    for task in tasks:
        assert key.secret.encode() not in pickle.dumps(dict(task.dask))


def test_another_key_takes_the_place_of_the_first_and_taking_back_leaves_nothing(client, keys, key):
    other = keys.create("1h")
    other.save()
    give_key(client, key)
    give_key(client, other)
    assert set(client.run(first_eight).values()) == {other.first_eight}
    take_key_back(client)
    assert set(client.run(first_eight).values()) == {""}


def test_workers_take_a_new_key_over_that_its_file_is_given(client, keys, key, monkeypatch):
    monkeypatch.setattr("tiled_jupyter.keys.dask._EVERY", 0.1)
    give_key(client, key)
    assert set(client.run(first_eight).values()) == {key.first_eight}
    new = rotate(keys, key_files.read(key.saved_to))
    deadline = time.monotonic() + SECONDS
    while set(client.run(first_eight).values()) != {new.first_eight}:
        assert time.monotonic() < deadline
    key.saved_to.unlink()
    take_key_back(client)
    assert set(client.run(first_eight).values()) == {""}


def test_what_a_task_raises_goes_on_without_the_key(client, keys, key, closed_server):
    give_key(client, key)
    keys.revoke(key.first_eight)
    error = client.submit(names, closed_server.uri, pure=False).exception(SECONDS)
    assert "401" in str(error)
    assert leaks({"the error": pickle.dumps(error)}, {"the key": key.secret}) == []
    assert "user-agent" in error.request.headers


def test_the_path_travels_and_not_the_key(key):
    from tiled_jupyter.keys.dask import _plugin

    assert key.secret.encode() not in dumps(_plugin(key.api_uri, path=str(key.saved_to)))
    assert key.secret not in repr(_plugin(None, secret=key.secret))


@pytest.mark.parametrize("by_value", [False, True])
def test_a_worker_needs_no_tiled_jupyter(key, tmp_path, by_value):
    from tiled_jupyter.keys.dask import _plugin

    plugin = _plugin(None, secret=key.secret) if by_value else _plugin(key.api_uri, path=str(key.saved_to))
    (tmp_path / "plugin").write_bytes(dumps(plugin))
    code = (
        "import os, pickle, sys; sys.modules['tiled_jupyter'] = None\n"
        "plugin = pickle.load(open('plugin', 'rb')); plugin.setup(None); print(os.environ['TILED_API_KEY'][:8])\n"
        "plugin.teardown(None); print('TILED_API_KEY' in os.environ)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [key.first_eight, "False"]


@pytest.mark.parametrize("content", [None, "", "# no key\n"])
def test_a_file_that_cannot_be_read_gets_a_sentence_and_no_worker_a_key(client, key, content, caplog):
    with caplog.at_level(logging.CRITICAL):
        key.saved_to.unlink()
        if content is not None:
            key.saved_to.write_text(content)
        with pytest.raises(KeysUnavailable, match="where the workers can read it") as caught:
            give_key(client, key)
    assert caught.value.__context__ is None
    assert set(client.run(first_eight).values()) == {""}


def test_a_key_that_the_server_does_not_accept_is_said_before_anything_is_submitted(client, keys, key):
    keys.revoke(key.first_eight)
    path = key.save()
    for given in (key, path):
        with pytest.raises(KeysUnavailable, match="expired, or was revoked") as caught:
            give_key(client, given)
        assert caught.value.__context__ is None
        assert set(client.run(first_eight).values()) == {""}


def test_a_server_that_workers_cannot_reach_is_said_before_anything_is_submitted(client, key):
    path = key_files.save(key.secret, "http://127.0.0.1:1/api/v1/", None)
    with pytest.raises(KeysUnavailable, match=r"could not try the key at 127\.0\.0\.1:1 "):
        give_key(client, path)
    assert set(client.run(first_eight).values()) == {""}


@pytest.mark.parametrize("name", ["submit", "compute"])
def test_an_attached_client_that_workers_could_not_refresh_ends_with_the_sentence_or_reads_with_the_key_given(
    client, closed_server, key, name
):
    context = attach(TiledContext(f"{closed_server.uri}/api/v1/"))
    context.authenticate(prompt_for_reauthentication=Hook("bob"), remember_me=False)
    total = from_context(context, "dask")["bob/heating_scan/images"].read().sum()

    def there():
        if name == "compute":
            return client.compute(total).result(SECONDS)
        return client.submit(lambda: total.compute(scheduler="synchronous"), pure=False).result(SECONDS)

    with pytest.raises(RuntimeError, match=r"^This sign-in .* memory only, .* for a cluster of Dask's\.$"):
        there()
    give_key(client, key)
    assert there() == total.compute(scheduler="synchronous")


def test_a_key_without_a_file_goes_by_value_over_loopback_if_said_so(client, keys):
    key = keys.create("1h")
    with pytest.raises(ValueError, match="Save the key first"):
        give_key(client, key)
    give_key(client, key, by_value=True)
    assert set(client.run(first_eight).values()) == {key.first_eight}


@pytest.mark.parametrize(
    ("scheduler", "called", "workers", "allowed"),
    [
        ("tls://10.0.0.1:8786", "tls://10.0.0.1:8786", ["tls://10.0.0.2:1"], True),
        ("tcp://127.0.0.1:8786", "tcp://127.0.0.1:8786", ["tcp://[::1]:1"], True),
        ("tcp://10.0.0.1:8786", "tcp://10.0.0.1:8786", [], False),
        ("tcp://127.0.0.1:8786", "tcp://10.0.0.1:8786", [], False),  # listens everywhere
        ("tcp://127.0.0.1:8786", "tcp://127.0.0.1:8786", ["tcp://10.0.0.2:1"], False),
        ("ucx://10.0.0.1:8786", "ucx://10.0.0.1:8786", [], False),
    ],
)
def test_by_value_only_where_nobody_can_listen(keys, scheduler, called, workers, allowed):
    registered = []
    client = Mock(
        scheduler=SimpleNamespace(address=scheduler),
        scheduler_info=lambda: {"address": called, "workers": dict.fromkeys(workers)},
        register_plugin=lambda plugin, name: registered.append(plugin),
        run=lambda *_, **__: {},
    )
    key = keys.create("1h")
    if allowed:
        give_key(client, key, by_value=True)
    else:
        with pytest.raises(KeysUnavailable) as caught:
            give_key(client, key, by_value=True)
        assert str(caught.value) == NOT_ENCRYPTED
    assert len(registered) == allowed


def test_workers_inside_this_kernel_are_given_nothing(key):
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        with pytest.raises(KeysUnavailable, match="live in this kernel"):
            give_key(client, key)
        assert "TILED_API_KEY" not in os.environ


def test_the_file_stays_private(client, key):
    give_key(client, key)
    assert stat.S_IMODE(key.saved_to.stat().st_mode) == 0o600
