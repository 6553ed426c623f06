"""Every state of the panel in a real JupyterLab: the examples of wire.json, each in a panel of its own.

It shows and opens them; what is then looked for is the affair of `screenshots` and of the tests.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import expect

from .kernels import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from playwright.sync_api import Locator, Page

    from .notebook import Notebook

WIRE = json.loads((ROOT / "tests" / "wire.json").read_text(encoding="utf-8"))
# What else decides how a state looks stands in brackets.
STATES = WIRE["states"] | {
    "disconnected (servers known)": WIRE["states"]["disconnected"],
    "signed in (resumed)": WIRE["states"]["signed in"],
    "signed out (help)": WIRE["states"]["signed out"],
    "signed out (waiting)": WIRE["states"]["signed out"],
    "signed out (elsewhere)": WIRE["states"]["signed out, session ended and nothing waits"],
    "signed out (no encryption)": WIRE["states"]["signed out"],
    "signed out, several providers (no encryption)": WIRE["states"]["signed out, several providers"],
}
# What a person opens in some of them: tabs, and buttons.
KEYS, SIGN_INS = "API keys", "Sign-ins"
OPENED = {
    "signed out, somebody else": ["alice · Not alice?"],
    "signed out, session ended of somebody without a name": ["Somebody else?"],
    "signed out, server trouble": ["Use an API key"],
    "awaiting authorization, to resume": ["Show QR code"],
    "signed in, in the web page": ["Sign out"],
    "signed in, reading keys": [KEYS],
    "signed in, keys": [KEYS, "More permissions", "Delete key 5e6f7a8b"],
    "signed in, files of keys that expired": [KEYS],
    "signed in, no keys yet": [KEYS],
    "signed in, expiry proposed": [KEYS, "Fit to a job"],
    "signed in, expiry cut short": [KEYS, "Fit to a job"],
    "signed in, no more keys": [KEYS],
    "signed in, keys limited by the site": [KEYS],
    "signed in, keys unavailable": [KEYS],
    "signed in, key not made": [KEYS],
    "signed in, keys not read": [KEYS],
    "signed in, key made": ["Done"],
    "signed in, scripts of a key": [KEYS],
    "signed in, script saved": [KEYS],
    "signed in, script in the way": [KEYS],
    "key in a cell": ["Revoke this key now"],
    "signed in with a key, keys": [KEYS, "Delete key 1a2b3c4d"],
    "signed in, sign-ins": [SIGN_INS, "End all others"],
    "signed in, no sign-ins listed": [SIGN_INS],
    "signed in, sign-in not ended": [SIGN_INS],
}
#: How a person may look at them: JupyterLab's theme, and what the system forces.
LOOKS: dict[str, tuple[str, Literal["active", "none"]]] = {
    "light": ("JupyterLab Light", "none"),
    "dark": ("JupyterLab Dark", "none"),
    "high contrast": ("JupyterLab Dark High Contrast", "none"),
    "forced colors": ("JupyterLab Light", "active"),
}
_A_CELL = 11  # JupyterLab shows no more than 50 outputs of a cell.
# Shows one state after the other, each in a panel of its own.
_CELL = """
import dataclasses, json, time
from IPython.display import display, Markdown
from tiled_jupyter import LoginPanel
from tiled_jupyter.state import wire
def later(value, key=None):
    # Times in the examples are of another day.
    if isinstance(value, dict):
        return {{name: later(each, name) for name, each in value.items()}}
    if isinstance(value, list):
        return [later(each) for each in value]
    return value + time.time() - {now} if value and key in ("good_until", "expires", "last_used", "since") else value
class Shown(LoginPanel):
    around = ""
    example = None
    def publish(self):
        if self.example is None:
            return
        now = time.time()
        state = {{**later(self.example), "since": now - 3}}
        if "code" in state:
            state["code"] = {{**state["code"], "deadline": now + 872}}
        form = state.get("form", state)
        resuming = bool(form.get("expected")) or self.around == "resumed"
        around = wire.Surroundings(
            now=now, waiting=resuming or self.around == "waiting", transport="shell", comm=self.comm_id, remember="ask",
            servers=["https://tiled.example.org"] if self.around == "servers known" else [],
            help_url="https://help.example.org" if self.around == "help" else "", cell=14, resuming=resuming,
            exposed=self.around == "no encryption", elsewhere=self.around == "elsewhere")
        self.send({{"type": "state", "state": state, **dataclasses.asdict(around)}})
for name, example in json.loads({states!r}).items():
    panel = Shown()
    panel.example = example
    panel.around = name.partition("(")[2].rstrip(")")
    {shown}
"""
_SHOWN = 'display(Markdown("*" + name + "*"), panel)'


def cell_of(names: Iterable[str], shown: str = _SHOWN) -> str:
    """Return a cell that shows states; `shown` is a statement that displays a `panel`."""
    states = json.dumps({name: STATES[name] for name in names})
    return _CELL.format(states=states, now=WIRE["messages"]["to_page"][0]["now"], shown=shown)


def parts_of(names: Iterable[str] = tuple(STATES)) -> list[list[str]]:
    """Return the names in parts of which each fits in a cell."""
    chosen = list(names)
    return [chosen[i : i + _A_CELL] for i in range(0, len(chosen), _A_CELL)]


def panels_in(place: Locator | Page) -> Locator:
    """Return the panels, whatever they are called: not all of them are there to sign in."""
    return place.locator(".tiled-jupyter-panel")


def show(notebook: Notebook, parts: list[list[str]]) -> Iterator[tuple[str, Locator]]:
    """Run each part's cell, open in each panel what is to be opened, and yield names and panels."""
    for index, part in enumerate(parts):
        notebook.execute(index)
        panels = panels_in(notebook.output_area(index))
        expect(panels).to_have_count(len(part))
        expect(panels.get_by_role("status").filter(has_text=re.compile("."))).to_have_count(len(part))
        for position, name in enumerate(part):
            panel = panels.nth(position)
            for opened in OPENED.get(name, ()):
                role: Literal["tab", "button"] = "tab" if opened in (KEYS, SIGN_INS) else "button"
                panel.get_by_role(role, name=opened, exact=True).click()
        yield from ((name, panels.nth(position)) for position, name in enumerate(part))


def wear(notebook: Notebook, look: str) -> None:
    """Make the page look as a person wants it."""
    theme, forced = LOOKS[look]
    notebook.page.emulate_media(forced_colors=forced)
    notebook.theme(theme)


def spread(notebook: Notebook) -> None:
    """Spread the notebook over the whole page, as in a narrow side-by-side layout."""
    notebook.change_page("() => { jupyterapp.shell.mode = 'single-document'; jupyterapp.shell.collapseLeft(); }")
