"""Every state, for everyone: what axe-core finds, small pages, large letters, the keyboard, announcements, motion."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .axe import find_violations, load_axe
from .states import LOOKS, cell_of, parts_of, show, spread, wear


@pytest.fixture
def gallery(open_notebook):
    """Give ``gallery(names, width, look)``: a notebook that shows states, all of them on the screen."""

    def open_gallery(names=None, *, width: int = 1200, look: str = "light"):
        parts = parts_of(names) if names else parts_of()
        notebook = open_notebook([cell_of(part) for part in parts])
        wear(notebook, look)
        spread(notebook)
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        shown = dict(show(notebook, parts))
        tallest = notebook.page.locator(".jp-WindowedPanel-outer").evaluate("node => node.scrollHeight")
        notebook.page.set_viewport_size({"width": width, "height": int(tallest) + 400})
        expect(next(reversed(shown.values()))).to_be_in_viewport()
        return notebook, shown

    return open_gallery


@pytest.mark.parametrize(("look", "width"), [("light", 320), *((look, 1200) for look in LOOKS)])
def test_axe_finds_nothing_in_any_state(gallery, look, width):
    notebook, _ = gallery(look=look, width=width)
    load_axe(notebook.page)
    assert find_violations(notebook.panel()) == []
