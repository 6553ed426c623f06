"""Notebooks of the project that need a person, as the demo shows them."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.server.tiled_server import PASSWORDS, TiledServer
from tiled_jupyter.demo.server import ACCESS_TOKENS_LAST

from .chromium import new_window
from .kernels import ROOT
from .lab import Lab
from .notebook import Notebook
from .panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

DYING = "03-a-session-that-dies.ipynb"


@pytest.fixture
def notebook(chromium: Browser, tmp_path) -> Iterator[Notebook]:
    """Open notebook 03 where the server gives tokens for as long as the demo's does."""
    with (
        TiledServer(access_token_max_age=ACCESS_TOKENS_LAST) as server,
        Lab(tmp_path, environment={"TILED_JUPYTER_DEMO_URI": server.uri}) as lab,
    ):
        shutil.copy(ROOT / "notebooks" / DYING, lab.notebooks)
        page = new_window(chromium).new_page()
        yield Notebook(page, lab, DYING).open()
        page.context.close()


def test_notebook_03_is_resumed_in_the_loop_and_for_eight_threads(notebook):
    cells = {cell["id"]: place for place, cell in enumerate(notebook.lab.saved_notebook(DYING)["cells"])}

    def run_and_sign_in(name: str) -> str:
        notebook.run(cells[name])
        panel = Panel(notebook, cells[name])
        expect(panel.region).to_have_count(1)
        expect(panel.region.get_by_text(re.compile("has ended .* Sign in to go on"))).to_be_visible()
        panel.sign_in("alice", PASSWORDS["alice"])
        said = notebook.cell_done(cells[name])
        expect(panel.region).to_have_count(1)
        return said

    notebook.execute(cells["load"])
    notebook.run(cells["login"])
    Panel(notebook, cells["login"]).sign_in("alice", PASSWORDS["alice"])
    notebook.cell_done(cells["login"])
    assert notebook.execute(cells["images"]) == "(20, 128, 128)"
    notebook.execute(cells["end"])
    assert re.findall(r"\d+", run_and_sign_in("loop"))[:20] == [str(number) for number in range(20)]
    assert "Figure" in notebook.execute(cells["plot"])
    assert run_and_sign_in("threads").rstrip().endswith("]")
    assert "datetime.datetime" in notebook.execute(cells["ensure"])
