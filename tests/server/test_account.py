"""What the page asks about keys and sign-ins, and what it is shown, without a page."""

from __future__ import annotations

import base64
import json
import os
import secrets
import stat
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from tiled.client.auth import CannotRefreshAuthentication

from tiled_jupyter import LoginPanel
from tiled_jupyter.kernel.mailbox import Letter
from tiled_jupyter.keys.jobs import KINDS
from tiled_jupyter.panel.account import AccountDesk
from tiled_jupyter.session import key_files, known_servers
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in import sign_ins
from tiled_jupyter.state import account as said
from tiled_jupyter.state.account import Account, SavedScript
from tiled_jupyter.state.states import SignedIn

from .hostile_server import HostileServer, Reply, principal
from .sessions import janitor_of
from .shown import Shown, settle
from .tiled_server import PASSWORDS, TiledServer

READ = ["read:metadata", "read:data"]


@pytest.fixture(scope="module")
def server():
    with TiledServer(allow_anonymous_access=False) as server:
        yield server


@pytest.fixture
def settings():
    return TiledJupyter()


@pytest.fixture
def desk(server, settings, janitor):
    return Desk(server, settings)


@pytest.fixture
def janitor(server):
    """Bob in another program, who ends what the test has left."""
    with janitor_of(server) as context:
        yield context


class Desk:
    """A panel without a page, signed in as bob."""

    def __init__(self, server, settings) -> None:
        self.shown = Shown(settings=settings)
        self.offered = []
        self.desk = AccountDesk(self.shown.session, settings, self.offered.append)
        self.shown.connect(server.uri)
        self.shown.sign_in(name="bob", remember=False)

    def says(self, command) -> Account:
        """Return what is shown after a command."""
        self.desk.obey(command)
        settle()
        state = self.shown.session.state
        return state.account if isinstance(state, SignedIn) else Account()

    def make(self, note="a job", scopes=READ, expires_in="7d", tags=(), job=("", ""), keep_in="clipboard"):
        return self.says(said.CreateKey(note, expires_in, *job, scopes, list(tags), keep_in))

    def secret(self):
        return self.offered[-1](self.shown.session.state.account.made.first_eight)


def status(server, key):
    return httpx.get(f"{server.uri}/api/v1/metadata/", headers={"Authorization": f"Apikey {key}"}).status_code


def test_nothing_is_asked_before_the_person_opens_a_tab(desk):
    assert desk.shown.session.state.account == Account()
    account = desk.says(said.Plain.SHOW_KEYS)
    assert (account.busy, account.keys_failure) == (False, None)
    assert account.keys.rows == ()
    assert (account.keys.of_limit, account.keys.unavailable, account.keys.expires_in) == ("0 of 100", None, "7d")
    assert [scope.name for scope in account.keys.scopes][:2] == READ
    assert os.uname().nodename in account.keys.note


def test_the_page_knows_while_something_is_under_way(desk):
    desk.says(said.Plain.SHOW_KEYS)
    assert [state.account.busy for state in desk.shown.states if isinstance(state, SignedIn)] == [False, True, False]


def test_a_key_is_made_and_shown_without_its_secret(desk, server):
    account = desk.make(tags=[])
    secret = desk.secret()
    assert status(server, secret) == 200
    assert account.made.first_eight == secret[:8] == account.keys.rows[0].first_eight
    assert account.made.expires == pytest.approx(time.time() + 7 * 86400, abs=60)
    assert account.keys.rows[0].may == ("read metadata", "read data")
    assert secret not in repr(desk.shown.states)
    assert secret not in repr(vars(desk.desk))


def test_a_second_click_makes_no_second_key(desk, janitor):
    for _ in range(3):
        desk.desk.obey(said.CreateKey("a job", "7d", "", "", READ, [], "file"))
    settle()
    assert len(janitor.whoami()["api_keys"]) == 1


@pytest.mark.parametrize(
    ("wish", "words"),
    [({"expires_in": "2months"}, "60d"), ({"note": "x" * 256}, "255"), ({"scopes": []}, "at least one")],
)
def test_what_makes_no_key_gets_a_sentence(desk, wish, words):
    account = desk.make(**wish)
    assert words in account.keys_failure
    assert account.made is None
    assert desk.says(said.Plain.SHOW_KEYS).keys_failure is None


def test_a_key_is_made_and_saved_at_once_and_stands_on_top_of_the_list(desk):
    desk.make("ends first", expires_in="1h")
    desk.says(said.Plain.DISMISS_KEY)
    before = len(desk.shown.states)
    account = desk.make(keep_in="file")
    made = [state.account.made for state in desk.shown.states[before:] if state.account.made is not None]
    assert {each.saved_to for each in made} == {account.made.saved_to}, "shown as a key that nothing keeps"
    path = Path(account.made.saved_to)
    assert f"TILED_API_KEY={desk.secret()}\n" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (account.scripts.first_eight, account.scripts.file) == (account.made.first_eight, str(path))
    assert [(row.note, row.marks, row.file) for row in account.keys.rows] == [
        ("a job", ("new",), str(path)),
        ("ends first", (), None),
    ]
    assert desk.secret() not in repr(desk.shown.states)


def test_where_it_cannot_be_saved_a_sentence_says_so_and_the_key_stays_in_hand(desk, tmp_path):
    (tmp_path / "state").mkdir(exist_ok=True)
    (tmp_path / "state").chmod(0o777)
    account = desk.make(keep_in="file")
    assert "its file could not be written (Other people can write to" in account.keys_failure
    assert (account.made.saved_to, account.scripts, account.keys.rows[0].file) == (None, None, None)
    (tmp_path / "state").chmod(0o700)
    account = desk.says(said.Plain.SAVE_KEY)
    assert account.keys_failure is None
    assert account.keys.rows[0].file == account.made.saved_to == account.scripts.file
    path = Path(account.made.saved_to)
    assert f"TILED_API_KEY={desk.secret()}\n" in path.read_text()


def test_the_page_is_told_how_long_a_key_for_a_job_has_to_work(desk):
    account = desk.says(said.ProposeExpiry("48 h", "7 d"))
    assert (account.proposal.expires_in, account.busy) == ("10d", False)
    assert "needs its key for 2 d" in desk.make(expires_in="1d", job=("48 h", "")).keys_failure
    account = desk.make(expires_in="usual", job=("90 min", ""))
    assert account.made.expires == pytest.approx(time.time() + 3 * 3600, abs=60)
    script = next(each.text for each in desk.says(said.Plain.SAVE_KEY).scripts.snippets if each.kind == "slurm")
    assert "--time=01:30:00" in script


def test_a_saved_key_comes_with_scripts_that_name_its_file_and_hold_no_secret(desk):
    assert desk.make().scripts is None
    scripts = desk.says(said.Plain.SAVE_KEY).scripts
    assert [each.kind for each in scripts.snippets] == list(KINDS)
    assert all(scripts.file in each.text and desk.secret() not in each.text for each in scripts.snippets)
    assert desk.says(said.Plain.DISMISS_KEY).scripts is None


def test_a_key_with_a_file_gives_its_scripts_again_and_any_other_says_why_not(desk):
    first = desk.make("with a file", keep_in="file").scripts
    assert desk.says(said.ShowScripts("ffffffff")).scripts == first  # of the key that was just made
    desk.says(said.Plain.DISMISS_KEY)
    other = desk.make("without", keep_in="clipboard").made.first_eight
    desk.says(said.Plain.DISMISS_KEY)
    again = desk.says(said.ShowScripts(first.first_eight)).scripts
    assert (again.note, again.file, again.snippets[0]) == ("with a file", first.file, first.snippets[0])
    assert "no file here" in desk.says(said.ShowScripts(other)).keys_failure
    Path(first.file).unlink()
    account = desk.says(said.ShowScripts(first.first_eight))
    assert "no file here" in account.keys_failure
    desk.says(said.DeleteKeys([first.first_eight]))
    assert desk.shown.session.state.account.scripts is None


def test_a_script_is_saved_beside_the_notebook_and_replaces_nothing_unasked(desk, tmp_path, monkeypatch):
    folder = tmp_path / "scans"
    folder.mkdir()
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "scan 7.ipynb"))
    assert desk.says(said.SaveScript("shell", replace=False)).scripts is None
    scripts = desk.make(keep_in="file").scripts
    text = {each.kind: each.text for each in scripts.snippets}
    path = folder / "job.sh"
    saved = desk.says(said.SaveScript("shell", replace=False)).scripts.saved
    assert (saved, path.read_text()) == (SavedScript("shell", str(path)), text["shell"])
    assert stat.S_IMODE(path.stat().st_mode) & 0o111 == 0
    assert desk.secret() not in path.read_text()
    assert desk.says(said.SaveScript("shell", replace=False)).scripts.saved == saved  # it is there already
    in_the_way = desk.says(said.SaveScript("slurm", replace=False)).scripts.saved
    assert (in_the_way, path.read_text()) == (SavedScript("slurm", str(path), exists=True), text["shell"])
    saved = desk.says(said.SaveScript("slurm", replace=True)).scripts.saved
    assert (saved, path.read_text()) == (SavedScript("slurm", str(path)), text["slurm"])
    assert [each.name for each in folder.iterdir()] == ["job.sh"]
    for kind in ("dask", "no such kind"):
        assert desk.says(said.SaveScript(kind, replace=False)).scripts.saved == saved
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "no folder" / "scan 7.ipynb"))
    account = desk.says(said.SaveScript("shell", replace=False))
    assert account.keys_failure == (
        f"{tmp_path}/no folder/job.sh could not be written (No such file or directory). Copy the script instead."
    )
    assert (account.scripts.snippets, account.scripts.saved) == (scripts.snippets, None)


def test_files_of_keys_that_have_expired_are_offered_for_deletion_and_no_others(desk, server):
    desk.make()
    kept = Path(desk.says(said.Plain.SAVE_KEY).made.saved_to)
    past = datetime.now(timezone.utc) - timedelta(minutes=1)
    uri = str(desk.shown.session.context.api_uri)
    gone = key_files.save("0" * 72, uri, past)
    elsewhere = key_files.save("1" * 72, "https://tiled.example.org/api/v1/", past)
    assert desk.says(said.Plain.SHOW_KEYS).keys.stale_files == (str(gone),)
    assert desk.says(said.Plain.DELETE_STALE_FILES).keys.stale_files == ()
    assert [path.exists() for path in (kept, gone, elsewhere)] == [True, False, True]


def test_the_list_says_where_a_key_was_made(desk, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/bob/scan 7.ipynb")
    row = desk.make().keys.rows[0]
    assert row.made == f"{os.uname().nodename}, scan 7"
    assert row.since == pytest.approx(time.time(), abs=60)


def test_the_page_knows_whether_the_key_was_copied_or_saved(desk):
    account = desk.make()
    assert (account.made.copied, account.made.saved_to) == (False, None)
    assert desk.says(said.Plain.KEY_COPIED).made.copied


def test_a_dismissed_key_goes_on_to_work_and_its_secret_is_gone(desk, server):
    first_eight = desk.make().made.first_eight
    give, secret = desk.offered[-1], desk.secret()
    account = desk.says(said.Plain.DISMISS_KEY)
    assert account.made is None
    assert desk.offered[-1] is None
    assert give(first_eight) is None
    assert status(server, secret) == 200
    assert desk.make("another").made is not None


def test_the_secret_is_for_that_key_alone_and_only_where_the_settings_allow(desk, settings):
    first_eight = desk.make().made.first_eight
    assert desk.offered[-1]("00000000") is None
    settings.allow_copy_key = False
    assert desk.offered[-1](first_eight) is None
    assert not desk.says(said.Plain.SHOW_KEYS).keys.allow_copy


def test_the_only_copy_can_be_revoked_instead_of_dismissed(desk, server):
    desk.make()
    secret = desk.secret()
    account = desk.says(said.Plain.DELETE_MADE_KEY)
    assert (account.made, account.keys.rows) == (None, ())
    assert status(server, secret) == 401


def test_several_keys_are_deleted_at_once_and_what_fails_is_named(desk):
    made = []
    for note in ("one", "two", "three"):
        made.append(desk.make(note).made.first_eight)
        desk.says(said.Plain.DISMISS_KEY)
    account = desk.says(said.DeleteKeys([made[0], "ffffffff", made[1]]))
    assert [row.first_eight for row in account.keys.rows] == [made[2]]
    assert account.keys_failure.startswith("ffffffff: There is no such key")


def test_a_key_used_here_takes_the_place_of_the_sign_in_and_says_who_receives_it(desk, monkeypatch):
    monkeypatch.delenv("TILED_API_KEY", raising=False)
    desk.make(scopes=[*READ, "revoke:apikeys"])
    secret = desk.secret()
    account = desk.says(said.UseKeyHere(environment=False))
    state = desk.shown.session.state
    assert (state.method, state.identity.id) == ("api_key", "bob")
    assert desk.shown.session.context.api_key == secret
    assert "sent to no other server" in account.made.in_use
    assert account.keys.rows[0].in_use
    assert "may not make keys" in account.keys.unavailable
    assert "TILED_API_KEY" not in os.environ
    desk.says(said.DeleteKeys([secret[:8]]))
    assert desk.shown.session.state.reason == "Signed out. The API key that was in use here has been revoked."
    assert desk.offered[-1] is None


def test_the_environment_is_set_only_on_wish(desk, monkeypatch):
    monkeypatch.setenv("TILED_API_KEY", "")
    monkeypatch.delenv("TILED_API_KEY")
    desk.make()
    account = desk.says(said.UseKeyHere(environment=True))
    assert os.environ["TILED_API_KEY"] == desk.secret()
    assert "every server" in account.made.in_use


def test_after_signing_out_nothing_is_left(desk):
    first_eight = desk.make().made.first_eight
    give = desk.offered[-1]
    desk.shown.session.sign_out(everywhere=False)
    settle()
    assert desk.offered[-1] is give  # the panel tells the desk
    desk.desk.forget()
    assert desk.offered[-1] is None
    assert give(first_eight) is None
    desk.shown.sign_in(name="bob", remember=False)
    assert desk.shown.session.state.account == Account()


def test_a_key_whose_owner_left_meanwhile_is_revoked(desk, janitor, monkeypatch):
    made = []
    create = AccountDesk._create.__globals__["ApiKeys"].create

    def leave_then_give(keys, *args, **job):
        made.append(create(keys, *args, **job))
        desk.desk.forget()
        return made[0]

    monkeypatch.setattr("tiled_jupyter.panel.account.ApiKeys.create", leave_then_give)
    assert desk.make().made is None
    assert made
    assert janitor.whoami()["api_keys"] == []
    assert desk.offered == []


def test_sign_ins_say_where_they_were_made(desk, server, janitor, monkeypatch, settings):
    rows = desk.says(said.Plain.SHOW_SIGN_INS).sign_ins
    assert rows[0].this
    assert os.uname().nodename in rows[0].where
    assert rows[0].since == pytest.approx(time.time(), abs=60)
    assert "somewhere else" in {row.where for row in rows}  # the janitor's
    assert len([row for row in rows if row.this]) == 1
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/bob/scan 7.ipynb")  # the janitor signs in from a notebook, as it were
    tokens = {name: janitor.http_client.auth.sync_get_token(name) for name in ("access_token", "refresh_token")}
    known_servers.remember(str(janitor.api_uri), place=sign_ins.here(tokens))
    rows = desk.says(said.Plain.SHOW_SIGN_INS).sign_ins
    assert [row.where.endswith(", scan 7") for row in rows if row.since and not row.this] == [True]


def test_what_is_remembered_of_a_sign_in_names_nobody_and_holds_no_token(desk):
    text = known_servers._path().read_text()
    assert os.uname().nodename in text
    assert "bob" not in text
    assert not any(token in text for token in desk.shown.session.context.http_client.auth.tokens.values() if token)


def test_another_sign_in_is_ended_and_this_one_goes_on(desk, janitor):
    name = sign_ins._own({"refresh_token": janitor.http_client.auth.sync_get_token("refresh_token")})
    rows = desk.says(said.EndSignIn(name)).sign_ins
    assert name not in {row.id for row in rows}
    assert rows[0].this
    with pytest.raises(CannotRefreshAuthentication):
        janitor.force_auth_refresh()
    desk.shown.session.context.force_auth_refresh()


def test_every_other_sign_in_is_ended_at_once(desk, janitor):
    assert [row.this for row in desk.says(said.Plain.END_OTHER_SIGN_INS).sign_ins] == [True]
    with pytest.raises(CannotRefreshAuthentication):
        janitor.force_auth_refresh()
    desk.shown.session.context.force_auth_refresh()


def test_what_could_not_be_ended_of_the_others_is_counted_and_still_listed(settings):
    def session(number):
        return {"uuid": f"00000000-0000-4000-8000-00000000000{number}", "expiration_time": None, "revoked": False}

    own = base64.urlsafe_b64encode(b'{"sid": "00000000-0000-4000-8000-000000000001"}').decode().rstrip("=")
    sessions = [session(1), session(2), session(3)]
    with HostileServer() as server:
        tokens = server.replies["auth/provider/demo/token"].body
        server.replies["auth/provider/demo/token"] = Reply(200, {**tokens, "refresh_token": f"e30.{own}.c2ln"})
        server.replies["auth/whoami"] = lambda *_: Reply(200, principal(sessions=sessions))
        desk = Desk(server, settings)

        def end_second(*_):
            sessions[:] = [session(1), session(3)]
            return Reply(204, b"")

        server.replies[f"auth/session/revoke/{session(2)['uuid']}"] = end_second
        server.replies[f"auth/session/revoke/{session(3)['uuid']}"] = Reply(403, {"detail": "No"})
        account = desk.says(said.Plain.END_OTHER_SIGN_INS)
        assert account.sign_ins_failure.startswith("1 of 2 sign-ins were not ended. ")
        assert "refused (403)" in account.sign_ins_failure
        assert [row.id[-1] for row in account.sign_ins] == ["1", "3"]


def test_ending_this_sign_in_is_signing_out(desk):
    name = desk.says(said.Plain.SHOW_SIGN_INS).sign_ins[0].id
    desk.says(said.EndSignIn(name))
    settle()  # it begins another thread
    assert "has ended this sign-in, and nothing can renew it." in desk.shown.session.state.reason


@pytest.mark.parametrize("name", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_a_sign_in_that_is_not_there_gets_a_sentence(desk, name):
    assert desk.says(said.EndSignIn(name)).sign_ins_failure


def test_a_server_with_one_key_for_everybody_has_no_tabs_to_fill():
    with TiledServer(providers=[], single_user_api_key="secretsecret") as server:
        shown = Shown()
        desk = AccountDesk(shown.session, TiledJupyter(), lambda _: None)
        shown.connect(f"{server.uri}?api_key=secretsecret", SignedIn)
        for command in (said.Plain.SHOW_KEYS, said.Plain.SHOW_SIGN_INS):
            desk.obey(command)
        settle()
        account = shown.session.state.account
        assert "one key for everybody" in account.keys.unavailable
        assert account.sign_ins == ()


def test_fault_36_where_keys_are_disabled_the_section_says_so_and_the_sign_in_holds(settings):
    with HostileServer() as server:
        server.about["authentication"]["links"]["apikey"] = ""
        desk = Desk(server, settings)
        server.forget()
        assert "makes no API keys" in desk.says(said.Plain.SHOW_KEYS).keys.unavailable
        assert desk.shown.session.state.identity.id == "alice"  # as this server calls everybody
        assert "auth/apikey" not in server.paths()


def test_a_server_that_is_gone_is_said_in_the_tab_that_asked(settings):
    with TiledServer(allow_anonymous_access=False) as server:
        desk = Desk(server, settings)
        server.stop()
        account = desk.says(said.Plain.SHOW_SIGN_INS)
        assert "Cannot reach" in account.sign_ins_failure
        assert account.keys_failure is None


class Panel:
    """A real panel, which gets letters as a page writes them."""

    def __init__(self, server) -> None:
        self.sent = []
        self.panel = LoginPanel(server.uri)
        self.panel.send = lambda content, buffers=None: self.sent.append((content, buffers))
        settle()
        self.says({"type": "sign_in", "provider": "demo", "username": "bob", "remember": False}, PASSWORDS["bob"])

    def says(self, content, typed=None):
        self.panel.receive(Letter.of({"id": secrets.token_hex(4), **content}, [typed.encode()] if typed else []))
        settle()
        return self.panel.session.state

    def make(self):
        return self.says(
            {
                "type": "create_key",
                "note": "a job",
                "expires_in": "7d",
                "runs_for": "",
                "may_wait": "",
                "scopes": READ,
                "access_tags": [],
                "keep_in": "file",
            }
        ).account.made


def test_the_page_makes_a_key_and_no_message_to_it_holds_the_secret(server, janitor, tmp_path, monkeypatch):
    page = Panel(server)
    made = page.make()
    secret = page.panel.account.secret(made.first_eight)
    assert status(server, secret) == 200
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "scan 7.ipynb"))
    page.says({"type": "save_script", "kind": "shell", "replace": False})
    assert secret not in (tmp_path / "job.sh").read_text()
    page.says({"type": "use_key_here", "environment": False})
    page.says({"type": "show_sign_ins"})
    assert page.sent[-1][0]["state"]["account"]["made"]["saved_to"]
    assert not any(buffers for _, buffers in page.sent)
    assert secret not in json.dumps([content for content, _ in page.sent])
    assert secret not in repr(page.panel)
    page.says({"type": "sign_out", "everywhere": False})
    assert page.panel.account.secret(made.first_eight) is None


def test_a_look_at_the_keys_is_no_new_sign_in(server, janitor):
    page, called = Panel(server), []
    client = page.panel.client
    page.panel.on_signed_in(called.append)
    page.says({"type": "show_keys"})
    page.make()
    assert page.panel.client is client
    assert called == [client]
    page.says({"type": "use_key_here", "environment": False})
    settle()  # it is called on a thread of its own
    assert len(called) == 2


def test_what_is_no_command_changes_nothing(server, janitor):
    page = Panel(server)
    before = page.panel.session.state
    for content in (
        {
            "type": "create_key",
            "note": "a job",
            "expires_in": "7d",
            "runs_for": "",
            "may_wait": "",
            "scopes": "read:data",
            "access_tags": [],
            "keep_in": "file",
        },
        {"type": "delete_keys", "first_eights": [7]},
        {"type": "delete_keys", "first_eights": ["1a2b3c4d"] * 1000},
        {"type": "use_key_here"},
    ):
        assert page.says(content) is before
