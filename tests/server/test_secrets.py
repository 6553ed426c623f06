"""No public object, pickle, traceback or pipeline's notebook shows a secret."""

from __future__ import annotations

import atexit
import inspect
import os
import secrets

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from traitlets.config import Config

import tiled_jupyter
from tests.canaries import leaks, looks, traces
from tiled_jupyter import ApiKeys, LoginCancelled, LoginPanel, from_context, from_uri
from tiled_jupyter.kernel.mailbox import Letter
from tiled_jupyter.session import key_files
from tiled_jupyter.session.ensure import ensure

from .openid_provider import OpenIDProvider, proxied_provider
from .sessions import Hook, kill, signed_in
from .shown import Shown, settle
from .tiled_server import PASSWORDS, TiledServer

PASSWORD = "canary <\"p&ss%20word'> +/="


@pytest.fixture(scope="module")
def server():
    provider = {
        "provider": "demo",
        "authenticator": "tiled.authenticators:DictionaryAuthenticator",
        "args": {"users_to_passwords": {"alice": PASSWORD}},
    }
    with TiledServer(providers=[provider], allow_anonymous_access=False) as server:
        yield server


def tokens_of(context):
    return {name: token for name, token in context.http_client.auth.tokens.items() if token}


class Page:
    """A real panel, which gets letters as a page writes them."""

    def __init__(self, server) -> None:
        self.panel = LoginPanel(server.uri)
        settle()

    def says(self, kind, typed=None, **content):
        letter = Letter.of({"id": secrets.token_hex(4), "type": kind, **content}, [typed.encode()] if typed else [])
        self.panel.receive(letter)
        settle()
        return self.panel.session.state

    def sign_in(self, password=PASSWORD):
        return self.says("sign_in", password, provider="demo", username="alice", remember=True)

    def make_key(self):
        scopes = ["read:metadata", "read:data"]
        wish = {
            "note": "a job",
            "expires_in": "7d",
            "runs_for": "",
            "may_wait": "",
            "scopes": scopes,
            "access_tags": [],
            "keep_in": "file",
        }
        state = self.says("create_key", **wish)
        return self.panel.account.secret(state.account.made.first_eight)


# -- objects -------------------------------------------------------------------------------------------


def test_no_public_object_shows_a_secret_in_any_formatter_pickle_or_crash_report(server):
    page = Page(server)
    page.sign_in(PASSWORD + "wrong")
    page.sign_in()
    known = {"the password": PASSWORD, "the key of the panel": page.make_key(), **tokens_of(page.panel.context)}
    client = page.panel.client
    keys = ApiKeys(client.context)
    key = keys.create("1h")
    known["the key"] = key.secret
    saved = key.save()
    by_key = from_uri(server.uri, api_key=key.secret)
    things = [page.panel, client.context, keys, key, client, client["alice/heating_scan"], by_key, by_key.context]
    things += [keys.list(), *keys.list(), saved, *key_files.saved(), client.context.http_client.auth]
    things += [page.panel.session.methods, page.panel.session.recipient, page.panel.session.attempts]
    things += [page.panel.session, page.panel.account, *page.panel.session.state.account.keys.rows]
    classes = {value for name in tiled_jupyter.__all__ if inspect.isclass(value := getattr(tiled_jupyter, name))}
    errors = {kind for kind in classes if issubclass(kind, BaseException)}
    forgotten = [kind for kind in classes - errors if not any(isinstance(thing, kind) for thing in things)]
    assert forgotten == []
    for thing in things:
        assert leaks(looks(thing), known) == [], type(thing)


def test_a_device_code_rests_in_nothing_that_shows_it():
    with OpenIDProvider(interval=1) as op, TiledServer(providers=[proxied_provider(op)]) as server:
        shown = Shown()
        shown.connect(server.uri)
        grants = []
        authorized = shown.session.methods._authorized

        def noted(attempt, http, grant, until):
            grants.append(grant)
            return authorized(attempt, http, grant, until)

        shown.session.methods._authorized = noted
        shown.begin()
        known = {"the device code": grants[0].device_code}
        for thing in (grants[0], shown.session, shown.states):
            shows = {how: look for how, look in looks(thing).items() if "pickle" not in how}  # nobody pickles these
            assert leaks(shows, known) == [], type(thing)
        shown.session.cancel()
        settle()


# -- tracebacks ----------------------------------------------------------------------------------------


class Shell:
    """An IPython that shows locals, and cells in it that fail."""

    def __init__(self, capsys) -> None:
        self._capsys = capsys
        self.shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
        self.shell.run_line_magic("xmode", "Verbose")

    def fails(self, cell, error, known, **names):
        """Run a cell that ends in this error, and search all that is shown of it."""
        self.shell.user_ns.update(names)
        self._capsys.readouterr()
        raised = self.shell.run_cell(cell).error_in_exec
        assert type(raised).__name__ == error, raised
        output = self._capsys.readouterr()
        assert error in output.out
        # From the cell on: the frames before it are IPython's.
        assert leaks({**traces(raised), "the cell's output": output.out + output.err}, known) == []


@pytest.fixture
def shell(capsys):
    shell = Shell(capsys)
    yield shell
    atexit.unregister(shell.shell.atexit_operations)


READ = "client['alice/heating_scan']"


def test_an_interrupted_request_and_a_prompt_that_says_no(shell, short_server):
    context = signed_in(short_server, Hook())
    known = tokens_of(context)
    client = from_context(context)
    kill(context)

    def cancel(http_client, providers):
        raise LoginCancelled("No.")

    context.prompt = cancel
    shell.fails(READ, "ReauthenticationCancelled", known, client=client)


def test_somebody_else_who_resumes(shell, short_server):
    context = signed_in(short_server, Hook())
    known = tokens_of(context)
    client = from_context(context)
    kill(context)
    context.prompt = Hook("bob")
    theirs = Hook.__call__

    def noted(self, http_client, providers):
        tokens = theirs(self, http_client, providers)
        known.update({f"bob's {name}": value for name, value in tokens.items() if name.endswith("token")})
        return tokens

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Hook, "__call__", noted)
        shell.fails(READ, "SomebodyElse", known, client=client)
    assert len(known) == 4


def test_a_key_that_wins_over_a_login_which_is_under_way(shell, short_server):
    context = signed_in(short_server, Hook())
    key = context.create_api_key(expires_in="1h")
    known = {**tokens_of(context), "the key": key.secret}
    hook = Hook()
    hook.before = key.use
    cell = "context.authenticate(prompt_for_reauthentication=hook)"
    shell.fails(cell, "LoginFailed", known, context=context, hook=hook)
    shell.fails(cell, "LoginFailed", known)


def test_tokens_that_are_given_to_a_context_with_a_key(shell, short_server):
    context = signed_in(short_server, Hook())
    known = tokens_of(context)
    context.create_api_key(expires_in="1h").use()
    plain = {name: str(token) for name, token in known.items()}
    shell.fails("context.configure_auth(vault())", "LoginFailed", known, context=context, vault=lambda: plain)


def test_a_server_that_is_gone(shell, monkeypatch):
    monkeypatch.setattr("tiled.client.utils.TILED_RETRY_ATTEMPTS", 1)
    with TiledServer(allow_anonymous_access=False) as server:
        context = signed_in(server, Hook())
        client = from_context(context)
        key = context.create_api_key(expires_in="1h")
        by_key = from_uri(server.uri, api_key=key.secret)
        known = {**tokens_of(context), "the key": key.secret}
    monkeypatch.setenv("TILED_API_KEY", key.secret)
    shell.fails(READ, "ConnectError", known, client=client)
    shell.fails(READ, "ConnectError", known, client=by_key)
    shell.fails("ensure(context, 8)", "LoginFailed", known, ensure=ensure, context=context)
    shell.fails("keys.list()", "KeysUnavailable", known, keys=ApiKeys(context))
    shell.fails(f"from_uri({server.uri!r})", "ConnectError", known, from_uri=from_uri)
    shell.fails(f"from_uri({server.uri!r}, api_key=vault())", "ConnectError", known, vault=lambda: str(key.secret))


@pytest.mark.parametrize("spoiled", ["{}\n", "{}\n{}"])
def test_a_key_with_a_line_break(shell, spoiled, monkeypatch, closed_server):
    key = secrets.token_hex(36)
    cell = f"from_uri({closed_server.uri!r}, api_key=vault())"
    shell.fails(cell, "LoginFailed", {"the key": key}, from_uri=from_uri, vault=lambda: spoiled.format(key, key))
    monkeypatch.setenv("TILED_API_KEY", spoiled.format(key, key))
    shell.fails(f"from_uri({closed_server.uri!r})", "LoginFailed", {"the key": key})


def test_a_key_of_another_server(shell, monkeypatch, closed_server, short_server):
    key = signed_in(short_server).create_api_key(expires_in="1h").secret
    from_uri(short_server.uri, api_key=key)
    monkeypatch.setenv("TILED_API_KEY", key)
    shell.fails(f"from_uri({closed_server.uri!r})", "LoginFailed", {"the key": key}, from_uri=from_uri)


def test_a_key_that_is_saved_where_others_write_or_pickled_or_dismissed(shell, keys, tmp_path):
    key = keys.create("1h")
    known = {"the key": key.secret}
    place = tmp_path / "shared"
    place.mkdir()
    place.chmod(0o777)
    shell.fails("key.save(place)", "UnsafePlace", known, key=key, place=place)
    shell.fails("key.save('/proc/no/such')", "FileNotFoundError", known)
    shell.fails("import pickle; pickle.dumps(key)", "TypeError", known)
    shell.fails("key.snippet('slurm')", "ValueError", known)
    shell.fails("keys.revoke(key.secret)", "ValueError", known, keys=keys)


def test_a_session_that_cannot_travel(shell, short_server):
    context = signed_in(short_server, Hook(), remember_me=False)
    shell.fails("import pickle; pickle.dumps(context)", "PicklingError", tokens_of(context), context=context)


def test_the_stop_button_while_the_panel_takes_the_password(shell, server, monkeypatch):
    page = Page(server)
    methods = type(page.panel.session.methods)
    sign_in = methods.sign_in

    def interrupted(*args, **options):
        sign_in(*args, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(methods, "sign_in", interrupted)
    content = {"id": "1", "type": "sign_in", "provider": "demo", "username": "alice", "remember": False}
    shell.fails(
        "panel.receive(letters.pop())",
        "KeyboardInterrupt",
        {"the password": PASSWORD},
        panel=page.panel,
        letters=[Letter.of(content, [PASSWORD.encode()])],
    )
    settle()


# -- a pipeline ----------------------------------------------------------------------------------------

PIPELINE = [
    "%load_ext tiled_jupyter\n%xmode Verbose\nimport ipywidgets\nbox = ipywidgets.Text('a widget that is saved')\nbox",
    "%tiled_login {uri}",
    "panel = tiled_jupyter.LoginPanel('{uri}')\npanel.wait()\npanel",
    "client.context",
    "key = %tiled_api_key create --save",
    "key",
    "key['secret']",
    "print(panel.client, panel.get_state(), vars(panel.session), vars(client.context.http_client.auth))",
    "key.use()",
    "client.context.configure_auth({{}})",
]


def test_the_notebook_that_nbclient_saves_holds_no_secret_and_no_state_of_the_panel(public_server, tmp_path):
    known = {"the password": PASSWORDS["alice"] + " is short", **tokens_of(signed_in(public_server))}
    cells = [nbformat.v4.new_code_cell(cell.format(uri=public_server.uri)) for cell in PIPELINE]
    cells[2].source = "import tiled_jupyter\n" + cells[2].source
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3", store_widget_state=True, allow_errors=True).execute()
    (file,) = key_files.saved()
    known["the key"] = file.path.read_text().partition("TILED_API_KEY=")[2].strip()
    text = nbformat.writes(notebook)
    assert "a widget that is saved" in str(notebook.metadata["widgets"])
    assert "LoginFailed" in str(notebook.cells[-1].outputs)
    assert leaks({"the notebook": text}, known) == []
    assert [cell.outputs[0].ename for cell in notebook.cells if str(cell.outputs).count("'error'")] == ["LoginFailed"]
    assert os.environ.get("TILED_API_KEY") is None
