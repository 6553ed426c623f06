"""200 panels opened and closed in one JupyterLab; what kernel and page hold then, beside the same of a Button."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import launch_chromium, new_window
from tests.browser.kernels import ROOT
from tests.browser.lab import Lab
from tests.browser.notebook import Notebook
from tests.server.tiled_server import TiledServer

from .held import grown

WARM, TIMES = 30, {"a Button": 100, "the panel": 200}
ALLOWED = {"threads": 0.02, "file handles": 0.1, "contexts": 0.02, "kB of Python": 10}
# The JavaScript is the text of the page's code, which JupyterLab keeps with each closed widget: docs/soak.md.
MORE_THAN_A_BUTTON = {"widgets": 0, "comms": 0, "listeners": 2, "nodes": 2, "kB of JavaScript": 140}
PREPARE = f"""
import sys, json, tracemalloc
sys.path.insert(0, {str(ROOT)!r})
from IPython.display import display
import ipywidgets
from tests.soak.held import held
from tiled_jupyter import LoginPanel
tracemalloc.start()
"""
KINDS = {
    "a Button": ("shown = ipywidgets.Button(description='Here'); display(shown)", ".jupyter-button"),
    "the panel": ("shown = LoginPanel({uri!r}); display(shown)", "input[name=username]:not([readonly])"),
}
_COUNTS = {"JSEventListeners": "listeners", "Nodes": "nodes", "JSHeapUsedSize": "kB of JavaScript"}


class Soaked:
    """One notebook in one page, of which the browser counts what it holds."""

    def __init__(self, page: Page, lab: Lab, show: str) -> None:
        cells = [PREPARE, show, "shown.close()", "print(json.dumps(held()))"]
        self.notebook = Notebook(page, lab, lab.write_notebook("soak", cells, "k74")).open()
        self._browser = page.context.new_cdp_session(page)
        self._browser.send("Performance.enable")
        self.notebook.execute(0)

    def open_and_close(self, selector: str) -> None:
        """As a person who looks at it and goes on."""
        self.notebook.execute(1)
        self.notebook.output_area(1).locator(selector).wait_for(timeout=20_000)
        self.notebook.execute(2)

    def kernel(self) -> dict[str, float]:
        """Return what the kernel holds."""
        return json.loads(self.notebook.execute(3))

    def page(self) -> dict[str, float]:
        """Return what the page holds after its garbage is collected."""
        for _ in range(2):
            self._browser.send("HeapProfiler.collectGarbage")
        found = {one["name"]: one["value"] for one in self._browser.send("Performance.getMetrics")["metrics"]}
        counts = {ours: found[theirs] for theirs, ours in _COUNTS.items()}
        return {**counts, "kB of JavaScript": counts["kB of JavaScript"] // 1024}


def soak() -> None:
    """Measure after the first panels and at the end."""
    with (
        tempfile.TemporaryDirectory() as directory,
        Lab(Path(directory)) as lab,
        TiledServer() as server,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright)
        limits: dict[str, float] = {}
        for name, (show, selector) in KINDS.items():
            before, after = _of(browser, lab, show.format(uri=server.uri), selector, TIMES[name])
            print(f"{TIMES[name]} times {name} opened and closed; what kernel and page hold:", flush=True)
            times = TIMES[name] - WARM
            grown(before, after, times, limits)
            each = {count: (after[count] - before[count]) / times for count in MORE_THAN_A_BUTTON}
            limits = {**ALLOWED, **{count: each[count] + more for count, more in MORE_THAN_A_BUTTON.items()}}
            lab.reset()
        browser.close()


def _of(browser: Browser, lab: Lab, show: str, selector: str, panels: int) -> list[dict[str, float]]:
    page = new_window(browser).new_page()
    soaked = Soaked(page, lab, show)
    seen = []
    for times in (WARM, panels - WARM):
        for _ in range(times):
            soaked.open_and_close(selector)
        seen.append({**soaked.kernel(), **soaked.page()})
    page.context.close()
    return seen
