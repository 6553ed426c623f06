"""Nothing moves in the panel but what stands below the line that changes; boxes are measured."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from .layout import HEAD, measured
from .panel import Panel
from .states import STATES, cell_of, panels_in, spread

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
    expect(panel.button("Sign out")).to_be_visible()
    before = measured(region, above)
    panel.button("Sign out").click()
    question = panel.region.get_by_role("group", name="Sign out", exact=True)
    expect(question).to_be_focused()
    expect(question).to_contain_text("Sign out of tiled.example.org?")
    assert measured(region, above) == before
    expect(question.locator(".tiled-jupyter-primary")).to_have_text("Only this notebook")
    panel.button("Cancel").click()
    expect(panel.button("Sign out")).to_be_focused()
