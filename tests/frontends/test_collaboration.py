"""Two people on one notebook: both see the panel, one signs in, and nothing secret reaches the other."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.notebook import Notebook
from tests.browser.panel import Panel
from tests.canaries import leaks
from tests.server.tiled_server import PASSWORDS

from .front_ends import COLLABORATION
from .stories import SHE_SEES, in_every, sign_in, waiting_cell, widget_cell

# Nothing of ours keeps a device code; so that it can be searched for, the kernel notes what its server said.
NOTE_DEVICE_CODE = """
import httpx, os, pathlib
as_json = httpx.Response.json
def noted(response, **options):
    said = as_json(response, **options)
    if isinstance(said, dict) and "device_code" in said:
        pathlib.Path(os.environ["TILED_CACHE_DIR"], "noted").write_text(said["device_code"])
    return said
httpx.Response.json = noted
"""
CELLS = {"waiting cell": waiting_cell, "widget cell": widget_cell}


class Colleague(Notebook):
    """Somebody who opens the notebook of another, in a browser of their own, and all that their page hears."""

    def __init__(self, page, lab, path):
        super().__init__(page, lab, path)
        self.heard = []
        page.on("websocket", self._listen)

    def _listen(self, websocket):
        for event in ("framereceived", "framesent"):
            websocket.on(event, lambda frame: self.heard.append(frame if isinstance(frame, bytes) else frame.encode()))


@pytest.fixture
def join(chromium):
    """Yield ``join(notebook)``: a colleague who has it open too."""
    contexts = []

    def one(notebook):
        contexts.append(chromium.new_context())
        return Colleague(contexts[-1].new_page(), notebook.lab, notebook.path).open()

    yield one
    for context in contexts:
        context.close()


def trust(notebook):
    """Trust a notebook, as who made it does: JupyterLab draws nobody else's widgets before.

    A page that has shared a notebook is not for the next test's, which has the same name.
    """
    notebook.change_page("() => tj.run('notebook:trust')")
    notebook.page.get_by_role("button", name="Confirm Trusting this notebook").click()


@in_every([COLLABORATION])
def test_both_see_the_state_one_signs_in_and_the_other_hears_no_secret(
    open_cells, join, lab, two_ways_server, elsewhere, way, cell
):
    client = "panel.client" if cell == "widget cell" else "client"
    notebook = open_cells([NOTE_DEVICE_CODE, CELLS[cell](two_ways_server.uri), f"sorted({client})"])
    trust(notebook)
    colleague = join(notebook)
    assert colleague.kernel_id == notebook.kernel_id
    notebook.execute(0)
    notebook.run(1)
    theirs = Panel(colleague, 1)
    expect(theirs.button("Sign in")).to_be_visible()
    sign_in(Panel(notebook, 1), way, elsewhere)
    theirs.signed_in_as("alice")
    notebook.cell_done(1)
    assert notebook.execute(2) == SHE_SEES
    expect(colleague.output_area(2)).to_contain_text(SHE_SEES)
    heard = {"what the other hears": b"\n".join(colleague.heard)}
    assert b'"signed_in"' in heard["what the other hears"]
    assert PASSWORDS["alice"].encode() not in heard["what the other hears"]
    secrets = {} if way == "password" else {"device code": (lab.tiled_cache / "noted").read_text()}
    for file in (lab.tiled_cache / "tokens").rglob("*_token"):
        secrets[file.name] = file.read_text().strip(' "')
    assert {"access_token", "refresh_token"} <= secrets.keys()
    assert leaks(heard, secrets) == []
