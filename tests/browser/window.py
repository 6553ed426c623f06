"""A browser window that tests share one after the other: each finds it as new, and JupyterLab loaded.

Loading JupyterLab is more than half of what an average test of this ring costs a processor. So a page in which a test
has changed nothing but notebooks is kept for the next one, which opens its notebook there, as a person does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .chromium import HEIGHT, WIDTH, new_window

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from .lab import Lab
    from .notebook import Notebook

_ORIGIN = re.compile("(?P<origin>https?://[^/]+)")
# A page's memory grows with every notebook.
_NOTEBOOKS_PER_PAGE = 20


class Window:
    """One window, with a session's cookies and storage of its own.

    Parameters
    ----------
    browser : Browser
    lab : Lab
        JupyterLab whose pages may be kept.
    """

    def __init__(self, browser: Browser, lab: Lab) -> None:
        self.context = new_window(browser)
        self._lab = lab
        # Stays open: with it the process in which JupyterLab's code is compiled.
        self._blank = self.context.new_page()
        self._blank.goto(lab.status_uri)
        self._kept: Page | None = None
        self._notebooks = 0

    def page(self, lab: Lab) -> Page:
        """Return a page: of this JupyterLab without a notebook, or an empty one."""
        if self._kept is None or lab is not self._lab:
            self._notebooks = 1
            return self.context.new_page()
        self._notebooks += 1
        return self._kept

    def clean(self, kept: Notebook | None = None) -> None:
        """Close what was opened, and remove what it has left: storage, cookies, permissions.

        Parameters
        ----------
        kept : Notebook, optional
            Of the page that the next test may have, if this one has changed nothing but its notebook.
        """
        may_be_kept = (
            kept is not None
            and kept.lab is self._lab
            and kept.lab.module == "jupyterlab"  # others have a page for each notebook
            and not kept.is_page_changed
            and not kept.page.is_closed()
            and kept.page.url.startswith(self._lab.uri)
            and self._notebooks < _NOTEBOOKS_PER_PAGE
        )
        self._kept = kept.close() if kept is not None and may_be_kept else None
        staying = (self._blank, self._kept)
        left = [page for page in self.context.pages if page not in staying]
        origins = {address["origin"] for page in self.context.pages if (address := _ORIGIN.match(page.url))}
        for page in left:
            page.close()
        of_lab = self.context.cookies(self._lab.uri) if self._kept else []
        self.context.clear_cookies()
        self.context.add_cookies(of_lab)
        self.context.clear_permissions()
        browser = self.context.new_cdp_session(self._blank)
        for origin in origins:
            storage = "all" if self._kept is None else "local_storage,indexeddb,cache_storage,service_workers"
            browser.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": storage})
        browser.detach()
        if self._kept is not None:
            self._kept.evaluate("() => sessionStorage.clear()")
            self._kept.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def close(self) -> None:
        """Close it."""
        self.context.close()
