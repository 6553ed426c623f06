"""For everyone: the call at the edge of the page, motion, password managers, and forms that do not jump."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .axe import find_violations, load_axe
from .states import LOOKS, cell_of, parts_of, show, spread, wear


@pytest.fixture
def gallery(open_notebook):
    """Return ``gallery(names)``: a notebook that shows states, and their panels."""

    def open_gallery(names):
        parts = parts_of(names)
        notebook = open_notebook([cell_of(part) for part in parts])
        spread(notebook)
        return notebook, dict(show(notebook, parts))

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
