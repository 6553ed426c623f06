"""Whatever JSON a server sends where Tiled's is expected: only errors of ours come of it, and what the page can show.

The right answers with arbitrary parts in arbitrary places get further in than arbitrary JSON does; both are tried.
"""

from __future__ import annotations

import json
from contextlib import nullcontext, suppress
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiled.schemas import AboutAuthentication, AboutAuthenticationLinks, AboutAuthenticationProvider

from tests.server.hostile_server import about, code, device, password, principal
from tiled_jupyter import explain_access
from tiled_jupyter.errors import KeyNotMade, KeysUnavailable
from tiled_jupyter.keys.api_keys import ApiKeys
from tiled_jupyter.oauth import device as device_grant
from tiled_jupyter.oauth import exchange
from tiled_jupyter.oauth import password as grants
from tiled_jupyter.oauth.device import DeviceGrant
from tiled_jupyter.oauth.exchange import Refused
from tiled_jupyter.session.identity import is_same
from tiled_jupyter.session.revocation import end_session
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in import api_key as key_login
from tiled_jupyter.sign_in import first_form, probing, sign_ins
from tiled_jupyter.sign_in.description import describe
from tiled_jupyter.sign_in.server import session_sign_in
from tiled_jupyter.state import wire
from tiled_jupyter.state.states import Identity, Server, SignedIn, SignedOut

API = "https://t.example/api/v1/"
SERVER = Server(API, "t.example", True, ())
SURROUNDINGS = wire.Surroundings(0.0, waiting=True, transport="shell", comm="c", servers=[], remember="ask")
DATE = "2027-01-01T00:00:00"
KEY = {
    "first_eight": "1a2b3c4d",
    "note": "n",
    "scopes": ["read:data"],
    "access_tags": ["a"],
    "expiration_time": DATE,
    "latest_activity": DATE,
    "secret": "1a2b3c4d" * 9,
}
SESSION = {"uuid": "0" * 32, "expiration_time": DATE, "revoked": False}
PRINCIPAL = principal(api_keys=[KEY], sessions=[SESSION])
TOKENS = {"access_token": "a", "refresh_token": "r", "expires_in": 900, "identity": {"id": "alice", "provider": "p"}}
THEIRS = {"auth_endpoint": "https://id.example/d", "token_endpoint": "https://id.example/t", "client_id": "c"}

texts = st.text() | st.sampled_from(
    ["javascript:alert(1)", "<script>", "\u202e", "\ud800", "https://evil.example/", API]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def like(draw, example):
    """Draw the example with some of its parts replaced by arbitrary ones."""
    if draw(st.integers(0, 9)) == 0:
        return draw(json_values)
    if isinstance(example, dict):
        return {name: draw(like(part)) for name, part in example.items()}
    if isinstance(example, list):
        return [draw(like(part)) for part in example * draw(st.integers(0, 2))]
    return example


def client(said, status=200):
    content = json.dumps(said).encode()
    return httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status, content=content)))


def context(said, api_key=None, status=200):
    """Return what is used of a Context, which is signed in to a server that always says the same."""
    http = client(said, status)
    links = AboutAuthenticationLinks(**about(API)["authentication"]["links"])
    authentication = SimpleNamespace(links=links, providers=[])
    return SimpleNamespace(
        http_client=http,
        api_uri=httpx.URL(API),
        api_key=api_key,
        server_info=SimpleNamespace(authentication=authentication),
        bare_client=lambda: nullcontext(http),
        whoami=lambda: http.get(API).json(),
    )


def can_be_shown(state):
    message = json.dumps(wire.encode_state(state, SURROUNDINGS), ensure_ascii=False)
    assert message.encode()
    assert message.isprintable()


statuses = st.sampled_from([200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503])


@given(like(about(API)), like(TOKENS), like(PRINCIPAL), statuses)
def test_a_password_login(root, tokens, who, status):
    for ask in (
        lambda: probing.probe(client(root, status), API),
        lambda: grants.password_grant(client(tokens, status), API, "alice", "pw"),
        lambda: grants.whoami(client(who, status), API, "t"),
        lambda: grants.revoke_session(client(who, status), API, "r"),
    ):
        try:
            ask()
        except Refused as refused:
            sentence = refused.failure.sentence
            assert sentence.isprintable()
            assert sentence.rstrip().endswith(".")
            assert len(sentence) < 500


@given(like(code(API)), like({"detail": {"error": "x"}, **TOKENS}), statuses, st.sampled_from([THEIRS, {}]))
def test_a_device_login(begun, polled, status, theirs):
    links = theirs or device(API)["links"]
    with suppress(Refused):
        grant = device_grant.start(client(begun, status), links)
        assert grant.verification_uri.startswith(("https://", "http://127.0.0.1", "http://localhost"))
        assert grant.user_code.isprintable()
    grant = DeviceGrant("d", "c", API, None, 9.0, 1.0, API, "x" if theirs else None)
    with suppress(Refused):
        device_grant.poll(client(polled, status), grant)


@given(st.lists(like(password(API)) | like(device(API)) | like(device(API, links=THEIRS)), max_size=3))
def test_providers(specs):
    valid = []
    for spec in specs:
        with suppress(ValueError, TypeError):  # what Tiled's own schema does not let in
            valid.append(AboutAuthenticationProvider(**spec))
    links = AboutAuthenticationLinks(**about(API)["authentication"]["links"])
    server = describe(API, valid, required=True, settings=TiledJupyter(), links=links)
    can_be_shown(SignedOut(server))
    for provider, spec in zip(server.providers, valid, strict=True):
        if provider.mode != "external" and provider.refusal is None:
            assert httpx.URL(spec.links["auth_endpoint"]).host == "t.example"


@given(like(about(API)), statuses)
def test_what_a_first_form_is_made_of_is_what_tiled_takes(root, status):
    try:
        said = first_form.authentication(exchange.ask(client(root, status), "GET", API))
    except Refused:
        return
    if said is not None:
        theirs = AboutAuthentication(**root["authentication"])
        ours, tileds = (
            describe(API, about.providers, required=about.required, settings=TiledJupyter(), links=about.links)
            for about in (said, theirs)
        )
        assert ours == tileds
        can_be_shown(SignedOut(ours))


@given(like(PRINCIPAL), like(TOKENS))
def test_who_somebody_is(tmp_state, who, tokens):
    if isinstance(who, dict) and isinstance(tokens, dict):
        can_be_shown(session_sign_in(SERVER, who, tokens, "password", "p", remembered=False))
        is_same(who, Identity("alice", "demo"))
        with suppress(Refused):
            end_session(lambda *_: nullcontext(client(who)), API, THEIRS, {"refresh_token": "r", "id_token": tokens})


@given(like({**KEY, **PRINCIPAL}), statuses, st.sampled_from(["environment", "address", "chosen"]))
def test_a_key_as_sign_in(said, status, source):
    with suppress(Refused):
        can_be_shown(key_login.check(context(said, status=status), SERVER, "k", source))


@given(like(PRINCIPAL), st.sampled_from([None, "1a2b3c4d" * 9]))
def test_an_account(tmp_state, said, api_key):
    with suppress(KeysUnavailable):
        keys = ApiKeys(context(said, api_key)).overview()
        assert all(isinstance(key.note, str | None) and key.marks() is not None for key in keys)
        assert all(key.expires_in() for key in keys)
    with suppress(KeysUnavailable):
        rows = sign_ins.listed(context(said, api_key))
        can_be_shown(SignedIn(SERVER, None, "password", repr(rows), False))


@given(like(PRINCIPAL), statuses, st.sampled_from([None, "1a2b3c4d" * 9]))
def test_why_something_cannot_be_seen(tmp_state, said, status, api_key):
    with suppress(KeysUnavailable):
        for sentence in explain_access(context(said, api_key, status), "a/b"):
            assert sentence.isprintable()


def test_why_something_cannot_be_seen_of_a_server_that_never_ends(tmp_state):
    with suppress(KeysUnavailable):
        for sentence in explain_access(context("x" * 11_000_000), "a/b"):
            assert len(sentence) < 500


@given(like(KEY), statuses)
def test_a_new_key(said, status):
    keys = ApiKeys(context(PRINCIPAL))
    keys._context.http_client = client(said, status)
    with suppress(KeyNotMade):
        answer = keys._post({})
        assert answer is None or answer["secret"].isalnum()


@pytest.fixture(scope="module")
def tmp_state(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
