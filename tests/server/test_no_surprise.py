"""A dead session asks nobody who has not asked for data, and nobody is made anonymous without being told."""

from __future__ import annotations

import atexit
import gc
import pickle

import httpx
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tiled_jupyter import from_context, from_uri
from tiled_jupyter.errors import LoginCancelled
from tiled_jupyter.sign_in.sign_out import sign_out_of

from .sessions import Hook, get, kill, signed_in
from .shown import at_once
from .tiled_server import TiledServer


@pytest.fixture
def hook():
    """The person, who is asked once, to begin with."""
    hook = Hook()
    yield hook
    assert hook.calls == 1


@pytest.fixture
def client(short_server, hook):
    return from_context(signed_in(short_server, hook))


@pytest.fixture
def shell(client):
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.user_ns |= {"client": client, "scan": client["alice/heating_scan"], "context": client.context}
    yield shell
    atexit.unregister(shell.atexit_operations)


@pytest.mark.parametrize("jedi", [True, False])
def test_completion(shell, client, jedi):
    shell.Completer.use_jedi = jedi
    kill(client.context)
    for code in ('client["', 'client["alice"]["', "client.", "scan.met", "context.", "len(client.", "client.con"):
        with provisionalcompleter():
            found = [completion.text for completion in shell.Completer.completions(code, len(code))]
    assert found[0].endswith("context")


def test_looking_at_everything_in_a_namespace_and_asking_for_help(shell, client, capsys):
    kill(client.context)
    shell.run_line_magic("whos", "")
    assert "client" in capsys.readouterr().out
    for value in (client, client.context, client.context.http_client.auth, shell.user_ns["scan"]):
        shell.display_formatter.format(value)
    for name in ("client", "context", "scan", "client.metadata", "len"):
        assert shell.object_inspect_mime(name)["text/plain"]  # what JupyterLab asks for wherever the cursor stands


def test_pickling_and_garbage(client):
    kill(client.context)
    copy = pickle.loads(pickle.dumps(client))
    copy.context.close()
    del copy, client
    gc.collect()


def test_which_api_key(client):
    kill(client.context)
    with pytest.raises(RuntimeError, match="API key"):
        client.context.which_api_key()


@pytest.mark.parametrize("server_is_there", [True, False])
def test_signing_out_of_a_dead_session(client, short_server, server_is_there, cache):
    context = client.context
    kill(context)
    if not server_is_there:
        short_server.stop()
    with at_once():
        sign_out_of(context, everywhere=True)
    if not server_is_there:
        short_server.start()
    assert context.http_client.auth is None
    assert [path for path in (cache / "tokens").rglob("*") if path.is_file()] == []
    assert get(context).status_code == 401


@pytest.fixture(scope="module")
def short_public_server():
    with TiledServer(access_token_max_age=2) as server:
        yield server


def test_a_public_server_is_not_asked_as_anonymous_for_who_was_signed_in(short_public_server):
    context = signed_in(short_public_server, hook := Hook())
    kill(context)
    headers = {"Authorization": f"Bearer {context.http_client.auth.tokens['access_token']}"}
    assert httpx.get(f"{context.api_uri}metadata/", headers=headers).status_code == 401
    assert "alice" in list(from_context(context))
    assert hook.calls == 2

    def cancel():
        raise LoginCancelled("You cancelled at 14:02.")

    kill(context)
    hook.before = cancel
    with pytest.raises(LoginCancelled):
        get(context)


def test_a_dead_saved_session_on_a_public_server_asks_nobody(short_public_server):
    kill(signed_in(short_public_server))
    client = from_uri(short_public_server.uri, prompt_for_reauthentication=(hook := Hook()))
    assert not client.context.authenticated
    assert list(client) == ["public"]
    assert hook.calls == 0
