"""How quick the panel is in a real JupyterLab: to appear, also in a page loaded again, and to be heard by its cell."""

from __future__ import annotations

import json
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

_WARM_RUNS = 12
_COLD_RUNS = 5
_CLICKS = 25
_STOPS = 10
_BUTTON = "import ipywidgets; ipywidgets.Button(description='Usable')"
# From the press of Run to the frame in which the control can be used, on the page's own clock.
_RUN_UNTIL_USABLE = """([index, selector]) => new Promise(resolve => {
  const node = jupyterapp.shell.currentWidget.content.widgets[index].node;
  const begun = performance.now();
  const old = node.querySelector(selector);
  const look = () => {
    const found = node.querySelector(selector);
    if (found && found !== old && found.offsetParent) resolve((performance.now() - begun) / 1000);
    else requestAnimationFrame(look);
  };
  tj.select(index);
  tj.run('notebook:run-cell');
  look();
})"""
# At irregular intervals, so that no poll of the kernel's is hit in step.
_CLICK_MANY = """async ([button, times]) => {
  const clicked = [];
  for (let i = 0; i < times; i++) {
    await new Promise(resolve => setTimeout(resolve, 80 + 120 * Math.random()));
    clicked.push((performance.timeOrigin + performance.now()) / 1000);
    button.click();
  }
  return clicked;
}"""
# Commands are noted and not obeyed, so that the panel stays as it is and every click costs the same.
_NOTING_PANEL = """
import json, time
from tiled_jupyter import LoginPanel
from tiled_jupyter.state.wire import Plain
heard = []
class NotingPanel(LoginPanel):
    def obey(self, command, typed):
        if command in (Plain.CANCEL, Plain.CHANGE_SERVER):
            heard.append(time.time())
        else:
            super().obey(command, typed)
panel = NotingPanel({uri!r})
panel
"""
_UNTIL_STOPPED = """
import time
try:
    print("begun")
    {wait}
finally:
    print("ended", time.time())
"""

_LOADS = 6
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
    """Measure one figure after another."""
    with (
        tempfile.TemporaryDirectory() as directory,
        Lab(Path(directory)) as lab,
        TiledServer() as server,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright)
        yield from _appearing(browser, lab, server.uri)
        for version, kernel in KERNELS.items():
            yield _hearing(browser, lab, server.uri, version, kernel)
            yield _stopping(browser, lab, server.uri, version, kernel)
            yield _loading(browser, lab, server.uri, version, kernel)
        browser.close()


def _open(browser: Browser, lab: Lab, cells: list[str], kernel: str, name: str = "benchmark") -> Notebook:
    page = new_window(browser).new_page()
    return Notebook(page, lab, lab.write_notebook(name, cells, kernel)).open()


def _appearing(browser: Browser, lab: Lab, uri: str) -> Iterator[Figure]:
    asked = Figure("run cell to usable panel, its server asked / to usable Button, kernel 7.4", [], [], "<= 1.2")
    empty = Figure("the same for a panel that asks for the address", [], [], "<= 1.3")
    first = "with the imports, in a kernel just started"
    cold_empty = Figure(f"panel that asks for the address / Button, {first}", [], [], "<= 2")
    cold = Figure(f"panel, its server asked / Button, {first}", [], [], "<= 2")
    cold_asking = Figure(f"panel, its server asked / Button whose cell has asked it, {first}", [], [], "(none)")
    panel = "from tiled_jupyter import LoginPanel; LoginPanel({})"
    asking = f"import httpx; httpx.get({uri + '/api/v1/'!r}); {_BUTTON}"
    cells = [panel.format(repr(uri)), _BUTTON, panel.format(""), asking]
    notebook = _open(browser, lab, cells, "k74")
    kinds = ((0, "input[name=username]:not([readonly])", "ours"), (1, ".jupyter-button", "reference"))
    address = (2, "input[name=tiled-server]:not([readonly])", "ours")
    asker = (3, ".jupyter-button", "reference")

    def once(figure: Figure, index: int, selector: str, series: str) -> None:
        took = notebook.page.evaluate(_RUN_UNTIL_USABLE, [index, selector])
        getattr(figure, series).append(took)

    for run in range(_COLD_RUNS + 1):
        for figure, kind in ((cold, kinds[0]), (cold, kinds[1]), (cold_empty, address), (cold_asking, asker)):
            notebook.restart_kernel()
            once(figure, *kind)
            notebook.page.wait_for_function("() => ![0, 1, 2, 3].some(i => tj.running(i))")
        if not run:  # the first of each only warms the page
            for series in (cold.ours, cold.reference, cold_empty.ours, cold_asking.reference):
                series.clear()
    for index in range(3):
        notebook.execute(index)
    for _ in range(_WARM_RUNS):
        for figure, kind in ((asked, kinds[0]), (asked, kinds[1]), (empty, address)):
            once(figure, *kind)
            notebook.page.wait_for_function("() => ![0, 1, 2].some(i => tj.running(i))")
    empty.reference, cold_empty.reference, cold_asking.ours = asked.reference, cold.reference, cold.ours
    notebook.page.context.close()
    lab.reset()
    yield from (asked, empty, cold_empty, cold, cold_asking)


def _hearing(browser: Browser, lab: Lab, uri: str, version: str, kernel: str) -> Figure:
    cells = [_NOTING_PANEL.format(uri=uri), "panel.wait()", "print(json.dumps(heard)); heard.clear()"]
    notebook = _open(browser, lab, cells, kernel)
    notebook.execute(0)
    panel = Panel(notebook)

    another = panel.button("Use another server")
    another.wait_for()
    idle_clicks = notebook.page.evaluate(_CLICK_MANY, [another.element_handle(), _CLICKS])
    idle_heard = json.loads(notebook.execute(2))

    notebook.run(1)
    cancel = panel.button("Cancel")
    cancel.wait_for()
    waiting_clicks = notebook.page.evaluate(_CLICK_MANY, [cancel.element_handle(), _CLICKS])
    notebook.stop()
    notebook.cell_done(1)
    waiting_heard = json.loads(notebook.execute(2))
    notebook.page.context.close()
    lab.reset()

    figure = Figure(
        f"click to Python in a waiting cell / on an idle kernel, ipykernel {version}",
        [heard - clicked for clicked, heard in zip(waiting_clicks, waiting_heard, strict=True)],
        [heard - clicked for clicked, heard in zip(idle_clicks, idle_heard, strict=True)],
        "<= 2, and < 100 ms",
    )
    figure.notes.append(f"slowest click in a waiting cell {1000 * max(figure.ours):.0f} ms")
    return figure


def _stopping(browser: Browser, lab: Lab, uri: str, version: str, kernel: str) -> Figure:
    panel = f"from tiled_jupyter import LoginPanel; panel = LoginPanel({uri!r}); panel"
    waits = [_UNTIL_STOPPED.format(wait=wait) for wait in ("panel.wait()", "time.sleep(60)")]
    notebook = _open(browser, lab, [panel, *waits], kernel)
    notebook.execute(0)
    figure = Figure(f"stop button to a waiting cell's end / time.sleep's, ipykernel {version}", [], [], "< 500 ms")
    for _ in range(_STOPS):
        for index, series in ((1, figure.ours), (2, figure.reference)):
            notebook.run(index)
            notebook.is_running(index)
            notebook.wait_for_text("begun", index)  # before that, the stop button may end it outside of its `try`
            if index == 1:
                Panel(notebook).waiting.wait_for()
            clicked = notebook.stop()
            series.append(float(notebook.cell_done(index).split("ended ")[1].split()[0]) - clicked)
    notebook.page.context.close()
    lab.reset()
    figure.notes.append(f"slowest {1000 * max(figure.ours):.0f} ms")
    return figure


def _loading(browser: Browser, lab: Lab, uri: str, version: str, kernel: str) -> Figure:
    name = f"page connected to usable form of a cell that waits / to Button on an idle kernel, {version}"
    figure = Figure(name, [], [], "< 1 s")
    idle = _open(browser, lab, [_BUTTON], kernel, "idle")
    waiting = _open(browser, lab, [_FORM.format(uri=uri)], kernel, "waiting")
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
