"""A day of work with each identity system: sign-in, expiry, resuming, sign-out, in a real JupyterLab."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.panel import Panel
from tests.browser.waiting import until
from tests.canaries import files_below, leaks

from .cells import LONG, READ
from .systems import REFUSED, SYSTEMS, Django

ENDED = re.compile(r"Your session on .* has ended \(noticed \d\d:\d\d\)\. Sign in to go on\.")


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda kind: kind.__name__, indirect=True)
def test_a_day_of_work(system, open_in, labs, elsewhere, seen):
    login = f"%load_ext tiled_jupyter\n%tiled_login {system.uri}\nprint('read', {READ}.shape)"
    notebook = open_in(system.environment, [login, LONG, LONG, "%tiled_whoami"])
    lab = notebook.lab

    def token():
        (file,) = (lab.tiled_cache / "tokens").rglob("refresh_token")
        return file.read_text()

    # A wrong password is said, and the right one gives data.
    notebook.run(0)
    first = Panel(notebook, 0)
    said = system.sign_in_wrongly(first, elsewhere)
    if not isinstance(system, Django):
        assert said == REFUSED
        expect(first.password).to_have_value("")
        expect(first.username).to_have_value(system.name)
    seen("refused", f"“{said}”")
    system.sign_in(first, elsewhere)
    assert "read (" in notebook.cell_done(0)
    first.signed_in_as(system.shown)
    seen("read")

    # The session ends in the middle of a cell, which goes on with its data.
    def ends_in_the_middle(index, end):
        notebook.run(index)
        notebook.wait_for_text("begun", index)
        end()
        panel = Panel(notebook, index)
        expect(panel.region.get_by_text(ENDED)).to_be_visible()
        assert notebook.prompt(index) == "[*]:"
        system.sign_in(panel, elsewhere)
        panel.signed_in_as(system.shown)
        (lab.notebooks / "enough").touch()
        assert "ended with (" in notebook.cell_done(index)

    tokens = [token()]
    ends_in_the_middle(1, system.expire_sessions)
    seen("expired", "goes on")
    tokens.append(token())
    ends_in_the_middle(2, lambda: system.revoke_session(token()))
    seen("revoked", "goes on")
    tokens.append(token())
    assert len(set(tokens)) == 3

    # What the person leaves, is left by all.
    assert system.shown in notebook.execute(3)
    first.button("Sign out").click()
    first.button("Everywhere on this account").click()
    expect(first.status).to_have_text(f"Signed out. {system.host} has ended this sign-in, and nothing can renew it.")
    assert system.shown not in notebook.execute(3)
    notebook.save()
    assert [file for file in lab.tiled_cache.rglob("*token*") if file.is_file()] == []
    until(lambda: all(system.is_over(token) for token in tokens), "the server to renew nothing")
    secrets = system.secrets() | {f"refresh token {number}": each for number, each in enumerate(tokens)}
    assert leaks(files_below(lab.directory) | {"the server's log": system.server.log}, secrets) == []
    seen("left")
