"""Principals to whom a server gives no name: a service account, and a person whose identities are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiled_jupyter import IdentityChanged, from_uri
from tiled_jupyter.keys.access import explain_access
from tiled_jupyter.notebook import enabling, magics
from tiled_jupyter.state.states import SignedIn

from .service_accounts import change
from .service_accounts import server as server
from .service_accounts import service as service
from .sessions import Hook, another_kernel, get, kill, signed_in
from .shown import Shown

if TYPE_CHECKING:
    pass

HIDE_OR_SHOW = "UPDATE identities SET principal_id = -principal_id WHERE id = 'bob'"


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
