"""A page that is loaded while a cell waits: the form is there, and every other widget of the notebook."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.server.tiled_server import PASSWORDS

from .chromium import new_window
from .notebook import Notebook
from .panel import Panel

ALICE = PASSWORDS["alice"]
OTHERS = """
import ipywidgets
made = []

class Broken(ipywidgets.Text):
    def get_state(self, *args, **kwargs):
        return 1 / 0 if made else super().get_state(*args, **kwargs)

kept = ipywidgets.VBox([ipywidgets.IntSlider(7, description="kept"), Broken("broken")])
made.append(True)
kept
"""
WAITS = {
    "k631": "panel.wait()",
    "k74": "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(panel.wait).result()",
}
WHEN = """() => {
  const when = (window.when = {});
  const seen = (what, is) => { if (is && !when[what]) when[what] = performance.now(); };
  const look = setInterval(() => {
    const kernel = window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel;
    seen("connected", kernel?.connectionStatus === "connected");
    seen("slider", document.querySelector(".widget-slider"));
    seen("form", document.querySelector(".jp-OutputArea .tiled-jupyter-panel input[type=password]"));
  }, 10);
}"""


def login(server, kernel: str) -> str:
    shown = f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({server.uri!r})\ndisplay(panel)"
    return f"{shown}\n{WAITS[kernel]}\nprint('goes on')"


def test_loaded_again_or_elsewhere_while_its_cell_waits(open_notebook, tiled_server, kernel, chromium):
    notebook = open_notebook([OTHERS, login(tiled_server, kernel), "1 + 1"], kernel=kernel)
    notebook.execute(0)
    notebook.run(1)
    first = Panel(notebook, 1)
    expect(first.waiting).to_be_visible()
    first.username.press_sequentially("ali")
    notebook.save()

    on_phone = new_window(chromium)
    try:
        page = on_phone.new_page()
        page.set_viewport_size({"width": 390, "height": 800})
        page.add_init_script(f"({WHEN})()")
        other = Notebook(page, notebook.lab, notebook.path).reload_while_a_cell_runs()
        second = Panel(other, 1)
        expect(second.waiting).to_be_visible()
        expect(other.output_area(0).get_by_role("slider")).to_be_visible()
        print(kernel, page.evaluate("window.when"))
        expect(first.username).to_have_value("ali")
        notebook.reload_while_a_cell_runs()
        expect(first.waiting).to_be_visible()
        expect(notebook.output_area(0).get_by_role("slider")).to_be_visible()
        second.sign_in("alice", ALICE)
        first.signed_in_as("alice")
        second.signed_in_as("alice")
    finally:
        on_phone.close()
    assert notebook.execute(2) == "2"
