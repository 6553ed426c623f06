"""All states at once: what axe-core finds, small pages, large letters, widths and lines, and JupyterLab's shortcuts.

One notebook, because to show all states takes longer than to look at them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from .axe import find_violations, load_axe
from .layout import HEAD, all_measured, measured
from .states import LOOKS, STATES, cell_of, panels_in, parts_of, show, spread, wear

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from .notebook import Notebook

WIDTHS = (320, 640, 1000, 1200)
FRAMES = """() => [...document.querySelectorAll(".tiled-jupyter-panel")].map((panel) => {
    const { x, width } = panel.getBoundingClientRect();
    const wide = [...panel.querySelectorAll("*")].filter((each) =>
        each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === "visible"
        && getComputedStyle(each).display !== "inline" && each.clientWidth > 1);
    return { kind: panel.dataset.kind, x, width, room: panel.parentElement.getBoundingClientRect().width,
        overflows: panel.scrollWidth > panel.clientWidth ? wide.map((each) => each.className) : [] };
})"""
LINES = """.tiled-jupyter-foot, .tiled-jupyter-line, .tiled-jupyter-tabs, .tiled-jupyter-form > *,
    .tiled-jupyter-steps > li, .tiled-jupyter-account > *, .tiled-jupyter-details > p, .tiled-jupyter-reason"""

KINDS = ({"signed_in"}, {"disconnected", "connecting", "signed_out", "verifying", "awaiting_authorization"})
WITH_TABS = ("signed in", "signed in, saved", "signed in, the server does not say who you are", "signed in, API key")
# What is cut off or sticks out of a panel: words, fields and buttons, those for screen readers excepted.
_CUT_OFF = """panels => panels.flatMap(panel => {
  const box = panel.getBoundingClientRect();
  const found = panel.scrollWidth > panel.clientWidth ? ['the panel scrolls'] : [];
  for (const each of panel.querySelectorAll('*')) {
    if (!each.getClientRects().length || each.closest('.tiled-jupyter-unseen, option')) continue;
    const { left, right } = each.getBoundingClientRect();
    const name = `${each.tagName} ${each.className} ${each.textContent.slice(0, 40)}`;
    if (each.hidden) found.push(`is hidden and shows: ${name}`);
    if (left < box.left - 1 || right > box.right + 1) found.push(`sticks out: ${name}`);
    const own = each.matches('input:not([type=checkbox], [type=radio]), select, button');
    if (own && each.scrollHeight > each.clientHeight + 1) found.push(`is cut off: ${name}`);
    const hides = getComputedStyle(each).overflowX !== 'visible' && !each.matches('input, pre');
    if (hides && each.scrollWidth > each.clientWidth + 1) found.push(`scrolls sideways: ${name}`);
  }
  return found.map(each => `${panel.getAttribute('aria-label')}: ${each}`);
})"""
SHORTCUT_KEYS = "aAbBddDDxXlLmMyYcCvVzZ"
# Each field and button once, whatever the number of states it is in; gives the names, and marks the elements.
_CONTROLS = """panels => {
  const seen = new Set();
  for (const each of panels.flatMap(panel => [...panel.querySelectorAll('input, select, button, a, [tabindex="0"]')])) {
    const name = `${each.type} ${each.closest('label')?.innerText ?? each.innerText}`;
    if (!each.checkVisibility() || each.readOnly || seen.has(name)) continue;
    each.dataset.control = seen.size;
    seen.add(name);
  }
  return [...seen];
}"""


@pytest.mark.long
def test_in_all_states_looks_and_widths_nothing_is_wrong_for_anybody(open_notebook):
    parts = parts_of()
    notebook = open_notebook([cell_of(part) for part in parts])
    spread(notebook)
    shown = dict(show(notebook, parts))
    load_axe(notebook.page)
    show_all(notebook, 1200)
    for look in LOOKS:
        wear(notebook, look)
        assert find_violations(panels_in(notebook.page), colours_alone=look != "light") == [], look
    wear(notebook, "light")
    frames_have_one_width_and_tabs_stay_where_they_are(notebook, shown)
    nothing_is_wrong_on_a_small_page(notebook)
    no_key_is_a_shortcut_of_jupyterlab(notebook)


def show_all(notebook: Notebook, width: int) -> None:
    """Make the page so tall that all panels are on the screen."""
    notebook.page.set_viewport_size({"width": width, "height": 1000})
    tallest = notebook.page.locator(".jp-WindowedPanel-outer").evaluate("node => node.scrollHeight")
    notebook.page.set_viewport_size({"width": width, "height": int(tallest) + 400})
    expect(panels_in(notebook.page).last).to_be_in_viewport()


def frames_have_one_width_and_tabs_stay_where_they_are(notebook: Notebook, shown: dict[str, Locator]) -> None:
    hidden = notebook.page.add_style_tag(content=".tiled-jupyter-attention { display: none !important }")
    for width in WIDTHS:
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        frames = notebook.page.evaluate(FRAMES)
        assert len(frames) == len(STATES)
        assert [frame["overflows"] for frame in frames if frame["overflows"]] == []
        assert len({frame["x"] for frame in frames}) == 1
        for kinds in KINDS:
            whole = [frame for name, frame in zip(shown, frames, strict=True) if "(resumed)" not in name]
            widths = {frame["width"] for frame in whole if frame["kind"] in kinds}
            assert len(widths) == 1, (width, kinds)
        for name, lines in zip(shown, all_measured(panels_in(notebook.page), LINES), strict=True):
            off = [line for line in lines if (float(str(line[2])) - 1) % 4 not in (0, 0.5, 3.5)]
            assert off == [], (width, name)
        for name in WITH_TABS:
            before = measured(shown[name], HEAD)
            for tab in ("API keys", "Sign-ins", "Account"):
                shown[name].get_by_role("tab", name=tab, exact=True).click()
                assert measured(shown[name], HEAD) == before, (width, name, tab)
    hidden.evaluate("node => node.remove()")


def nothing_is_wrong_on_a_small_page(notebook: Notebook) -> None:
    """Look at a page of 320 px, which is what 1280 px are at 400 %, and narrower than they are at 200 %."""
    show_all(notebook, 320)
    assert find_violations(panels_in(notebook.page)) == []
    assert panels_in(notebook.page).evaluate_all(_CUT_OFF) == []
    notebook.page.set_viewport_size({"width": 640, "height": 1000})
    sizes = "".join(f"--jp-ui-font-size{i}: {2 * size}px !important;" for i, size in enumerate((11, 13, 15)))
    large = notebook.page.add_style_tag(content=f"*, :root {{ {sizes} }}")
    expect(panels_in(notebook.page).first).to_have_css("font-size", "26px")
    assert panels_in(notebook.page).evaluate_all(_CUT_OFF) == []
    large.evaluate("node => node.remove()")


def no_key_is_a_shortcut_of_jupyterlab(notebook: Notebook) -> None:
    """Type them in each field and button, and copy and paste."""
    notebook.page.set_viewport_size({"width": 1200, "height": 600})
    before = notebook.structure()
    controls = panels_in(notebook.page).evaluate_all(_CONTROLS)
    for number, name in enumerate(controls):
        control = notebook.page.locator(f"[data-control='{number}']")
        control.focus()
        notebook.page.keyboard.type(SHORTCUT_KEYS)
        if name.startswith(("text ", "password ")):
            control.press("ControlOrMeta+a")
            control.press_sequentially(SHORTCUT_KEYS)
            for key in "acv":
                control.press(f"ControlOrMeta+{key}")
            expect(control).to_have_value(SHORTCUT_KEYS)
        assert notebook.structure() == before, name
    assert len([name for name in controls if name.startswith(("text ", "password "))]) >= 8, controls
    assert len(controls) >= 30, controls
