"""A notebook open in JupyterLab: the page object of the browser ring.

Outputs and prompts are read from JupyterLab's own models, so that a text in a cell's source is never taken for
its output; what a person clicks and types goes through the page. It knows nothing of the product.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Dialog, Locator, Page

    from .lab import Lab

# In the page: `nb()` is the notebook on top, `tj` what the tests ask it.
_HELPERS = """() => {
  const nb = () => window.jupyterapp.shell.currentWidget;
  const cell = i => nb().content.widgets[i];
  let asked = Date.now();
  const listens = !!window.tj;
  const recorded = window.tj?.recorded ?? new WeakSet();
  window.tj = {
    clicks: [],
    messages: window.tj?.messages ?? [],
    recorded,
    // What is said between this page and its kernel, without what is in it.
    record: () => {
      const kernel = tj.kernel();
      if (recorded.has(kernel)) return;
      recorded.add(kernel);
      kernel.anyMessage.connect((_, { msg, direction }) => {
        const { msg_type, msg_id, subshell_id = '' } = msg.header;
        const { execution_state = '', comm_id = '' } = msg.content ?? {};
        tj.messages.push([new Date().toISOString(), direction, msg.channel, msg_type, execution_state, msg_id,
          'of', msg.parent_header?.msg_type ?? '', msg.parent_header?.msg_id ?? '', 'comm', comm_id,
          'subshell', subshell_id].join(' '));
        if (tj.messages.length > 5000) tj.messages.shift();
      });
    },
    connected: path => {
      const w = window.jupyterapp?.shell?.currentWidget;
      const connected = w?.context?.localPath === path && w.context.isReady && w.content.widgets.length > 0
        && w.sessionContext?.session?.kernel?.connectionStatus === 'connected';
      if (connected) tj.record();
      return connected;
    },
    ready: path => {
      if (!tj.connected(path)) return false;
      const kernel = tj.kernel();
      // JupyterLab may miss the first status of a new kernel, and shows "unknown" until the next message.
      if (kernel.status === 'unknown' && Date.now() - asked > 3000) {
        asked = Date.now();
        void kernel.requestKernelInfo();
      }
      return kernel.status === 'idle';
    },
    readiness: () => {
      const w = window.jupyterapp?.shell?.currentWidget;
      const kernel = w?.sessionContext?.session?.kernel;
      return { path: w?.context?.path, read: w?.context?.isReady, cells: w?.content?.widgets?.length,
        kernel: kernel?.id, connection: kernel?.connectionStatus, status: kernel?.status,
        dialog: document.querySelector('.jp-Dialog')?.innerText };
    },
    kernel: () => nb().sessionContext.session.kernel,
    select: i => { nb().content.activeCellIndex = i; nb().content.deselectAll(); },
    run: command => { void window.jupyterapp.commands.execute(command); },
    running: i => cell(i).model.executionState === 'running',
    count: i => cell(i).model.executionCount,
    counts: () => nb().content.widgets.map((_, i) => tj.count(i)),
    prompt: i => cell(i).node.querySelector('.jp-InputPrompt').textContent,
    outputs: i => cell(i).model.outputs.toJSON(),
    text: i => cell(i).model.outputs.toJSON().map(o => {
      const text = x => Array.isArray(x) ? x.join('') : (x ?? '');
      if (o.output_type === 'stream') return text(o.text);
      if (o.output_type === 'error') return o.ename + ': ' + o.evalue;
      return text(o.data?.['text/plain']);
    }).join('\\n'),
    structure: () => JSON.stringify(nb().content.widgets.map(c =>
      [c.model.type, c.model.sharedModel.getSource(), !!c.node.querySelector('.cm-lineNumbers')])),
  };
  if (!listens) document.addEventListener('click', () => window.tj.clicks.push(Date.now()), true);
}"""


# In a page that has JupyterLab: whatever else is open there, a launcher that it has put there by itself, goes.
_OPEN = """async path => {
  window.tj?.messages.splice(0);
  await jupyterapp.commands.execute('docmanager:open', { path, factory: 'Notebook' });
  for (const other of [...jupyterapp.shell.widgets('main')])
    if (other !== jupyterapp.shell.currentWidget) other.dispose();
}"""
_CLOSE = "() => { for (const document of [...jupyterapp.shell.widgets('main')]) document.dispose(); }"


class Notebook:
    """One notebook in one page.

    Parameters
    ----------
    page : Page
        Empty, or with JupyterLab and no notebook.
    lab : Lab
    path : str
        As `Lab.write_notebook` gives it.
    """

    def __init__(self, page: Page, lab: Lab, path: str) -> None:
        self.page = page
        self.lab = lab
        self.path = path
        self.console: list[str] = []
        #: Whether the page itself is not as JupyterLab loads it: theme, layout, functions.
        self.is_page_changed = False
        self._counts: dict[int, int | None] = {}
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", self._on_console)
        page.on("dialog", _accept)
        page.on("pageerror", self._on_error)

    def _on_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")

    def _on_error(self, error: PlaywrightError) -> None:
        self.console.append(f"pageerror: {error}")

    def open(self) -> Notebook:
        """Load the page if it is empty, open the notebook and wait until the kernel is idle."""
        if self.page.url.startswith(self.lab.uri):
            self.page.evaluate(_OPEN, self.path)
        else:
            self.page.goto(self.lab.page_uri(self.path))
        try:
            return self._wait_until_ready(PATIENCE / 2)
        except AssertionError as error:
            # Seen in 2 of some 400 openings: JupyterLab does not get to know its new kernel. A person loads again.
            self.console.append(f"loaded again, because: {error}")
            return self.reload()

    def reload(self) -> Notebook:
        """Load the page again, as a person's Ctrl-R does; the kernel goes on."""
        self.page.goto(self.lab.page_uri(self.path))
        return self._wait_until_ready()

    def reload_while_a_cell_runs(self) -> Notebook:
        """Load the page again, and do not wait for the kernel, which has no time for it."""
        self.page.goto(self.lab.page_uri(self.path))
        self._install()
        self.page.wait_for_function("path => tj.connected(path)", arg=self.path)
        return self

    def close(self) -> Page:
        """Close all that is open in JupyterLab, without saving, and return the page."""
        self.page.evaluate(_CLOSE)
        self.page.remove_listener("console", self._on_console)
        self.page.remove_listener("dialog", _accept)
        self.page.remove_listener("pageerror", self._on_error)
        return self.page

    def change_page(self, script: str, argument: object = None) -> None:
        """Run a script that leaves the page other than JupyterLab has made it: no other test gets it."""
        self.is_page_changed = True
        self.page.evaluate(script, argument)

    def _wait_until_ready(self, timeout: float = PATIENCE) -> Notebook:
        try:
            self._install()
            self.page.wait_for_function("path => tj.ready(path)", arg=self.path, timeout=timeout * 1000)
        except PlaywrightTimeout:
            raise AssertionError(f"{self.path} is not ready after {timeout:g} s: {self._readiness()}") from None
        except PlaywrightError as error:
            # A second tab finds its workspace taken: JupyterLab then sends it to another page, once.
            self.console.append(f"looked again, because: {error}")
            self._install()
            self.page.wait_for_function("path => tj.ready(path)", arg=self.path, timeout=timeout * 1000)
        return self

    def _readiness(self) -> str:
        return str(self.page.evaluate("() => JSON.stringify(tj.readiness())"))

    def _install(self) -> None:
        self.page.wait_for_function("() => !!window.jupyterapp", timeout=PATIENCE * 1000)
        self.page.evaluate(_HELPERS)

    # Cells ------------------------------------------------------------------------------------------------

    def set_source(self, index: int, source: str) -> None:
        """Replace what is written in a cell."""
        self.page.evaluate(
            "([i, source]) => jupyterapp.shell.currentWidget.content.widgets[i].model.sharedModel.setSource(source)",
            [index, source],
        )

    def run(self, index: int = 0) -> None:
        """Run a cell, as Shift-Enter does; do not wait for it."""
        self._remember()
        self.page.evaluate("i => { tj.select(i); tj.run('notebook:run-cell'); }", index)

    def run_by_key(self, index: int = 0) -> None:
        """Run a cell with the keyboard."""
        self._remember()
        self.page.evaluate("i => { tj.select(i); jupyterapp.shell.currentWidget.content.activate(); }", index)
        self.page.keyboard.press("Shift+Enter")

    def run_all(self) -> None:
        """Run All Cells; do not wait for them."""
        self._remember()
        self.page.evaluate("() => tj.run('notebook:run-all-cells')")

    def _remember(self) -> None:
        self._counts = dict(enumerate(self.page.evaluate("() => tj.counts()")))

    def cell_done(self, index: int = 0, timeout: float = PATIENCE) -> str:
        """Wait until a cell that was run has its number and its reply; return its text."""
        try:
            self.page.wait_for_function(
                "([i, before]) => !tj.running(i) && tj.count(i) !== null && tj.count(i) !== before"
                " && /\\[\\d+\\]/.test(tj.prompt(i))",
                arg=[index, self._counts.get(index)],
                timeout=timeout * 1000,
            )
        except PlaywrightTimeout:
            raise AssertionError(
                f"Cell {index} is not done after {timeout:g} s: {self.prompt(index)} {self.text(index)!r}"
            ) from None
        return self.text(index)

    def execute(self, index: int = 0, timeout: float = PATIENCE) -> str:
        """Run a cell to its end and return its text."""
        self.run(index)
        return self.cell_done(index, timeout)

    def is_running(self, index: int = 0) -> None:
        """Wait until a cell shows that it runs or is queued."""
        self.page.wait_for_function("i => tj.prompt(i).includes('[*]')", arg=index)

    def prompt(self, index: int = 0) -> str:
        """Return the prompt of a cell, ``[*]:`` while it runs or waits."""
        return str(self.page.evaluate("i => tj.prompt(i)", index))

    def outputs(self, index: int = 0) -> list[dict[str, Any]]:
        """Return the outputs of a cell as the notebook format has them."""
        outputs: list[dict[str, Any]] = self.page.evaluate("i => tj.outputs(i)", index)
        return outputs

    def text(self, index: int = 0) -> str:
        """Return the text of a cell's outputs: streams, plain text, ``Error: message``."""
        return str(self.page.evaluate("i => tj.text(i)", index))

    def wait_for_text(self, text: str, index: int = 0, timeout: float = PATIENCE) -> str:
        """Wait until the outputs of a cell contain a text."""
        try:
            self.page.wait_for_function("([i, t]) => tj.text(i).includes(t)", arg=[index, text], timeout=timeout * 1000)
        except PlaywrightTimeout:
            raise AssertionError(f"No {text!r} in cell {index} after {timeout:g} s: {self.text(index)!r}") from None
        return self.text(index)

    def output_area(self, index: int = 0) -> Locator:
        """Return the output area of a cell in the page."""
        return self.page.locator(".jp-Cell").nth(index).locator(".jp-Cell-outputArea")

    def panel(self, index: int | None = None) -> Locator:
        """Return the sign-in panel: of a cell, or the only one."""
        scope = self.page if index is None else self.output_area(index)
        return scope.get_by_role("region", name=re.compile("^Tiled sign-in"))

    def structure(self) -> str:
        """Return what a stray shortcut would change: number, type, source and line numbers of the cells."""
        return str(self.page.evaluate("() => tj.structure()"))

    # Kernel -----------------------------------------------------------------------------------------------

    @property
    def kernel_id(self) -> str:
        """The id of the kernel."""
        return str(self.page.evaluate("() => tj.kernel().id"))

    def kernel_status(self) -> str:
        """Return the status JupyterLab shows, for example ``idle``."""
        return str(self.page.evaluate("() => tj.kernel().status"))

    def restart_kernel(self) -> None:
        """Restart the kernel, as the menu does, and wait until it is idle."""
        self.page.evaluate("() => tj.kernel().restart()")
        self._wait_until_ready()

    def take_control_channel_away(self) -> None:
        """Make this page like one that cannot send on the control channel: not all front ends can."""
        self.change_page("""() => {
          let owner = tj.kernel();
          while (!Object.hasOwn(owner, 'sendControlMessage')) owner = Object.getPrototypeOf(owner);
          owner.sendControlMessage = undefined;
        }""")

    def stop(self) -> float:
        """Click the stop button of the toolbar; return when it was clicked, in seconds since 1970."""
        self.page.get_by_role("button", name="Interrupt the kernel").click()
        return self.last_click()

    def last_click(self) -> float:
        """Return when the page saw its last click, in seconds since 1970: the kernel has the same clock."""
        clicked: float = self.page.evaluate("() => tj.clicks.at(-1) / 1000")
        return clicked

    # Document ---------------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """Save and return the document as it is on disk."""
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
        return self.lab.saved_notebook(self.path)

    def theme(self, name: str) -> None:
        """Switch to ``JupyterLab Light``, ``JupyterLab Dark`` or another, and wait for it."""
        self.change_page("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", name)
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)


def _accept(dialog: Dialog) -> None:
    dialog.accept()  # "leave this page?", when it is loaded again
