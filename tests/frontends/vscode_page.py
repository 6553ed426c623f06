"""A notebook in the page with VS Code's widget code: `Notebook`, where that page differs from JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.notebook import Notebook

if TYPE_CHECKING:
    from playwright.sync_api import Locator


class VSCodePage(Notebook):
    """One notebook in one page, which has itself what the tests ask it (``vscode/page.ts``)."""

    def _install(self) -> None:
        self.page.wait_for_function("() => !!window.tj")

    def output_area(self, index: int = 0) -> Locator:
        """Return the outputs of a cell in the page."""
        return self.page.locator(".cell").nth(index).locator(".outputs")
