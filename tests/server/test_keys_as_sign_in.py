"""API keys as a way in, typed, in an address, in the environment; and where they do not go."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from tiled.client import from_uri as tiled_from_uri
from tiled.client.context import Context as TiledContext

from tiled_jupyter import Context, LoginFailed, disable, enable, from_uri
from tiled_jupyter.oauth.password import password_grant
from tiled_jupyter.state.states import Disconnected, SignedIn, SignedOut

from .sessions import another_kernel
from .shown import Shown, settle
from .tiled_server import PASSWORDS, TiledServer

if TYPE_CHECKING:
    from collections.abc import Iterator

SINGLE = "0123456789abcdefsingle"


@pytest.fixture(scope="module")
def single_user() -> Iterator[TiledServer]:
    with TiledServer(allow_anonymous_access=False, single_user_api_key=SINGLE) as server:
        yield server


@pytest.fixture(scope="module")
def public_single_user() -> Iterator[TiledServer]:
    with TiledServer(single_user_api_key=SINGLE) as server:
        yield server


@pytest.fixture
def key(closed_server):
    return make_key(closed_server)


def make_key(server, **options):
    """Make a key, in another kernel as it were."""
    context, _ = Context.from_any_uri(server.uri)
    provider = context.server_info.authentication.providers[0]
    with context.bare_client() as http:
        tokens = password_grant(http, provider.links["auth_endpoint"], "alice", PASSWORDS["alice"])
    context.configure_auth(tokens, remember_me=False)
    wish = {"expires_in": 600, "note": "nightly <job>", "scopes": ["read:data", "read:metadata"]} | options
    made = TiledContext.create_api_key(context, **wish)  # which makes keys that are dead at once, too
    context.http_client.auth = None
    return made["secret"]


def keys_sent(sent):
    return {
        request.headers["authorization"] for request in sent if "Apikey" in request.headers.get("authorization", "")
    }


def typed(server, text, kind=SignedIn):
    shown = Shown()
    shown.connect(server.uri)
    shown.session.methods.use_key(text)
    return shown, shown.rest(kind)


def test_a_typed_key_signs_in_and_what_the_server_knows_of_it_is_said(closed_server, key):
    shown, done = typed(closed_server, f"  {key}\n")
    assert (done.method, done.identity.id, done.remembered, done.renews) == ("api_key", "alice", False, False)
    assert 500 < done.good_until - time.time() <= 601
    for words in (key[:8], "nightly <job>", "read data", "this kernel only"):
        assert words in done.provenance
    assert key not in repr(shown.states)
    assert len(list(shown.session.client())) > 0


def test_a_typed_key_is_accepted_in_one_request_and_asked_about_in_one_more(closed_server, key, sent):
    shown = Shown()
    shown.connect(closed_server.uri)
    sent.clear()
    shown.session.methods.use_key(key)
    shown.rest(SignedIn)
    assert [request.url.path for request in sent] == ["/api/v1/auth/apikey", "/api/v1/auth/whoami"]


def test_a_typed_key_is_for_this_server_in_this_kernel_only(closed_server, public_server, key, sent):
    earlier, _ = Context.from_any_uri(closed_server.uri)
    typed(closed_server, key)
    assert earlier.api_key == key
    assert from_uri(closed_server.uri).context.api_key == key
    assert Shown().connect(closed_server.uri, SignedIn).identity.id == "alice"
    sent.clear()
    assert from_uri(public_server.uri).context.api_key is None
    assert keys_sent(sent) == set()


def test_a_wrong_key_is_not_accepted(closed_server):
    shown, done = typed(closed_server, "ab" * 36, SignedOut)
    assert "does not accept this API key" in done.failure.sentence
    assert done.failure.kind == "credentials"
    assert done.rejections == 0  # it is no password
    assert "ab" * 36 not in repr(shown.states)


def test_a_revoked_key_is_not_accepted(closed_server):
    key = make_key(closed_server, scopes=None)
    from_uri(closed_server.uri, api_key=key).context.revoke_api_key(key[:8])
    assert "revoked" in typed(closed_server, key, SignedOut)[1].failure.sentence


def test_an_expired_key_is_not_accepted(closed_server):
    expired = make_key(closed_server, expires_in=-1)
    assert "expired" in typed(closed_server, expired, SignedOut)[1].failure.sentence


@pytest.mark.parametrize("text", ["", "  ", "two words", "ümlaut", "half a\nkey", "semi;colon"])
def test_what_is_no_key_is_not_sent(closed_server, sent, text):
    shown, done = typed(closed_server, text, SignedOut)
    assert done.failure.kind == "credentials"
    assert keys_sent(sent) == set()
    if text.strip():
        assert text not in repr(shown.states)


@pytest.mark.parametrize("server", ["single_user", "public_single_user"])
def test_a_single_user_server_knows_its_key_and_no_other(server, request):
    here = request.getfixturevalue(server)
    shown, wrong = typed(here, "notthekey", SignedOut)
    assert wrong.failure.kind == "credentials"
    assert wrong.server.providers == ()
    shown.session.methods.use_key(SINGLE)
    done = shown.rest(SignedIn)
    assert (done.identity, done.good_until) == (None, None)
    assert len(list(shown.session.client())) > 0
    assert SINGLE not in repr(shown.states)


def test_the_address_that_tiled_serve_prints_is_enough(single_user):
    done = Shown().connect(f"{single_user.uri}?api_key={SINGLE}", SignedIn)
    assert "was used and removed from it" in done.provenance
    wrong = Shown().connect(f"{single_user.uri}?api_key=notthekey", Disconnected)
    assert "does not accept the API key in this address" in wrong.failure.sentence


def test_the_environments_key_is_used_and_said_to_be_tied_to_nothing(closed_server, key, monkeypatch):
    monkeypatch.setenv("TILED_API_KEY", key)
    done = Shown().connect(closed_server.uri, SignedIn)
    assert "TILED_API_KEY" in done.provenance
    assert "used instead of a sign-in" in done.provenance
    assert from_uri(closed_server.uri).context.api_key == key


@pytest.mark.parametrize(
    ("value", "says"), [("", "is empty"), (" ", "is empty"), ("abc\n", "line break"), ("schlüssel", "characters")]
)
def test_what_is_no_key_in_the_environment_is_said_and_breaks_nothing(public_server, monkeypatch, sent, value, says):
    monkeypatch.setenv("TILED_API_KEY", value)
    shown = Shown()
    found = shown.connect(public_server.uri)
    assert found.key.sentence.startswith("TILED_API_KEY is set and ")
    assert says in found.key.sentence
    assert not found.key.usable
    for connect in (from_uri, Context, Context.from_any_uri):
        with pytest.raises(LoginFailed, match=f"{says}.* Unset it and connect again, or use %tiled_login"):
            connect(public_server.uri)
    shown.session.set_key_aside()
    assert shown.rest(SignedOut).key is None
    assert shown.sign_in().identity.id == "alice"
    assert from_uri(public_server.uri).context.api_key is None
    assert keys_sent(sent) == set()


@pytest.mark.parametrize("why", ["mistyped", "expired"])
def test_a_key_that_is_not_accepted_is_dealt_with_before_anybody_types_a_password(
    closed_server, monkeypatch, sent, why
):
    key = "ab" * 36 if why == "mistyped" else make_key(closed_server, expires_in=-1)
    monkeypatch.setenv("TILED_API_KEY", key)
    shown = Shown()
    found = shown.connect(closed_server.uri)
    assert "does not accept the API key in TILED_API_KEY. It may be mistyped, expired or revoked." in found.key.sentence
    assert "set it aside" in found.key.sentence
    assert key not in repr(shown.states)
    sent.clear()
    assert shown.sign_in(SignedOut).failure.kind == "not_sent"
    shown.session.methods.accept_key()
    assert shown.rest(SignedOut).failure.kind == "not_sent"
    assert sent == []
    shown.session.set_key_aside()
    shown.rest(SignedOut)
    assert shown.sign_in().method == "password"


def test_fault_44_a_key_of_another_server_is_said_before_it_is_sent(
    closed_server, public_server, key, monkeypatch, sent
):
    monkeypatch.setenv("TILED_API_KEY", key)
    Shown().connect(closed_server.uri, SignedIn)
    another_kernel()
    sent.clear()
    shown = Shown()
    found = shown.connect(public_server.uri)
    assert f"127.0.0.1:{closed_server.port}" in found.key.sentence
    assert found.key.usable
    with pytest.raises(LoginFailed, match="never with"):
        from_uri(public_server.uri)
    assert keys_sent(sent) == set()
    shown.session.methods.accept_key()  # and it is another server's in fact
    assert "does not accept" in shown.rest(SignedOut).failure.sentence
    shown.session.set_key_aside()
    assert shown.rest(SignedOut).key is None
    assert from_uri(public_server.uri).context.api_key is None
    assert from_uri(closed_server.uri).context.api_key == key


def test_plain_tiled_does_not_send_it_either_once_enabled(closed_server, public_server, key, monkeypatch, sent):
    monkeypatch.setenv("TILED_API_KEY", key)
    Shown().connect(closed_server.uri, SignedIn)
    enable()
    try:
        assert tiled_from_uri(closed_server.uri).context.api_key == key
        sent.clear()
        with pytest.raises(LoginFailed, match="never with"):
            tiled_from_uri(public_server.uri)
        monkeypatch.setenv("TILED_API_KEY", "schlüssel")
        with pytest.raises(LoginFailed, match="characters"):
            tiled_from_uri(public_server.uri)
        assert keys_sent(sent) == set()
        monkeypatch.delenv("TILED_API_KEY")
        assert tiled_from_uri(public_server.uri).context.api_key is None
    finally:
        disable()


def test_a_key_the_person_wants_used_is_used_from_then_on(single_user, public_single_user, monkeypatch):
    monkeypatch.setenv("TILED_API_KEY", SINGLE)
    Shown().connect(single_user.uri, SignedIn)
    shown = Shown()
    assert shown.connect(public_single_user.uri).key.usable
    shown.session.methods.accept_key()
    shown.rest(SignedIn)
    assert from_uri(public_single_user.uri).context.api_key == SINGLE


def test_keys_of_single_user_servers_are_named_on_disk_by_nothing(single_user, tmp_path, monkeypatch):
    typed(single_user, SINGLE)
    assert SINGLE[:8] not in "".join(path.read_text() for path in (tmp_path / "state").rglob("*") if path.is_file())


def test_the_key_can_be_set_aside_for_a_login(closed_server, key, monkeypatch):
    monkeypatch.setenv("TILED_API_KEY", key)
    shown = Shown()
    shown.connect(closed_server.uri, SignedIn)
    shown.session.set_key_aside()
    assert shown.rest(SignedOut).key is None
    done = shown.sign_in()
    assert (done.method, done.identity.id) == ("password", "alice")


def test_signing_out_leaves_the_key_out_in_this_kernel(closed_server, key, monkeypatch):
    monkeypatch.setenv("TILED_API_KEY", key)
    shown = Shown()
    shown.connect(closed_server.uri, SignedIn)
    shown.session.sign_out(everywhere=True)
    settle()
    assert "API key is left out" in shown.rest(SignedOut).reason
    assert Shown().connect(closed_server.uri).key is None


def test_an_explicit_key_wins_over_the_environments(closed_server, key, monkeypatch):
    monkeypatch.setenv("TILED_API_KEY", "")
    assert from_uri(closed_server.uri, api_key=key).context.api_key == key
    assert from_uri(f"{closed_server.uri}?api_key={key}").context.api_key == key
    with pytest.raises(LoginFailed, match="is empty"):
        from_uri(closed_server.uri, api_key="")
