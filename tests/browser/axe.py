"""axe-core in a page: what it finds in an element, as lines to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kernels import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# All rules that say something of a part of a page, the size of targets included, or those that depend on its colours;
# what axe could not decide counts as found.
_RUN = """(nodes, colours) => axe.run({ include: nodes }, colours
  ? { runOnly: ['color-contrast', 'link-in-text-block'] }
  : { rules: { 'target-size': { enabled: true } } }
).then(results => ({
  found: [...results.violations, ...results.incomplete].flatMap(({ id, nodes }) => nodes.map(node =>
    `${id}: ${node.html.slice(0, 150)} ${node.any.concat(node.all, node.none).map(c => c.message).join(' ')}`)),
  contrast: results.passes.filter(({ id }) => id === 'color-contrast').flatMap(({ nodes }) => nodes).length,
}))"""


def load_axe(page: Page) -> None:
    """Make axe known to a page."""
    page.evaluate((ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    # JupyterLab's body is 0 px high and hides what overflows, and so axe takes all in it for hidden.
    page.add_style_tag(content="body { height: 100vh }")


def find_violations(elements: Locator, *, colours_alone: bool = False) -> list[str]:
    """Return what axe finds in elements that are on the screen.

    Parameters
    ----------
    elements : Locator
    colours_alone : bool
        Try only what another theme can change: all rules take a quarter of a minute for all states.

    Raises
    ------
    AssertionError
        Where it has not seen them all.
    """
    elements.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    results = elements.evaluate_all(_RUN, colours_alone)
    # Every one has words, which have a contrast.
    assert results["contrast"] >= elements.count(), f"axe saw {results['contrast']} texts only"
    found: list[str] = results["found"]
    return found
