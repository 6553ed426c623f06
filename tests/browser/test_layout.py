"""Nothing moves in the panel but what stands below the line that changes; boxes are measured in all states and tabs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from .panel import Panel
from .states import STATES, cell_of, panels_in, parts_of, show, spread

if TYPE_CHECKING:
    from playwright.sync_api import Locator

WIDTHS = (320, 640, 1000, 1200)
# Where things stand in a panel, from its upper left corner, in pixels; those that are not to be seen are left out.
MEASURE = """(panel, selector) => {
    const from = panel.getBoundingClientRect();
    return [...panel.querySelectorAll(selector)]
        .map((each) => [each, each.getBoundingClientRect()])
        .filter(([each, { width, height }]) => width && height && getComputedStyle(each).visibility === "visible")
        .map(([each, { x, y, width, height }]) =>
            [each.textContent.slice(0, 40), x - from.x, y - from.y, width, height].map((n) =>
                typeof n === "number" ? Math.round(2 * n) / 2 : n));
}"""
FRAMES = """() => [...document.querySelectorAll(".tiled-jupyter-panel")].map((panel) => {
    const { x, width } = panel.getBoundingClientRect();
    const wide = [...panel.querySelectorAll("*")].filter((each) =>
        each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === "visible"
        && getComputedStyle(each).display !== "inline" && each.clientWidth > 1);
    return { kind: panel.dataset.kind, x, width, room: panel.parentElement.getBoundingClientRect().width,
        overflows: panel.scrollWidth > panel.clientWidth ? wide.map((each) => each.className) : [] };
})"""
HEAD = "[role=status], .tiled-jupyter-where, [role=tablist], [role=tab]"
LINES = """.tiled-jupyter-foot, .tiled-jupyter-line, .tiled-jupyter-tabs, .tiled-jupyter-form > *,
    .tiled-jupyter-steps > li, .tiled-jupyter-account > *, .tiled-jupyter-details > p, .tiled-jupyter-reason"""

KINDS = ({"signed_in"}, {"disconnected", "connecting", "signed_out", "verifying", "awaiting_authorization"})
WITH_TABS = ("signed in", "signed in, saved", "signed in, the server does not say who you are", "signed in, API key")


def measured(panel: Locator, selector: str) -> list[list[object]]:
    """Return what stands where in a panel."""
    boxes: list[list[object]] = panel.evaluate(MEASURE, selector)
    return boxes


def test_frames_have_one_width_and_tabs_stay_where_they_are(open_notebook):
    parts = parts_of()
    notebook = open_notebook([cell_of(part) for part in parts])
    spread(notebook)
    notebook.page.add_style_tag(content=".tiled-jupyter-attention { display: none !important }")
    shown = dict(show(notebook, parts))
    for width in WIDTHS:
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        frames = notebook.page.evaluate(FRAMES)
        assert len(frames) == len(STATES)
        assert [frame["overflows"] for frame in frames if frame["overflows"]] == []
        assert len({frame["x"] for frame in frames}) == 1
        for kinds in (
            {"signed_in"},
            {"disconnected", "connecting", "signed_out", "verifying", "awaiting_authorization"},
        ):
            whole = [frame for name, frame in zip(shown, frames, strict=True) if "(resumed)" not in name]
            widths = {frame["width"] for frame in whole if frame["kind"] in kinds}
            assert len(widths) == 1, (width, kinds)
        for name, panel in shown.items():
            off = [line for line in measured(panel, LINES) if (float(str(line[2])) - 1) % 4 not in (0, 0.5, 3.5)]
            if not re.search("key|expiry", name):  # a tab with a layout of its own
                assert off == [], (width, name)
        for name in (
            "signed in",
            "signed in, saved",
            "signed in, the server does not say who you are",
            "signed in, API key",
        ):
            before = measured(shown[name], HEAD)
            for tab in ("API keys", "Sign-ins", "Account"):
                shown[name].get_by_role("tab", name=tab, exact=True).click()
                assert measured(shown[name], HEAD) == before, (width, name, tab)


SWITCH = "panel.example = json.loads({state!r})\npanel.publish()"


@pytest.mark.parametrize("width", [320, 1200])
def test_nothing_moves_when_a_form_is_sent_or_comes_back_but_what_is_below(open_notebook, width):
    to = [SWITCH.format(state=json.dumps(STATES[name])) for name in ("verifying", "signed out, wrong password")]
    notebook = open_notebook([cell_of(["signed out"]), *to])
    spread(notebook)
    notebook.page.set_viewport_size({"width": width, "height": 1000})
    notebook.execute(0)
    panel = Panel(notebook, 0)
    region = panels_in(notebook.output_area(0))
    expect(panel.status).to_have_text("Not signed in")
    everything = "h3, label, input, [type=submit], .tiled-jupyter-foot, .tiled-jupyter-choice"
    before, headline = measured(region, everything), measured(region, "h3")
    notebook.execute(1)
    expect(panel.status).to_have_text("Signing in …")
    assert [box[1:4] for box in measured(region, everything)] == [box[1:4] for box in before]
    notebook.execute(2)
    expect(panel.alert).to_be_visible()
    assert measured(region, "h3") == headline  # above the alert
    assert [box[1] for box in measured(region, everything)] == [box[1] for box in before]


def test_the_question_before_signing_out_takes_the_place_of_its_button_and_moves_nothing_above(open_notebook):
    notebook = open_notebook([cell_of(["signed in"])])
    notebook.execute(0)
    panel = Panel(notebook, 0)
    region = panels_in(notebook.output_area(0))
    above = f"{HEAD}, .tiled-jupyter-details > p, .tiled-jupyter-others"
    before = measured(region, above)
    panel.button("Sign out").click()
    question = panel.region.get_by_role("group", name="Sign out", exact=True)
    expect(question).to_be_focused()
    expect(question).to_contain_text("Sign out of tiled.example.org?")
    assert measured(region, above) == before
    expect(question.locator(".tiled-jupyter-primary")).to_have_text("Only this notebook")
    panel.button("Cancel").click()
    expect(panel.button("Sign out")).to_be_focused()
