"""``make screenshots``: every state of the panel as a real JupyterLab draws it, and the pictures of the README.

Writes docs/images/ for the README and tests/artifacts/states/ for all states. They are looked at by people and
compared by nobody: fonts differ between machines.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

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
WIRE = json.loads((ROOT / "tests" / "wire.json").read_text(encoding="utf-8"))
STATES = WIRE["states"] | {
    "signed in (resumed)": WIRE["states"]["signed in"],
    "signed out (no encryption)": WIRE["states"]["signed out"],
    "signed out, several providers (no encryption)": WIRE["states"]["signed out, several providers"],
}
# What a person opens in some of them: tabs, and buttons.
KEYS, SIGN_INS = "API keys", "Sign-ins"
OPENED = {
    "signed out, somebody else": ["alice · Not alice?"],
    "awaiting authorization, to resume": ["Show QR code"],
    "signed in, in the web page": ["Sign out"],
    "signed in, reading keys": [KEYS],
    "signed in, keys": [KEYS, "More", "Delete key 5e6f7a8b"],
    "signed in, files of keys that expired": [KEYS],
    "signed in, no keys yet": [KEYS],
    "signed in, expiry proposed": [KEYS],
    "signed in, expiry cut short": [KEYS],
    "signed in, no more keys": [KEYS],
    "signed in, keys limited by the site": [KEYS],
    "signed in, keys unavailable": [KEYS],
    "signed in, key not made": [KEYS],
    "signed in, keys not read": [KEYS],
    "signed in, key made": ["Dismiss"],
    "signed in, key made and saved": ["How to use it in a job"],
    "key in a cell": ["Revoke this key now"],
    "signed in with a key, keys": [KEYS, "Delete key 1a2b3c4d"],
    "signed in, sign-ins": [SIGN_INS, "End all others"],
    "signed in, no sign-ins listed": [SIGN_INS],
    "signed in, sign-in not ended": [SIGN_INS],
}
WIDTHS = {"narrow": 320, "wide": 1200}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_A_CELL = 11  # JupyterLab shows no more than 50 outputs of a cell.
# Shows one state after the other, each in a panel of its own.
_GALLERY = """
import dataclasses, json, time
from IPython.display import display, Markdown
from tiled_jupyter import LoginPanel, wire
def later(value, key=None):
    # Times in the examples are of another day.
    if isinstance(value, dict):
        return {{name: later(each, name) for name, each in value.items()}}
    if isinstance(value, list):
        return [later(each) for each in value]
    return value + time.time() - {now} if value and key in ("good_until", "expires", "last_used", "since") else value
class Shown(LoginPanel):
    def publish(self):
        now = time.time()
        state = {{**later(self.example), "since": now - 3}}
        if "code" in state:
            state["code"] = {{**state["code"], "deadline": now + 872}}
        form = state.get("form", state)
        resuming = bool(form.get("expected"))
        around = wire.Surroundings(
            now=now, waiting=resuming or self.always, transport="shell", comm=self.comm_id, servers=[], remember="ask",
            cell=14, resuming=resuming or self.folded, exposed=self.exposed)
        self.send({{"type": "state", "state": state, **dataclasses.asdict(around)}})
for name, example in json.loads({states!r}).items():
    panel = Shown()
    panel.example = example
    panel.always = name in ("out of sight", "captured")
    panel.folded = name.endswith("(resumed)")
    panel.exposed = name.endswith("(no encryption)")
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
    names = list(STATES)
    parts = [{name: STATES[name] for name in names[i : i + _A_CELL]} for i in range(0, len(names), _A_CELL)]
    now = WIRE["messages"]["to_page"][0]["now"]
    cells = [_GALLERY.format(states=json.dumps(part), now=now) for part in parts]
    for theme in THEMES:
        for width_name, width in WIDTHS.items():
            notebook = open_notebook(browser, lab, cells, width, theme)
            for index, part in enumerate(parts):
                notebook.execute(index)
                panels = notebook.output_area(index).get_by_role("region", name=re.compile("^(Tiled sign-in|API key)"))
                expect(panels).to_have_count(len(part))
                expect(panels.get_by_role("status").filter(has_text=re.compile("."))).to_have_count(len(part))
                for position, name in enumerate(part):
                    panel = panels.nth(position)
                    for opened in OPENED.get(name, ()):
                        role: Literal["tab", "button"] = "tab" if opened in (KEYS, SIGN_INS) else "button"
                        panel.get_by_role(role, name=opened, exact=True).click()
                area = notebook.output_area(index)
                height = area.evaluate("node => node.scrollHeight")
                notebook.page.set_viewport_size({"width": width, "height": int(height) + 400})
                area.screenshot(path=GALLERY / f"{theme}-{width_name}-{index + 1}.png", animations="disabled")
            notebook.page.context.close()


def unseen(browser: Browser, lab: Lab) -> None:
    """Draw the cards of prompts that nobody sees: one out of sight, one without a view."""
    states = {"out of sight": STATES["signed out"], "captured": STATES["signed out, session ended"]}
    cell = _GALLERY.format(states=json.dumps(states), now=0)
    cells = [cell.replace("display(", "name == 'captured' or display("), *["#\n" * 30] * 3]
    for theme in THEMES:
        for width_name, width in WIDTHS.items():
            lab.reset()  # A kernel that goes on has panels of its own that nobody sees.
            notebook = open_notebook(browser, lab, cells, width, theme)
            notebook.page.set_viewport_size({"width": width, "height": 700})
            notebook.execute(0)
            notebook.page.locator(".jp-Cell").last.scroll_into_view_if_needed()
            expect(notebook.page.get_by_text("waits for your Tiled sign-in")).to_have_count(2)
            notebook.page.screenshot(path=GALLERY / f"{theme}-{width_name}-unseen.png", animations="disabled")
            notebook.page.context.close()


def story(browser: Browser, lab: Lab, uri: str) -> None:
    """Draw the three pictures of the README, of a real sign-in and a key."""
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
    panel.tab(KEYS).click()
    panel.region.get_by_label("What is this key for?").fill("heating scan, nightly analysis")
    panel.button("Create API key").click()
    expect(panel.button("Save to file")).to_be_visible()
    panel.region.screenshot(path=IMAGES / "api-key-light.png", animations="disabled")
    panel.button("Save to file").click()
    expect(panel.region.get_by_text("Saved to")).to_be_visible()
    panel.button("Dismiss").click()
    panel.tab("Account").click()
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
        unseen(browser, lab)
        browser.close()


if __name__ == "__main__":
    main()
