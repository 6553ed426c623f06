"""A whole login against real servers, without a page: what the person would see, in order."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

import pytest

from tests.patience import PATIENCE
from tiled_jupyter.session.context import SessionContext
from tiled_jupyter.session.tokens import one_kernel_at_a_time
from tiled_jupyter.state.states import Connecting, Disconnected, SignedIn, SignedOut, Verifying

from .shown import Shown, at_once, settle
from .tiled_server import PASSWORDS, TiledServer, free_port


def test_connect_sign_in_and_read(closed_server):
    shown = Shown()
    found = shown.connect(closed_server.uri)
    assert found.server.required
    assert found.server.new
    done = shown.sign_in()
    assert (done.identity.id, done.method, done.remembered) == ("alice", "password", True)
    assert [type(state) for state in shown.states] == [Connecting, SignedOut, Verifying, SignedIn]
    assert len(list(shown.session.client())) > 0


def test_a_saved_sign_in_asks_nothing_and_the_server_is_new_no_longer(closed_server):
    first = Shown()
    first.connect(closed_server.uri)
    first.sign_in()
    first.session.context.http_client.auth = None  # as in another kernel
    second = Shown()
    done = second.connect(closed_server.uri, SignedIn)
    assert (done.method, done.identity.id, done.server.new) == ("saved", "alice", False)


def test_a_session_in_memory_serves_the_whole_kernel(closed_server, cache):
    first = Shown()
    first.connect(closed_server.uri)
    assert not first.sign_in(remember=False).remembered
    second = Shown()
    assert second.connect(closed_server.uri, SignedIn).identity.id == "alice"
    assert [path for path in cache.rglob("*") if path.is_file()] == []
    first.session.sign_out(everywhere=False)


def test_ten_wrong_passwords_lock_nothing_and_make_no_session(closed_server):
    first = Shown()
    first.connect(closed_server.uri)
    first.sign_in(name="bob", remember=False)
    before = len(first.session.context.whoami()["sessions"])
    first.session.sign_out(everywhere=False)
    shown = Shown()
    shown.connect(closed_server.uri)
    for tries in range(1, 11):
        failure = shown.sign_in(SignedOut, "bob", "wrong").failure
        assert failure.kind == "credentials"
        assert ("may lock" in failure.sentence) == (tries >= 3)
    done = shown.sign_in(name="bob")
    assert done.identity.id == "bob"
    assert len(shown.session.context.whoami()["sessions"]) == before + 1


def test_cancel_while_connecting_is_at_once_and_final():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shown = Shown()
        shown.session.connect(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with at_once():
            shown.session.cancel()
            assert shown.rest(Disconnected).failure.kind == "cancelled"


def test_a_sign_in_that_succeeds_after_cancel_is_revoked():
    with TiledServer(allow_anonymous_access=False) as server:
        shown = Shown()
        shown.connect(server.uri)
        os.kill(server.pid, signal.SIGSTOP)  # the answer comes when the person has long cancelled
        shown.session.methods.sign_in("demo", "alice", PASSWORDS["alice"], remember=True)
        threads = [thread for thread in threading.enumerate() if thread.name == "tiled-login"]
        shown.session.cancel()
        os.kill(server.pid, signal.SIGCONT)
        for thread in threads:
            thread.join(PATIENCE)
        assert isinstance(shown.session.state, SignedOut)
        assert not shown.session.context.authenticated
        context, _ = SessionContext.from_any_uri(server.uri)
        shown.sign_in()
        context.use_cached_tokens()
        assert sorted(session["revoked"] for session in context.whoami()["sessions"]) == [False, True]


def test_sign_in_from_another_notebook_is_noticed(closed_server):
    shown = Shown()
    shown.connect(closed_server.uri)
    other = Shown()
    other.connect(closed_server.uri)
    other.sign_in()
    shown.session.look_for_saved()
    with shown._changed:
        assert shown._changed.wait_for(lambda: isinstance(shown.states[-1], SignedIn), PATIENCE)
    assert shown.session.context.authenticated


def test_signing_out_here_leaves_other_kernels_signed_in(closed_server):
    shown = Shown()
    shown.connect(closed_server.uri)
    shown.sign_in()
    token = shown.session.context.http_client.auth.tokens["refresh_token"]
    shown.session.sign_out(everywhere=False)
    assert "not" in shown.rest(SignedOut).reason
    assert not shown.session.context.authenticated
    answer = shown.session.context.http_client.post(
        f"{closed_server.uri}/api/v1/auth/session/refresh", json={"refresh_token": token}
    )
    assert answer.status_code == 200


def test_signing_out_everywhere_ends_the_session_and_removes_the_files(closed_server, cache):
    shown = Shown()
    shown.connect(closed_server.uri)
    shown.sign_in()
    context = shown.session.context
    token = context.http_client.auth.tokens["refresh_token"]
    shown.session.sign_out(everywhere=True)
    for thread in [thread for thread in threading.enumerate() if thread.name == "tiled-login"]:
        thread.join(PATIENCE)
    assert [path for path in (cache / "tokens").rglob("*") if path.is_file()] == []
    refresh = f"{closed_server.uri}/api/v1/auth/session/refresh"
    assert context.http_client.post(refresh, json={"refresh_token": token}).status_code == 401


@pytest.mark.parametrize(
    ("address", "kind", "says"),
    [
        (
            "http://127.0.0.1:{closed_port}",
            "unreachable",
            "Cannot reach 127.0.0.1:{closed_port}: nothing answers there",
        ),
        ("http://no-such-host.invalid", "unreachable", "The name no-such-host.invalid cannot be found."),
        ("ftp://localhost", "bad_address", "not ftp:"),
        ("http://127.0.0.1:{silent_port}", "unreachable", "did not answer in time"),
        ("https://127.0.0.1:{tiled_port}", "unreachable", "does not speak https"),
    ],
)
def test_an_address_that_cannot_be_used_says_why_within_ten_seconds(closed_server, address, kind, says):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ports = {"closed_port": free_port(), "silent_port": silent.getsockname()[1], "tiled_port": closed_server.port}
        shown = Shown()
        begun = time.monotonic()
        state = shown.connect(address.format(**ports), Disconnected)
        assert time.monotonic() - begun < 10
        assert state.failure.kind == kind
        assert says.format(**ports) in state.failure.sentence
        assert state.address.startswith(address.format(**ports))
        assert isinstance(shown.connect(closed_server.uri), SignedOut)  # the next address is none the worse for it


def test_a_key_in_the_address_is_the_sign_in_and_gone_from_sight(closed_server):
    first = Shown()
    first.connect(closed_server.uri)
    first.sign_in()
    key = first.session.context.create_api_key(expires_in=600)["secret"]
    shown = Shown()
    done = shown.connect(f"{closed_server.uri}?api_key={key}", SignedIn)
    assert done.method == "api_key"
    assert "was used and removed" in done.provenance
    assert key not in repr(shown.states)


def test_a_wrong_key_in_the_address_is_said_and_not_repeated(closed_server):
    shown = Shown()
    state = shown.connect(f"{closed_server.uri}?api_key=0123456789abcdef", Disconnected)
    assert "does not accept the API key in this address" in state.failure.sentence
    assert "0123456789abcdef" not in repr(shown.states)


def test_an_address_with_a_password_is_refused_and_not_repeated(closed_server):
    shown = Shown()
    state = shown.connect("https://alice:s3cr3t@tiled.example.org", Disconnected)
    assert "Remove the user name and password" in state.failure.sentence
    assert "s3cr3t" not in repr(shown.states)


def test_a_command_for_a_provider_that_may_not_have_the_password_sends_nothing(closed_server):
    shown = Shown()
    shown.connect(closed_server.uri)
    shown.session.methods.sign_in("another", "alice", PASSWORDS["alice"], remember=True)
    assert shown.rest(SignedOut).failure.kind == "not_sent"


def test_cancel_waits_for_no_other_kernel(closed_server):
    shown = Shown()
    shown.connect(closed_server.uri)
    saved = shown.session.context.token_directory
    with one_kernel_at_a_time(saved):  # as another kernel does
        asked = closed_server.log.count("/auth/whoami")
        shown.session.methods.sign_in("demo", "alice", PASSWORDS["alice"], remember=True)
        attempt = shown.session.state.attempt
        while closed_server.log.count("/auth/whoami") == asked:
            assert shown.session.attempts.rest(attempt, 0.02)
        assert shown.session.attempts.rest(attempt, 0.5)  # it has come to saving, which has to wait
        with at_once():
            shown.session.cancel()
        assert shown.rest(SignedOut).failure.kind == "cancelled"
    settle()
    assert not saved.exists() or list(saved.iterdir()) == []
    assert not shown.session.context.authenticated
