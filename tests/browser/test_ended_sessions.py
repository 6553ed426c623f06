"""A session ends while nothing waits: all panels become forms that say so, and are signed in again by one login."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.server.sessions import end_all_sessions
from tests.server.tiled_server import PASSWORDS, TiledServer

from .chromium import new_window
from .notebook import Notebook
from .panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDED = re.compile(r"Your session on .* has ended \(noticed \d\d:\d\d\)\. Sign in to go on\.")


THERE = re.compile(r"Cell \d+ is waiting for you to sign in: use its panel, not this one\.")


@pytest.fixture
def dying_server() -> Iterator[TiledServer]:
    with TiledServer(allow_anonymous_access=False) as server:
        yield server


def test_three_panels_in_two_notebooks_know_and_one_login_heals_them(open_notebook, dying_server):
    login = f"%load_ext tiled_jupyter\n%tiled_login {dying_server.uri}"
    panel_too = f"from tiled_jupyter import LoginPanel\nLoginPanel({dying_server.uri!r})"
    first = open_notebook([login, panel_too])
    first.run(0)
    Panel(first, 0).sign_in("alice", PASSWORDS["alice"])
    first.cell_done(0)
    first.execute(1)
    other = open_notebook([login, "%tiled_why alice", "%tiled_whoami"])
    other.execute(0)
    here, there, elsewhere = Panel(first, 0), Panel(first, 1), Panel(other, 0)
    for panel in (here, there, elsewhere):
        panel.signed_in_as("alice")
    end_all_sessions(dying_server)
    here.tab("API keys").click()
    for panel in (here, there):
        expect(panel.status).to_have_text(ENDED)
        expect(panel.button("Sign in")).to_be_visible()
        expect(panel.unseen).to_have_count(0)  # nobody is called: nothing waits
    assert "The sign-in has ended. Run %tiled_login to go on." in other.execute(1)
    expect(elsewhere.status).to_have_text(ENDED)
    assert "the sign-in has ended" in other.execute(2)
    there.sign_in("alice", PASSWORDS["alice"])
    for panel in (here, there, elsewhere):
        panel.signed_in_as("alice")
    assert "alice" in other.execute(2)


def is_no_form(panel: Panel) -> None:
    """Wait until a panel says where the question stands, and has nothing that could be filled in or pressed."""
    expect(panel.region).to_contain_text(THERE)
    expect(panel.region.get_by_role("textbox")).to_have_count(0)
    expect(panel.region.get_by_role("button")).to_have_count(0)


def test_while_a_cell_asks_its_panel_alone_is_a_form_and_the_others_follow(open_notebook, dying_server, kernel):
    """On ipykernel 6 what is typed in another one would be heard when the cell has ended."""
    login = f"%load_ext tiled_jupyter\n%tiled_login {dying_server.uri}"
    panel_too = f"from tiled_jupyter import LoginPanel\nLoginPanel({dying_server.uri!r})"
    notebook = open_notebook([login, panel_too, "sorted(client)", "sorted(client)"], kernel=kernel)
    notebook.run(0)
    first, second, asking = (Panel(notebook, index) for index in range(3))
    first.sign_in("alice", PASSWORDS["alice"])
    notebook.cell_done(0)
    notebook.execute(1)
    second.signed_in_as("alice")
    end_all_sessions(dying_server)
    notebook.run(2)
    expect(asking.waiting).to_be_visible()
    for panel in (first, second):
        is_no_form(panel)
        expect(panel.status).to_have_text(ENDED)
        expect(panel.unseen).to_have_count(0)
    asking.cancel.click()
    assert "ReauthenticationCancelled" in notebook.cell_done(2)
    for panel in (first, second):
        expect(panel.password).to_be_editable()
    notebook.run(3)
    for panel in (first, second):
        is_no_form(panel)
    Panel(notebook, 3).sign_in("alice", PASSWORDS["alice"])
    assert "alice" in notebook.cell_done(3)
    for panel in (first, second):
        panel.signed_in_as("alice")


def test_a_panel_that_nobody_has_used_yields_to_a_cell_that_waits(open_notebook, dying_server, kernel):
    panel = f"from tiled_jupyter import LoginPanel\nLoginPanel({dying_server.uri!r})"
    login = f"%load_ext tiled_jupyter\n%tiled_login {dying_server.uri}"
    notebook = open_notebook([panel, login], kernel=kernel)
    notebook.execute(0)
    unused, asking = Panel(notebook, 0), Panel(notebook, 1)
    unused.username.press_sequentially("ali")
    notebook.run(1)
    expect(asking.waiting).to_be_visible()
    is_no_form(unused)
    asking.sign_in("alice", PASSWORDS["alice"])
    notebook.cell_done(1)
    unused.signed_in_as("alice")


def test_two_panels_in_two_windows_name_one_end_of_a_session(open_notebook, dying_server, chromium):
    login = f"%load_ext tiled_jupyter\n%tiled_login {dying_server.uri}"
    panel_too = f"from tiled_jupyter import LoginPanel\nLoginPanel({dying_server.uri!r})"
    notebook = open_notebook([login, panel_too, "%tiled_why alice"])
    notebook.run(0)
    Panel(notebook, 0).sign_in("alice", PASSWORDS["alice"])
    notebook.cell_done(0)
    notebook.execute(1)
    Panel(notebook, 1).signed_in_as("alice")
    notebook.save()
    other_window = new_window(chromium)
    try:
        other = Notebook(other_window.new_page(), notebook.lab, notebook.path).open()
        panels = [Panel(where, index) for where in (notebook, other) for index in (0, 1)]
        for panel in panels:
            panel.signed_in_as("alice")
        until = re.compile(r"Signed in until (at least )?.*\d\d:\d\d")
        assert len({until.search(panel.region.inner_text())[0] for panel in panels}) == 1
        end_all_sessions(dying_server)
        notebook.execute(2)
        for panel in panels:
            expect(panel.status).to_have_text(ENDED)
        assert len({panel.status.inner_text() for panel in panels}) == 1
    finally:
        other_window.close()
