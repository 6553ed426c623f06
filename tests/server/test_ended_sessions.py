"""A session that has ended is shown as ended by all that shows it, and as living when any login heals it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest
from tiled.client.auth import CannotRefreshAuthentication

from tests.patience import PATIENCE
from tiled_jupyter import LoginCancelled, explain_access
from tiled_jupyter.errors import KeysUnavailable
from tiled_jupyter.keys.access import _Access
from tiled_jupyter.keys.api_keys import ApiKeys
from tiled_jupyter.panel.account import AccountDesk
from tiled_jupyter.session.prompts import quietly
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.state import account as said
from tiled_jupyter.state.states import SignedIn, SignedOut

from .hostile_server import HostileServer
from .kernel import kernel
from .sessions import Hook, get, janitor_of, kill, signed_in
from .shown import Shown, asked, settle

ELSEWHERE = """\
from types import SimpleNamespace
from tests.server.sessions import Hook, signed_in
signed_in(SimpleNamespace(uri={uri!r}), Hook({name!r}))
"""


def panel(server, *, signs_in=False, **options):
    """Return what a panel shows that is signed in."""
    shown = Shown(**options)
    if signs_in:
        shown.connect(server.uri)
        shown.sign_in()
    else:
        shown.connect(server.uri, SignedIn)
    return shown


def ends(shown):
    """Wait until a panel shows that the session has ended."""
    return shown.until(lambda state: isinstance(state, SignedOut) and "has ended (noticed" in (state.reason or ""))


def lives(shown):
    """Wait until a panel shows that somebody is signed in."""
    return shown.until(lambda state: isinstance(state, SignedIn))


@pytest.fixture
def dead(short_server):
    """Three panels of one kernel that show a session; it is over, and nobody has noticed."""
    panels = [panel(short_server, signs_in=True), panel(short_server), panel(short_server)]
    kill(panels[0].session.context)
    assert all(isinstance(each.session.state, SignedIn) for each in panels)
    return panels


def sign_in_elsewhere(server, name):
    """Sign in from another kernel of this computer account."""
    subprocess.run([sys.executable, "-c", ELSEWHERE.format(uri=server.uri, name=name)], check=True)


def refused(context):
    """Make a request that is refused in a way that asks nobody."""
    with quietly(), pytest.raises(CannotRefreshAuthentication):
        get(context)


def test_every_panel_becomes_a_form_with_the_first_refused_request(dead):
    refused(dead[1].session.context)
    for shown in dead:
        assert ends(shown).failure is None
    settle()
    assert [sum(isinstance(state, SignedOut) for state in shown.states[3:]) for shown in dead[:1]] == [1]  # once


def test_every_panel_and_a_cell_that_asks_later_name_one_time_at_which_that_was_noticed(dead):
    context = dead[0].session.context
    refused(context)
    assert len({ends(shown).reason for shown in dead}) == 1
    context.http_client.auth.over_since -= 3600
    noticed = time.strftime("%H:%M", time.localtime(context.http_client.auth.over_since))
    context.prompt = hook = Hook()
    assert get(context).status_code == 200
    assert f"(noticed {noticed})" in hook.occasions[0].reason
    assert not context.http_client.auth.is_over


def test_every_panel_is_signed_in_again_when_one_is_used(dead):
    refused(dead[0].session.context)
    for shown in dead:
        ends(shown)
    dead[2].sign_in()
    for shown in dead:
        assert lives(shown).identity.id == "alice"
    assert get(dead[0].session.context).status_code == 200


def test_every_panel_is_signed_in_again_when_a_prompt_is_answered(dead):
    context = dead[0].session.context
    context.prompt = Hook()
    assert get(context).status_code == 200
    settle()
    for shown in dead:
        assert lives(shown).identity.id == "alice"
        assert any(isinstance(state, SignedOut) and "has ended" in (state.reason or "") for state in shown.states)


def test_every_panel_is_signed_in_again_when_another_kernel_signs_in(dead, short_server):
    refused(dead[0].session.context)
    for shown in dead:
        ends(shown)
    sign_in_elsewhere(short_server, "alice")
    for shown in dead:
        assert lives(shown).identity.id == "alice"
    assert get(dead[0].session.context).status_code == 200


def test_the_sign_in_of_somebody_else_in_another_kernel_heals_nothing(dead, short_server):
    refused(dead[0].session.context)
    ends(dead[0])
    sign_in_elsewhere(short_server, "bob")
    dead[0].session.look_for_saved()
    settle()
    assert isinstance(dead[0].session.state, SignedOut)
    assert dead[0].session.context.authenticated  # its clients go on to fail, and do not read as nobody


def test_who_signed_out_is_not_signed_in_again_by_another_panel(dead):
    refused(dead[0].session.context)
    ends(dead[0])
    dead[0].session.drop_server()
    dead[1].sign_in()
    settle()
    assert dead[0].session.state.kind == "disconnected"


def test_a_panel_whose_question_was_cancelled_is_signed_in_when_the_session_lives_again(short_server):
    context, panels = signed_in(short_server, Hook()), []

    def cancelled(http_client, providers):
        panels.append(asked(http_client, providers))
        panels[0].session.cancel()
        panels[0].session.recipient.leave()
        raise LoginCancelled("No.")

    context.prompt = cancelled
    kill(context)
    with pytest.raises(LoginCancelled):
        get(context)
    context.authenticate(prompt_for_reauthentication=Hook())
    assert lives(panels[0]).identity.id == "alice"


def test_a_panel_that_was_answered_shows_when_that_session_ends_too(short_server):
    context, panels = signed_in(short_server, Hook()), []

    def answered(http_client, providers):
        panels.append(asked(http_client, providers))
        panels[-1].sign_in()
        tokens = panels[-1].session.recipient.take_tokens()
        panels[-1].session.recipient.leave()
        return tokens

    context.prompt = answered
    kill(context)
    assert get(context).status_code == 200
    kill(context)
    refused(context)
    assert ends(panels[0]).failure is None


# -- what asks nobody -----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [said.Plain.SHOW_KEYS, said.Plain.SHOW_SIGN_INS, said.Plain.EXPLAIN_ACCESS])
def test_a_tab_asks_nobody_and_its_panel_becomes_the_form(dead, command):
    def never(http_client, providers):
        raise AssertionError("somebody was asked")

    dead[0].session.context.prompt = never
    AccountDesk(dead[0].session, TiledJupyter(), lambda give: None).obey(command)
    for shown in dead:
        ends(shown)


def test_why_nothing_is_seen_says_that_the_session_has_ended(dead):
    (sentence,) = explain_access(dead[0].session.context, "alice")
    assert sentence == "The sign-in has ended. Run %tiled_login to go on."


def test_what_a_slow_server_is_asked_in_a_tab_is_given_up_in_sight_and_shown_when_it_comes(monkeypatch):
    monkeypatch.setattr("tiled_jupyter.panel.account._PATIENCE", 0.2)
    answer = threading.Event()
    with HostileServer() as evil:
        shown = Shown()
        shown.connect(evil.uri)
        shown.session.methods.sign_in("demo", "alice", "any", remember=False)
        shown.rest(SignedIn)
        said_before = evil.replies["auth/whoami"]

        def late(request, handler):
            answer.wait(PATIENCE)
            return said_before

        evil.replies["auth/whoami"] = late
        AccountDesk(shown.session, TiledJupyter(), lambda give: None).obey(said.Plain.SHOW_SIGN_INS)
        given_up = shown.until(lambda state: state.account.sign_ins_failure is not None).account
        assert "has not answered for" in given_up.sign_ins_failure
        assert not given_up.busy
        answer.set()
        account = shown.until(lambda state: state.account.sign_ins is not None).account
        assert account.sign_ins_failure is None
        settle()


def test_why_nothing_is_seen_has_a_deadline(monkeypatch, short_server):
    monkeypatch.setattr("tiled_jupyter.keys.access._LONGEST", 0.2)
    context, ended = signed_in(short_server, remember_me=False), threading.Event()
    monkeypatch.setattr(_Access, "explain", lambda _self, _parts: ended.wait(PATIENCE))
    with pytest.raises(KeysUnavailable, match="has not answered within"):
        explain_access(context)
    ended.set()


KILLED = """\
%load_ext tiled_jupyter
from types import SimpleNamespace
from tests.server.sessions import kill, signed_in
context = signed_in(SimpleNamespace(uri={uri!r}), remember_me=False)
kill(context)
"""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("%tiled_whoami", ": the sign-in has ended. Run %tiled_login to go on."),
        ("%tiled_why alice", "The sign-in has ended. Run %tiled_login to go on."),
    ],
)
def test_a_magic_says_that_the_session_has_ended_and_asks_nobody(short_server, monkeypatch, line, says):
    monkeypatch.setenv("JPY_SESSION_NAME", "a notebook")  # somebody is there who could be asked
    with kernel() as here:
        here.run(KILLED.format(uri=short_server.uri))
        heard = here.run(line)
    assert says in heard
    assert "Traceback" not in heard
    assert "Waiting since" not in heard


def test_a_key_that_works_no_longer_is_said_by_its_panel_and_its_clients_do_not_read_as_nobody(closed_server):
    with janitor_of(closed_server):
        bob = signed_in(closed_server, Hook("bob"), remember_me=False)
        key = ApiKeys(bob).create("1h", "for a test", ["inherit"])
        shown = Shown()
        shown.connect(f"{closed_server.uri}?api_key={key.secret}", SignedIn)
        ApiKeys(bob).revoke(key.first_eight)
        assert get(shown.session.context).status_code == 401
        form = shown.until(lambda state: isinstance(state, SignedOut))
        assert "does not accept the API key in use here any more" in form.key.sentence
        assert shown.session.context.api_key == key.secret
        assert get(shown.session.context).status_code == 401
        shown.session.set_key_aside()
        assert shown.rest(SignedIn).identity.id == "bob"  # who is signed in to this kernel, too
