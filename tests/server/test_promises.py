"""What Tiled promises to existing code: its exceptions and its options."""

from __future__ import annotations

import httpx
import pytest
import tiled.client.context as tiled_context
from tiled.client import from_uri as tiled_from_uri
from tiled.client.utils import ClientError

from tiled_jupyter import CannotPrompt, Context, KeyNotMade, KeysUnavailable, LoginFailed, from_uri

from .sessions import password_hook
from .tiled_server import PASSWORDS


@pytest.fixture
def at_terminal(monkeypatch):
    """Return a function that has passwords typed there."""

    def type_in(*passwords):
        typed = iter(passwords)
        monkeypatch.setattr("tiled_jupyter.kernel.front_end.has_terminal", lambda: True)
        monkeypatch.setattr("tiled.client.context.username_input", lambda: "alice")
        monkeypatch.setattr("tiled.client.context.password_input", lambda: next(typed))

    return type_in


@pytest.mark.parametrize("typed", [("wrong",) * 3, ("",)])
def test_a_wrong_password_at_a_terminal_is_tileds_error(closed_server, at_terminal, typed):
    at_terminal(*typed)
    with pytest.raises(tiled_context.PasswordRejected) as raised:
        from_uri(closed_server.uri)
    assert isinstance(raised.value, LoginFailed)
    assert str(raised.value)
    assert raised.value.reason == "credentials"
    assert raised.value.__context__ is None


def test_nobody_to_ask_is_tileds_error(closed_server):
    with pytest.raises(CannotPrompt) as raised:
        from_uri(closed_server.uri)
    assert isinstance(raised.value, tiled_context.CannotPrompt)

    def asks_as_tiled_does(http_client, providers):
        raise tiled_context.CannotPrompt("\nNobody is here.\n")

    context, _ = Context.from_any_uri(closed_server.uri)
    with pytest.raises(CannotPrompt, match=r"^Nobody is here\.$") as raised:
        context.authenticate(prompt_for_reauthentication=asks_as_tiled_does)
    assert isinstance(raised.value, tiled_context.CannotPrompt)


@pytest.mark.parametrize(("status", "refused"), [(401, True), (403, True), (429, False), (503, False)])
def test_the_server_is_quoted_where_it_refuses_a_login(closed_server, status, refused):
    def forbidden(http_client, providers):
        request = httpx.Request("POST", "https://tiled.example.org/token?api_key=secret", data={"password": "secret"})
        said = {"detail": "This Principal already has 200 sessions."}
        response = httpx.Response(status, json=said, request=request, headers={"set-cookie": "secret"})
        raise ClientError("secret", request, response)

    context, _ = Context.from_any_uri(closed_server.uri)
    with pytest.raises(LoginFailed, match=rf"\({status}\): This Principal already has 200 sessions\.") as raised:
        context.authenticate(prompt_for_reauthentication=forbidden)
    assert isinstance(raised.value, ClientError) is refused  # Tiled sends again what fails with 429 and 5xx
    if refused:
        kept = raised.value.response
        everything = (kept.status_code, dict(kept.headers), kept.text, str(kept.request.url), kept.request.content)
        assert kept.status_code == status
        assert "already has 200" in kept.json()["detail"]
        assert "secret" not in f"{raised.value!r} {everything} {raised.value.__context__}"


def test_a_refused_key_is_tileds_error(context):
    with pytest.raises(KeyNotMade, match="refused") as raised:
        context.create_api_key(scopes=["admin:apikeys"], expires_in=600)
    assert isinstance(raised.value, ClientError)
    answer = raised.value.response
    assert 400 <= answer.status_code < 500
    assert answer.json()["detail"][:40] in str(raised.value)
    assert "authorization" not in answer.request.headers


def test_where_tiled_raises_a_runtime_error_so_do_we(closed_server, context):
    with pytest.raises(RuntimeError, match="API key is set"):
        Context(closed_server.uri + "/api/v1", api_key="abcdef").authenticate()
    fresh, _ = Context.from_any_uri(closed_server.uri)
    with pytest.raises(RuntimeError, match="Nobody is signed in"):
        fresh.force_auth_refresh()
    context.server_info.authentication.links = None  # a single-user server's
    with pytest.raises(RuntimeError) as raised:
        context.create_api_key()
    assert isinstance(raised.value, KeysUnavailable)


@pytest.mark.parametrize(
    "option", [{"username": "alice"}, {"auth_provider": "demo"}, {"prompt_for_reauthentication": False}]
)
def test_options_of_old_are_ignored_with_a_warning(public_server, option):
    (name,) = option
    for connect in (tiled_from_uri, from_uri):
        with pytest.warns(UserWarning, match=f"no longer accepts '{name}'"):
            client = connect(public_server.uri, **option)
        assert len(list(client)) > 0
        client.context.close()
    with pytest.warns(UserWarning, match="no longer accepts 'token_cache'") as warned:
        from_uri(public_server.uri, token_cache="/tmp")
    assert warned[0].filename == __file__
    assert len(list(from_uri(public_server.uri, **dict.fromkeys(option)))) > 0  # a warning would be an error


@pytest.mark.parametrize(
    ("option", "error", "said"),
    [
        ({"auth": ("alice", PASSWORDS["alice"])}, ValueError, "httpx.Auth"),
        ({"prompt_for_reauthentication": "yes"}, TypeError, "wants a callable"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_sent(sent, option, error, said):
    with pytest.raises(error, match=said) as raised:
        from_uri("http://127.0.0.1:9", **option)
    assert PASSWORDS["alice"] not in str(raised.value)
    assert sent == []


@pytest.mark.parametrize("prompt", [True, False, "yes"])
def test_a_prompt_of_a_context_can_be_called(closed_server, prompt):
    context, _ = Context.from_any_uri(closed_server.uri)
    with pytest.raises(TypeError, match="wants a callable"):
        context.authenticate(prompt_for_reauthentication=prompt)
    context.authenticate(prompt_for_reauthentication=password_hook())
    assert context.authenticated
