"""Files with keys in them: for one user alone, whole or not there, and nowhere they could be shared by mistake."""

from __future__ import annotations

import os
import stat
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tiled_jupyter.session import key_files
from tiled_jupyter.session.key_files import UnsafePlace

SECRET = "1a2b3c4d" + 64 * "5"
SERVER = "https://tiled.example.org:8443/api/v1/"
LATER = datetime.now(timezone.utc) + timedelta(days=7)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def kernel(tmp_path, monkeypatch):
    """A kernel whose notebook lies in `tmp_path/notebooks`."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "notebooks" / "analysis.ipynb"))
    (tmp_path / "notebooks").mkdir()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_key_is_for_this_user_alone_whatever_the_umask(umask):
    before = os.umask(umask)
    try:
        path = key_files.save(SECRET, SERVER, LATER)
    finally:
        os.umask(before)
    assert path.name == "tiled.example.org_8443-1a2b3c4d.env"
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


def test_a_looser_directory_and_file_are_tightened():
    path = key_files.save(SECRET, SERVER, LATER)
    path.chmod(0o644)
    path.parent.chmod(0o777)
    key_files.save(SECRET, SERVER, LATER)
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


def test_a_shell_reads_it():
    path = key_files.save(SECRET, SERVER, None)
    done = subprocess.run(["sh", "-c", f". {path}; echo $TILED_API_KEY"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == SECRET


def test_it_replaces_a_link_and_not_what_the_link_points_to(tmp_path):
    other = tmp_path / "other"
    other.write_text("precious")
    target = tmp_path / "mine" / "key.env"
    target.parent.mkdir(mode=0o700)
    target.symlink_to(other)
    key_files.save(SECRET, SERVER, None, target)
    assert other.read_text() == "precious"
    assert not target.is_symlink()


def test_nothing_half_written_stays_behind(monkeypatch):
    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        key_files.save(SECRET, SERVER, None)
    assert list(key_files.directory().iterdir()) == []


@pytest.mark.parametrize("loose", [0o777, 0o770, 0o1777])
def test_a_directory_others_can_write_is_refused(tmp_path, loose):
    place = tmp_path / "shared"
    place.mkdir()
    place.chmod(loose)
    with pytest.raises(UnsafePlace, match="Other people can write"):
        key_files.save(SECRET, SERVER, None, place / "key.env")
    assert list(place.iterdir()) == []


def test_a_directory_below_one_that_everybody_can_write_is_refused(tmp_path):
    (tmp_path / "shared" / "mine").mkdir(parents=True)
    (tmp_path / "shared").chmod(0o777)
    with pytest.raises(UnsafePlace, match="Other people can write"):
        key_files.save(SECRET, SERVER, None, tmp_path / "shared" / "mine" / "key.env")


def test_the_directory_of_the_notebook_only_if_said_so(tmp_path):
    beside = tmp_path / "notebooks" / "keys" / "key.env"
    with pytest.raises(UnsafePlace, match="beside_notebook=True"):
        key_files.save(SECRET, SERVER, None, beside)
    assert not beside.parent.exists()
    assert mode(key_files.save(SECRET, SERVER, None, beside, beside_notebook=True)) == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "notebooks")
    with pytest.raises(UnsafePlace, match="beside_notebook=True"):
        key_files.save(SECRET, SERVER, None, tmp_path / "link" / "key.env")


def test_a_notebook_in_the_home_directory_does_not_forbid_the_default_place(tmp_path, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "analysis.ipynb"))
    assert key_files.save(SECRET, SERVER, None).is_file()


@pytest.mark.parametrize("home", ["home", "home/somebody"])
def test_below_the_home_folder_or_one_that_holds_it_is_no_place_of_the_notebook(tmp_path, monkeypatch, home):
    notebooks = tmp_path / "home"
    (tmp_path / home / "keys").mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("HOME", str(tmp_path / home))
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebooks / "analysis.ipynb"))
    assert key_files.save(SECRET, SERVER, None, tmp_path / home / "keys" / "key.env").is_file()
    with pytest.raises(UnsafePlace, match="beside_notebook=True"):
        key_files.save(SECRET, SERVER, None, notebooks / "key.env")


def test_a_kernel_that_works_in_the_root_folder_forbids_no_place_of_one_s_own(tmp_path, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    monkeypatch.chdir("/")
    (tmp_path / "mine").mkdir(mode=0o700)
    assert key_files.save(SECRET, SERVER, None, tmp_path / "mine" / "key.env").is_file()


def test_without_a_notebook_it_is_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    monkeypatch.chdir(tmp_path / "notebooks")
    with pytest.raises(UnsafePlace, match="beside_notebook=True"):
        key_files.save(SECRET, SERVER, None, "key.env")


def test_a_directory_gets_a_file_named_after_the_server(tmp_path):
    (tmp_path / "mine").mkdir(mode=0o700)
    assert key_files.save(SECRET, SERVER, None, tmp_path / "mine").name == "tiled.example.org_8443-1a2b3c4d.env"


@pytest.mark.parametrize("secret", ["", "abc\nPATH=/tmp", "a'b", "ключ"])
def test_what_is_no_key_is_not_written(secret):
    with pytest.raises(ValueError, match="not an API key"):
        key_files.save(secret, SERVER, None)


def test_saved_keys_are_found_without_their_secret_and_deleted_one_by_one():
    other = "https://other.example.org/api/v1/"
    key_files.save(SECRET, SERVER, LATER)
    key_files.save("99999999" + SECRET, SERVER, None)
    key_files.save(SECRET, other, LATER - timedelta(days=8))
    (key_files.directory() / "foreign-00000000.env").write_text("X=1\n")
    (key_files.directory() / "binary-00000000.env").write_bytes(b"\xff\xfe")
    found = list(key_files.saved())
    assert SECRET not in repr(found)
    assert {(file.api_uri, file.first_eight, file.expired()) for file in found} == {
        (SERVER, "1a2b3c4d", False),
        (SERVER, "99999999", False),
        (other, "1a2b3c4d", True),
    }
    assert [path.name for path in key_files.delete(SERVER, "1a2b3c4d")] == ["tiled.example.org_8443-1a2b3c4d.env"]
    assert key_files.delete(SERVER, "1a2b3c4d") == []
    assert len(list(key_files.saved())) == 2


def test_two_servers_of_one_host_do_not_share_a_file_unless_they_share_the_key():
    assert key_files.default_path("http://[::1]:8000/api/v1/", "1a2b3c4d").name == "[__1]_8000-1a2b3c4d.env"


MADE_AS = {
    "account": "3beb8904",
    "expires_in": 604800,
    "note": "TILED_API_KEY=other\n# expires: never\nüber Nacht",
    "scopes": ["read:data"],
    "access_tags": None,
}


def test_a_file_says_as_what_its_key_was_made_and_whatever_stands_there_its_key_is_read():
    path = key_files.save(SECRET, SERVER, LATER, made_as=MADE_AS)
    assert key_files.read(path).made_as == MADE_AS
    assert key_files.read(path).expires == LATER.replace(microsecond=0)
    assert key_files.secret_in(path) == SECRET
    text = path.read_text()
    assert text.partition("TILED_API_KEY=")[2].strip() == SECRET  # as the scripts of jobs read it
    assert text.partition("# expires: ")[2][:4] == str(LATER.year)
    done = subprocess.run(["sh", "-c", f"set -a; . {path}; env"], capture_output=True, text=True, check=True)
    assert f"TILED_API_KEY={SECRET}" in done.stdout.splitlines()


@pytest.mark.parametrize("said", ["", "null", "[]", "{}", '{"note": "mine"}', "[" * 100_000, None])
def test_what_a_file_says_of_its_making_is_taken_whole_or_not_at_all(said):
    path = key_files.save(SECRET, SERVER, None)
    if said is not None:
        path.write_text(path.read_text().replace("TILED", f"# made as: {said}\nTILED", 1))
    assert key_files.read(path).made_as is None


@pytest.mark.parametrize("text", ["", "X=1\n", "# server: x\n# expires: soon\n", "# server: x\n# expires: never\n"])
def test_what_is_no_key_file_gets_a_sentence(tmp_path, text):
    (tmp_path / "key.env").write_text(text)
    with pytest.raises(ValueError, match="is no key file"):
        key_files.read(tmp_path / "key.env")


def test_a_file_is_that_of_the_key_in_it_whatever_it_is_called():
    path = key_files.save(SECRET, SERVER, LATER)
    key_files.save("99999999" + SECRET[8:], SERVER, LATER, path)
    assert [file.first_eight for file in key_files.saved()] == ["99999999"]
    assert key_files.delete(SERVER, "1a2b3c4d") == []
    assert key_files.delete(SERVER, "99999999") == [path]
