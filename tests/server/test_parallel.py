"""Other processes of this computer: each way to start them, with each kind of sign-in (docs/how-to/parallel.md).

What is read there is what is read here, or there is an error whose last line says what to do. The server has public
data as well: whoever came without the sign-in would read less of it, and no error would tell.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import stat
import subprocess
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import dask
import ipyparallel
import joblib
import pytest
from distributed import Client, LocalCluster

from tiled_jupyter import from_context, from_uri, give_key, key_files

from .sessions import signed_in

IMAGES = "alice/heating_scan/images"
ROOT = str(Path(__file__).parents[2])


def read(client):
    """Return what a client sees of the server, and the sum of what is private."""
    with dask.config.set(scheduler="synchronous"):  # Dask's own threads do not live on in a fork
        return sorted(client), float(client[IMAGES].read().sum())


def fork(client):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        return pool.submit(read, client).result(120)


def spawn(client):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(read, client).result(120)


def loky(client):
    return joblib.Parallel(n_jobs=2)([joblib.delayed(read)(client)] * 2)[0]


def dask_processes(client):
    total = client.new_variation(structure_clients="dask")[IMAGES].read().sum()
    return sorted(client), float(total.compute(scheduler="processes", num_workers=1))


@pytest.fixture(scope="module")
def engines():
    with ipyparallel.Cluster(n=1, log_level=40) as cluster:
        yield cluster[:]


@pytest.fixture(scope="module")
def workers():
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def way(request):
    if request.param == "ipyparallel":
        view = request.getfixturevalue("engines")
        return lambda client: view.apply_sync(read, client)[0]
    if request.param == "LocalCluster":
        workers = request.getfixturevalue("workers")
        return lambda client: workers.submit(read, client).result(120)
    if request.param == "LocalCluster, a dask array":
        workers = request.getfixturevalue("workers")

        def compute(client):
            total = client.new_variation(structure_clients="dask")[IMAGES].read().sum()
            return sorted(client), float(workers.compute(total).result(120))

        return compute
    return request.param


WAYS = [fork, spawn, loky, dask_processes, "ipyparallel", "LocalCluster", "LocalCluster, a dask array"]
SIGN_INS = ["on disk", "in memory", "api_key=", "use()", "environment"]


def client_of(server, sign_in, monkeypatch):
    context = signed_in(server, remember_me=sign_in != "in memory")
    if sign_in in ("on disk", "in memory"):
        return from_context(context)
    key = context.create_api_key(expires_in=600, note=sign_in)
    if sign_in == "use()":
        key.use()
        return from_context(context)
    if sign_in == "environment":
        monkeypatch.setenv("TILED_API_KEY", key.secret)
        return from_uri(server.uri)
    return from_uri(server.uri, api_key=key.secret)


pytestmark = pytest.mark.filterwarnings(
    "ignore:.*:ResourceWarning",  # of sockets that these libraries leave to the end of the process
    "ignore:.*fork.*:DeprecationWarning",
    "ignore:.*:pytest.PytestUnraisableExceptionWarning",
)


@pytest.fixture(autouse=True)
def _children_find_the_tests(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (ROOT, os.environ.get("PYTHONPATH")))))


@pytest.mark.parametrize("sign_in", SIGN_INS)
@pytest.mark.parametrize("way", WAYS, indirect=True, ids=lambda way: getattr(way, "__name__", way))
def test_another_process_reads_the_same_or_says_what_to_do(public_server, way, sign_in, monkeypatch):
    client = client_of(public_server, sign_in, monkeypatch)
    expected = read(client)
    assert "alice" in expected[0]
    if sign_in != "in memory":
        assert way(client) == expected
        return
    with pytest.raises(Exception, match="memory only") as raised:
        way(client)
    last = "".join(traceback.format_exception_only(raised.type, raised.value)).strip().splitlines()[-1]
    assert "kept in this kernel's memory only, so a worker could not use it." in last
    assert last.endswith("give_key(client, key) does for Dask, and TILED_API_KEY where they run for others.")


READ = """
import pickle, sys
client = pickle.load(sys.stdin.buffer)
for _ in range(2):  # and on to the next
    client = pickle.loads(pickle.dumps(client))
print(sorted(client), float(client["alice/heating_scan/images"].read().sum()))
assert not [name for name in sys.modules if name.startswith("tiled_jupyter")]
"""


def elsewhere(pickled, **environment):
    """Read with a pickled client in a process that knows nothing of this package."""
    inherited = {name: value for name, value in os.environ.items() if name != "TILED_API_KEY"}
    program = [sys.executable, "-c", READ]
    return subprocess.run(program, input=pickled, capture_output=True, env={**inherited, **environment}, timeout=120)


def as_printed(client):
    return " ".join(map(str, read(client)))


def the_file():
    (path,) = key_files.directory().with_name("workers").iterdir()
    return path


@pytest.fixture
def keyed(public_server):
    key = signed_in(public_server).create_api_key(expires_in=600)
    return from_uri(public_server.uri, api_key=key.secret), key


def test_the_key_is_in_a_file_for_this_user_and_not_in_the_pickle(keyed):
    client, key = keyed
    pickled = pickle.dumps(client)
    assert key.secret.encode() not in pickled
    assert stat.S_IMODE(the_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(the_file().parent.stat().st_mode) == 0o700
    assert elsewhere(pickled).stdout.decode().strip() == as_printed(client)
    pickle.dumps(client)
    assert the_file().exists()  # still one


@pytest.mark.parametrize("how", ["gone", "read by others", "empty"])
def test_without_the_file_nothing_is_read_and_the_error_says_what_to_do(keyed, how):
    client, _key = keyed
    pickled = pickle.dumps(client)
    if how == "gone":
        the_file().unlink()
    elif how == "empty":
        the_file().write_text("")
    else:
        the_file().chmod(0o644)
    # On this computer the variable may be meant for another server.
    for environment in ({}, {"TILED_API_KEY": "f" * 72}):
        done = elsewhere(pickled, **environment)
        assert done.stdout == b""
        last = done.stderr.decode().strip().splitlines()[-1]
        assert last.startswith("RuntimeError: This client of Tiled's is signed in with an API key that is not here")
        assert last.endswith("give_key(client, key) does for Dask, and TILED_API_KEY for others.")


def test_on_another_computer_the_variable_counts(keyed, monkeypatch):
    client, key = keyed
    monkeypatch.setattr("socket.gethostname", lambda: "somewhere-else")
    pickled = pickle.dumps(client)
    the_file().unlink()
    assert elsewhere(pickled, TILED_API_KEY=key.secret).stdout.decode().strip() == as_printed(client)
    assert b"an API key that is not here" in elsewhere(pickled).stderr


def test_a_revoked_key_is_refused_in_words(keyed, public_server):
    client, key = keyed
    pickled = pickle.dumps(client)
    from tiled_jupyter import ApiKeys

    ApiKeys(signed_in(public_server)).revoke(key.first_eight)
    done = elsewhere(pickled)
    assert done.stdout == b""
    assert b"401" in done.stderr


def test_a_process_may_give_a_client_back(keyed):
    client, _ = keyed
    again = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(client))))
    with again.context:
        assert read(again) == read(client)


def test_options_of_the_context_travel(public_server):
    key = signed_in(public_server).create_api_key(expires_in=600)
    context = from_uri(public_server.uri, api_key=key.secret, max_connections=3, headers={"x-beamline": "5"}).context
    with pickle.loads(pickle.dumps(context)) as there:
        assert there.max_connections == 3
        assert there.http_client.headers["x-beamline"] == "5"
        assert there.http_client.timeout == context.http_client.timeout
        assert there._trust_env == context._trust_env
        assert there.api_key == key.secret


KERNEL = """
import os, pickle, signal, sys
from tiled_jupyter import from_uri
client = from_uri(sys.argv[1], api_key=sys.stdin.readline().strip())
pickle.dumps(client)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("how", ["ended", "killed"])
def test_the_file_goes_with_the_kernel_or_with_the_next_one(keyed, public_server, how):
    client, key = keyed
    program = [sys.executable, "-c", KERNEL, public_server.uri, how]
    done = subprocess.run(program, input=key.secret, text=True, capture_output=True, timeout=120)
    assert done.returncode == (-signal.SIGKILL if how == "killed" else 0), done.stderr
    place = key_files.directory().with_name("workers")
    assert len(list(place.iterdir())) == (how == "killed")
    pickle.dumps(client)
    assert the_file().name.split("-")[-2] == str(os.getpid())


def public_and_private(uri):
    from tiled.client import from_uri

    client = from_uri(uri)
    with client.context:
        return sorted(client)


def test_a_worker_that_joins_when_the_key_is_gone_does_not_read_as_nobody(public_server, workers, keyed):
    _, key = keyed
    key.save()
    give_key(workers, key)
    assert "alice" in workers.submit(public_and_private, public_server.uri, pure=False).result(120)
    key.saved_to.unlink()
    workers.cluster.scale(2)
    try:
        workers.wait_for_workers(2, timeout=120)
        (late,) = set(workers.run(lambda: os.environ["TILED_API_KEY"][:4]).items()) - {
            item for item in workers.run(lambda: os.environ["TILED_API_KEY"][:4]).items() if item[1] != "0000"
        }
        future = workers.submit(public_and_private, public_server.uri, pure=False, workers=[late[0]])
        with pytest.raises(Exception, match="401"):
            future.result(120)
    finally:
        from tiled_jupyter.dask_key import take_key_back

        take_key_back(workers)
        workers.cluster.scale(1)
    assert set(workers.run(lambda: "TILED_API_KEY" in os.environ).values()) == {False}
