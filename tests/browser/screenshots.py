"""``make screenshots``: every state of the panel as a real JupyterLab draws it, and the pictures of the README.

Writes docs/images/ for the README and tests/artifacts/states/ for all states. They are looked at by people and
compared by nobody: fonts differ between machines.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect, sync_playwright

from tests.server.tiled_server import PASSWORDS, TiledServer

from .chromium import launch_chromium
from .kernels import KERNELS, ROOT
from .lab import Lab
from .notebook import Notebook
from .panel import Panel

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = ROOT / "docs" / "images"
GALLERY = ROOT / "tests" / "artifacts" / "states"
STATES = json.loads((ROOT / "tests" / "wire.json").read_text(encoding="utf-8"))["states"]
WIDTHS = {"narrow": 320, "wide": 1200}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
# Shows one state after the other, each in a panel of its own.
_GALLERY = """
import json, time
from IPython.display import display, Markdown
from tiled_jupyter import LoginPanel, wire
class Shown(LoginPanel):
    def publish(self):
        state = {{**self.example, "since": time.time() - 3}}
        around = {{"waiting": False, "transport": "shell", "comm": self.comm_id, "servers": [], "remember": "ask"}}
        self.send({{"type": "state", "state": state, "now": time.time(), **around}})
for name, example in json.loads({states!r}).items():
    panel = Shown()
    panel.example = example
    display(Markdown("*" + name + "*"), panel)
"""


def open_notebook(browser: Browser, lab: Lab, cells: list[str], width: int, theme: str) -> Notebook:
    """Open a notebook that is as wide as the page, as in a narrow side-by-side layout."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    notebook = Notebook(context.new_page(), lab, lab.write_notebook("screenshots", cells, KERNELS["7.4"])).open()
    notebook.theme(THEMES[theme])
    notebook.page.evaluate("() => { jupyterapp.shell.mode = 'single-document'; jupyterapp.shell.collapseLeft(); }")
    return notebook


def gallery(browser: Browser, lab: Lab) -> None:
    """Draw every state of wire.json, in both themes, narrow and wide."""
    for theme in THEMES:
        for name, width in WIDTHS.items():
            notebook = open_notebook(browser, lab, [_GALLERY.format(states=json.dumps(STATES))], width, theme)
            notebook.execute(0)
            expect(notebook.panel(0)).to_have_count(len(STATES))
            expect(notebook.panel(0).get_by_text("run the cell to activate").locator("visible=true")).to_have_count(0)
            area = notebook.output_area(0)
            height = area.evaluate("node => node.scrollHeight")
            notebook.page.set_viewport_size({"width": width, "height": int(height) + 400})
            area.screenshot(path=GALLERY / f"{theme}-{name}.png", animations="disabled")
            notebook.page.context.close()


def story(browser: Browser, lab: Lab, uri: str) -> None:
    """Draw the two pictures of the README, of a real sign-in."""
    cells = ["%load_ext tiled_jupyter", f"%tiled_login {uri}", 'client["alice/heating_scan/images"].shape']
    notebook = open_notebook(browser, lab, cells, 900, "light")
    page = notebook.page
    page.set_viewport_size({"width": 900, "height": 800})
    notebook.execute(0)
    notebook.run(1)
    notebook.run(2)
    panel = Panel(notebook, 1)
    expect(panel.waiting).to_be_visible()
    panel.type_password("alice", PASSWORDS["alice"])
    page.screenshot(path=IMAGES / "sign-in-light.png", animations="disabled")
    panel.button("Sign in").click()
    panel.signed_in_as("alice")
    notebook.cell_done(2)
    notebook.theme(THEMES["dark"])
    page.screenshot(path=IMAGES / "signed-in-dark.png", animations="disabled")
    page.context.close()


def main() -> None:
    """Draw all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    GALLERY.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as directory,
        Lab(Path(directory)) as lab,
        TiledServer() as server,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright)
        story(browser, lab, server.uri)
        lab.reset()
        gallery(browser, lab)
        browser.close()


if __name__ == "__main__":
    main()
