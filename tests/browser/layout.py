"""Where things stand in a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

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
#: The part of a panel that is the same in all of its tabs.
HEAD = "[role=status], .tiled-jupyter-where, [role=tablist], [role=tab]"


def measured(panel: Locator, selector: str) -> list[list[object]]:
    """Return what stands where in a panel."""
    (boxes,) = all_measured(panel, selector)
    return boxes


def all_measured(panels: Locator, selector: str) -> list[list[list[object]]]:
    """Return what stands where in each of several panels."""
    boxes: list[list[list[object]]] = panels.evaluate_all(
        f"(panels, selector) => panels.map(panel => ({MEASURE})(panel, selector))", selector
    )
    return boxes
