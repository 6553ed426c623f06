"""Voilà: its page is dead while cells run, and a sign-in can begin only afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.panel import Panel

from .front_ends import VOILA
from .stories import in_every, sign_in, waiting_cell

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

DASHBOARD = """
import ipywidgets
from tiled_jupyter import LoginPanel
seen = ipywidgets.Label("nobody yet")
panel = LoginPanel({uri!r})
panel.on_signed_in(lambda client: setattr(seen, "value", "sees " + ", ".join(sorted(client))))
display(panel, seen)
"""
FROM_URI = "from tiled_jupyter import from_uri\nfrom_uri({uri!r})"


class Dashboard:
    """A page of Voilà, as `Panel` wants a notebook."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def panel(self, index: int | None = None) -> Locator:
        return self.page.get_by_role("region", name="Tiled sign-in")


@pytest.fixture
def visit(chromium, front_end, lab, tmp_path):
    """Yield ``visit(cells)``: the page of a notebook with these cells, for a new visitor."""
    contexts = []

    def one(*cells):
        contexts.append(chromium.new_context())
        dashboard = Dashboard(contexts[-1].new_page())
        dashboard.page.goto(lab.page_uri(lab.write_notebook("dashboard", cells, front_end.kernelspec)))
        return dashboard

    yield one
    for context in contexts:
        context.close()


@in_every([VOILA], ["waiting cell"])
def test_nothing_waits_and_the_error_says_what_to_write(visit, closed_two_ways_server, way, cell):
    uri = closed_two_ways_server.uri
    for login in (waiting_cell(uri), FROM_URI.format(uri=uri)):
        page = visit(login).page
        expect(page.get_by_text("CannotPrompt").first).to_be_visible()
        expect(page.get_by_text(f"panel = LoginPanel('{uri}").first).to_be_visible()
        expect(page.get_by_text("panel.on_signed_in(go_on)").first).to_be_visible()


@in_every([VOILA], ["widget cell"])
def test_a_visitor_signs_in_once_the_page_lives_and_the_next_one_is_asked_again(
    visit, two_ways_server, elsewhere, way, cell
):
    code = DASHBOARD.format(uri=two_ways_server.uri)
    dashboard = visit(code)
    sign_in(Panel(dashboard), way, elsewhere)
    expect(dashboard.page.get_by_text("sees alice, public, staff")).to_be_visible()
    another = visit(code)
    expect(Panel(another).providers).to_be_visible()
    expect(another.page.get_by_text("nobody yet")).to_be_visible()
