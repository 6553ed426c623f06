"""Secrets are typed, pasted, made, copied, saved, refused and renewed, and then looked for everywhere.

The kernel itself tells what its secrets were, by the objects that hold them, and tells it to nobody but a file that is
not searched. That the search finds a leak in each place is shown by cells that leak.
"""

from __future__ import annotations

import json
import os
import secrets

import pytest
from playwright.sync_api import expect

from tests.approval import approve
from tests.canaries import leaks
from tests.server.openid_provider import proxied_provider
from tests.server.tiled_server import TiledServer

from .evidence import evidence
from .panel import Panel

# Characters that look different in a URL, in JSON and in HTML, so that every disguise is another.
PASSWORD = "canary <\"p&ss%20word'> +/="
PROVIDER = {
    "provider": "demo",
    "authenticator": "tiled.authenticators:DictionaryAuthenticator",
    "args": {"users_to_passwords": {"alice": PASSWORD}},
}
READ = "panel.client['alice/heating_scan/images'].read().shape"
SETUP = """
%load_ext tiled_jupyter
%xmode Verbose
import logging
logging.getLogger("tiled_jupyter").setLevel(logging.DEBUG)
logging.getLogger("tiled_jupyter").addHandler(logging.FileHandler("debug.log"))
from tiled_jupyter import LoginPanel
def tell():
    import gc, json, pathlib
    from tiled_jupyter.oauth.device import DeviceGrant
    from tiled_jupyter.keys.new_key import NewApiKey
    from tiled_jupyter.session.auth import SessionAuth
    file, known = pathlib.Path({file!r}), []
    for thing in gc.get_objects():
        if type(thing) is DeviceGrant:
            known.append(("device code", thing.device_code))
        elif type(thing) is NewApiKey and "secret" in thing:
            known.append(("made key", thing.secret))
        elif type(thing) is SessionAuth:
            known += [(name, token) for name, token in thing.tokens.items() if token]
    with file.open("a") as lines:
        lines.writelines(json.dumps(one) + chr(10) for one in known)
    return sorted({{name for name, _ in known}})
"""
LOOK = """
import rich.pretty
print(tell())
print(panel, panel.session.state, vars(panel.session), vars(panel.account))
print(vars(panel.session.attempts), vars(panel.session.methods), vars(panel.session.recipient))
print(panel.get_state(), panel.context, vars(panel.context), vars(panel.context.http_client))
print(panel.context.http_client.auth, vars(panel.context.http_client.auth))
print(panel.client)
rich.pretty.pprint([panel, panel.client, panel.context, panel.session, panel.account], expand_all=True)
"""


class Told:
    """What the kernel says its secrets were so far."""

    def __init__(self, file) -> None:
        self.file = file

    def secrets(self) -> dict[str, str]:
        known = dict.fromkeys((name, text) for name, text in map(json.loads, self.file.read_text().splitlines()))
        return {f"{name} {number}": text for number, (name, text) in enumerate(known)}


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path / "secrets.jsonl")


@pytest.fixture
def opened(open_notebook, listen, told):
    """Return ``opened(cells, kernel)``: a notebook on a kernel that logs at debug level, and another client of it."""

    def open_both(cells, kernel):
        setup = SETUP.format(file=str(told.file)).strip()
        notebook = open_notebook([setup, *cells], kernel=f"{kernel}-debug")
        origin = notebook.page.evaluate("() => location.origin")
        notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
        listener = listen(notebook)
        notebook.execute(0)
        return notebook, listener

    return open_both


def debug(notebook, index):
    """Run %debug, which prints where the last error was, and leave it."""
    notebook.run(index)
    box = notebook.output_area(index).locator("input.jp-Stdin-input")
    box.fill("q")
    box.press("Enter")
    return notebook.cell_done(index)


def test_a_password_a_key_and_a_session_that_dies_leave_no_trace(opened, kernel, told):
    with TiledServer(providers=[PROVIDER], allow_anonymous_access=False) as server:
        cells = [
            f"%tiled_login {server.uri}\n1 / 0  # a traceback with locals, in the cell that signed in",
            f"panel = LoginPanel({server.uri!r}, remember_me=False)\npanel",
            LOOK,
            f"print({READ})",
            "tell()",
            READ,
            "%debug",
            "panel.context.configure_auth(panel.context.force_auth_refresh())",
            "raise RuntimeError(panel, panel.session.state)",
            "%history -g\n%history -o\ntell()",
        ]
        notebook, listener = opened(cells, kernel)

        # A password, refused and accepted, in a cell that waits.
        notebook.run(1)
        first = Panel(notebook, 1)
        first.sign_in("alice", PASSWORD + "wrong")
        expect(first.alert).to_be_visible()
        first.sign_in("alice", PASSWORD)
        assert "ZeroDivisionError" in notebook.cell_done(1)
        first.signed_in_as("alice")
        assert "access_token" in notebook.execute(5)
        first.button("Sign out").click()
        first.button("Everywhere on this account").click()
        expect(first.button("Sign in")).to_be_visible()
        first.password.press_sequentially(PASSWORD)  # typed, and saved without being sent

        # On an idle kernel the message goes the ordinary way, on which ipykernel logs it. A key is made, and kept.
        notebook.execute(2)
        panel = Panel(notebook, 2)
        panel.sign_in("alice", PASSWORD)
        panel.signed_in_as("alice")
        panel.tab("API keys").click()
        panel.button("Create and save").click()
        expect(panel.made).to_contain_text("made and saved to /")
        panel.button("Copy key").click()
        expect(panel.made).to_contain_text("Copied.")
        panel.button("Save as job.sh").click()
        expect(panel.made).to_contain_text("Saved as /")
        assert "made key" in notebook.execute(3)
        panel.button("Use here").click()
        expect(panel.made).to_contain_text("sent to no other server")
        panel.button("Also set TILED_API_KEY").click()
        expect(panel.made).to_contain_text("This key is in TILED_API_KEY now")
        panel.button("Done").click()
        expect(panel.made).to_be_hidden()

        # The key is pasted, with something wrong and as it is.
        panel.tab("Account").click()
        panel.button("Sign out").click()
        panel.button("Only this notebook").click()
        for wrong in ("x", ""):
            expect(panel.key.or_(panel.use_key)).to_be_visible()
            if panel.use_key.is_visible():
                panel.use_key.click()
            panel.key.fill("")
            panel.key.press("ControlOrMeta+v")
            panel.key.press_sequentially(wrong)
            panel.button("Sign in").click()
            if wrong:
                expect(panel.alert).to_contain_text("does not accept this API key")
        panel.signed_in_as("alice")
        assert "made key" not in notebook.execute(5)
        notebook.execute(3)
        panel.button("Sign in with your account instead").click()
        panel.sign_in("alice", PASSWORD)
        panel.signed_in_as("alice")

        # Its session dies in the middle of a cell: it is resumed, and another time it is not.
        notebook.execute(5)
        server.restart(secret_key=os.urandom(32).hex())
        notebook.run(4)
        Panel(notebook, 4).sign_in("alice", PASSWORD)
        assert "(20, 128, 128)" in notebook.cell_done(4)
        notebook.execute(5)
        server.restart(secret_key=os.urandom(32).hex())
        notebook.run(6)
        Panel(notebook, 6).cancel.click()
        assert "ReauthenticationCancelled" in notebook.cell_done(6)
        assert "ipdb>" in debug(notebook, 7)
        assert "ReauthenticationFailed" in notebook.execute(8)
        assert "RuntimeError" in notebook.execute(9)
        notebook.execute(10)
        places = evidence(
            notebook, listener, ["panel", "panel.client", "panel.context.http_client.auth", "panel.session"]
        )
        places["Tiled's log"] = server.log

    # What is searched is really there: each place holds something that is known to be in it.
    log = next(data for place, data in places.items() if place.endswith(f"{notebook.kernel_id}.json.log"))
    assert b"sign_in" in log, "the kernel does not log messages, and could not leak"
    for word in (b"execute_input", b"update_states", b"history_reply", b"inspect_reply", b"LoginPanel signed"):
        assert word in places["what another client is sent"]
    for word in (b"ZeroDivisionError", b"widget-state", b"ipdb"):
        assert word in places[f"notebooks/{notebook.path}"]
    for word in (b"SignInStarted: signed_out, now verifying", b"the session is over", b"a wait begins"):
        assert word in places["notebooks/debug.log"]
    assert any("checkpoint" in place for place in places)
    assert any("history.sqlite, as text" in place for place in places)
    known = {"password": PASSWORD, **told.secrets()}
    assert {name.rstrip(" 0123456789") for name in known} == {"password", "made key", "access_token", "refresh_token"}
    assert len(known) >= 1 + 1 + 2 * 4
    assert leaks(places, known) == []


def test_a_device_code_and_what_it_brings_leave_no_trace(opened, op, chromium, told):
    with TiledServer(providers=[proxied_provider(op)], allow_anonymous_access=False) as server:
        cells = [
            f"panel = LoginPanel({server.uri!r})\npanel",
            LOOK,
            f"print({READ})",
            "panel.context.force_auth_refresh();",
            "%history -g\n%history -o\n1 / 0",
        ]
        notebook, listener = opened(cells, "k74")
        notebook.execute(1)
        panel = Panel(notebook, 1)
        code = panel.begin()
        assert "device code" in notebook.execute(2)
        assert "Error" in notebook.text(2)  # it is not signed in yet
        elsewhere = chromium.new_context()
        approve(elsewhere.new_page(), panel.link.get_attribute("href"), user_code=code)
        elsewhere.close()
        panel.signed_in_as("alice")
        assert "access_token" in notebook.execute(2)
        assert "(20, 128, 128)" in notebook.execute(3)
        notebook.execute(4)
        notebook.execute(2)
        notebook.execute(5)
        places = evidence(notebook, listener, ["panel", "panel.client", "panel.session"])
        places |= {"Tiled's log": server.log, "the provider's log": op.log}
    known = told.secrets()
    assert {name.rstrip(" 0123456789") for name in known} >= {"device code", "access_token", "refresh_token"}
    assert leaks(places, known) == []


LEAKS = {
    "a print": ("print(read())", ["the notebook's text", "notebooks/", "what another client is sent"]),
    "the value of a cell": ("read()", ["the notebook's text", "notebooks/.ipynb_checkpoints"]),
    "a trait": ("Leaky(leak=read())", ["notebooks/", "what another client is sent"]),
    "a message to the page": ("leaky.send({'a': read()})", ["what another client is sent"]),
    "a log line of the kernel": ("get_ipython().log.debug(read())", ["json.log"]),
    "a traceback with locals": ("leak(read())", ["notebooks/", "what another client is sent"]),
    "a cell that was run": (
        "get_ipython().run_cell(f'x = {read()!r}', store_history=True)",
        ["history.sqlite, as text"],
    ),
    "help that another client asks for": ("shown.__doc__ = read()", ["what another client is sent"]),
    "a file in base64": (
        "import base64; open('x', 'wb').write(base64.b64encode(b'x' + read().encode()));",
        ["notebooks/x"],
    ),
}
LEAKY = """
import anywidget, pathlib, traitlets
class Leaky(anywidget.AnyWidget):
    _esm = "export default { render: ({model}) => model.on('msg:custom', message => console.log(message.a)) }"
    leak = traitlets.Unicode("").tag(sync=True)
leaky = Leaky()
def shown(): pass
def read(): return pathlib.Path({file}).read_text()
def leak(canary): raise RuntimeError(len(canary))
leaky
"""


def test_a_leak_in_any_place_is_found(opened, tmp_path, lab):
    file = tmp_path / "canaries"
    notebook, listener = opened(
        [LEAKY.replace("{file}", repr(str(file))), *(cell for cell, _ in LEAKS.values())], "k74"
    )
    notebook.execute(1)
    planted = {}
    for number, leak in enumerate(LEAKS, start=2):
        planted[leak] = secrets.token_hex(24)
        file.write_text(planted[leak])
        notebook.execute(number)
    in_page = {
        name: secrets.token_hex(24) for name in ("a request to Jupyter", "the page", "its storage", "its console")
    }
    notebook.change_page(
        """async ([request, page, storage, console_]) => {
          await fetch(`/api/status?leak=${request}`);
          document.body.dataset.leak = page;
          localStorage.setItem('leak', storage);
          console.log(console_);
        }""",
        list(in_page.values()),
    )
    places = evidence(notebook, listener, ["shown"])
    for leak, (_, expected) in LEAKS.items():
        found = leaks(places, {leak: planted[leak]})
        for place in expected:
            assert [line for line in found if place in line], (leak, place)
    where = ("jupyter.log", "the page", "the page's storage", "the page's console")
    for (leak, canary), place in zip(in_page.items(), where, strict=True):
        assert [line for line in leaks(places, {leak: canary}) if line.endswith(place)], (leak, place)
