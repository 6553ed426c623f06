"""Principals to whom a server gives no name: a service account, and a person whose identities are gone."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tiled_jupyter import IdentityChanged, from_uri
from tiled_jupyter.keys.access import explain_access
from tiled_jupyter.notebook import enabling, magics
from tiled_jupyter.oauth.password import password_grant
from tiled_jupyter.state.states import SignedIn

from .sessions import Hook, another_kernel, get, kill, signed_in
from .shown import Shown
from .tiled_server import PASSWORDS, TiledServer

if TYPE_CHECKING:
    from collections.abc import Iterator

AN_ADMIN = """
INSERT INTO principal_role_association SELECT identities.principal_id, roles.id FROM identities, roles
WHERE identities.id = 'alice' AND roles.name = 'admin'
"""

HIDE_OR_SHOW = "UPDATE identities SET principal_id = -principal_id WHERE id = 'bob'"


@pytest.fixture(scope="module")
def server() -> Iterator[TiledServer]:
    with TiledServer(access_token_max_age=3) as running:
        yield running


def change(server, statement):
    """Change the server's database of accounts."""
    with sqlite3.connect(Path(server._directory.name, "authentication.db"), timeout=30) as database:
        database.execute(statement)


@pytest.fixture
def service(server):
    """Make a service account as an administrator does, and a key for it."""
    api = f"{server.uri}/api/v1/auth"

    def sign_in(http):
        http.headers["Authorization"] = (
            f"Bearer {password_grant(http, f'{api}/provider/demo/token', 'alice', PASSWORDS['alice'])['access_token']}"
        )

    with httpx.Client(trust_env=False) as http:
        sign_in(http)
        if "admin" not in [role["name"] for role in http.get(f"{api}/whoami").json()["roles"]]:
            change(server, AN_ADMIN)
            sign_in(http)
        made = http.post(f"{api}/principal", params={"role": "user"}).raise_for_status().json()
        wish = {"scopes": ["inherit"], "expires_in": 600}
        key = http.post(f"{api}/principal/{made['uuid']}/apikey", json=wish).raise_for_status().json()
    return made["uuid"], key["secret"]


def test_a_service_account_is_called_so_wherever_somebody_is_named(server, service, monkeypatch):
    uuid, key = service
    name = f"a service account ({uuid[:8]}…)"
    monkeypatch.setenv("TILED_API_KEY", key)
    done = Shown().connect(server.uri, SignedIn)
    assert (done.identity.kind, done.identity.words) == ("service", name)
    client = from_uri(server.uri)
    host = server.uri.removeprefix("http://")
    assert magics._who(client.context) == f"{host}: {name} (by API key)"
    assert f"The API key in TILED_API_KEY is used on {host}; it is of {name}." in explain_access(client)[0]
    assert repr(client.context) == f"<Context authenticated as service '{uuid}' with API key '{key[:8]}...'>"


@pytest.fixture
def nameless(server, monkeypatch):
    """Sign in a person whose identities the server then loses."""
    context = signed_in(server, Hook("bob"))
    change(server, HIDE_OR_SHOW)
    context.force_auth_refresh()  # or the token would still know the name
    context.http_client.auth = None
    another_kernel()
    yield context
    change(server, HIDE_OR_SHOW)


def test_somebody_without_identities_is_signed_in_and_not_called_nobody(server, nameless, monkeypatch):
    lines = []
    monkeypatch.setattr(enabling.front_end, "is_somebody_there", lambda: True)
    monkeypatch.setattr(enabling.front_end, "say", lines.append)
    client = from_uri(server.uri)
    host = server.uri.removeprefix("http://")
    assert lines == [f"Using a saved sign-in on {host}; the server does not say whose · Not yours? %tiled_logout"]
    done = Shown().connect(server.uri, SignedIn)
    assert (done.identity.kind, done.method) == ("unnamed", "saved")
    assert magics._who(client.context) == f"{host}: signed in; the server does not say who you are"
    said = explain_access(client)
    assert said[0] == f"Signed in on {host}; the server does not say who you are."
    assert "Nobody" not in "".join(said)
    assert repr(client.context) == "<Context authenticated; the server does not say who you are>"


def test_only_they_resume_what_waits_for_them(server, nameless):
    context = from_uri(server.uri).context
    assert context.http_client.auth.identity.kind == "unnamed"
    hook = Hook("alice")
    context.prompt = hook
    kill(context)
    with pytest.raises(IdentityChanged, match="Only the person whose session has ended can resume this request"):
        get(context)
    assert hook.calls == 1
