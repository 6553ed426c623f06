"""What a lying server sends for tokens: what is none is left out, and no error quotes it."""

from __future__ import annotations

import pytest

from tests.unit.jwt import token
from tiled_jupyter.oauth.exchange import tokens_in
from tiled_jupyter.session.context import _identity_in
from tiled_jupyter.session.lifetime import expiry
from tiled_jupyter.sign_in.server import session_sign_in
from tiled_jupyter.state.states import Identity, Server


@pytest.mark.parametrize("wrong", [None, "", 5, ["t"], {"t": 1}, "t\r\nX: y", "t t", "t\N{SNOWMAN}"])
def test_what_is_no_token_is_none(wrong):
    assert tokens_in({"access_token": wrong, "refresh_token": "r"}) is None
    kept = tokens_in({"access_token": "a", "refresh_token": wrong, "id_token": wrong, "expires_in": 5})
    assert kept == {"access_token": "a", "expires_in": 5}


@pytest.mark.parametrize("answer", [None, [], "a", 5, {}])
def test_what_is_no_answer_has_no_tokens(answer):
    assert tokens_in(answer) is None


@pytest.mark.parametrize("wrong", ["soon", None, [], 10**400, -1, True])
def test_an_expiry_that_is_none_is_not_known(wrong):
    assert expiry(token(exp=wrong)) is None


@pytest.mark.parametrize("wrong", ["alice", 5, ["alice"], [{"id": 5}]])
def test_an_identity_of_the_wrong_kind_is_nobody(wrong, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert _identity_in({"access_token": token(ids=wrong)}) is None
    assert _identity_in({"access_token": "a", "identity": wrong}) is None
    principal = {"identities": [{"id": "alice", "provider": "pam"}]}
    server = Server("https://t.example/api/v1/", "t.example", True, ())
    done = session_sign_in(
        server, principal, {"access_token": "a", "identity": wrong}, "password", "", remembered=False
    )
    assert done.identity == Identity("alice", "pam")
