"""Signing out clears every trace, whatever has become of the session; nothing outlives its kernel."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
import warnings
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.approval import approve_without_a_page
from tests.patience import PATIENCE
from tiled_jupyter import Context, from_uri
from tiled_jupyter.keys.api_keys import ApiKeys
from tiled_jupyter.notebook import enabling
from tiled_jupyter.session import ending
from tiled_jupyter.session.lifetime import expiry
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in import api_key, sign_out
from tiled_jupyter.state.states import SignedIn, SignedOut, Verifying

from .hostile_server import HostileServer, Reply
from .openid_provider import OpenIDProvider, proxied_provider
from .sessions import Hook
from .sessions import signed_in as context_of
from .shown import Shown, at_once, settle
from .tiled_server import PASSWORDS, TiledServer

if TYPE_CHECKING:
    from collections.abc import Iterator


def signed_in(server, *, remember=True, name="alice"):
    shown = Shown()
    shown.connect(server.uri)
    shown.sign_in(name=name, remember=remember)
    return shown


def files(cache):
    return [path for path in cache.rglob("*token*") if path.is_file()]


def leave(shown, cache):
    with at_once():
        shown.session.sign_out(everywhere=True)
    assert isinstance(shown.session.state, SignedOut)
    assert not shown.session.context.authenticated
    assert files(cache) == []
    settle()


def test_the_server_is_gone(cache):
    with TiledServer(allow_anonymous_access=False) as server:
        shown = signed_in(server)
        server.stop()
        leave(shown, cache)


def test_the_server_does_not_know_the_session_any_more(cache):
    with TiledServer(allow_anonymous_access=False) as server:
        shown = signed_in(server)
        server.restart(secret_key="another" * 8)
        leave(shown, cache)


def test_the_session_was_revoked_elsewhere(closed_server, cache):
    shown = signed_in(closed_server)
    context, _ = Context.from_any_uri(closed_server.uri)
    context.use_cached_tokens()
    context.revoke_session(context.whoami()["sessions"][-1]["uuid"])
    leave(shown, cache)


def test_the_session_is_over(cache):
    with TiledServer(allow_anonymous_access=False, access_token_max_age=1) as server:
        shown = signed_in(server)
        with closing(sqlite3.connect(server.database, timeout=PATIENCE)) as accounts, accounts:
            accounts.execute("UPDATE sessions SET expiration_time = '2000-01-01 00:00:00'")
        token = shown.session.context.http_client.auth.tokens["access_token"]
        whoami, named = f"{server.uri}/api/v1/auth/whoami", {"Authorization": f"Bearer {token}"}
        while httpx.get(whoami, headers=named, trust_env=False).status_code == 200:
            pass
        leave(shown, cache)


def test_the_files_are_torn(closed_server, cache):
    shown = signed_in(closed_server)
    for file in files(cache):
        file.write_bytes(b"\xff\x00")
    leave(shown, cache)


def test_a_session_that_is_remembered_after_one_that_was_not_outlives_a_sign_out_of_this_notebook(closed_server):
    shown = signed_in(closed_server, remember=False)
    shown.session.sign_out(everywhere=False)
    assert shown.session.context not in ending.held()  # nothing is left to end, and nobody holds it
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
def test_a_session_in_memory_ends_when_a_key_takes_its_place(closed_server, remember, status):
    shown = signed_in(closed_server, remember=remember)
    token = shown.session.context.http_client.auth.tokens["refresh_token"]
    keys = ApiKeys(shown.session.context)
    key = keys.create("1h", scopes=["inherit"])
    key.use()
    settle()
    refresh = f"{closed_server.uri}/api/v1/auth/session/refresh"
    assert httpx.post(refresh, json={"refresh_token": token}, trust_env=False).status_code == status
    assert shown.session.context not in ending.held()
    keys.revoke(key.first_eight)


@pytest.mark.parametrize(("remember", "ends"), [(False, True), (True, False)])
def test_a_session_in_memory_ends_with_its_kernel(closed_server, remember, ends):
    code = f"""\
from tests.server.shown import Shown
shown = Shown()
shown.connect({closed_server.uri!r})
shown.session.methods.sign_in("demo", "alice", {PASSWORDS["alice"]!r}, remember={remember})
from tiled_jupyter.state.states import SignedIn
shown.rest(SignedIn)
from tiled_jupyter.session.lifetime import claims
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


def test_a_silent_sign_in_is_said_once_where_somebody_is_there(closed_server, monkeypatch):
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


# -- what is said of it ---------------------------------------------------------------------------------


def host(server):
    return server.uri.removeprefix("http://")


def said_by(shown):
    """Return what a panel has said since it was signed out, and no longer than it is said."""
    settle()
    return [state.reason for state in shown.states if isinstance(state, SignedOut) and state.reason]


def refused(server, token):
    """Whether the server refuses to renew a session."""
    refresh = f"{server.uri}/api/v1/auth/session/refresh"
    return httpx.post(refresh, json={"refresh_token": token}, trust_env=False).status_code == 401


def test_every_panel_that_shows_the_sign_in_is_told_at_once_and_again_what_became_of_it(closed_server):
    first = signed_in(closed_server)
    other = Shown()
    other.connect(closed_server.uri, SignedIn)
    token = first.session.context.http_client.auth.tokens["refresh_token"]
    first.session.sign_out(everywhere=True)
    both = [
        f"Signed out here. Telling {host(closed_server)} …",
        f"Signed out. {host(closed_server)} has ended this sign-in, and nothing can renew it.",
    ]
    assert said_by(first) == said_by(other) == both
    assert refused(closed_server, token)


@pytest.fixture
def evil() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


def at_evil(evil, reply):
    """Sign in to a server that answers like this to who signs out."""
    shown = Shown()
    shown.connect(evil.uri)
    shown.session.methods.sign_in("demo", "alice", "any", remember=True)
    shown.rest(SignedIn)
    evil.replies["auth/session/revoke"] = reply
    return shown


def never(request, handler):
    handler.hostile.ended.wait(60)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(503), "has not ended this sign-in: it could not do so now (503)."),
        (Reply(403, {"detail": "No"}), "has not ended this sign-in: it refused (403)."),
        (Reply(200, b"<html>", {"content-type": "text/html"}), "it answered with something else (200)."),
        (Reply(409, {"detail": "No session 1"}), "does not know this sign-in any more."),
    ],
)
def test_what_the_server_has_not_done_is_not_said_to_be_done(evil, cache, reply, says):
    shown = at_evil(evil, reply)
    leave(shown, cache)
    assert says in said_by(shown)[-1]
    assert said_by(shown)[-1].startswith("Signed out. " if "any more" in says else "Signed out here. ")


def test_who_never_answers_is_waited_for_by_nobody_but_a_cell_and_by_that_for_seconds(evil, monkeypatch):
    monkeypatch.setattr(sign_out, "PATIENCE", 0.5)
    shown = at_evil(evil, never)
    context = shown.session.context
    with pytest.warns(UserWarning, match="is not known: no answer has come yet"):
        enabling.Context.logout(context)
    assert not context.authenticated
    evil.ended.set()
    assert f"Whether {host(evil)} has ended this sign-in is not known: it did not answer." in said_by(shown)[-1]


def test_who_signs_in_meanwhile_finds_the_outcome_in_the_form_they_come_back_to(evil):
    answer = threading.Event()

    def late(request, handler):
        answer.wait(60)
        return Reply(503)

    def slow(request, handler):
        answer.wait(60)
        return Reply(401, {"detail": "No"})

    shown = at_evil(evil, late)
    evil.replies["auth/provider/demo/token"] = slow
    shown.session.sign_out(everywhere=True)
    assert shown.session.state.reason.startswith("Signed out here. Telling")
    shown.session.methods.sign_in("demo", "alice", "wrong", remember=True)
    assert isinstance(shown.session.state, Verifying)
    answer.set()
    settle()
    state = shown.rest(SignedOut)
    assert "has not ended this sign-in" in state.reason
    assert state.failure.kind == "credentials"


def test_a_logout_in_a_script_says_nothing_where_all_is_well_and_warns_where_not(closed_server, evil, monkeypatch):
    context = from_uri_signed_in(closed_server)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        context.logout()
        context.logout()  # as often as you like, as in Tiled
    evil_one = at_evil(evil, Reply(503)).session.context
    with pytest.warns(UserWarning, match=r"has not ended this sign-in: it could not do so now \(503\)"):
        enabling.Context.logout(evil_one)


def from_uri_signed_in(server, name="alice", **options):
    context, _ = enabling.Context.from_any_uri(server.uri)
    context.authenticate(prompt_for_reauthentication=Hook(name), **options)
    return context


def test_a_logout_in_a_notebook_says_a_line_that_is_true(closed_server, monkeypatch):
    lines = []
    context = from_uri_signed_in(closed_server)
    token = context.http_client.auth.tokens["refresh_token"]
    monkeypatch.setattr(enabling.front_end, "is_somebody_there", lambda: True)
    monkeypatch.setattr(enabling.front_end, "say", lines.append)
    context.logout()
    assert lines == [f"Signed out. {host(closed_server)} has ended this sign-in, and nothing can renew it."]
    assert refused(closed_server, token)


def test_a_memory_sign_in_that_could_not_be_ended_says_when_it_ends_by_itself():
    with TiledServer(allow_anonymous_access=False) as server:
        shown = signed_in(server, remember=False)
        end = expiry(shown.session.context.http_client.auth.tokens["refresh_token"])
        server.stop()
        shown.session.sign_out(everywhere=False)
        reason = said_by(shown)[-1]
    assert reason.startswith(f"Signed out here. Whether {host(server)} has ended this sign-in is not known")
    assert f"it ends by itself on {time.strftime('%a %d %b', time.localtime(end))}" in reason


def test_everywhere_means_a_session_in_memory_and_the_same_persons_saved_one(closed_server, cache):
    shown = signed_in(closed_server, remember=False)
    here = shown.session.context.http_client.auth.tokens["refresh_token"]
    with httpx.Client(trust_env=False) as http:  # another notebook
        there = another_notebook_signs_in(http, closed_server, shown.session.context, "alice")
    shown.session.sign_out(everywhere=True)
    assert "has ended this sign-in" in said_by(shown)[-1]
    assert files(cache) == []
    assert refused(closed_server, here)
    assert refused(closed_server, there)


def test_the_saved_session_of_somebody_else_is_left_to_them(closed_server, cache):
    shown = signed_in(closed_server, remember=False)
    with httpx.Client(trust_env=False) as http:
        bobs = another_notebook_signs_in(http, closed_server, shown.session.context, "bob")
    shown.session.sign_out(everywhere=True)
    settle()
    assert len(files(cache)) == 2
    assert not refused(closed_server, bobs)


def another_notebook_signs_in(http, server, context, name):
    """Leave tokens on disk, as another kernel does."""
    from tiled_jupyter.oauth.password import password_grant
    from tiled_jupyter.session import tokens

    given = password_grant(
        http, context.server_info.authentication.providers[0].links["auth_endpoint"], name, PASSWORDS[name]
    )
    tokens.write_tokens(tokens.private_directory(context.token_directory), given)
    return given["refresh_token"]


def test_two_people_in_one_kernel_sign_out_each_for_themselves(closed_server):
    alice, bob = from_uri_signed_in(closed_server), from_uri_signed_in(closed_server, "bob", remember_me=False)
    alices_panel = Shown()
    alices_panel.connect(closed_server.uri, SignedIn)
    bob.logout()
    assert not bob.authenticated
    assert alice.whoami()["identities"][0]["id"] == "alice"
    alice.logout()
    assert not alice.authenticated


@pytest.fixture(scope="module")
def op() -> Iterator[OpenIDProvider]:
    with OpenIDProvider(interval=1) as provider:
        yield provider


@pytest.fixture(scope="module")
def proxied(op: OpenIDProvider) -> Iterator[TiledServer]:
    with TiledServer(allow_anonymous_access=False, providers=[proxied_provider(op)]) as server:
        yield server


@pytest.mark.parametrize(
    ("revocation", "says", "lives"),
    [
        (True, "Signed out. {} has ended this sign-in, and nothing can renew it.", False),
        (False, "Signed out here. {} has not ended this sign-in: it offers no way to do so.", True),
        (401, "Signed out here. {} has not ended this sign-in: it refused (401).", True),
        (503, "Signed out here. {} has not ended this sign-in: it could not do so now (503).", True),
    ],
)
def test_what_an_identity_provider_has_done_is_said_of_the_provider(op, proxied, cache, revocation, says, lives):
    op.restart(revocation=revocation)
    shown = Shown()
    shown.connect(proxied.uri)
    code = shown.begin().code
    approve_without_a_page(code.verification_uri_complete, "alice", code.user_code)
    shown.rest(SignedIn)
    token = shown.session.context.http_client.auth.sync_get_token("refresh_token")
    leave(shown, cache)
    telling, outcome = said_by(shown)
    assert telling == f"Signed out here. Telling {host(op)} …"
    assert outcome.startswith(says.format(host(op)))
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "tiled-cli"}
    assert httpx.post(f"{op.uri}/token", data=form, trust_env=False).is_success is lives


# -- an API key is no session ----------------------------------------------------------------------------


@pytest.fixture
def key(closed_server):
    """A key that another program has made."""
    context = context_of(closed_server, remember_me=False)
    made = ApiKeys(context).create("1h", scopes=["inherit"])
    secret = made.secret
    enabling.Context.logout(context)
    return secret


def by_key(server, key):
    """Return a client's Context that has a key of its own."""
    context, _ = enabling.Context.from_any_uri(server.uri, api_key=key)
    return context


def test_a_keys_logout_touches_its_client_alone(closed_server, cache, key, monkeypatch):
    lines = []
    shown = signed_in(closed_server)
    client, keys_client, another = from_uri(closed_server.uri), by_key(closed_server, key), by_key(closed_server, key)
    token = client.context.http_client.auth.tokens["refresh_token"]
    monkeypatch.setattr(enabling.front_end, "is_somebody_there", lambda: True)
    monkeypatch.setattr(enabling.front_end, "say", lines.append)
    keys_client.logout()
    settle()
    assert "no longer uses its API key" in lines[0]
    assert not keys_client.authenticated
    assert another.api_key == key
    assert isinstance(shown.session.state, SignedIn)
    assert client.context.whoami()["identities"][0]["id"] == "alice"
    assert len(files(cache)) >= 2
    assert not refused(closed_server, token)
    assert from_uri(closed_server.uri).context.authenticated  # and what is saved is still used


def test_a_logout_leaves_the_environments_key_to_the_next_client(closed_server, key, monkeypatch):
    monkeypatch.setenv("TILED_API_KEY", key)
    from_uri(closed_server.uri).logout()
    assert from_uri(closed_server.uri).context.api_key == key


def test_a_session_outlives_a_key_that_is_revoked_in_use(closed_server, cache, key):
    shown = signed_in(closed_server)
    keys_client = by_key(closed_server, key)
    assert api_key.revoke_key(keys_client, key[:8]).startswith(f"Revoked {key[:8]}.")
    settle()
    assert not keys_client.authenticated
    assert isinstance(shown.session.state, SignedIn)
    assert shown.session.context.whoami()["identities"][0]["id"] == "alice"
    assert files(cache)


def test_a_panel_says_that_its_key_is_left_out_and_keeps_working_and_sessions_stay(closed_server, cache, key):
    session = from_uri_signed_in(closed_server)
    shown = Shown()
    shown.connect(f"{closed_server.uri}?api_key={key}", SignedIn)
    shown.session.sign_out(everywhere=True)
    assert said_by(shown) == [sign_out._KEY_OF_ONE]
    assert session.whoami()["identities"][0]["id"] == "alice"
    assert files(cache)


def test_who_signed_out_here_is_not_told_that_the_saved_sign_in_has_ended(public_server, monkeypatch):
    lines = []
    signed_in(public_server).session.sign_out(everywhere=False)
    monkeypatch.setattr(enabling.front_end, "is_somebody_there", lambda: True)
    monkeypatch.setattr(enabling.front_end, "say", lines.append)
    from_uri(public_server.uri)
    seen = "you see public data only. Run %tiled_login to see more."
    assert lines == [f"You signed out of {host(public_server)} here: {seen}"]


# -- the site's single sign-on ----------------------------------------------------------------------------


def give(http_client, providers):
    from tiled_jupyter.oauth.password import password_grant

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


def test_the_sites_tokens_sign_in_and_are_left_to_the_site(closed_server, cache):
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


def test_none_shows_the_form(closed_server):
    assert Shown(settings=source(ask_the_person)).connect(closed_server.uri).failure is None


@pytest.mark.parametrize("function", [fail, hang])
def test_a_source_that_fails_or_hangs_signs_nobody_in(closed_server, function):
    begun = time.monotonic()
    shown = Shown(settings=source(function))
    shown.session.connect(closed_server.uri)
    failure = shown.until(lambda state: getattr(state, "failure", None)).failure
    assert time.monotonic() - begun < 20
    assert "token_source" in failure.sentence
    assert PASSWORDS["bob"] not in failure.sentence
