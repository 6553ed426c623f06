"""Where the panel cannot be, or is no longer: what stands in its place, and how a cell goes on (rows B9, D3)."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.approval import approve_without_a_page
from tests.server.tiled_server import PASSWORDS

from .panel import Panel
from .test_silent_page import block_anywidget

ALICE = PASSWORDS["alice"]
NEUTRAL = "Tiled sign-in: run the cell to activate"
WIDGET = "application/vnd.jupyter.widget-view+json"


def login(server, *arguments):
    words = " ".join(["%tiled_login", server.uri, *arguments])
    return f"%load_ext tiled_jupyter\n{words}\nprint('goes on', sorted(client))"


def data_of(output):
    """Give the texts of an output by their type."""
    return {kind: "".join(text) for kind, text in output["data"].items() if kind.startswith("text/")}


def withdraw_widgets(page):
    """Make JupyterLab one without any widgets, as where jupyterlab_widgets is not installed."""
    page.route("**/extensions/**/jupyterlab-manager/**", lambda route: route.fulfill(status=404))


def test_the_first_output_is_constant_and_names_nobody(open_notebook, two_ways_server):
    notebook = open_notebook([login(two_ways_server, "--provider openid")])
    notebook.run(0)
    panel = Panel(notebook, 0)
    seen = []
    expect(panel.waiting).to_be_visible()
    seen.append(notebook.outputs(0)[0])
    code = panel.begin()
    seen.append(notebook.outputs(0)[0])
    approve_without_a_page(panel.link.get_attribute("href"), user_code=code)
    notebook.cell_done(0)
    seen += [notebook.outputs(0)[0], notebook.save()["cells"][0]["outputs"][0]]
    assert [data_of(output) for output in seen] == 4 * [{"text/plain": NEUTRAL, "text/html": f"<p>{NEUTRAL}</p>"}]
    assert all(set(output["data"]) == {"text/plain", "text/html", WIDGET} for output in seen)


def test_without_widgets_the_neutral_text_stands_there_and_a_web_page_signs_in(open_notebook, two_ways_server):
    """As VS Code, Colab or a JupyterLab without its widgets would show it: HTML and text, no comm."""
    notebook = open_notebook([login(two_ways_server, "--provider openid")], before=withdraw_widgets)
    notebook.run(0)
    expect(notebook.output_area(0).get_by_text(NEUTRAL)).to_be_visible()
    notebook.wait_for_text("does not answer", timeout=15)
    second = notebook.output_area(0)
    expect(second.get_by_text("%tiled_login")).to_be_visible()
    assert notebook.is_running(0) is None
    notebook.stop()
    notebook.cell_done(0)
    expect(second.get_by_text("does not answer")).to_have_count(0)
    texts = {json.dumps(data_of(output)) for output in notebook.outputs(0) if "data" in output}
    assert texts == {json.dumps({"text/plain": NEUTRAL, "text/html": f"<p>{NEUTRAL}</p>"})}
