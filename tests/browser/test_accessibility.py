"""Every state, for everyone: what axe-core finds, small pages, large letters, the keyboard, announcements, motion."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .axe import find_violations, load_axe
from .states import LOOKS, cell_of, panels_in, parts_of, show, spread, wear


@pytest.fixture
def gallery(open_notebook):
    """Return ``gallery(names, width)``: a notebook that shows states, all of them on the screen."""

    def open_gallery(names=None, *, width: int = 1200):
        parts = parts_of(names) if names else parts_of()
        notebook = open_notebook([cell_of(part) for part in parts])
        spread(notebook)
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        shown = dict(show(notebook, parts))
        tallest = notebook.page.locator(".jp-WindowedPanel-outer").evaluate("node => node.scrollHeight")
        notebook.page.set_viewport_size({"width": width, "height": int(tallest) + 400})
        expect(next(reversed(shown.values()))).to_be_in_viewport()
        return notebook, shown

    return open_gallery


def test_axe_finds_nothing_in_the_call_at_the_edge_of_the_page_nor_after_a_restart(open_notebook):
    captured = "signed out, session ended"
    cell = cell_of(["signed out (waiting)", captured], f"name == {captured!r} or display(panel)")
    notebook = open_notebook([cell, *["#\n" * 40] * 3])
    notebook.execute(0)
    notebook.page.locator(".jp-Cell").last.scroll_into_view_if_needed()
    calls = notebook.page.get_by_role("region", name="Waiting for you")
    expect(calls.get_by_text("waits for your Tiled sign-in")).to_have_count(2)
    load_axe(notebook.page)
    for look in LOOKS:
        wear(notebook, look)
        assert find_violations(calls, colours_alone=look != "light") == [], look
    notebook.restart_kernel()
    restarted = notebook.panel(0)
    restarted.scroll_into_view_if_needed()
    expect(restarted.get_by_role("status")).to_contain_text("has ended")
    assert find_violations(restarted) == []


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


def test_on_a_small_page_axe_finds_nothing_and_nothing_is_cut_off_nor_with_letters_twice_as_large(gallery):
    """A page of 320 px is what 1280 px are at 400 %, and narrower than they are at 200 %."""
    notebook, _ = gallery(width=320)
    load_axe(notebook.page)
    assert find_violations(panels_in(notebook.page)) == []
    assert panels_in(notebook.page).evaluate_all(_CUT_OFF) == []
    notebook.page.set_viewport_size({"width": 640, "height": 20_000})
    sizes = "".join(f"--jp-ui-font-size{i}: {2 * size}px !important;" for i, size in enumerate((11, 13, 15)))
    notebook.page.add_style_tag(content=f"*, :root {{ {sizes} }}")
    expect(panels_in(notebook.page).first).to_have_css("font-size", "26px")
    assert panels_in(notebook.page).evaluate_all(_CUT_OFF) == []


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


def test_in_no_state_and_look_axe_finds_anything_and_no_key_is_a_shortcut_of_jupyterlab(gallery):
    """Nor what is copied and pasted. One test, because to show all states takes as long as to look at them."""
    notebook, _ = gallery()
    load_axe(notebook.page)
    for look in LOOKS:
        wear(notebook, look)
        assert find_violations(panels_in(notebook.page), colours_alone=look != "light") == [], look
    wear(notebook, "light")
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


def test_nothing_turns_for_who_wants_less_motion(gallery):
    notebook, _ = gallery(["connecting", "verifying", "awaiting authorization", "signed in, reading keys"])
    turning = (
        "() => document.getAnimations().filter(a => a.effect?.target?.closest('.tiled-jupyter-panel')"
        " && a.playState === 'running' && a.effect.getTiming().duration > 0).length"
    )
    notebook.page.wait_for_function(f"{turning.removeprefix('() => ')} === 2")
    notebook.is_page_changed = True
    notebook.page.emulate_media(reduced_motion="reduce")
    assert notebook.page.evaluate(turning) == 0


def test_chromium_knows_the_form_for_what_it_is(gallery):
    """Its password manager looks at every form, and says in the console what it misses."""
    notebook, shown = gallery(["signed out", "signed out, wrong key"])
    form = shown["signed out"].locator("form")
    expect(form.get_by_label("User name")).to_have_attribute("autocomplete", "username")
    expect(form.get_by_label("Password")).to_have_attribute("autocomplete", "current-password")
    expect(form.locator("[type=submit]")).to_have_count(1)
    notebook.change_page(
        """() => document.body.append(Object.assign(document.createElement('input'), { type: 'password' }))"""
    )
    notebook.page.wait_for_function("() => document.querySelectorAll('input[type=password]').length > 1")
    assert [line for line in notebook.console if "[DOM]" in line] == []


def test_nothing_jumps_from_under_the_hand_when_a_form_is_sent(gallery):
    """The form that was filled in, the same while it is checked, and again afterwards: only the last line differs."""
    _, shown = gallery(["signed out (waiting)", "verifying", "signed out, cancelled", "disconnected", "connecting"])
    where = (
        "panel => [...panel.querySelectorAll('input, [type=submit]')].filter(each => each.checkVisibility())"
        ".map(each => each.getBoundingClientRect()).map(({ x, y, width, height }) =>"
        " [x, y - panel.getBoundingClientRect().y, width, height])"
    )
    filled, checked, again, address, connecting = (panel.evaluate(where) for panel in shown.values())
    assert len(filled) == 4
    assert filled == checked == again
    assert len(address) == 2
    assert address == connecting
