"""Find the Chromium of this machine; without one the browser ring fails and says how to get it.

It does not install anything and does not look at Playwright's other browsers.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium(playwright: Playwright) -> str:
    """Give the path of a Chromium: the machine's, or the one Playwright has downloaded.

    Raises
    ------
    RuntimeError
        With the command that installs one.
    """
    for command in COMMANDS:
        if path := shutil.which(command):
            return path
    own = playwright.chromium.executable_path
    if Path(own).is_file():
        return own
    raise RuntimeError(
        "The browser tests need Chromium, and there is none. Install it with\n"
        "    apt-get install -y chromium\n"
        "or  .venv/bin/playwright install chromium"
    )


def launch_chromium(playwright: Playwright, *, headed: bool = False) -> Browser:
    """Start Chromium."""
    return playwright.chromium.launch(executable_path=find_chromium(playwright), args=ARGUMENTS, headless=not headed)
