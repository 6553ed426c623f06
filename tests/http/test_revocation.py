"""A session is ended with who made it, and what belongs to the one never goes to the other."""

from __future__ import annotations

import base64
import json
from contextlib import nullcontext

import httpx

from tiled_jupyter.revocation import end_session

API = "https://t.example/api/v1/"
LINKS = {
    "auth_endpoint": "https://id.example/realms/x/device",
    "token_endpoint": "https://id.example/realms/x/protocol/token",
    "client_id": "tiled-cli",
}
CONFIGURATION = "/realms/x/.well-known/openid-configuration"


def token(**claims):
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def end(answer, tokens, links=LINKS):
    seen = []

    def handler(request):
        seen.append(request)
        return answer(request)

    def client(*places):
        assert bool(places) == ("client_id" in links)
        return nullcontext(httpx.Client(transport=httpx.MockTransport(handler)))

    end_session(client, API, links, tokens)
    return seen


def provider(endpoint="https://id.example/realms/x/revoke"):
    def answer(request):
        if request.url.path == CONFIGURATION:
            return httpx.Response(200, json={"revocation_endpoint": endpoint})
        return httpx.Response(200 if request.method == "POST" else 404)

    return answer


def test_a_providers_session_is_revoked_at_its_revocation_endpoint():
    seen = end(provider(), {"access_token": "a", "refresh_token": "r"})
    assert str(seen[-1].url) == "https://id.example/realms/x/revoke"
    form = dict(httpx.QueryParams(seen[-1].content.decode()))
    assert form == {"token": "r", "token_type_hint": "refresh_token", "client_id": "tiled-cli"}
    assert {request.url.host for request in seen} == {"id.example"}


def test_without_a_refresh_token_the_access_token_is_revoked():
    seen = end(provider(), {"access_token": "a"})
    assert dict(httpx.QueryParams(seen[-1].content.decode()))["token_type_hint"] == "access_token"


def test_the_issuer_of_a_token_says_where_to_look_but_only_at_the_same_origin():
    here = {"id_token": token(iss="https://id.example/realms/x"), "refresh_token": "r"}
    assert len(end(provider(), here)) == 2
    seen = end(provider(), {"id_token": token(iss="https://evil.example"), "refresh_token": "r"})
    assert {request.url.host for request in seen} == {"id.example"}


def test_a_token_does_not_go_to_another_origin():
    seen = end(provider("https://evil.example/revoke"), {"refresh_token": "r"})
    assert [request for request in seen if request.method == "POST"] == []


def test_a_provider_that_is_gone_or_knows_no_revocation_is_left_alone_soon():
    def gone(request):
        raise httpx.ConnectError("x")

    assert len(end(gone, {"refresh_token": "r"})) == 1
    assert len(end(lambda request: httpx.Response(404), {"refresh_token": "r"})) <= 5


def test_tileds_session_is_revoked_at_tiled():
    (request,) = end(lambda request: httpx.Response(204), {"access_token": "a", "refresh_token": "r"}, {})
    assert str(request.url) == f"{API}auth/session/revoke"
    assert json.loads(request.content) == {"refresh_token": "r"}
