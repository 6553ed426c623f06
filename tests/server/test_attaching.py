"""Existing code, unchanged: plain Tiled asks our prompt, and is left exactly as it was."""

from __future__ import annotations

import subprocess
import sys

import pytest
import tiled.client
from tiled.client import context as tiled_context
from tiled.client import from_context as plain_from_context
from tiled.client import from_uri as plain_from_uri
from tiled.client.base import BaseClient

from tiled_jupyter import Context, attach, disable, enable

from .sessions import Hook, get, kill, signed_in
from .tiled_server import PASSWORDS

TOUCHED = [(tiled_context.Context, "__init__"), (BaseClient, "create_api_key")]


def what_is_there():
    return [vars(owner).get(name) for owner, name in TOUCHED] + [dict(vars(tiled.client)), dict(vars(tiled_context))]


@pytest.fixture
def hook(monkeypatch):
    """The person who answers where the panel would ask."""
    hook = Hook()
    monkeypatch.setattr(Context, "prompt", hook)
    return hook


@pytest.fixture
def enabled():
    before = what_is_there()
    enable()
    yield
    disable()
    assert what_is_there() == before


def test_plain_from_uri_asks_our_prompt_and_resumes(short_server, hook, enabled):
    client = plain_from_uri(short_server.uri, remember_me=False)
    assert isinstance(client.context, Context)
    assert hook.calls == 1
    kill(client.context)
    assert "alice" in list(client)
    assert hook.calls == 2


def test_what_was_imported_before_and_a_plain_context_ask_it_too(short_server, hook, enabled):
    context, node_path_parts = tiled_context.Context.from_any_uri(short_server.uri)
    context.authenticate()
    plain_from_context(context, node_path_parts=node_path_parts).login()
    assert hook.calls == 2


def test_twice_is_once_and_disable_restores(hook):
    before = what_is_there()
    enable()
    enable()
    disable()
    assert what_is_there() == before
    disable()
    assert what_is_there() == before


def test_after_disable_plain_is_plain(short_server, hook):
    enable()
    disable()
    with tiled_context.Context(f"{short_server.uri}/api/v1/") as context:
        assert type(context) is tiled_context.Context


def test_what_others_patched_in_between_stays(short_server, hook, monkeypatch):
    enable()
    ours = tiled_context.Context.__init__
    seen = []

    def theirs(self, *args, **options):
        seen.append(self)
        ours(self, *args, **options)

    monkeypatch.setattr(tiled_context.Context, "__init__", theirs)
    disable()
    assert tiled_context.Context.__init__ is theirs
    with tiled_context.Context(f"{short_server.uri}/api/v1/") as context:
        assert type(context) is tiled_context.Context
    enable()
    with tiled_context.Context(f"{short_server.uri}/api/v1/") as context:
        assert isinstance(context, Context)
    assert len(seen) == 2
    monkeypatch.undo()
    disable()
    assert not getattr(tiled_context.Context.__init__, "attaches", False)


def test_clients_make_api_keys_as_the_documentation_says(short_server, hook, enabled):
    assert plain_from_uri(short_server.uri).create_api_key(expires_in="1h", note="a test")["secret"]


def test_a_context_that_tiled_made_is_taken_over_with_its_session(short_server, hook):
    signed_in(short_server, hook)
    client = plain_from_uri(short_server.uri)
    assert type(client.context) is tiled_context.Context
    assert attach(client.context) is client.context
    assert repr(client.context) == "<Context authenticated as 'alice'>"
    kill(client.context)
    assert get(client.context).status_code == 200
    assert hook.calls == 2
    assert attach(client.context) is client.context


def test_a_login_heals_a_client_that_tiled_made(short_server, hook):
    ours = signed_in(short_server)
    plain = attach(plain_from_uri(short_server.uri).context)
    kill(ours)
    ours.authenticate()
    assert get(plain).status_code == 200
    assert hook.calls == 0


def test_a_context_of_somebody_else_is_left_alone():
    with pytest.raises(TypeError, match="int"):
        attach(7)


@pytest.mark.parametrize("first", ["import tiled.client\n", ""])
def test_importing_tiled_before_or_after_makes_no_difference(first, short_server):
    code = (
        f"{first}import tiled_jupyter\ntiled_jupyter.enable()\nfrom tiled.client import from_uri\n"
        "calls = []\n"
        "def hook(http, providers):\n"
        "    from tiled_jupyter.oauth.password import password_grant\n"
        f"    return password_grant(http, providers[0].links['auth_endpoint'], 'bob', {PASSWORDS['bob']!r})\n"
        "tiled_jupyter.Context.prompt = staticmethod(hook)\n"
        f"print(from_uri({short_server.uri!r}, remember_me=False).context)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "<Context authenticated as 'bob'>", done.stderr


def test_a_plain_script_without_a_person_fails_at_once_and_says_what_to_set(short_server):
    code = (
        "import tiled_jupyter, time\ntiled_jupyter.enable()\nfrom tiled.client import from_uri\n"
        "begun = time.monotonic()\n"
        f"try:\n    from_uri({short_server.uri!r})\nexcept tiled_jupyter.CannotPrompt as error:\n"
        "    print(time.monotonic() - begun < 20, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.stdout.startswith("True Nobody can be asked to sign in"), done.stderr
    assert f"{short_server.port}" in done.stdout
    assert "export TILED_API_KEY=" in done.stdout
