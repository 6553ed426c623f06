"""VS Code's widget code: every way to wait, the stop button, a dark theme, and what is said where no panel can be."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import find_violations, load_axe
from tests.browser.panel import Panel
from tests.browser.states import STATES, cell_of, panels_in, parts_of, show
from tests.server.tiled_server import PASSWORDS

from .front_ends import VSCODE
from .stories import SHE_SEES, widget_cell

WAITS = {
    "worker thread": "client = ThreadPoolExecutor().submit(panel.wait).result()",
    "top-level await": "client = await panel.signed_in()",
}
CELL = "display(panel)\n{wait}\nprint('signed in:', sorted(client))"
on_each_kernel = pytest.mark.parametrize("front_end", VSCODE, ids=lambda one: one.kernel, indirect=True)
on_the_newest = pytest.mark.parametrize("front_end", VSCODE[:1], ids=lambda one: one.kernel, indirect=True)


def in_the_dark(page):
    """Choose a dark theme."""
    page.emulate_media(color_scheme="dark")


def without_anywidget(page):
    """Make the page not find anywidget in the environment of the kernel."""
    page.route("**/nbextensions/**", lambda route: route.fulfill(status=404))


@on_each_kernel
@pytest.mark.parametrize("wait", WAITS)
def test_every_wait_obeys_the_stop_button_and_hears_a_sign_in(open_cells, two_ways_server, wait):
    setup = f"from concurrent.futures import ThreadPoolExecutor\n{widget_cell(two_ways_server.uri)}"
    cell = CELL.format(wait=WAITS[wait])
    notebook = open_cells([setup.removesuffix("\npanel"), cell, cell, "'queued'"])
    notebook.execute(0)
    notebook.run(1)
    expect(Panel(notebook, 1).waiting).to_be_visible()
    notebook.stop()
    assert "KeyboardInterrupt" in notebook.cell_done(1)
    expect(Panel(notebook, 1).waiting).to_be_hidden()
    notebook.run(2)
    notebook.run(3)
    panel = Panel(notebook, 2)
    expect(panel.waiting).to_be_visible()
    panel.provider("demo").check()
    panel.sign_in("alice", PASSWORDS["alice"])
    assert f"signed in: {SHE_SEES}" in notebook.cell_done(2)
    assert notebook.cell_done(3) == "'queued'"
    assert [line for line in notebook.console if not line.startswith("debug: Starting WebSocket")] == []


@on_the_newest
def test_in_a_dark_theme_the_panel_is_as_light_as_the_background_of_widgets(open_cells, two_ways_server):
    notebook = open_cells([widget_cell(two_ways_server.uri)], before=in_the_dark)
    assert notebook.page.evaluate("() => document.body.dataset.vscodeThemeKind") == "vscode-dark"
    notebook.execute(0)
    panel = Panel(notebook, 0)
    expect(panel.use_key).to_be_visible()
    of = "(element, name) => getComputedStyle(element)[name]"
    assert panel.region.evaluate(of, "backgroundColor") == "rgb(255, 255, 255)"
    assert {panel.provider(name).evaluate(of, "colorScheme") for name in ("demo", "openid")} == {"light"}
    assert panel.use_key.evaluate(of, "color") == "rgb(13, 71, 161)"
    load_axe(notebook.page)
    assert find_violations(panel.region, colours_alone=True) == []
    panel.begin("openid")
    assert find_violations(panel.region, colours_alone=True) == []


@on_the_newest
def test_no_state_is_hard_to_read_in_either_theme(open_cells):
    parts = parts_of()
    notebook = open_cells([cell_of(part) for part in parts], before=in_the_dark)
    assert len(dict(show(notebook, parts))) == len(STATES)
    load_axe(notebook.page)
    for kind in ("vscode-dark", "vscode-light"):
        notebook.page.evaluate(
            "kind => { document.body.className = document.body.dataset.vscodeThemeKind = kind }", kind
        )
        assert find_violations(panels_in(notebook.page), colours_alone=True) == []


@on_the_newest
def test_where_no_panel_can_be_the_cell_says_what_vs_code_needs(open_cells, two_ways_server):
    setup = widget_cell(two_ways_server.uri).removesuffix("\npanel")
    notebook = open_cells([setup, CELL.format(wait="client = panel.wait()")], before=without_anywidget)
    notebook.execute(0)
    notebook.run(1)
    text = notebook.wait_for_text("does not answer", 1)
    assert "VS Code has not found the package anywidget in the environment of this kernel" in text
    expect(notebook.output_area(1).get_by_text("close the notebook and open it again")).to_be_visible()
    notebook.stop()
    assert "KeyboardInterrupt" in notebook.cell_done(1)
