"""The provider of the tests and the demo, met as Tiled's protocol has it: with plain requests.

What is shown here of the rig, other tests rest on.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.approval import approve_without_a_page, deny_without_a_page

from .device_flow import OwnFlow, ProvidersFlow, providers
from .openid_provider import OpenIDProvider, entra_provider, own_device_provider, password_provider, proxied_provider
from .tiled_server import PASSWORDS, TiledServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def op() -> Iterator[OpenIDProvider]:
    with OpenIDProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def mixed(op: OpenIDProvider) -> Iterator[TiledServer]:
    with TiledServer(providers=[password_provider(), own_device_provider(op)]) as server:
        yield server


@pytest.fixture(scope="module")
def proxied(op: OpenIDProvider) -> Iterator[TiledServer]:
    with TiledServer(providers=[proxied_provider(op)]) as server:
        yield server


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def seen(http: httpx.Client, server: TiledServer, authorization: str | None) -> set[str]:
    """Name the containers that this credential shows."""
    headers = {"Authorization": authorization} if authorization else {}
    answer = http.get(f"{server.uri}/api/v1/search/", headers=headers)
    return {node["id"] for node in answer.raise_for_status().json()["data"]}


def who(http: httpx.Client, server: TiledServer, access_token: str) -> list[tuple[str, str]]:
    headers = {"Authorization": f"Bearer {access_token}"}
    principal = http.get(f"{server.uri}/api/v1/auth/whoami", headers=headers).raise_for_status().json()
    return [(identity["provider"], identity["id"]) for identity in principal["identities"]]


def test_a_login_in_tileds_own_dialect(http, mixed):
    login = OwnFlow(http, mixed)
    pending = login.poll()
    assert (pending.status_code, pending.json()["detail"]) == (400, {"error": "authorization_pending"})
    approve_without_a_page(login.page, user_code=login.user_code)
    tokens = login.poll().raise_for_status().json()
    assert who(http, mixed, tokens["access_token"]) == [("openid", "alice")]
    assert seen(http, mixed, f"Bearer {tokens['access_token']}") == {"public", "staff", "alice"}


def test_a_mixed_server_lists_both_ways_in_and_takes_both(http, mixed):
    assert [provider["mode"] for provider in providers(http, mixed)] == ["internal", "external"]
    endpoint = providers(http, mixed)[0]["links"]["auth_endpoint"]
    tokens = http.post(endpoint, data={"username": "bob", "password": PASSWORDS["bob"]}).raise_for_status().json()
    assert who(http, mixed, tokens["access_token"]) == [("demo", "bob")]


def test_a_login_in_the_providers_dialect(http, proxied):
    login = ProvidersFlow(http, proxied)
    assert "interval" not in login.begun
    assert login.poll().json()["error"] == "authorization_pending"
    approve_without_a_page(login.begun["verification_uri_complete"], user="bob")
    access_token = login.poll().raise_for_status().json()["access_token"]
    assert who(http, proxied, access_token) == [("openid", "bob")]
    assert seen(http, proxied, f"Bearer {access_token}") == {"public", "staff", "bob"}


def test_a_used_refresh_token_ends_the_session_where_they_rotate(http, proxied):
    login = ProvidersFlow(http, proxied)
    approve_without_a_page(login.page, user_code=login.user_code)
    first = login.poll().json()["refresh_token"]
    second = login.refresh(first).raise_for_status().json()["refresh_token"]
    assert second != first
    assert login.refresh(first).json()["error"] == "invalid_grant"
    assert login.refresh(second).json()["error"] == "invalid_grant"  # the provider takes it for a theft


@pytest.mark.parametrize("place", ["login", "consent", "device"])
def test_a_login_that_is_denied_at_the_provider(http, proxied, place):
    login = ProvidersFlow(http, proxied)
    deny_without_a_page(login.page, user_code=login.user_code, at=place)
    assert login.poll().json()["error"] == "access_denied"


def test_tiled_does_not_hear_of_a_denial(http, mixed):
    login = OwnFlow(http, mixed)
    deny_without_a_page(login.page, user_code=login.user_code, at="consent")
    assert login.poll().json()["detail"] == {"error": "authorization_pending"}


def test_the_provider_logs_what_requests_carry_by_name_only(http, op, proxied):
    before = len(op.requests())
    data = {"client_id": "tiled-cli", "scope": "openid"}
    headers = {"Authorization": "Bearer canary", "X-Tiled-Canary": "canary", "Cookie": "tiled_csrf=canary=="}
    http.post(f"{op.uri}/device/auth?api_key=canary", data=data, headers=headers)
    (request,) = op.requests()[before:]
    assert (request["method"], request["path"], request["authorization"]) == ("POST", "/device/auth", "Bearer")
    assert (request["query"], request["cookies"]) == (["api_key"], ["tiled_csrf"])
    assert request["body"] == ["client_id", "scope"]
    assert {"x-tiled-canary", "authorization", "cookie"} <= set(request["headers"])
    http.post(f"{op.uri}/device/auth", data=data, headers={"Authorization": "canary"})
    assert op.requests()[-1]["authorization"] is None
    assert "canary" not in op.log.replace("x-tiled-canary", "")


def test_what_the_provider_knows_outlives_its_being_unreachable(http, op, proxied):
    login = ProvidersFlow(http, proxied)
    with op.unreachable(), pytest.raises(httpx.ConnectError):
        login.poll()
    approve_without_a_page(login.page, user_code=login.user_code)
    assert login.poll().is_success


def test_entras_login_asks_for_scopes_of_its_own(http, op):
    with TiledServer(providers=[entra_provider(op)]) as server:
        (provider,) = providers(http, server)
        assert provider["extra_scopes"] == ["read:metadata", "read:data"]
        login = ProvidersFlow(http, server, scope="openid offline_access read:metadata read:data")
        approve_without_a_page(login.page, user_code=login.user_code)
        access_token = login.poll().raise_for_status().json()["access_token"]
        assert who(http, server, access_token) == [("entra", "alice")]
        assert seen(http, server, f"Bearer {access_token}") == {"public", "staff", "alice"}


def test_the_switches_of_the_provider(http):
    with ExitStack() as stack:
        op = stack.enter_context(OpenIDProvider(interval=1, slow_down=60, repeat_refresh_token=False, user_claim=False))
        server = stack.enter_context(TiledServer(providers=[proxied_provider(op)]))
        login = ProvidersFlow(http, server)
        assert login.begun["interval"] == 1
        assert [login.poll().json()["error"] for _ in range(2)] == ["authorization_pending", "slow_down"]

        op.restart(slow_down=None, access_token_max_age=7)
        login = ProvidersFlow(http, server)
        approve_without_a_page(login.page, user_code=login.user_code)
        tokens = login.poll().json()
        assert tokens["expires_in"] == 7
        assert len(who(http, server, tokens["access_token"])[0][1]) == len("123e4567-e89b-12d3-a456-426614174000")
        assert "refresh_token" not in login.refresh(tokens["refresh_token"]).raise_for_status().json()
        assert login.refresh(tokens["refresh_token"]).is_success

        op.restart(refresh_tokens=False, device_code_max_age=30)
        login = ProvidersFlow(http, server)
        assert login.begun["expires_in"] == 30
        approve_without_a_page(login.page, user_code=login.user_code)
        assert "refresh_token" not in login.poll().raise_for_status().json()


def test_a_strict_provider_refuses_tileds_double_authentication(http):
    with OpenIDProvider(strict=True) as op, TiledServer(providers=[own_device_provider(op)]) as server:
        login = OwnFlow(http, server)
        with pytest.raises(AssertionError, match="authentication with third party failed"):
            approve_without_a_page(login.page, user_code=login.user_code)


def test_two_providers_with_passwords(http):
    both = [password_provider("staff", {"alice": "s1"}), password_provider("guest", {"alice": "g1", "eve": "g2"})]
    with TiledServer(providers=both) as server:
        assert [provider["provider"] for provider in providers(http, server)] == ["staff", "guest"]
        endpoint = providers(http, server)[1]["links"]["auth_endpoint"]
        assert http.post(endpoint, data={"username": "alice", "password": "g1"}).is_success
        assert http.post(endpoint, data={"username": "alice", "password": "s1"}).status_code == 401


@pytest.mark.parametrize("public", [False, True])
def test_a_single_users_server_shows_everything_to_the_key(http, public):
    with TiledServer(single_user_api_key="secret", allow_anonymous_access=public) as server:
        described = http.get(f"{server.uri}/api/v1/").json()["authentication"]
        assert (described["providers"], described["required"]) == ([], not public)
        assert seen(http, server, "Apikey secret") == {"public", "staff", "alice", "bob"}
        assert http.get(f"{server.uri}/api/v1/search/").is_success is public
        wrong = http.get(f"{server.uri}/api/v1/search/", headers={"Authorization": "Apikey wrong"})
        assert (wrong.status_code, wrong.json()["detail"]) == (401, "Invalid API key")
