"""Our Context and from_uri against a real Tiled server."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import httpx
import pytest
from tiled.client import from_uri as tiled_from_uri

from tiled_jupyter import CannotPrompt, Context, LoginFailed, from_context, from_uri
from tiled_jupyter.address import BadAddress

from .sessions import password_hook, sign_in_as
from .tiled_server import PASSWORDS, TiledServer


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_anonymous_use_asks_nobody(public_server):
    client = from_uri(public_server.uri)
    assert not client.context.authenticated
    assert "private" not in list(client)


def test_the_documented_hook_is_called_immediately(closed_server):
    calls = []
    context, node_path_parts = Context.from_any_uri(closed_server.uri)
    context.authenticate(prompt_for_reauthentication=password_hook(calls=calls))
    client = from_context(context, node_path_parts=node_path_parts)
    assert len(calls) == 1
    assert len(list(client)) > 0
    assert repr(client.context) == "<Context authenticated as 'alice'>"


def test_the_hook_gets_a_client_that_carries_nothing_of_the_session(closed_server):
    calls = []
    context = sign_in_as(closed_server)
    context.authenticate(prompt_for_reauthentication=password_hook(calls=calls))
    http_client, headers, cookies = calls[0]
    assert http_client is not context.http_client
    assert http_client.auth is None
    assert "authorization" not in headers
    assert cookies == {}


@pytest.mark.parametrize("answer", [None, {}, {"access_token": None}, "token"])
def test_a_hook_that_gives_no_token_ends_in_login_failed(closed_server, answer):
    context, _ = Context.from_any_uri(closed_server.uri)
    with pytest.raises(LoginFailed):
        context.authenticate(prompt_for_reauthentication=lambda http_client, providers: answer)
    assert not context.authenticated


def test_the_next_kernel_and_tileds_own_client_are_signed_in(closed_server):
    sign_in_as(closed_server)
    assert repr(from_uri(closed_server.uri).context) == "<Context authenticated as 'alice'>"
    with tiled_from_uri(closed_server.uri).context as plain:
        assert repr(plain) == "<Context authenticated as 'alice'>"


def test_what_is_not_remembered_leaves_nothing_and_removes_what_was_there(closed_server, cache):
    sign_in_as(closed_server)
    sign_in_as(closed_server, "bob", remember_me=False)
    assert [path for path in (cache / "tokens").rglob("*") if path.is_file()] == []


def test_a_session_in_memory_refreshes():
    with TiledServer(allow_anonymous_access=False, access_token_max_age=1) as server:
        context = sign_in_as(server, remember_me=False)
        first = context.http_client.auth.tokens["access_token"]
        expired = httpx.get(f"{server.uri}/api/v1/metadata/", headers={"Authorization": f"Bearer {first}"})
        while expired.status_code == 200:
            expired = httpx.get(f"{server.uri}/api/v1/metadata/", headers={"Authorization": f"Bearer {first}"})
        assert context.whoami()["identities"][0]["id"] == "alice"
        assert context.http_client.auth.tokens["access_token"] != first


@pytest.mark.parametrize("umask", [0o022, 0o000])
def test_token_files_are_for_this_user_alone(closed_server, cache, umask):
    before = os.umask(umask)
    try:
        sign_in_as(closed_server)
    finally:
        os.umask(before)
    (directory,) = (cache / "tokens").iterdir()
    assert mode(cache / "tokens") == mode(directory) == 0o700
    assert {path.name: mode(path) for path in directory.iterdir()} == {"access_token": 0o600, "refresh_token": 0o600}
    assert PASSWORDS["alice"] not in "".join(path.read_text() for path in directory.iterdir())


@pytest.mark.parametrize("sign_in_again", [True, False], ids=["at the next login", "when it is used"])
def test_looser_files_are_tightened(closed_server, cache, sign_in_again):
    sign_in_as(closed_server)
    (directory,) = (cache / "tokens").iterdir()
    directory.chmod(0o755)
    for file in directory.iterdir():
        file.chmod(0o644)
    if sign_in_again:
        sign_in_as(closed_server)
    else:
        from_uri(closed_server.uri)
    assert mode(directory) == 0o700
    assert {mode(path) for path in directory.iterdir()} == {0o600}


@pytest.mark.parametrize("torn", ["", "\n", "half a token\x00", "ÿ"])
def test_a_torn_token_file_is_no_token(closed_server, cache, torn):
    sign_in_as(closed_server)
    (directory,) = (cache / "tokens").iterdir()
    (directory / "access_token").write_text(torn, encoding="latin-1")
    assert repr(from_uri(closed_server.uri).context) == "<Context authenticated as 'alice'>"
    (directory / "access_token").write_text(torn, encoding="latin-1")
    (directory / "refresh_token").write_text(torn, encoding="latin-1")
    context, _ = Context.from_any_uri(closed_server.uri)
    assert context.use_cached_tokens() is False


def test_a_place_that_cannot_be_written_keeps_the_session_in_memory(closed_server, cache):
    cache.write_text("a file where the directory should be")
    with pytest.warns(UserWarning, match="could not be saved"):
        context = sign_in_as(closed_server)
    assert context.whoami()["identities"][0]["id"] == "alice"
    assert context.remembered is False


def test_a_server_that_requires_login_prompts_at_once_and_says_so_where_nobody_is(closed_server):
    with pytest.raises(CannotPrompt, match="TILED_API_KEY"):
        from_uri(closed_server.uri)


def test_own_hook_of_from_uri(closed_server):
    client = from_uri(closed_server.uri, prompt_for_reauthentication=password_hook("bob"))
    assert repr(client.context) == "<Context authenticated as 'bob'>"


def test_a_key_in_the_address_is_used_and_a_key_wins_over_a_login(closed_server):
    key = sign_in_as(closed_server).create_api_key(expires_in=600)["secret"]
    client = from_uri(f"{closed_server.uri}?api_key={key}")
    assert client.context.api_key == key
    assert key not in client.uri
    with pytest.raises(LoginFailed, match="API key"):
        client.context.authenticate(prompt_for_reauthentication=password_hook())


def test_an_address_with_a_password_in_it_is_refused():
    with pytest.raises(BadAddress):
        from_uri("https://alice:wonderland@tiled.example.org")


def test_no_secret_in_a_repr(closed_server):
    context = sign_in_as(closed_server)
    tokens = context.http_client.auth.tokens.values()
    shown = repr(context.http_client.auth) + repr(context) + repr(vars(context.http_client.auth).keys())
    assert not any(token in shown for token in tokens)


def test_signing_out_of_the_kernel_reaches_every_context_and_is_not_undone_by_what_is_saved(closed_server):
    one, other = sign_in_as(closed_server), from_uri(closed_server.uri).context
    one.forget()
    assert not one.authenticated
    assert not other.authenticated
    assert Context.from_any_uri(closed_server.uri)[0].use_cached_tokens() is False
    assert sign_in_as(closed_server).authenticated
    assert Context.from_any_uri(closed_server.uri)[0].use_cached_tokens() is True
