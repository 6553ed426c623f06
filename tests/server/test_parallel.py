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
import threading
import traceback
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import dask
import ipyparallel
import joblib
import pytest
from distributed import Client, LocalCluster

from tiled_jupyter import ApiKeys, from_context, from_uri, give_key
from tiled_jupyter.keys.dask import take_key_back
from tiled_jupyter.session import key_files

from .hostile_server import HostileServer, Reply
from .sessions import signed_in

IMAGES = "alice/heating_scan/images"
ROOT = str(Path(__file__).parents[2])


def read(client):
    """Return what a client sees of the server, and the sum of what is private."""
    with dask.config.set(scheduler="synchronous"):  # Dask's own threads do not live on in a fork
        return sorted(client), float(client[IMAGES].read().sum())


def private_total(client):
    return client.new_variation(structure_clients="dask")[IMAGES].read().sum()


@pytest.fixture(scope="module")
def forked():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        yield pool


@pytest.fixture(scope="module")
def spawned():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def fork(forked):
    return lambda client: forked.submit(read, client).result(120)


@pytest.fixture
def spawn(spawned):
    return lambda client: spawned.submit(read, client).result(120)


@pytest.fixture
def loky():
    return lambda client: joblib.Parallel(n_jobs=2)([joblib.delayed(read)(client)] * 2)[0]


@pytest.fixture
def dask_processes():
    return lambda client: (
        sorted(client),
        float(private_total(client).compute(scheduler="processes", num_workers=1)),
    )


@pytest.fixture(scope="module")
def engines():
    with ipyparallel.Cluster(n=1, log_level=40) as cluster:
        view = cluster[:]
        yield lambda client: view.apply_sync(read, client)[0]


@pytest.fixture(scope="module")
def workers():
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def local_cluster(workers):
    return lambda client: workers.submit(read, client, pure=False).result(120)


@pytest.fixture
def array_on_local_cluster(workers):
    return lambda client: (sorted(client), float(workers.compute(private_total(client)).result(120)))


WAYS = ["fork", "spawn", "loky", "dask_processes", "engines", "local_cluster", "array_on_local_cluster"]
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
@pytest.mark.parametrize("way", WAYS)
def test_another_process_reads_the_same_or_says_what_to_do(public_server, way, sign_in, monkeypatch, request):
    way = request.getfixturevalue(way)
    client = client_of(public_server, sign_in, monkeypatch)
    expected = read(client)
    assert "alice" in expected[0]
    if sign_in != "in memory":
        assert way(client) == expected
        return
    with pytest.raises(Exception, match="memory only") as raised:
        way(client)
    said = last_line(raised.value)
    assert "is kept in this kernel's memory only, and another process cannot use it." in said
    assert said.endswith("call key.use() here, or tiled_jupyter.give_key(dask_client, key) for a cluster of Dask's.")


def last_line(error):
    return "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]


@pytest.mark.parametrize("way", ["spawn", "local_cluster"])
def test_what_the_refusal_says_helps(public_server, way, request):
    client = client_of(public_server, "in memory", None)
    expected = read(client)
    ApiKeys(client.context).create(expires_in="1h").use()
    assert request.getfixturevalue(way)(client) == expected


@pytest.mark.parametrize("sign_in", ["on disk", "in memory", "api_key="])
def test_workers_in_this_kernel_use_its_sign_in(public_server, sign_in, monkeypatch):
    client = client_of(public_server, sign_in, monkeypatch)
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as workers,
    ):
        assert workers.submit(read, client, pure=False).result(120) == read(client)
        there = workers.submit(lambda context: context.http_client.auth, client.context, pure=False).result(120)
        assert there is client.context.http_client.auth
        assert float(workers.compute(private_total(client)).result(120)) == read(client)[1]


READ = """
import pickle, sys
sys.modules["tiled_jupyter"] = None  # is not installed
client = pickle.load(sys.stdin.buffer)
for _ in range(2):  # and on to the next
    client = pickle.loads(pickle.dumps(client))
print(sorted(client), float(client["alice/heating_scan/images"].read().sum()))
"""


def test_a_worker_needs_tiled_alone(keyed):
    client, _ = keyed
    program, pickled = [sys.executable, "-c", READ], pickle.dumps(client)
    done = subprocess.run(program, input=pickled, capture_output=True, timeout=120)
    assert done.stdout.decode().strip() == " ".join(map(str, read(client))), done.stderr


def outcome(pickled, environment):
    for name in ("TILED_API_KEY", "TILED_API_KEY_SERVER"):
        os.environ.pop(name, None)  # of the test for which this process was started
    os.environ.update(environment)
    try:
        return read(pickle.loads(pickle.dumps(pickle.loads(pickled))))
    except Exception as error:  # noqa: BLE001 - its last line is what is tested
        return last_line(error)
    finally:
        for name in environment:
            del os.environ[name]


@pytest.fixture
def elsewhere(spawned):
    """Read with a pickled client, with such an environment; the last line of the error, if there is one."""
    return lambda pickled, **environment: spawned.submit(outcome, pickled, environment).result(120)


def the_file():
    (path,) = key_files.directory().with_name("workers").iterdir()
    return path


@pytest.fixture
def keyed(public_server):
    key = signed_in(public_server).create_api_key(expires_in=600)
    return from_uri(public_server.uri, api_key=key.secret), key


def test_the_key_is_in_a_file_for_this_user_and_not_in_the_pickle(keyed, elsewhere):
    client, key = keyed
    pickled = pickle.dumps(client)
    assert key.secret.encode() not in pickled
    assert stat.S_IMODE(the_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(the_file().parent.stat().st_mode) == 0o700
    assert elsewhere(pickled) == read(client)
    pickle.dumps(client)
    assert the_file().exists()  # still one


@pytest.mark.parametrize("how", ["gone", "read by others", "empty"])
def test_without_the_file_nothing_is_read_and_the_error_says_what_to_do(keyed, how, elsewhere):
    client, _ = keyed
    pickled = pickle.dumps(client)
    if how == "gone":
        the_file().unlink()
    elif how == "empty":
        the_file().write_text("")
    else:
        the_file().chmod(0o644)
    said = elsewhere(pickled)
    assert said.startswith("RuntimeError: Nothing was read from 127.0.0.1:")
    assert said.endswith("give_key(dask_client, key) does for Dask, and TILED_API_KEY for others.")


def test_the_key_of_the_process_counts_as_the_error_says(keyed, elsewhere):
    client, key = keyed
    pickled = pickle.dumps(client)
    the_file().unlink()
    assert elsewhere(pickled, TILED_API_KEY=key.secret) == read(client)


def test_a_key_that_was_another_servers_in_the_notebook_is_not_sent(public_server, monkeypatch, elsewhere):
    key = signed_in(public_server).create_api_key(expires_in=600)
    monkeypatch.setenv("TILED_API_KEY", "f" * 72)
    pickled = pickle.dumps(client := from_uri(public_server.uri, api_key=key.secret))
    the_file().unlink()
    for others in ({}, {"TILED_API_KEY_SERVER": "https://elsewhere.example.org/api/v1/"}):
        assert "TILED_API_KEY is not used here" in elsewhere(pickled, TILED_API_KEY=key.secret, **others)
    given = {"TILED_API_KEY": key.secret, "TILED_API_KEY_SERVER": key.api_uri}  # as by `give_key`
    assert elsewhere(pickled, **given) == read(client)


def test_a_key_that_was_given_for_another_server_is_not_sent(keyed, elsewhere):
    client, key = keyed
    pickled = pickle.dumps(client)
    the_file().unlink()
    others = {"TILED_API_KEY": key.secret, "TILED_API_KEY_SERVER": "https://elsewhere.example.org/api/v1/"}
    assert "Nothing was read" in elsewhere(pickled, **others)


def test_where_no_file_can_be_written_the_error_says_why(keyed, elsewhere):
    client, key = keyed
    place = key_files.directory().with_name("workers")
    place.parent.mkdir(exist_ok=True)
    place.write_text("not a directory")
    pickled = pickle.dumps(client)
    assert "it could not be written (Not a directory)" in elsewhere(pickled)
    assert elsewhere(pickled, TILED_API_KEY=key.secret) == read(client)


def test_a_saved_sign_in_that_is_not_there_or_has_ended_says_what_to_do(public_server, elsewhere):
    context = signed_in(public_server)
    pickled = pickle.dumps(from_context(context))
    assert elsewhere(pickled) == read(from_context(context))
    context.forget_saved()
    said = elsewhere(pickled)
    assert "CannotRefreshAuthentication: Nothing was read from" in said
    assert said.endswith("give_key(dask_client, key) for a cluster of Dask's.")
    for path in sorted(context.token_directory.parent.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    said = elsewhere(pickled)
    assert "RuntimeError: Nothing was read from" in said
    assert not context.token_directory.exists()  # nobody makes it, who only hands the client on


def test_a_revoked_key_is_refused_in_words(keyed, public_server, elsewhere):
    client, key = keyed
    pickled = pickle.dumps(client)
    ApiKeys(signed_in(public_server)).revoke(key.first_eight)
    assert "ClientError: 401: Invalid API key" in elsewhere(pickled)


def test_signing_out_takes_the_key_from_other_processes_and_from_no_other_client(keyed, public_server, elsewhere):
    client, key = keyed
    same, other_key = from_uri(public_server.uri, api_key=key.secret), signed_in(public_server).create_api_key()
    pickled, others = pickle.dumps(client), pickle.dumps(other := from_uri(public_server.uri, api_key=other_key.secret))
    client.logout()
    assert elsewhere(pickled) == read(same)
    same.logout()
    assert "Nothing was read" in elsewhere(pickled)
    assert elsewhere(others) == read(other)


def test_the_key_goes_to_its_server_alone(keyed):
    client, key = keyed
    with HostileServer() as other:
        other.replies["data"] = Reply(200, {})
        with pickle.loads(pickle.dumps(client.context)) as there:
            assert there.api_key == key.secret
            assert there.http_client.get(f"{other.api_uri}data").status_code == 200
            assert read(client)
    assert [request.path for request in other.seen] == ["/api/v1/data"]
    assert not any(request.holds(key.secret) for request in other.seen)


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


def test_a_worker_that_joins_when_the_key_is_gone_does_not_read_as_nobody_and_the_person_hears(
    public_server, workers, keyed
):
    _, key = keyed
    key.save()
    give_key(workers, key)
    assert "alice" in workers.submit(public_and_private, public_server.uri, pure=False).result(120)
    of_before = set(workers.scheduler_info()["workers"])
    key.saved_to.unlink()
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            workers.cluster.scale(2)
            workers.wait_for_workers(2, timeout=120)
            (late,) = set(workers.scheduler_info()["workers"]) - of_before
            future = workers.submit(public_and_private, public_server.uri, pure=False, workers=[late])
            with pytest.raises(Exception, match="401: Invalid API key"):
                future.result(120)
            while not any(late in str(warning.message) for warning in said):
                assert workers.run(os.getpid)  # a round trip to let what was said arrive
        (told,) = [str(warning.message) for warning in said if late in str(warning.message)]
        assert str(key.saved_to) in told
        assert told.endswith("give the workers another: tiled_jupyter.give_key(client, key).")
        assert set(workers.scheduler_info()["workers"]) == of_before | {late}  # nor is it started again and again
        take_key_back(workers)
        names = ("TILED_API_KEY", "TILED_API_KEY_SERVER")
        assert not any(workers.run(lambda: [name for name in names if name in os.environ]).values())
    finally:
        take_key_back(workers)
        workers.cluster.scale(1)
        while len(workers.scheduler_info()["workers"]) > 1:  # one that is about to close answers nobody
            threading.Event().wait(0.05)
