"""People whom a provider calls by a subject: a name stands beside it, and one that Tiled cannot use is said."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.approval import approve_without_a_page
from tiled_jupyter.keys.access import explain_access
from tiled_jupyter.notebook import magics
from tiled_jupyter.oauth import password
from tiled_jupyter.state.states import SignedIn, SignedOut

from .openid_provider import OpenIDProvider, proxied_provider
from .sessions import another_kernel, get
from .shown import Shown
from .tiled_server import TiledServer

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMED = re.compile("alice \\([0-9a-f]{8}…\\)")


@pytest.fixture
def provider() -> Iterator[OpenIDProvider]:
    with OpenIDProvider(interval=1, user_claim=False) as provider:
        yield provider


@pytest.fixture
def server(provider: OpenIDProvider) -> Iterator[TiledServer]:
    with TiledServer(allow_anonymous_access=False, providers=[proxied_provider(provider)]) as server:
        yield server


def sign_in(server, kind=SignedIn):
    shown = Shown()
    shown.connect(server.uri)
    waiting = shown.begin()
    approve_without_a_page(waiting.code.verification_uri_complete)
    return shown, shown.rest(kind)


def test_a_name_stands_beside_the_subject_wherever_somebody_is_named(server):
    shown, done = sign_in(server)
    assert len(done.identity.id) == len("123e4567-e89b-12d3-a456-426614174000")
    assert NAMED.fullmatch(done.identity.words)
    context = shown.session.context
    assert NAMED.search(magics._who(context))
    assert NAMED.search(explain_access(context)[0])
    another_kernel()
    saved = Shown().connect(server.uri, SignedIn)
    assert (saved.method, saved.identity.words) == ("saved", done.identity.words)


def test_an_account_that_the_server_cannot_serve_is_not_signed_in_and_its_session_ended(provider, server):
    provider.restart(uuid_subject=False)
    server.restart()  # it keeps the provider's keys for an hour
    shown, form = sign_in(server, SignedOut)
    assert form.failure.kind == "server"
    assert "failed at a request of this account (500)" in form.failure.sentence
    assert not shown.session.context.authenticated
    assert provider.requests("/token/revocation")


def test_a_server_that_fails_at_everybody_is_no_fault_of_the_account(server, monkeypatch):
    asked = []

    def ask(http, method, url, **options):
        answer = real(http, method, url, **options)
        if url.endswith("metadata/"):
            asked.append("headers" in options)
            return replace(answer, status=500)
        return answer

    real = password.ask
    monkeypatch.setattr(password, "ask", ask)
    shown, _ = sign_in(server)
    assert asked == [True, False]
    assert get(shown.session.context).status_code == 200
