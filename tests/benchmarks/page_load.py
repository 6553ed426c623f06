"""How soon a page that is loaded again has its form, in a real JupyterLab, while the form's cell waits."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.browser.chromium import launch_chromium, new_window
from tests.browser.kernels import KERNELS
from tests.browser.lab import Lab
from tests.browser.notebook import Notebook
from tests.browser.panel import Panel
from tests.server.tiled_server import TiledServer

from .figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_LOADS = 6
_BUTTON = "import ipywidgets; ipywidgets.Button(description='Usable')"
_FORM = "from tiled_jupyter import LoginPanel; panel = LoginPanel({uri!r}); display(panel); panel.wait()"
# Where either begins: the page has its connection to the kernel, over which it asks what widgets there are.
_WATCH = """(() => {
  const seen = window.benchmark = {};
  const look = () => {
    const session = window.jupyterapp?.shell?.currentWidget?.sessionContext?.session;
    if (session?.kernel?.connectionStatus === "connected") seen.connected ??= performance.now();
    for (const [name, selector] of [["form", "input[name=username]"], ["button", ".jupyter-button"]])
      if (document.querySelector(selector)?.offsetParent) seen[name] ??= performance.now();
    requestAnimationFrame(look);
  };
  look();
})()"""
_TOOK = "name => benchmark[name] && benchmark.connected && (benchmark[name] - benchmark.connected) / 1000"


def measure() -> Iterator[Figure]:
    """Measure one ipykernel after another."""
    with (
        tempfile.TemporaryDirectory() as directory,
        Lab(Path(directory)) as lab,
        TiledServer() as server,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright)
        for version, kernel in KERNELS.items():
            yield _loading(browser, lab, server.uri, version, kernel)
        browser.close()


def _loading(browser: Browser, lab: Lab, uri: str, version: str, kernel: str) -> Figure:
    name = f"page connected to usable form of a cell that waits / to Button on an idle kernel, {version}"
    figure = Figure(name, [], [], "< 1 s")
    idle, waiting = (_open(browser, lab, cell, kernel) for cell in (_BUTTON, _FORM.format(uri=uri)))
    idle.execute(0)
    waiting.run(0)
    Panel(waiting).waiting.wait_for()
    for notebook in (idle, waiting):
        notebook.save()
        notebook.page.add_init_script(_WATCH)
    for load in range(_LOADS + 1):
        for notebook, selector, series in ((waiting, "form", figure.ours), (idle, "button", figure.reference)):
            notebook.page.bring_to_front()
            notebook.reload_while_a_cell_runs()
            took = notebook.page.wait_for_function(_TOOK, arg=selector).json_value()
            if load:  # the first of each only warms the page
                series.append(took)
    figure.notes.append(f"slowest {1000 * max(figure.ours):.0f} ms")
    for notebook in (idle, waiting):
        notebook.page.context.close()
    lab.reset()
    return figure


def _open(browser: Browser, lab: Lab, cell: str, kernel: str) -> Notebook:
    page = new_window(browser).new_page()
    return Notebook(page, lab, lab.write_notebook(f"page-load-{len(browser.contexts)}", [cell], kernel)).open()
