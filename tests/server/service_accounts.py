"""A server with a service account, made as an administrator does, and changes of its database."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tiled_jupyter.oauth.password import password_grant

from .tiled_server import PASSWORDS, TiledServer

if TYPE_CHECKING:
    from collections.abc import Iterator

AN_ADMIN = """
INSERT INTO principal_role_association SELECT identities.principal_id, roles.id FROM identities, roles
WHERE identities.id = 'alice' AND roles.name = 'admin'
"""


@pytest.fixture(scope="module")
def server() -> Iterator[TiledServer]:
    """Yield a server whose access tokens live for seconds."""
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
