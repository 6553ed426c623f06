"""The approving half in Chromium, which other tests rest on: at the provider's pages, and at Tiled's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.approval import approve, deny
from tests.server.device_flow import OwnFlow, ProvidersFlow
from tests.server.openid_provider import OpenIDProvider, own_device_provider, proxied_provider
from tests.server.tiled_server import TiledServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


# It changes seldom, and what it gets wrong shows in the tests that use it.
pytestmark = pytest.mark.weekly


@pytest.fixture(scope="module")
def op() -> Iterator[OpenIDProvider]:
    with OpenIDProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def own(op: OpenIDProvider) -> Iterator[TiledServer]:
    with TiledServer(providers=[own_device_provider(op)]) as server:
        yield server


@pytest.fixture(scope="module")
def proxied(op: OpenIDProvider) -> Iterator[TiledServer]:
    with TiledServer(providers=[proxied_provider(op)]) as server:
        yield server


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def test_approving_tileds_own_device_flow(page, http, own):
    login = OwnFlow(http, own)
    approve(page, login.page, user_code=login.user_code)
    assert login.poll().json()["identity"] == {"id": "alice", "provider": "openid"}


def test_approving_the_providers_device_flow_with_the_code_typed_and_once_more_with_the_code_in_the_address(
    page, http, proxied
):
    login = ProvidersFlow(http, proxied)
    approve(page, login.page, user="bob", user_code=login.user_code)
    assert login.poll().is_success
    again = ProvidersFlow(http, proxied)
    approve(page, again.begun["verification_uri_complete"])
    assert again.poll().is_success


@pytest.mark.parametrize("place", ["login", "consent", "device"])
def test_denying_the_providers_device_flow(page, http, proxied, place):
    login = ProvidersFlow(http, proxied)
    deny(page, login.begun["verification_uri_complete"], at=place)
    assert login.poll().json()["error"] == "access_denied"


@pytest.mark.parametrize("place", ["login", "consent"])
def test_denying_tileds_own_device_flow_is_not_reported(page, http, own, place):
    login = OwnFlow(http, own)
    deny(page, login.page, at=place)
    assert login.poll().json()["detail"] == {"error": "authorization_pending"}


def test_the_pages_of_the_provider_ask_the_internet_for_nothing(page, http, proxied):
    abroad: list[str | None] = []
    page.on("request", lambda request: abroad.append(request.url) if "127.0.0.1" not in request.url else None)
    # Chromium tells of the font that the pages want, and did not ask for it.
    page.on("requestfailed", lambda request: abroad.remove(request.url) if request.failure == "csp" else None)
    approve(page, ProvidersFlow(http, proxied).begun["verification_uri_complete"])
    assert abroad == []
