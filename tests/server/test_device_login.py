"""Device authorization in both dialects, with a real provider and somebody who approves or does not."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.approval import approve_without_a_page, deny_without_a_page
from tests.patience import PATIENCE
from tiled_jupyter.state.states import AwaitingAuthorization, SignedIn, SignedOut, Verifying

from .openid_provider import OpenIDProvider, entra_provider, own_device_provider, password_provider, proxied_provider
from .shown import Shown, at_once, settle
from .tiled_server import TiledServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PATHS = ("/device/auth", "/token", "/token/revocation", "/.well-known/openid-configuration")


@pytest.fixture(scope="module")
def op() -> Iterator[OpenIDProvider]:
    with OpenIDProvider(interval=1) as provider:
        yield provider


@pytest.fixture(scope="module")
def mixed(op: OpenIDProvider) -> Iterator[TiledServer]:
    with TiledServer(allow_anonymous_access=False, providers=[password_provider(), own_device_provider(op)]) as server:
        yield server


@pytest.fixture(scope="module")
def proxied(op: OpenIDProvider) -> Iterator[TiledServer]:
    with TiledServer(allow_anonymous_access=False, providers=[proxied_provider(op)]) as server:
        yield server


def approve(state: AwaitingAuthorization, user: str = "alice") -> None:
    approve_without_a_page(
        state.code.verification_uri_complete or state.code.verification_uri, user, state.code.user_code
    )


def wait_for(happened, timeout=PATIENCE) -> None:
    until = time.monotonic() + timeout
    while not happened():
        assert time.monotonic() < until
        threading.Event().wait(0.05)


def begun(server, **options):
    shown = Shown(**options)
    shown.connect(server.uri)
    return shown, shown.begin()


def sessions_of(user, server):
    """Sign in, and say of each of the user's sessions whether it is revoked."""
    shown, waiting = begun(server)
    approve(waiting, user)
    shown.rest(SignedIn)
    return sorted(session["revoked"] for session in shown.session.context.whoami()["sessions"])


def test_the_providers_dialect_from_code_to_data(proxied):
    shown, waiting = begun(proxied)
    assert waiting.code.user_code in waiting.code.verification_uri_complete
    assert waiting.code.qr is None  # no phone reaches this computer's loopback
    assert 500 < waiting.code.deadline - time.time() <= 600
    approve(waiting)
    done = shown.rest(SignedIn)
    assert (done.method, done.identity.provider, done.remembered) == ("device", "openid", True)
    assert [type(state) for state in shown.states[-3:]] == [Verifying, AwaitingAuthorization, SignedIn]
    assert len(list(shown.session.client())) > 0


def test_tileds_own_dialect_from_code_to_data(mixed):
    shown, waiting = begun(mixed)
    assert waiting.code.verification_uri_complete is None
    approve(waiting)
    done = shown.rest(SignedIn)
    assert (done.method, done.identity.id, done.identity.provider) == ("device", "alice", "openid")
    assert len(list(shown.session.client())) > 0


def test_extra_scopes_are_asked_for(op):
    with TiledServer(allow_anonymous_access=False, providers=[entra_provider(op)]) as server:
        shown = Shown()
        shown.connect(server.uri)
        approve(shown.begin(provider="entra"))
        shown.rest(SignedIn)
        assert len(list(shown.session.client())) > 0


def test_the_provider_gets_nothing_of_tiled(op, proxied):
    seen = len(op.requests())
    shown = Shown()
    shown.connect(proxied.uri)
    shown.session.context.http_client.headers["x-facility"] = "secret"
    cookies = {cookie.name for cookie in shown.session.context.http_client.cookies.jar}
    approve(shown.begin())
    shown.rest(SignedIn)
    shown.session.sign_out(everywhere=True)
    settle()
    ours = [request for request in op.requests()[seen:] if request["path"] in PATHS]
    assert cookies
    assert {request["path"] for request in ours} >= {"/device/auth", "/token", "/token/revocation"}
    for request in ours:
        assert request["authorization"] is None
        assert request["cookies"] == []
        assert "x-facility" not in request["headers"]


def test_signing_out_everywhere_revokes_at_the_provider_and_opens_no_logout_page(op, proxied):
    shown, waiting = begun(proxied)
    approve(waiting)
    shown.rest(SignedIn)
    token = shown.session.context.http_client.auth.sync_get_token("refresh_token")
    assert token
    shown.session.sign_out(everywhere=True)
    settle()
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "tiled-cli"}
    assert httpx.post(f"{op.uri}/token", data=form).json()["error"] == "invalid_grant"
    assert not [request for request in op.requests() if request["path"].startswith("/session/end")]


def test_denied_is_said(proxied):
    shown, waiting = begun(proxied)
    deny_without_a_page(waiting.code.verification_uri_complete, user_code=waiting.code.user_code)
    assert shown.rest(SignedOut).failure.kind == "denied"


def test_an_expired_code_is_said_and_a_new_one_works():
    with (
        OpenIDProvider(interval=1, device_code_max_age=2) as op,
        TiledServer(allow_anonymous_access=False, providers=[proxied_provider(op)]) as server,
    ):
        shown, waiting = begun(server)
        failure = shown.rest(SignedOut).failure
        assert (failure.kind, failure.sentence) == ("expired", "The code has expired. Get a new one.")
        again = shown.begin()
        assert again.code.user_code != waiting.code.user_code


def test_slow_down_grows_the_interval_and_the_login_succeeds():
    with (
        OpenIDProvider(interval=1, slow_down=3) as op,
        TiledServer(allow_anonymous_access=False, providers=[proxied_provider(op)]) as server,
    ):
        shown, waiting = begun(server)
        wait_for(lambda: len(op.requests("/token")) == 2)  # the second is too early
        approve(waiting)
        shown.rest(SignedIn)
        polls = [request["at"] for request in op.requests("/token")]
        before, after = (later - earlier for earlier, later in itertools.pairwise(polls))
        assert before < 4
        assert after > 5.5  # the interval and five seconds, as they are counted here and there


def test_the_provider_is_away_while_it_is_polled(op, proxied):
    shown, waiting = begun(proxied)
    with op.unreachable():
        troubled = shown.until(lambda state: isinstance(state, AwaitingAuthorization) and state.trouble)
        assert "next try comes by itself" in troubled.trouble
    approve(waiting)
    done = shown.rest(SignedIn)
    assert done.identity is not None


def test_tiled_is_away_while_its_own_flow_is_polled(op):
    with TiledServer(allow_anonymous_access=False, providers=[own_device_provider(op)]) as server:
        shown, waiting = begun(server)
        server.stop()
        shown.until(lambda state: isinstance(state, AwaitingAuthorization) and state.trouble)
        server.start()
        approve(waiting)
        shown.rest(SignedIn, 40)


def test_tiled_is_away_when_the_provider_has_given_its_tokens(op):
    with TiledServer(allow_anonymous_access=False, providers=[proxied_provider(op)]) as server:
        shown, waiting = begun(server)
        server.stop()
        approve(waiting)
        shown.until(lambda state: isinstance(state, AwaitingAuthorization) and state.trouble)
        server.start()
        shown.rest(SignedIn, 40)


def test_cancel_while_polling_is_at_once_and_final(proxied, op):
    shown, waiting = begun(proxied)
    shown.session.cancel()
    assert shown.session.state.failure.kind == "cancelled"
    settle()
    polls = len(op.requests("/token"))
    approve(waiting)
    assert isinstance(shown.session.state, SignedOut)
    assert not shown.session.context.authenticated
    assert len(op.requests("/token")) == polls  # nobody asked, so no token was made


def test_an_answer_that_arrives_after_cancel_is_revoked(mixed):
    shown, waiting = begun(mixed)
    approve(waiting, "dave")  # within the five seconds to the first poll
    os.kill(mixed.pid, signal.SIGSTOP)
    try:
        assert shown.session.attempts.rest(waiting.attempt, 5.5)  # the poll is under way then
        shown.session.cancel()
    finally:
        os.kill(mixed.pid, signal.SIGCONT)
    settle()
    assert isinstance(shown.session.state, SignedOut)
    assert not shown.session.context.authenticated
    assert sessions_of("dave", mixed) == [False, True]


def test_an_approval_after_cancel_signs_nobody_in_and_the_session_tiled_made_is_ended(op, mixed):
    shown, waiting = begun(mixed)
    deny_without_a_page(waiting.code.verification_uri, "carol", at="login")
    assert shown.session.state == waiting  # Tiled tells nobody of that
    with at_once():  # and not at the next poll
        shown.session.cancel()
        assert shown.session.state.failure.kind == "cancelled"
    approve(waiting, "carol")  # who has thought again
    settle()
    assert isinstance(shown.session.state, SignedOut)
    assert not shown.session.context.authenticated
    assert sessions_of("carol", mixed) == [False, True]


def test_two_logins_on_one_server_do_not_mix(proxied):
    one, first = begun(proxied)
    other, second = begun(proxied)
    assert first.code.user_code != second.code.user_code
    approve(second)
    other.rest(SignedIn)
    assert isinstance(one.session.state, AwaitingAuthorization)
    one.session.look_for_saved()
    assert one.rest(SignedIn).method == "saved"  # signed in from the other
    settle()


def test_without_a_refresh_token_the_panel_says_how_long_it_lasts():
    with (
        OpenIDProvider(interval=1, refresh_tokens=False, access_token_max_age=300) as op,
        TiledServer(allow_anonymous_access=False, providers=[proxied_provider(op)]) as server,
    ):
        shown, waiting = begun(server)
        approve(waiting)
        done = shown.rest(SignedIn)
        assert not done.renews
        assert 240 < done.good_until - time.time() <= 301


def test_no_device_code_or_token_is_in_a_state_or_repr(proxied, monkeypatch):
    made = []
    from tiled_jupyter.oauth import device as device_grant

    start = device_grant.start
    monkeypatch.setattr(device_grant, "start", lambda *args: made.append(start(*args)) or made[-1])
    shown, waiting = begun(proxied)
    approve(waiting)
    shown.rest(SignedIn)
    (grant,) = made
    assert grant.device_code not in repr(grant)
    tokens = [token for token in shown.session.context.http_client.auth.tokens.values() if token]
    assert not any(secret in repr(shown.states) for secret in (grant.device_code, *tokens))


def test_the_provider_chosen_last_is_remembered(mixed):
    shown, waiting = begun(mixed)
    approve(waiting)
    shown.rest(SignedIn)
    shown.session.sign_out(everywhere=True)
    settle()
    again = Shown().connect(mixed.uri)
    assert [provider.name for provider in again.server.providers] == ["demo", "openid"]
    assert again.server.preferred == "openid"
    assert again.server.sign_ins >= 1
    assert Shown(provider="demo").connect(mixed.uri).server.preferred == "demo"
    assert "has no saml" in Shown(provider="saml").connect(mixed.uri).reason


def test_the_same_name_at_two_providers_is_two_people(mixed):
    one = Shown()
    one.connect(mixed.uri)
    first = one.sign_in(remember=False)
    one.session.sign_out(everywhere=True)
    settle()
    other, waiting = begun(mixed)
    approve(waiting)
    second = other.rest(SignedIn)
    assert first.identity.id == second.identity.id == "alice"
    assert first.identity != second.identity
