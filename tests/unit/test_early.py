"""What is pressed in a panel before its login knows the server is kept for this server, and for no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tiled_jupyter.panel.early import Early
from tiled_jupyter.state.states import ATTEMPT_CANCELLED, Connecting, Disconnected, Server, SignedOut
from tiled_jupyter.state.wire import Begin, Plain, SignIn, SignOut

FORM = SignedOut(Server("https://t.example/api/v1/", "t.example", True, ()))
SIGN_IN = SignIn("demo", "alice", False)
WAYS = {"password": SIGN_IN, "device": Begin("openid", False), "api_key": Plain.USE_KEY}


@pytest.fixture
def early():
    early = Early()
    early.form = FORM
    return early


@pytest.mark.parametrize(("method", "command"), WAYS.items(), ids=WAYS)
def test_a_way_to_sign_in_is_kept_and_seen_to_be_under_way(early, method, command):
    assert early.shown == FORM
    assert early.keep(command, "typed")
    assert (early.shown.kind, early.shown.method, early.shown.form) == ("verifying", method, FORM)
    assert early.kept_for(FORM) == (command, "typed")


def test_who_wants_another_server_is_asked_which_at_once(early):
    assert early.keep(Plain.CHANGE_SERVER, "")
    assert early.shown == Disconnected(FORM.server.uri)
    assert early.kept_for(FORM) == (Plain.CHANGE_SERVER, "")


def test_the_last_one_counts(early):
    early.keep(SIGN_IN, "typed wrongly")
    early.keep(SIGN_IN, "typed")
    assert early.kept_for(FORM) == (SIGN_IN, "typed")


@pytest.mark.parametrize("command", [SignOut(False), Plain.CANCEL, Plain.ACCEPT_KEY, Plain.CONNECT], ids=repr)
def test_nothing_else_is_kept(early, command):
    assert not early.keep(command, "")
    assert early.kept_for(FORM) is None


OTHERS = {
    "another server": SignedOut(Server("https://u.example/api/v1/", "u.example", True, ())),
    "trouble": Disconnected("https://t.example"),
    "a server that is still asked": Connecting(1, "https://t.example", 0.0),
}


@pytest.mark.parametrize("state", OTHERS.values(), ids=OTHERS)
def test_a_password_is_for_the_server_in_whose_form_it_was_typed(early, state):
    early.keep(SIGN_IN, "typed")
    assert early.kept_for(state) is None


def test_cancel_drops_it_and_shows_the_form_again(early):
    early.keep(SIGN_IN, "typed")
    early.cancel(ATTEMPT_CANCELLED)
    assert early.shown == replace(FORM, failure=ATTEMPT_CANCELLED)
    assert early.kept_for(FORM) == ATTEMPT_CANCELLED  # which the login's form is to say too


def test_without_a_form_nothing_is_shown_or_kept(early):
    early.form = None
    assert early.shown is None
    assert not early.keep(SIGN_IN, "typed")
