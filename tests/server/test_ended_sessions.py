"""A session that has ended is shown as ended by all that shows it, and as living when any login heals it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tiled.client.auth import CannotRefreshAuthentication

from tiled_jupyter import LoginCancelled, explain_access
from tiled_jupyter.panel.account import AccountDesk
from tiled_jupyter.session.prompts import quietly
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.state import account as said
from tiled_jupyter.state.states import SignedIn, SignedOut

from .sessions import Hook, get, kill, signed_in
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
    """Have a request refused in a way that asks nobody."""
    with quietly(), pytest.raises(CannotRefreshAuthentication):
        get(context)


def test_every_panel_becomes_a_form_with_the_first_refused_request(dead):
    refused(dead[1].session.context)
    for shown in dead:
        assert ends(shown).failure is None
    settle()
    assert [sum(isinstance(state, SignedOut) for state in shown.states[3:]) for shown in dead[:1]] == [1]  # once


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


@pytest.mark.parametrize("command", [said.ShowKeys(), said.ShowSignIns(), said.ExplainAccess()])
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
