"""What is remembered of servers between notebooks: little, nothing secret, and never in the way."""

from __future__ import annotations

import json
import stat

import pytest

from tiled_jupyter.session import known_servers
from tiled_jupyter.session.known_servers import Known, Place

URI = "https://t.example/api/v1/"


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "tiled_jupyter" / "servers.json"


def test_what_is_not_given_stays_as_it_was(file):
    assert known_servers.known(URI) is None
    known_servers.remember(URI, provider="pam", sign_ins=3)
    known_servers.remember(URI, sign_ins=4)
    known_servers.remember(URI, first_eight="0a1b2c3d")
    assert known_servers.known(URI) == Known("pam", 4, ("0a1b2c3d",))
    assert known_servers.servers_of_key("0a1b2c3d") == [URI]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_where_sign_ins_were_made_is_remembered_the_latest_200(file):
    for number in range(201):
        known_servers.remember(URI, place=Place(f"session {number}", "beam01", "scan 7", 1.5 + number))
    places = known_servers.known(URI).places
    assert len(places) == 200
    assert places[-1] == Place("session 200", "beam01", "scan 7", 201.5)


def test_places_that_are_not_ours_are_left_out(file):
    file.parent.mkdir()
    whole = {"session": "s", "host": "h", "notebook": "", "since": 1}
    places = [7, {}, {**whole, "since": "x"}, {**whole, "host": None}, whole]
    file.write_text(json.dumps({URI: {"places": places}}))
    assert known_servers.known(URI) == Known(places=(Place("s", "h", "", 1),))


@pytest.mark.parametrize(
    "content",
    ["", "[", "7", '{"a": 7}', "[7, null]", f'{{"{URI}": {{"provider": 7, "sign_ins": "x", "keys": 7}}}}', "\xff"],
)
def test_a_file_that_is_not_ours_is_no_obstacle(file, content):
    file.parent.mkdir()
    file.write_text(content, encoding="latin-1")
    assert known_servers.known(URI) in (None, Known())
    known_servers.remember(URI, provider="pam")
    assert known_servers.known(URI) == Known("pam")


def test_the_list_of_the_first_version_is_read(file):
    file.parent.mkdir()
    file.write_text(json.dumps([URI]))
    assert known_servers.known(URI) == Known()


def test_the_oldest_are_forgotten(file):
    for number in range(203):
        known_servers.remember(f"https://{number}.example/", provider="pam")
    assert known_servers.known("https://2.example/") is None
    assert known_servers.known("https://3.example/") is not None


def test_a_place_that_cannot_be_written_is_no_obstacle(file):
    file.parent.write_text("a file where the directory should be")
    known_servers.remember(URI, provider="pam")
    assert known_servers.known(URI) is None
