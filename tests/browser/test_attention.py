"""A prompt that nobody sees calls at the edge of the page, and goes without a trace."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.server.tiled_server import PASSWORDS

from .panel import Panel

ALICE = PASSWORDS["alice"]
FILLER = ["#\n" * 40] * 3
CALL = re.compile(r"^(A cell|Cell \d+) waits for your Tiled sign-in$")
MARKED = re.compile("^● ")


def login(server, capture=""):
    shown = f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({server.uri!r})\ndisplay(panel)"
    return f"{capture}{shown}\npanel.wait()"


def test_a_panel_out_of_sight_calls_and_leads_to_its_cell(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server), *FILLER])
    title = notebook.page.title()
    notebook.run(0)
    panel = Panel(notebook, 0)
    expect(panel.waiting).to_be_visible()
    notebook.page.locator(".jp-Cell").last.scroll_into_view_if_needed()
    expect(panel.unseen.get_by_text(CALL)).to_be_visible()
    expect(notebook.page).to_have_title(MARKED)
    panel.unseen.get_by_role("button", name="Go to cell").click()
    expect(panel.username).to_be_focused()
    expect(panel.username).to_be_in_viewport()
    expect(panel.unseen).to_have_count(0)
    expect(notebook.page).to_have_title(title)
    panel.sign_in("alice", ALICE)
    notebook.cell_done(0)


def test_under_capture_the_form_comes_to_the_person(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server, "%%capture\n"), "panel.status"])
    title = notebook.page.title()
    notebook.run(0)
    panel = Panel(notebook)
    expect(panel.unseen.get_by_text(CALL)).to_be_visible()
    panel.sign_in("alice", "not the password")
    expect(panel.alert).to_contain_text("not recognised")
    panel.type_password("alice", ALICE)
    panel.password.press("Enter")
    notebook.cell_done(0)
    expect(panel.unseen).to_have_count(0)
    expect(notebook.page).to_have_title(title)
    assert notebook.execute(1) == "'signed_in'"


def test_a_notebook_that_is_closed_while_its_cell_waits_calls_nobody(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server), *FILLER])
    notebook.run(0)
    panel = Panel(notebook, 0)
    expect(panel.waiting).to_be_visible()
    notebook.page.locator(".jp-Cell").last.scroll_into_view_if_needed()
    expect(panel.unseen.get_by_text(CALL)).to_be_visible()
    notebook.save()
    notebook.page.evaluate("() => jupyterapp.commands.execute('application:close-all')")
    expect(panel.unseen).to_have_count(0)
    expect(notebook.page).not_to_have_title(MARKED)


def test_the_stop_button_ends_the_call(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server, "%%capture\n")])
    notebook.run(0)
    panel = Panel(notebook)
    expect(panel.unseen).to_be_visible()
    notebook.stop()
    notebook.cell_done(0)
    expect(panel.unseen).to_have_count(0)
