"""Will it last? A sign-in before a long run is renewed, asked for now, or not promised."""

from __future__ import annotations

import time

import pytest

from tiled_jupyter import Context, IdentityChanged, LoginFailed, from_uri
from tiled_jupyter.session.ensure import ensure

from .sessions import Hook, kill, signed_in
from .tiled_server import TiledServer


@pytest.fixture(scope="module")
def day_server():
    """A sign-in to this one lasts a day, however it is used."""
    with TiledServer(allow_anonymous_access=False, session_max_age=86400) as server:
        yield server


def hours_from_now(end):
    return (end.timestamp() - time.time()) / 3600


def test_what_lasts_long_enough_asks_nobody_and_says_until_when(day_server):
    context = signed_in(day_server, hook := Hook())
    assert hours_from_now(ensure(context, 8)) == pytest.approx(24, abs=0.1)
    assert hook.calls == 1


def test_a_session_that_has_ended_is_asked_for_now(short_server):
    context = signed_in(short_server, hook := Hook())
    kill(context)
    assert hours_from_now(ensure(context, 8)) > 8
    assert hook.calls == 2
    assert "you want 8 h" in hook.occasions[1].reason


def test_what_the_server_does_not_give_is_not_promised(day_server):
    context = signed_in(day_server, hook := Hook())
    with pytest.raises(LoginFailed, match=r"does not promise 48 h.*API key"):
        ensure(context, 48)
    assert hook.calls == 2


def test_somebody_else_promises_nothing(day_server):
    context = signed_in(day_server, hook := Hook())
    hook.name = "bob"
    with pytest.raises(IdentityChanged):
        ensure(context, 48)
    assert repr(context) == "<Context authenticated as 'alice'>"


def test_a_key_lasts_until_it_expires(day_server):
    context = signed_in(day_server)
    lasting = from_uri(day_server.uri, api_key=context.create_api_key(expires_in="9h")["secret"]).context
    assert hours_from_now(ensure(lasting, 8)) == pytest.approx(9, abs=0.1)
    with pytest.raises(LoginFailed, match="does not promise"):
        ensure(lasting, 10)
    for_ever = from_uri(day_server.uri, api_key=context.create_api_key()["secret"]).context
    assert hours_from_now(ensure(for_ever, 1000)) == pytest.approx(1000, abs=0.1)


def test_nobody_signed_in_and_a_server_that_is_down(day_server):
    context, _ = Context.from_any_uri(day_server.uri)
    with pytest.raises(LoginFailed, match="Nobody is signed in"):
        ensure(context, 8)
    context = signed_in(day_server)
    day_server.stop()
    try:
        with pytest.raises(LoginFailed, match="cannot be reached"):
            ensure(context, 8)
    finally:
        day_server.start()
