"""``python -m tiled_jupyter key``: for people at a terminal and for services, against a real server."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import termios
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from traitlets.config import Application

from tests.approval import approve_without_a_page
from tests.canaries import files_below, leaks
from tests.patience import PATIENCE
from tiled_jupyter.keys import rotation
from tiled_jupyter.keys.api_keys import ApiKeys
from tiled_jupyter.keys.jobs import KINDS
from tiled_jupyter.notebook import key_command
from tiled_jupyter.session import key_files

from . import programs
from .openid_provider import OpenIDProvider, own_device_provider, proxied_provider
from .service_accounts import server as server
from .service_accounts import service as service
from .sessions import another_kernel, janitor_of, sign_in_as
from .tiled_server import PASSWORDS, TiledServer

COMMAND = [sys.executable, "-m", "tiled_jupyter", "key"]
SERVICE = ("read:metadata", "read:data", "create:apikeys", "revoke:apikeys")
ASKED = b"Password:"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A person's IPython directory, with no settings in it, and a cell that has nothing to do with it."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for name in ("JPY_PARENT_PID", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "ipython"


@pytest.fixture
def bob(closed_server):
    """Bob's keys; his sign-in is saved, as one in a notebook has left it."""
    with janitor_of(closed_server):
        yield ApiKeys(sign_in_as(closed_server, "bob"))


@pytest.fixture
def of_service(keys):
    """What makes a service's file, where nobody is signed in."""

    def make(scopes=SERVICE, expires_in="10d"):
        return keys.create(expires_in, "the service", scopes).save()

    return make


def run(*arguments, status=0, **environment):
    """Run the command as a script does, and return what it says on stdout, or, where it fails, its one sentence."""
    done = programs.run("key", *arguments, **environment)
    assert (done.returncode, "Traceback" in done.stderr) == (status, False), done.stdout + done.stderr
    if status == 0:
        assert done.stderr == ""
        return done.stdout
    assert len(done.stderr.splitlines()) == 1
    return done.stderr.strip()


def secret_in(path):
    return str(key_files.secret_in(Path(path)))


def status_of(key, keys):
    """Return what the server answers to a key."""
    return status_at(keys._context.api_uri, key)


def status_at(api_uri, key):
    return httpx.get(f"{api_uri}metadata/", headers={"Authorization": f"Apikey {key}"}).status_code


# -- create, list, snippet, revoke -----------------------------------------------------------------------


def test_a_key_is_made_with_the_safe_defaults_and_its_file_is_named(bob, closed_server):
    said = run("create", "--server", closed_server.uri, "--note", "overnight fit")
    path = Path(said.splitlines()[0])
    assert (stat.S_IMODE(path.stat().st_mode), path.parent) == (0o600, key_files.directory())
    assert "A key of bob (demo) on " in said
    assert "It may read metadata, read data. It works until " in said
    (key,) = bob.list()
    assert (key.note, key.scopes) == ("overnight fit", ("read:metadata", "read:data"))
    assert timedelta(days=6, hours=23) < key.expires - datetime.now(timezone.utc) <= timedelta(days=7)
    assert status_of(secret_in(path), bob) == 200


def test_a_script_gets_json_and_a_file_where_it_wants_one(bob, closed_server, tmp_path):
    place = tmp_path / "etc"
    place.mkdir(mode=0o700)
    wish = ("--runs-for", "48h", "--may-wait", "7d", "--scopes", "read:data", "--tags", "public")
    about = json.loads(run("create", "--server", closed_server.uri, "--json", "--file", place / "tiled.env", *wish))
    assert about.pop("expires")
    assert about.pop("first_eight") == secret_in(place / "tiled.env")[:8]
    note = about.pop("note")
    assert note == bob.list()[0].note
    assert about == {
        "server": f"{closed_server.uri}/api/v1/",
        "scopes": ["read:data"],
        "access_tags": ["public"],
        "file": str(place / "tiled.env"),
    }
    said = run("create", "--server", closed_server.uri, "--file", place / "tiled.env", status=1)
    assert said.startswith(f"{place}/tiled.env is there already. To put a new key in it: ")
    assert len(bob.list()) == 1


def test_the_secret_is_shown_only_where_that_is_asked_for(bob, closed_server):
    secret = run("create", "--server", closed_server.uri, "--show-secret").strip()
    assert status_of(secret, bob) == 200
    assert list(key_files.saved()) == []
    about = json.loads(run("create", "--server", closed_server.uri, "--show-secret", "--json"))
    assert status_of(about["secret"], bob) == 200
    assert "DANGEROUS" in run("create", "--help")
    assert "--show" in run("create", "--server", closed_server.uri, "--show", status=2)  # no short form of it


def test_the_list_says_what_each_key_may_when_it_ends_and_where_it_lies(bob, closed_server):
    path = bob.create("10d", "one\nof mine").save()
    bob.create(None, "two", ["inherit"])
    assert status_of(secret_in(path), bob) == 200
    said = run("list")  # one server is known
    one, two = json.loads(run("list", "--json"))
    assert [line.split() for line in said.splitlines()] == [
        ["key", "expires", "in", "last", "used", "scopes", "note", "file"],
        f"{secret_in(path)[:8]} 9 d 23 h {one['last_used'][:10]} read:metadata read:data one of mine {path}".split(),
        [bob.list()[1].first_eight, "never", "never", "inherit", "two"],
        f"2 of 100 keys of bob (demo) on {bob.host}".split(),
    ]
    assert (one["first_eight"], one["note"], one["file"]) == (secret_in(path)[:8], "one\nof mine", str(path))
    assert datetime.fromisoformat(one["last_used"]) <= datetime.now(timezone.utc)
    assert (two["expires"], two["last_used"], two["file"], two["scopes"]) == (None, None, None, ["inherit"])


def test_a_script_for_a_job_is_that_of_the_notebook_and_asks_no_server(keys):
    key = keys.create("10d", "overnight fit", runs_for="5h")
    path = key.save()
    for kind in ("slurm", "shell"):
        text = run("snippet", kind, path, "--runs-for", "5h", https_proxy="http://127.0.0.1:9")
        assert text == key.snippet(kind) == run("snippet", kind, key.first_eight, "--runs-for", "5h")
    assert "'overnight fit'" in run("snippet", "dask", path)
    assert all(kind in run("snippet", "pbs", path, status=2) for kind in KINDS)
    assert run("snippet", "shell", "00000000", status=1).startswith("There is no file of key 00000000 in ")
    assert run("snippet", "shell", path.parent / "no.env", status=1) == (
        f"{path.parent}/no.env: No such file or directory."
    )
    (path.parent / "other.env").write_text("X=1\n")
    assert "is no key file" in run("snippet", "shell", path.parent / "other.env", status=1)


def test_a_key_is_revoked_by_its_first_eight_characters_and_by_its_file(bob, closed_server, tmp_path):
    usual = bob.create("1h").save()
    place = tmp_path / "elsewhere"
    place.mkdir(mode=0o700)
    other = bob.create("1h").save(place / "key.env", beside_notebook=True)
    secrets = secret_in(usual), secret_in(other)
    assert run("revoke", secrets[0][:8]) == f"{secrets[0][:8]} no longer works.\n"
    assert run("revoke", other) == f"{secrets[1][:8]} no longer works. {other} was deleted.\n"
    assert [status_of(secret, bob) for secret in secrets] == [401, 401]
    assert (usual.exists(), other.exists()) == (False, False)
    assert run("revoke", secrets[0][:8], status=1).startswith("There is no such key on this account.")


def test_the_file_of_a_key_that_has_ended_is_deleted_all_the_same(bob):
    revoked, expired = bob.create("1h"), bob.create(1)
    path, other = revoked.save(), expired.save()
    bob.revoke(revoked.first_eight)
    revoked.save()
    time.sleep(1)
    for file in (path, other):
        run("revoke", file)
        assert not file.exists()


# -- rotate ----------------------------------------------------------------------------------------------


def test_a_new_key_like_the_old_one_is_in_the_same_file_and_the_old_one_is_revoked(bob):
    old = bob.create("10d", "nightly = TILED_API_KEY=…", ["read:data"], ["public"])
    path = old.save()
    said = run("rotate", path)
    assert said.splitlines()[0] == str(path)
    assert said.splitlines()[-1] == f"The old key, {old.first_eight}, no longer works."
    (new,) = bob.list()
    assert (new.note, new.scopes, new.access_tags) == ("nightly = TILED_API_KEY=…", ("read:data",), ("public",))
    assert timedelta(days=9, hours=23) < new.expires - datetime.now(timezone.utc) <= timedelta(days=10)
    assert secret_in(path)[:8] == new.first_eight != old.first_eight
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (status_of(old.secret, bob), status_of(secret_in(path), bob)) == (401, 401)  # the latter lacks a scope
    again = json.loads(run("rotate", new.first_eight, "--expires-in", "2h", "--json"))
    assert (again["file"], again["old"]["first_eight"]) == (str(path), new.first_eight)
    assert [key.first_eight for key in bob.list()] == [again["first_eight"]]
    done = subprocess.run(["sh", "-c", f". {path}; echo $TILED_API_KEY"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == secret_in(path)


def test_a_service_that_has_only_its_key_renews_it_for_ever(of_service, keys):
    path = of_service()
    nowhere = dict.fromkeys(("HOME", "XDG_STATE_HOME", "TILED_CACHE_DIR", "IPYTHONDIR"), "/proc/none")
    for environment in ({}, {}, nowhere):
        old = secret_in(path)
        run("rotate", path, **environment)
        assert (status_of(old, keys), status_of(secret_in(path), keys)) == (401, 200)
    (key,) = keys.list()
    assert (set(key.scopes), key.note) == (set(SERVICE), "the service")


def test_a_key_that_may_not_make_keys_is_renewed_by_one_that_may(of_service, keys):
    reader, maker = of_service(("read:metadata", "read:data")), of_service(("create:apikeys", "revoke:apikeys"))
    said = run("rotate", reader, status=3)
    assert said.startswith(f"Nobody is signed in to {keys.host}, and nobody can be asked here. Sign in at a terminal: ")
    old = secret_in(reader)
    run("rotate", reader, "--with-key", maker)
    assert (status_of(old, keys), status_of(secret_in(reader), keys)) == (401, 200)
    assert run("rotate", maker, "--with-key", reader, status=1).endswith(
        "may not do this: it lacks create:apikeys, revoke:apikeys."
    )
    assert {len(key.scopes) for key in keys.list()} == {2}
    run("rotate", maker)
    assert len(keys.list()) == 2


def test_a_key_that_may_make_keys_and_not_revoke_them_leaves_the_old_one_to_its_end(of_service, keys):
    path = of_service(("read:data", "create:apikeys"), "2h")
    old = secret_in(path)
    assert f"The old key, {old[:8]}, works until " in run("rotate", path, "--keep-old")
    assert [len(keys.list()), status_of(old, keys)] == [2, 401]  # it lacks a scope, and is listed
    about = json.loads(run("rotate", path, "--keep-old", "--json"))
    ends = datetime.fromisoformat(about["old"]["ends"]) - datetime.now(timezone.utc)
    assert timedelta(hours=1, minutes=50) < ends <= timedelta(hours=2)
    run("rotate", path, status=3)


def test_a_service_account_gets_its_file_by_the_first_key_of_an_administrator_and_renews_it(server, service, tmp_path):
    uuid, first = service
    place = tmp_path / "service"
    place.mkdir(mode=0o700)
    wish = ("--server", server.uri, "--file", place / "tiled.env", "--scopes", *SERVICE)
    assert f"A key of a service account ({uuid[:8]}…) on " in run("create", *wish, TILED_API_KEY=first)
    old = secret_in(place / "tiled.env")
    run("rotate", place / "tiled.env")
    assert f" keys of a service account ({uuid[:8]}…)" in run("list", "--with-key", place / "tiled.env")
    assert old != secret_in(place / "tiled.env")


def test_a_job_that_holds_the_old_key_has_the_time_that_it_is_given(of_service, keys):
    path = of_service()
    old = secret_in(path)
    with subprocess.Popen(
        [*COMMAND, "rotate", str(path), "--keep-old", "5s"], stdout=subprocess.PIPE, text=True
    ) as rotating:
        assert rotating.stdout.readline() == f"{path}\n"
        assert (status_of(old, keys), status_of(secret_in(path), keys)) == (200, 200)
        assert rotating.stdout.read().endswith(f"The old key, {old[:8]}, no longer works.\n")
    assert rotating.returncode == 0
    assert (status_of(old, keys), status_of(secret_in(path), keys)) == (401, 200)


def hears_ctrl_c():
    """Undo what a shell without job control does to what it starts in the background, such as a run of these tests."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_waiting_is_told_that_the_old_key_works_and_no_process_shows_a_key(of_service, keys, number):
    path = of_service()
    old = secret_in(path)
    command = [*COMMAND, "rotate", str(path), "--keep-old", "1h"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c
    ) as rotating:
        said = [rotating.stdout.readline() for _ in range(3)]
        process = Path("/proc", str(rotating.pid))
        shown = {name: (process / name).read_bytes() for name in ("cmdline", "environ", "comm")}
        rotating.send_signal(number)
        rest, error = rotating.communicate(timeout=PATIENCE)
    assert rotating.returncode == 130
    assert error.startswith(f"Stopped. {path} has the new key, and the old one, {old[:8]}, works until ")
    assert len(error.splitlines()) == 1
    assert (status_of(old, keys), status_of(secret_in(path), keys)) == (200, 200)
    known = {"the old key": old, "the new key": secret_in(path)}
    assert leaks({**shown, "stdout": "".join(said) + rest, "stderr": error}, known) == []
    how = error.strip().rpartition("To end it: python -m tiled_jupyter key ")[2].split()
    run(*how, "--with-key", path)
    assert status_of(old, keys) == 401


def test_the_old_key_goes_on_until_the_file_has_the_new_one(bob, monkeypatch):
    old = bob.create("1h")
    path = old.save()
    seen, revoke = [], ApiKeys.revoke

    def noted(keys, first_eight):
        seen.append((first_eight, secret_in(path)[:8] != old.first_eight, status_of(old.secret, bob)))
        revoke(keys, first_eight)

    monkeypatch.setattr(ApiKeys, "revoke", noted)
    assert here("rotate", path) == 0
    assert seen == [(old.first_eight, True, 200)]


def test_where_the_file_cannot_be_written_it_is_as_it_was_and_no_key_is_left(bob, tmp_path):
    place = tmp_path / "shared"
    place.mkdir(mode=0o700)
    path = bob.create("1h").save(place / "key.env", beside_notebook=True)
    place.chmod(0o777)
    before = path.read_text()
    assert run("rotate", path, status=1).startswith(f"Other people can write to {place}.")
    assert (path.read_text(), len(bob.list())) == (before, 1)
    assert status_of(secret_in(path), bob) == 200


def test_two_that_rotate_at_once_leave_one_new_key(bob):
    path = bob.create("1h").save()
    file = key_files.read(path)
    new = rotation.rotate(bob, file)
    with pytest.raises(rotation.KeysUnavailable, match="given another key meanwhile"):
        rotation.rotate(bob, file)
    assert secret_in(path) == new.secret
    assert {key.first_eight for key in bob.list()} == {file.first_eight, new.first_eight}


def test_another_name_of_the_file_gets_the_new_key_too(bob, tmp_path):
    path = bob.create("1h").save()
    (tmp_path / "link.env").symlink_to(path)
    run("rotate", tmp_path / "link.env")
    assert (tmp_path / "link.env").is_symlink()
    assert status_of(secret_in(path), bob) == 200


def test_the_key_of_somebody_else_is_not_made_one_of_who_is_signed_in(keys, closed_server):
    path = keys.create("1h").save()  # bob's
    before = path.read_text()
    alice = ApiKeys(sign_in_as(closed_server, "alice"))
    said = run("rotate", path, status=1)
    assert said.startswith(f"The key in {path} is not among the keys of this account on {keys.host}")
    assert (path.read_text(), len(alice.list())) == (before, 0)


def test_the_file_of_a_key_that_has_expired_gets_a_new_one_from_who_is_signed_in(bob):
    path = bob.create(1, "nightly", ["read:metadata"]).save()
    time.sleep(1)
    run("rotate", path, "--expires-in", "1h")
    (key,) = bob.list()
    assert (key.note, key.scopes, secret_in(path)[:8]) == ("nightly", ("read:metadata",), key.first_eight)


def test_a_file_that_does_not_say_as_what_its_key_was_made_asks_for_how_long(bob):
    key = bob.create("1h", "nightly")
    path = key_files.save(key.secret, key.api_uri, key.expires)
    assert "Say how long the new one is to work: --expires-in 7d, for example." in run("rotate", path, status=2)
    run("rotate", path, "--expires-in", "3h")
    (new,) = bob.list()
    assert (new.note, new.scopes) == ("nightly", ("read:metadata", "read:data"))


# -- as whom ---------------------------------------------------------------------------------------------


def with_a_terminal():
    """Make standard input the terminal of this process, whose Ctrl-C it hears."""
    hears_ctrl_c()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def at_a_terminal(*arguments, answers=(), until=None, **environment):
    """Run the command at a terminal, answer what it asks, and return exit status and all that was shown.

    `until` is called with what was shown so far, and returns True once Ctrl-C is to be pressed, until it ends.
    """
    person, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "dumb", **environment},
        start_new_session=True,
        preexec_fn=with_a_terminal,
    )
    os.close(terminal)
    answers, said, asked = list(answers), b"", 0
    pressed = False
    while True:
        if pressed and not select.select([person], [], [], 1)[0]:
            os.write(person, b"\x03")  # as a person does: the first may come just before Python waits for the line
            continue
        try:
            said += os.read(person, 1000)
        except OSError:  # it has ended
            break
        while answers and said.count(b"Username:") + said.count(ASKED) > asked:
            asked += 1
            os.write(person, f"{answers.pop(0)}\n".encode())
        if until is not None and until(said):
            until, pressed = None, True
            os.write(person, b"\x03")
    os.close(person)
    return process.wait(PATIENCE), said.decode(errors="replace")


def test_at_a_terminal_it_asks_as_tiled_does_and_from_then_on_nothing(closed_server):
    with janitor_of(closed_server):
        status, said = at_a_terminal(
            "create", "--server", closed_server.uri, answers=["bob", PASSWORDS["bob"]], COLUMNS="200"
        )
        assert status == 0, said
        (file,) = key_files.saved()
        assert f"Sign in to {closed_server.uri.partition('//')[2]}." in said
        assert (
            leaks({"the terminal": said}, {"the key": secret_in(file.path), "the password": 2 * PASSWORDS["bob"]}) == []
        )
        assert "1 of 100 keys of bob (demo) on " in run("list")


@pytest.fixture(scope="module")
def op():
    with OpenIDProvider(interval=1) as provider:
        yield provider


@pytest.mark.parametrize("of", [own_device_provider, proxied_provider])
def test_at_a_terminal_a_person_signs_in_on_a_web_page(op, of):
    approved = []

    def approve(said):
        shown = re.search(r"this URL\s+(\S+)\s+and enter the code:\s+(\S+)\r\n", said.decode())
        if shown is not None and not approved:
            approved.append(shown[2])
            approve_without_a_page(shown[1], user_code=shown[2])
        return False

    with TiledServer(allow_anonymous_access=False, providers=[of(op)]) as server:
        status, said = at_a_terminal("create", "--server", server.uri, until=approve, BROWSER="true")
        assert (status, len(approved)) == (0, 1), said
        (file,) = key_files.saved()
        assert status_at(f"{server.uri}/api/v1/", secret_in(file.path)) == 200
        assert leaks({"the terminal": said}, {"the key": secret_in(file.path)}) == []
        assert "1 of 100 keys of alice" in run("list")  # with no question


@pytest.mark.parametrize("what", ["wrong password", "Ctrl-C"])
def test_at_a_terminal_a_sign_in_that_comes_to_nothing_ends_in_a_sentence(closed_server, what):
    if what == "Ctrl-C":
        status, said = at_a_terminal("list", "--server", closed_server.uri, until=lambda said: b"Username:" in said)
        assert (status, said.splitlines()[-1]) == (130, "Stopped.")
    else:
        answers = ["bob", "wrong", ""]
        status, said = at_a_terminal("list", "--server", closed_server.uri, answers=answers)
        assert (status, said.splitlines()[-1]) == (1, "Password empty.")
    assert "Traceback" not in said


def test_in_a_cell_nobody_is_asked_though_there_is_a_terminal(closed_server):
    status, said = at_a_terminal("list", "--server", closed_server.uri, JPY_PARENT_PID="1")
    assert (status, "nobody can be asked here" in said) == (3, True)


def test_a_key_in_the_environment_counts_where_it_may_do_it(bob, closed_server):
    able, reader = bob.create("1h", "able", SERVICE), bob.create("1h", "reader")
    address = ("--server", closed_server.uri)
    run("create", *address, "--note", "by the sign-in", TILED_API_KEY=reader.secret)
    run("create", *address, "--note", "by the key", TILED_API_KEY=able.secret, TILED_CACHE_DIR="/no/where")
    run("create", *address, status=3, TILED_API_KEY=reader.secret, TILED_CACHE_DIR="/no/where")
    assert {key.note for key in bob.list()} == {"able", "reader", "by the sign-in", "by the key"}


def test_a_key_goes_to_its_own_server_alone(of_service, public_server, closed_server):
    path = of_service()
    for arguments in (("list", "--with-key", path), ("rotate", path), ("revoke", path)):
        said = run(*arguments, "--server", public_server.uri, status=2)
        assert said == f"The key in {path} is for {closed_server.uri.partition('//')[2]}, and for no other server."
    assert secret_in(path) not in public_server.log
    assert secret_in(path)[:8] not in public_server.log


def test_a_key_that_is_refused_is_named_by_its_file(of_service, keys):
    path = of_service()
    text = path.read_text()
    keys.revoke(secret_in(path)[:8])
    path.write_text(text)
    assert run("list", "--with-key", path, status=1) == (
        f"{keys.host} refuses the key in {path}. It may have been revoked."
    )


@pytest.mark.parametrize("action", ["list", "create", "rotate", "revoke"])
def test_a_server_that_is_away_has_a_status_of_its_own(action):
    address = ("--server", "http://127.0.0.1:1")
    path = key_files.save("1a2b3c4d" * 9, "http://127.0.0.1:1/api/v1/", None)
    arguments = {"rotate": (path,), "revoke": ("1a2b3c4d", *address)}.get(action, address)
    assert run(action, *arguments, status=4).startswith("Cannot reach 127.0.0.1:1: nothing answers there.")


def test_a_server_with_one_key_for_everybody_says_so(tmp_path):
    with TiledServer(single_user_api_key="secret") as server:
        assert "one key for everybody" in run("create", "--server", server.uri, status=1)


# -- the command line ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "The following arguments are required: ACTION."),
        (("make",), "invalid choice: 'make'"),
        (("rotate",), "The following arguments are required: FILE|FIRST_EIGHT."),
        (("list",), "Say which server: --server ADDRESS."),
        (("list", "--server", "ftp://tiled.example.org"), "Tiled addresses begin with https:// or http://"),
        (("rotate", "KEY"), "A key does not belong on a command line"),
        (("revoke", "KEY"), "A key does not belong on a command line"),
        (("create", "--api-key", "KEY"), "A key does not belong on a command line"),
        (("list", "--server", "http://127.0.0.1:1?api_key=KEY"), "A key does not belong on a command line"),
    ],
)
def test_a_wrong_line_gets_one_sentence_which_repeats_no_key(arguments, sentence):
    secret = "5e6f7a8b" * 9
    said = run(*(argument.replace("KEY", secret) for argument in arguments), status=2)
    assert sentence in said
    assert secret not in said


@pytest.mark.parametrize(
    ("wish", "word"), [(("--expires-in", "2months"), "60d"), (("--expires-in", "1h", "--runs-for", "48h"), "48 h|2 d")]
)
def test_a_key_that_makes_no_sense_is_a_wrong_line(bob, closed_server, wish, word):
    said = run("create", "--server", closed_server.uri, *wish, status=2)
    assert any(each in said for each in word.split("|"))
    assert len(bob.list()) == 0


def test_the_settings_of_the_site_hold_here_too(bob, home, closed_server):
    (home / "profile_default").mkdir(parents=True)
    config = home / "profile_default" / "ipython_config.py"
    config.write_text(
        f"c.TiledJupyter.servers = [{closed_server.uri!r}]\nc.TiledJupyter.max_key_days = 3\n"
        "c.TiledJupyter.allow_write_keys = False\nc.TiledJupyter.allow_unlisted_servers = False\n"
    )
    run("create")
    (key,) = bob.list()
    assert key.expires - datetime.now(timezone.utc) <= timedelta(days=3)
    assert "3 days at most" in run("create", "--expires-in", "7d", status=2)
    assert "may change something" in run("create", "--scopes", "write:data", status=2)
    assert "so nothing was sent to" in run("list", "--server", "https://tiled.example.org", status=2)
    config.write_text("c.TiledJupyter.max_key_dais = 3\n")
    assert f"in {config}, line 1." in run("create", "--server", closed_server.uri, status=1)


def test_who_reads_no_more_gets_no_traceback_and_what_is_to_be_done_is_done(bob, closed_server):
    def unread(*arguments):
        command = f"{' '.join([*COMMAND, *map(str, arguments)])} | true"
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
        return done.returncode, done.stderr

    path = bob.create("1h").save()
    old = secret_in(path)
    assert unread("list") == (0, "")
    assert unread("rotate", path) == (0, "")
    assert [key.first_eight for key in bob.list()] == [secret_in(path)[:8]] != [old[:8]]
    secret = unread("create", "--server", closed_server.uri, "--show-secret")
    assert secret == (1, "Nobody has read the key, so it was revoked.\n")
    assert len(bob.list()) == 1


# -- secrets ---------------------------------------------------------------------------------------------


def here(*arguments):
    """Run the command in this process, and return its exit status."""
    another_kernel()
    try:
        return key_command.main(list(map(str, arguments)), print)
    finally:
        Application.clear_instance()


def test_ctrl_c_while_a_key_is_made_leaves_none_behind(bob, closed_server, monkeypatch, capsys):
    post = ApiKeys._post

    def interrupted(keys, request):
        post(keys, request)
        raise KeyboardInterrupt

    monkeypatch.setattr(ApiKeys, "_post", interrupted)
    assert here("create", "--server", closed_server.uri) == 130
    assert capsys.readouterr().err == "Stopped.\n"
    assert (len(bob.list()), list(key_files.saved())) == (0, [])


def test_no_secret_is_in_what_is_said_or_in_what_lies_on_disk_but_for_the_file(bob, closed_server, tmp_path):
    said, known = [], {}
    path = Path(run("create", "--server", closed_server.uri).splitlines()[0])
    known["the first key"] = secret_in(path)
    for arguments in (
        ("rotate", path),
        ("rotate", path, "--json"),
        ("list",),
        ("list", "--json"),
        ("snippet", "slurm", path),
    ):
        said.append(run(*arguments))
        known[f"the key after {arguments[:2]}"] = secret_in(path)
    said.append(run("rotate", path.with_name("no.env"), status=1))
    lying = {name: data for name, data in files_below(tmp_path).items() if not name.endswith(path.name)}
    assert leaks({"what is said": "".join(said), "the log of the server": closed_server.log, **lying}, known) == []
    said.append(run("revoke", path))
    assert leaks({"what is said": "".join(said)}, known) == []
