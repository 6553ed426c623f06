"""No secret at rest: a canary is typed as the password, and then searched wherever it could have landed."""

from __future__ import annotations

import base64
import json
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

from playwright.sync_api import expect

from tests.server.tiled_server import TiledServer

from .panel import Panel

if TYPE_CHECKING:
    from collections.abc import Mapping

# Characters that look different in a URL, in JSON and in HTML, so that every encoding is one to search for.
CANARY = "canary <\"p&ss%20word'> +/="


def disguises(secret: str) -> dict[str, bytes]:
    """Give the forms in which a secret could be hidden."""
    raw = secret.encode()
    encoded = {f"base64, shifted by {n}": base64.b64encode(b"\0" * n + raw)[4 if n else 0 : -4] for n in range(3)}
    return {
        "plain": raw,
        "a distinctive part": secret[len(secret) // 4 : len(secret) // 2 + 4].encode(),
        "JSON": json.dumps(secret)[1:-1].encode(),
        "JSON within JSON": json.dumps(json.dumps(secret)[1:-1])[1:-1].encode(),
        "Python repr": repr(secret)[1:-1].encode(),
        "bytes repr": repr(raw)[2:-1].encode(),
        "URL": quote(secret, safe="").encode(),
        "form": quote(secret, safe="").replace("%20", "+").encode(),
        "hexadecimal": raw.hex().encode(),
        "list of numbers": ", ".join(map(str, raw)).encode(),
        **encoded,
    }


def leaks(places: Mapping[str, bytes], secret: str) -> list[str]:
    """Name the places that hold a secret, and in which form."""
    forms = disguises(secret)
    return [f"{form} in {place}" for place, data in places.items() for form, needle in forms.items() if needle in data]


def test_the_search_finds_every_disguise():
    forms = disguises(CANARY)
    places = {form: b"before " + needle + b" after" for form, needle in forms.items()}
    places["shifted base64"] = base64.b64encode(b"xy" + CANARY.encode() + b"z")
    found = leaks(places, CANARY)
    assert {form for form in forms if f"{form} in {form}" in found} == set(forms)
    assert any(place.endswith("shifted base64") for place in found)
    assert leaks({"innocent": b"nothing here"}, CANARY) == []


def test_the_password_leaves_no_trace(open_notebook, listen, lab, kernel):
    provider = {
        "provider": "demo",
        "authenticator": "tiled.authenticators:DictionaryAuthenticator",
        "args": {"users_to_passwords": {"alice": CANARY}},
    }
    cells = [
        "%load_ext tiled_jupyter\n%xmode Verbose",
        "%tiled_login {uri}\nsecond_try = True\n1 / 0  # a traceback with locals, in the cell that signed in",
        "from tiled_jupyter import LoginPanel\npanel = LoginPanel('{uri}', remember_me=False)\npanel",
        "print(panel.client, panel.context, panel.context.http_client.auth, panel.get_state(), vars(panel.session))\n"
        "raise RuntimeError(panel)",
        "%history -g\n%history -o",
    ]
    with TiledServer(providers=[provider]) as server:
        notebook = open_notebook([cell.replace("{uri}", server.uri) for cell in cells], kernel=f"{kernel}-debug")
        listener = listen(notebook)
        notebook.execute(0)

        notebook.run(1)
        first = Panel(notebook, 1)
        first.sign_in("alice", CANARY + "wrong")  # a refused password must not stay either
        expect(first.alert).to_be_visible()
        first.sign_in("alice", CANARY)
        first.signed_in_as("alice")
        assert "ZeroDivisionError" in notebook.cell_done(1)
        tokens = saved_tokens(lab)
        first.button("Sign out").click()
        first.button("Everywhere on this account").click()
        expect(first.button("Sign in")).to_be_visible()
        first.password.press_sequentially(CANARY)  # typed, and saved without being sent
        notebook.save()

        # On an idle kernel the message goes the ordinary way, on which ipykernel logs it.
        notebook.execute(2)
        second = Panel(notebook, 2)
        second.sign_in("alice", CANARY)
        second.signed_in_as("alice")
        assert "RuntimeError" in notebook.execute(3)
        notebook.execute(4)
        document = notebook.save()
        listener.ask_for_widget_states()

        places = {
            "the notebook": (lab.notebooks / notebook.path).read_bytes(),
            "all outputs": json.dumps(document, ensure_ascii=False).encode(),
            "the broadcasts": listener.everything(),
            "Jupyter's log": lab.log_file.read_bytes(),
            "the kernel's log": lab.kernel_log(notebook.kernel_id).encode(),
            "the page's console": "\n".join(notebook.console).encode(),
            "the page": notebook.page.content().encode(),
            "the page's storage": notebook.page.evaluate(
                "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
            ).encode(),
            "Tiled's log": server.log.encode(),
            **files_below(lab),
        }
    # What is searched is really there: each place holds something that is known to be in it.
    assert b"sign_in" in places["the kernel's log"], "the kernel does not log messages, and could not leak"
    assert b"execute_input" in places["the broadcasts"]
    assert b"update_states" in places["the broadcasts"]
    assert b"ZeroDivisionError" in places["the notebook"]
    assert b"widget-state" in places["the notebook"]
    assert any("checkpoint" in place for place in places)
    assert any("history.sqlite" in place for place in places)
    assert leaks(places, CANARY) == []
    assert tokens
    elsewhere = {place: data for place, data in places.items() if not place.startswith("tiled-cache")}
    for token in tokens:
        assert leaks(elsewhere, token) == []


def saved_tokens(lab) -> list[str]:
    """Read the tokens that a kept sign-in has left where it may."""
    files = [file for file in (lab.tiled_cache / "tokens").rglob("*token*") if file.is_file()]
    texts = [word for file in files for word in file.read_text().replace('"', " ").split()]
    return [word for word in texts if len(word) > 30]


def files_below(lab) -> dict[str, bytes]:
    """Read everything the notebook, the kernel, IPython and Tiled have left on disk."""
    found: dict[str, bytes] = {}
    for file in lab.directory.rglob("*"):
        if not file.is_file():
            continue
        found[str(file.relative_to(lab.directory))] = file.read_bytes()
        if file.name == "history.sqlite":
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
                found[f"{file.name} as text"] = "\n".join(database.iterdump()).encode()
    return found
