"""A session ends in the middle of everything that Tiled's client does: one prompt, the right bytes, nothing twice."""

from __future__ import annotations

import queue
import threading

import httpx
import numpy
import pandas
import pytest
from tiled.client import from_uri as tiled_from_uri
from tiled.client.download import download
from tiled.client.stream import Subscription
from tiled.queries import Key
from tiled.structures.data_source import DataSource
from tiled.structures.table import TableStructure

from tests.patience import PATIENCE
from tiled_jupyter import LoginCancelled, from_context

from .sessions import Hook, kill, signed_in

IMAGE = numpy.arange(24.0).reshape(4, 6)
TABLE = pandas.DataFrame({"x": [1, 2, 3], "y": [0.5, 1.5, 2.5]})


@pytest.fixture
def hook():
    """The person; asked once to begin with, and once again: a test in which more is asked has failed."""
    hook = Hook()
    yield hook
    assert hook.calls == 2


@pytest.fixture
def folder(writable_server, hook):
    """A container with an image, a table and one that grows."""
    root = from_context(signed_in(writable_server, hook))
    folder = root.create_container(metadata={"sample": "CsCl"})
    folder.write_array(IMAGE, key="image", metadata={"unit": "counts"})
    folder.write_table(TABLE, key="table")
    source = DataSource(structure=TableStructure.from_pandas(TABLE), structure_family="table", mimetype="text/csv")
    folder.new("table", [source], key="growing").write(TABLE)
    return folder


@pytest.fixture
def elsewhere(folder):
    """The same folder for another computer, which has a key."""
    key = folder.context.create_api_key(expires_in=600)["secret"]
    with tiled_from_uri(str(folder.context.api_uri), api_key=key).context as context:
        yield from_context(context)[folder.path_parts[-1]]


@pytest.fixture
def accepted(writable_server, folder):
    """Return how many requests of a method the server has accepted since, outside of its accounts."""
    before = len(writable_server.log)

    def accepted(method):
        lines = writable_server.log[before:].splitlines()
        return sum(f'"{method} /api/v1/' in line and "/auth/" not in line and '" 20' in line for line in lines)

    return accepted


def test_a_table_is_read(folder):
    kill(folder.context)
    pandas.testing.assert_frame_equal(folder["table"].read(), TABLE)


def test_an_array_is_read_by_dask(folder):
    array = folder.new_variation(structure_clients=from_context(folder.context, "dask").structure_clients)["image"]
    kill(folder.context)
    numpy.testing.assert_array_equal(array.read().compute(), IMAGE)


def test_a_search_finds(folder):
    root = from_context(folder.context)
    kill(folder.context)
    assert folder.path_parts[-1] in list(root.search(Key("sample") == "CsCl"))


def test_metadata_is_fetched(folder):
    kill(folder.context)
    assert folder["image"].metadata["unit"] == "counts"


def test_an_array_is_written_once(folder, accepted):
    kill(folder.context)
    written = folder.write_array(IMAGE * 2, key="doubled")
    assert (accepted("POST"), accepted("PUT")) == (1, 1)
    numpy.testing.assert_array_equal(written.read(), IMAGE * 2)
    assert sorted(folder) == ["doubled", "growing", "image", "table"]


@pytest.mark.parametrize(("write", "data"), [("write_array", IMAGE), ("write_table", TABLE)])
def test_a_session_that_dies_between_announcing_and_sending(folder, accepted, write, data):
    def die(response):
        folder.context.http_client.event_hooks["response"].remove(die)
        kill(folder.context)

    folder.context.http_client.event_hooks["response"].append(die)
    written = getattr(folder, write)(data, key="new")
    assert (accepted("POST"), accepted("PUT")) == (1, 1)
    numpy.testing.assert_array_equal(written.read(), data)


def test_a_table_is_written_once(folder, accepted):
    kill(folder.context)
    written = folder.write_table(TABLE, key="another")
    assert (accepted("POST"), accepted("PUT")) == (1, 1)
    pandas.testing.assert_frame_equal(written.read(), TABLE)


def test_rows_are_appended_once(folder, accepted):
    table = folder["growing"]
    kill(folder.context)
    table.append_partition(0, TABLE)
    assert accepted("PATCH") == 1
    assert len(table.read()) == 2 * len(TABLE)


def test_an_array_is_extended_once(folder, accepted):
    array = folder["image"]
    kill(folder.context)
    array.patch(IMAGE[:1], offset=(4, 0), extend=True)
    assert accepted("PATCH") == 1
    assert array.read().tolist() == [*IMAGE.tolist(), IMAGE[0].tolist()]


def test_metadata_is_changed_once(folder, accepted):
    image = folder["image"]
    kill(folder.context)
    image.update_metadata({"unit": "photons"})
    assert accepted("PATCH") == 1
    assert folder["image"].metadata["unit"] == "photons"
    assert len(image.metadata_revisions[:]) == 1


def test_a_node_is_deleted_once(folder, accepted):
    image = folder["image"]
    kill(folder.context)
    image.delete(external_only=False)
    assert accepted("DELETE") == 1
    assert sorted(folder) == ["growing", "table"]


def test_an_export_has_its_bytes(folder, tmp_path):
    table = folder["table"]
    kill(folder.context)
    table.export(tmp_path / "table.csv")
    pandas.testing.assert_frame_equal(pandas.read_csv(tmp_path / "table.csv"), TABLE)


def test_a_download_is_there(folder, tmp_path):
    links = [folder[name].item["links"]["full"] + "?format=csv" for name in ("table", "growing")]
    kill(folder.context)
    paths = download(folder.context.http_client, 3 * links, [tmp_path / str(number) for number in range(6)])
    for path in paths:
        pandas.testing.assert_frame_equal(pandas.read_csv(path), TABLE)


def test_a_raw_export_is_there(folder, tmp_path):
    growing = folder["growing"]
    kill(folder.context)
    (path,) = growing.raw_export(tmp_path)
    assert path.read_text().splitlines()[1:] == ["1,0.5", "2,1.5", "3,2.5"]


def test_an_api_key_is_made_once(folder, writable_server):
    made = writable_server.log.count("POST /api/v1/auth/apikey")
    kill(folder.context)
    key = folder.context.create_api_key(expires_in=600, note="a test")
    headers = {"Authorization": f"Apikey {key['secret']}"}
    assert httpx.get(f"{folder.context.api_uri}metadata/", headers=headers).status_code == 200
    assert len([key for key in folder.context.whoami()["api_keys"] if key["note"] == "a test"]) == 1
    assert (
        writable_server.log.count("POST /api/v1/auth/apikey") == made + 1
    )  # whose account it is was asked before, and that signed in again


def test_an_explicit_login_asks_once_and_heals(folder):
    kill(folder.context)
    folder.login()
    assert sorted(folder) == ["growing", "image", "table"]


@pytest.mark.filterwarnings("ignore:.*must be used as a context manager:DeprecationWarning")  # how Tiled connects
def test_a_subscription_connects_and_hears_what_another_client_writes(folder, elsewhere):
    heard = queue.Queue()
    subscription = folder.subscribe()
    subscription.child_created.add_callback(heard.put)
    kill(folder.context)
    with subscription:
        subscription.start_in_thread(0)  # from the beginning: what comes just after connecting is easily missed
        elsewhere.write_array(IMAGE, key="from_elsewhere")
        assert "from_elsewhere" in (heard.get(timeout=PATIENCE).key for _ in range(4))


def test_a_subscription_whose_prompt_is_cancelled_leaves_nobody_waiting(folder, hook, monkeypatch):
    errors, ended = queue.Queue(), threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda args: errors.put(args.exc_value))

    def cancel():
        raise LoginCancelled("You cancelled at 14:02.")

    hook.before = cancel
    subscription = folder.subscribe()
    goes = lambda subscription: ended.set()  # noqa: E731 - Tiled holds it weakly
    subscription.disconnected.add_callback(goes)
    kill(folder.context)
    assert isinstance(subscription.start_in_thread(), Subscription)
    assert "You cancelled at 14:02" in str(errors.get(timeout=PATIENCE))
    assert ended.wait(PATIENCE)
    subscription.disconnect()
