"""What the panel adds to signing in, and to resuming, in a real JupyterLab: both without the person's time."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.browser.chromium import launch_chromium, new_window
from tests.browser.lab import Lab
from tests.browser.notebook import Notebook
from tests.browser.panel import Panel
from tests.server.tiled_server import PASSWORDS, TiledServer

from .figures import Figure
from .people import Sessions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_SIGN_INS = 15
_RESUMPTIONS = 8
_PANEL = "from tiled_jupyter import LoginPanel; LoginPanel({uri!r})"
# The least that can be done: nothing is checked, kept, saved or said but who it is.
_BUTTON = """
import httpx, ipywidgets, ssl
tls = ssl.create_default_context()
button, label = ipywidgets.Button(description="Sign in plainly"), ipywidgets.Label("nobody")
def on_click(_):
    with httpx.Client(verify=tls) as http:
        form = {{"grant_type": "password", "username": "alice", "password": {password!r}}}
        token = http.post("{uri}/api/v1/auth/provider/demo/token", data=form).json()["access_token"]
        said = http.get("{uri}/api/v1/auth/whoami", headers={{"Authorization": f"Bearer {{token}}"}}).json()
    label.value = f"Plainly signed in as {{said['identities'][0]['id']}}"
button.on_click(on_click)
ipywidgets.VBox([button, label])
"""
_NOBODY = "label.value = 'nobody'"
# From the click to the frame in which the text stands there, on the page's own clock; the page is at rest before.
_CLICK_UNTIL_TEXT = """async ([button, region, text]) => {
  await new Promise(resolve => setTimeout(resolve, 400));
  const begun = performance.now();
  button.click();
  while (!region.innerText.includes(text)) await new Promise(requestAnimationFrame);
  return (performance.now() - begun) / 1000;
}"""
_BEGIN = """
import json, time
from tiled_jupyter import Context
context, _ = Context.from_any_uri({uri!r})
"""
_DIE = """
tokens = json.loads({tokens!r}).pop()
context.configure_auth(tokens)
context.http_client.auth.renewed(tokens, context.token_directory, proven=False)
"""
_RESUME = """
begun = time.time()
assert context.http_client.get(f"{context.api_uri}metadata/").status_code == 200
ended = time.time()
"""
_SAY = "print(json.dumps([begun, ended]))"
# Run the cell; when its form can be typed in, on the clock that the kernel has, too.
_RUN_UNTIL_FORM = """index => new Promise(resolve => {
  tj.select(index);
  tj.run('notebook:run-cell');
  const node = jupyterapp.shell.currentWidget.content.widgets[index].node;
  const look = () => {
    const found = node.querySelector('input[name=password]');
    if (tj.running(index) && found?.offsetParent) resolve((performance.timeOrigin + performance.now()) / 1000);
    else requestAnimationFrame(look);
  };
  look();
})"""


def measure() -> Iterator[Figure]:
    """Measure signing in with an idle panel, then requests that resume."""
    server = TiledServer(allow_anonymous_access=False)
    try:
        sessions = Sessions(server)
        with (
            tempfile.TemporaryDirectory() as directory,
            Lab(Path(directory)) as lab,
            sync_playwright() as playwright,
        ):
            browser = launch_chromium(playwright)
            yield _signing_in(browser, lab, server.uri)
            yield _resuming(browser, lab, server.uri, sessions)
            browser.close()
    finally:
        server.close()


def _open(browser: Browser, lab: Lab, cells: list[str]) -> Notebook:
    page = new_window(browser).new_page()
    return Notebook(page, lab, lab.write_notebook("benchmark", cells, "k74")).open()


def _signing_in(browser: Browser, lab: Lab, uri: str) -> Figure:
    cells = [_PANEL.format(uri=uri), _BUTTON.format(uri=uri, password=PASSWORDS["alice"]), _NOBODY]
    notebook = _open(browser, lab, cells)
    notebook.execute(0)
    notebook.execute(1)
    panel = Panel(notebook, 0)
    plain = notebook.output_area(1)
    figure = Figure("Sign in click to signed in / a Button with the same requests", [], [], "<= 1.3")
    for count in range(_SIGN_INS + 1):
        panel.type_password("alice", PASSWORDS["alice"])
        elements = panel.button("Sign in").element_handle(), panel.region.element_handle()
        ours = notebook.page.evaluate(_CLICK_UNTIL_TEXT, [*elements, "Signed in as alice"])
        panel.button("Sign out").click()
        panel.button("Only this notebook").click()
        notebook.execute(2)
        plain.get_by_text("nobody").wait_for()
        elements = plain.get_by_role("button", name="Sign in plainly").element_handle(), plain.element_handle()
        reference = notebook.page.evaluate(_CLICK_UNTIL_TEXT, [*elements, "Plainly signed in as alice"])
        if count:  # the first of each only warms the page
            figure.ours.append(ours)
            figure.reference.append(reference)
    notebook.page.context.close()
    lab.reset()
    return figure


def _resuming(browser: Browser, lab: Lab, uri: str, sessions: Sessions) -> Figure:
    dead = json.dumps([sessions.dead() for _ in range(_RESUMPTIONS + 1)])
    die = f"dead = {dead!r} if 'dead' not in globals() else dead\n" + _DIE.replace("{tokens!r}", "dead")
    die += "dead = json.dumps(json.loads(dead)[:-1])"
    notebook = _open(browser, lab, [_BEGIN.format(uri=uri), die, _RESUME, _SAY])
    notebook.execute(0)
    figure = Figure("in JupyterLab: dead session to resumed request, without the person's time", [], [], "")
    figure.goal = "for information"
    asked, answered = [], []
    for count in range(_RESUMPTIONS + 1):
        notebook.execute(1)
        usable = notebook.page.evaluate(_RUN_UNTIL_FORM, 2)
        panel = Panel(notebook, 2)
        panel.password.press_sequentially(PASSWORDS["alice"])
        panel.button("Sign in").click()
        clicked = notebook.last_click()
        notebook.page.wait_for_function("() => !tj.running(2)")
        begun, ended = json.loads(notebook.execute(3))
        if count:
            asked.append(usable - begun)
            answered.append(ended - clicked)
    figure.ours = [before + after for before, after in zip(asked, answered, strict=True)]
    figure.notes.append(f"request to usable form {1000 * median(asked):.0f} ms")
    figure.notes.append(f"Sign in click to the request's answer {1000 * median(answered):.0f} ms")
    notebook.page.context.close()
    lab.reset()
    return figure
