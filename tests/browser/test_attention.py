"""A prompt that nobody sees calls at the edge of the page, and goes without a trace."""

from __future__ import annotations

import re

import pytest
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


SHORT = ["#\n" * 4] * 40  # so that JupyterLab's place for the cell it keeps, transparent, is over those in sight
TAKES_CLICKS = """() => {
  for (let x = 0; x < innerWidth; x += 20)
    for (let y = 0; y < innerHeight; y += 20)
      if (document.elementFromPoint(x, y)?.closest(".jp-OutputArea")) return [x, y];
}"""


@pytest.mark.parametrize(
    "mode", ["full", *(pytest.param(mode, marks=pytest.mark.weekly) for mode in ("contentVisibility", "defer"))]
)
def test_scrolled_away_it_calls_and_comes_back_in_every_windowing_mode(open_notebook, tiled_server, lab, mode):
    """JupyterLab takes cells that are out of sight off the page, makes them transparent, or draws nothing of them."""
    lab.change_setting("@jupyterlab/notebook-extension/tracker", {"windowingMode": mode})
    notebook = open_notebook([login(tiled_server), *SHORT], before=lambda page: None)
    notebook.run(0)
    panel = Panel(notebook, 0)
    panel.username.press_sequentially("ali")
    panel.region.hover()
    notebook.page.mouse.wheel(0, 2000)
    expect(panel.unseen.get_by_text("Cell 1 waits for your Tiled sign-in")).to_be_visible()
    assert notebook.page.evaluate(TAKES_CLICKS) is None
    notebook.page.mouse.wheel(0, -10_000)
    expect(panel.username).to_be_in_viewport()
    expect(panel.username).to_have_value("ali")
    expect(panel.unseen).to_have_count(0)
    panel.sign_in("alice", ALICE)
    notebook.cell_done(0)
