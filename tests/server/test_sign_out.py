"""Rows B7, D8, D9: signing out clears every trace, whatever has become of the session; nothing outlives its kernel."""

from __future__ import annotations

import subprocess
import sys
import time

import httpx
import pytest

from tiled_jupyter import Context, enabling, from_uri, kernel_end
from tiled_jupyter.api_keys import ApiKeys
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.states import SignedIn, SignedOut

from .sessions import Hook
from .shown import Shown, at_once, settle
from .tiled_server import PASSWORDS, TiledServer


def signed_in(server, *, remember=True, name="alice"):
    shown = Shown()
    shown.connect(server.uri)
    shown.sign_in(name=name, remember=remember)
    return shown


def files(cache):
    return [path for path in cache.rglob("*token*") if path.is_file()]


def sign_out(shown, cache):
    with at_once():
        shown.session.sign_out(everywhere=True)
    assert isinstance(shown.session.state, SignedOut)
    assert not shown.session.context.authenticated
    assert files(cache) == []
    settle()


def test_b7_the_server_is_gone(cache):
    with TiledServer(allow_anonymous_access=False) as server:
        shown = signed_in(server)
        server.stop()
        sign_out(shown, cache)


def test_b7_the_server_does_not_know_the_session_any_more(cache):
    with TiledServer(allow_anonymous_access=False) as server:
        shown = signed_in(server)
        server.restart(secret_key="another" * 8)
        sign_out(shown, cache)


def test_b7_the_session_was_revoked_elsewhere(closed_server, cache):
    shown = signed_in(closed_server)
    context, _ = Context.from_any_uri(closed_server.uri)
    context.use_cached_tokens()
    context.revoke_session(context.whoami()["sessions"][-1]["uuid"])
    sign_out(shown, cache)


def test_b7_the_session_is_over(cache):
    with TiledServer(allow_anonymous_access=False, access_token_max_age=1, refresh_token_max_age=1) as server:
        shown = signed_in(server)
        token = shown.session.context.http_client.auth.tokens["refresh_token"]
        refresh = f"{server.uri}/api/v1/auth/session/refresh"
        while httpx.post(refresh, json={"refresh_token": token}, trust_env=False).status_code == 200:
            pass
        sign_out(shown, cache)


def test_b7_the_files_are_torn(closed_server, cache):
    shown = signed_in(closed_server)
    for file in files(cache):
        file.write_bytes(b"\xff\x00")
    sign_out(shown, cache)


def test_a_session_that_is_remembered_after_one_that_was_not_outlives_a_sign_out_of_this_notebook(closed_server):
    shown = signed_in(closed_server, remember=False)
    shown.session.sign_out(everywhere=False)
    assert shown.session.context not in kernel_end._ending  # nothing is left to end, and nobody holds it
    settle()
    shown.sign_in(remember=False)
    shown.session.context.authenticate(prompt_for_reauthentication=Hook(), remember_me=True)
    token = shown.session.context.http_client.auth.tokens["refresh_token"]
    shown.session.sign_out(everywhere=False)
    settle()
    refresh = f"{closed_server.uri}/api/v1/auth/session/refresh"
    assert httpx.post(refresh, json={"refresh_token": token}, trust_env=False).status_code == 200


def test_signing_out_of_a_session_in_memory_revokes_it_because_nobody_else_has_it(closed_server):
    shown = signed_in(closed_server, remember=False, name="bob")
    revoked = sum(session["revoked"] for session in shown.session.context.whoami()["sessions"])
    shown.session.sign_out(everywhere=False)
    settle()
    shown.sign_in(name="bob", remember=False)
    assert sum(session["revoked"] for session in shown.session.context.whoami()["sessions"]) == revoked + 1
    shown.session.sign_out(everywhere=False)
    settle()


@pytest.mark.parametrize(("remember", "status"), [(False, 401), (True, 200)])
def test_d9_a_session_in_memory_ends_when_a_key_takes_its_place(closed_server, remember, status):
    shown = signed_in(closed_server, remember=remember)
    token = shown.session.context.http_client.auth.tokens["refresh_token"]
    keys = ApiKeys(shown.session.context)
    key = keys.create("1h", scopes=["inherit"])
    key.use()
    settle()
    refresh = f"{closed_server.uri}/api/v1/auth/session/refresh"
    assert httpx.post(refresh, json={"refresh_token": token}, trust_env=False).status_code == status
    assert shown.session.context not in kernel_end._ending
    keys.revoke(key.first_eight)


@pytest.mark.parametrize(("remember", "ends"), [(False, True), (True, False)])
def test_d9_a_session_in_memory_ends_with_its_kernel(closed_server, remember, ends):
    code = f"""\
from tests.server.shown import Shown
shown = Shown()
shown.connect({closed_server.uri!r})
shown.session.sign_in("demo", "alice", {PASSWORDS["alice"]!r}, remember={remember})
from tiled_jupyter.states import SignedIn
shown.rest(SignedIn)
from tiled_jupyter.lifetimes import claims
print(claims(shown.session.context.http_client.auth.tokens["refresh_token"])["sid"])
"""
    session_id = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    shown = signed_in(closed_server, name="alice", remember=False) if remember is False else Shown()
    if remember:
        shown.connect(closed_server.uri, SignedIn)
    listed = {str(session["uuid"]): session["revoked"] for session in shown.session.context.whoami()["sessions"]}
    assert {uuid.replace("-", ""): revoked for uuid, revoked in listed.items()}[session_id.replace("-", "")] is ends
    shown.session.sign_out(everywhere=True)
    settle()


def test_d9_a_silent_sign_in_is_said_once_where_somebody_is_there(closed_server, monkeypatch):
    said = []
    signed_in(closed_server)
    monkeypatch.setattr(enabling.front_end, "say", said.append)
    from_uri(closed_server.uri).context.http_client.auth = None
    assert said == []  # nobody is there
    monkeypatch.setattr(enabling.front_end, "is_somebody_there", lambda: True)
    for _ in range(2):
        context = from_uri(closed_server.uri).context
        context.http_client.auth = None
    host = f"127.0.0.1:{closed_server.port}"
    assert said == [f"Using alice's saved sign-in on {host} · Not you? %tiled_logout"]


# -- D22: the site's single sign-on ----------------------------------------------------------------------


def give(http_client, providers):
    from tiled_jupyter.grants import password_grant

    return password_grant(http_client, providers[0].links["auth_endpoint"], "bob", PASSWORDS["bob"])


def ask_the_person(http_client, providers):
    return None


def fail(http_client, providers):
    raise RuntimeError(PASSWORDS["bob"])


def hang(http_client, providers):
    import threading

    threading.Event().wait(30)


def source(function):
    return TiledJupyter(token_source=f"{__name__}:{function.__name__}")


def test_d22_the_sites_tokens_sign_in_and_are_left_to_the_site(closed_server, cache):
    shown = Shown(settings=source(give))
    done = shown.connect(closed_server.uri, SignedIn)
    assert (done.identity.id, done.remembered) == ("bob", False)
    assert "single sign-on" in done.provenance
    assert files(cache) == []
    token = shown.session.context.http_client.auth.tokens["refresh_token"]
    shown.session.sign_out(everywhere=False)
    settle()
    with shown.session.context.bare_client() as http:
        refreshed = http.post(f"{closed_server.uri}/api/v1/auth/session/refresh", json={"refresh_token": token})
    assert refreshed.status_code == 200


def test_d22_none_shows_the_form(closed_server):
    assert Shown(settings=source(ask_the_person)).connect(closed_server.uri).failure is None


@pytest.mark.parametrize("function", [fail, hang])
def test_d22_a_source_that_fails_or_hangs_signs_nobody_in(closed_server, function):
    begun = time.monotonic()
    shown = Shown(settings=source(function))
    shown.session.connect(closed_server.uri)
    failure = shown.until(lambda state: getattr(state, "failure", None)).failure
    assert time.monotonic() - begun < 20
    assert "token_source" in failure.sentence
    assert PASSWORDS["bob"] not in failure.sentence
