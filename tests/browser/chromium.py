"""Find a Chromium of this machine that starts: the system's, or the one that Playwright has downloaded.

``python -m tests.browser.chromium`` prints its path, or fails; for the system's it needs no package. Nothing is
installed here: `scripts/ensure-chromium` does that.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Playwright

WIDTH, HEIGHT = 1200, 1000
# Debian's Chromium without windows: what Playwright starts, too, where nobody looks. An eighth less work.
WITHOUT_WINDOWS = "chromium-headless-shell"
COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # pages of one context share what the first of them has compiled of JupyterLab
]


def find_chromium(playwright: Playwright | None = None, *, headed: bool = False) -> str | None:
    """Return the path of a Chromium that starts; without `playwright`, of the system's."""
    commands = COMMANDS if headed else (WITHOUT_WINDOWS, *COMMANDS)
    paths = [shutil.which(command) for command in commands]
    if playwright is not None:
        paths.append(playwright.chromium.executable_path)
    return next((path for path in paths if path and starts(path)), None)


def starts(path: str) -> bool:
    """Whether it shows a page: it may lack libraries, or be a stub that names another package."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [path, "--headless", *ARGUMENTS, f"--user-data-dir={profile}", "--dump-dom", "about:blank"]
        try:
            shown = subprocess.run(command, capture_output=True, timeout=120)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return shown.returncode == 0 and b"<html>" in shown.stdout


def new_window(browser: Browser) -> BrowserContext:
    """Open a window with cookies and storage of its own.

    anywidget gives up a widget that has not begun after two seconds, which on a busy machine a dozen of them do not;
    and ipywidgets gives up an answer with the state of all widgets after four.
    """
    window = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    window.add_init_script("AbortSignal.timeout = (wait => ms => wait(60 * ms))(AbortSignal.timeout.bind(AbortSignal))")
    window.add_init_script(
        "setTimeout = (wait => (what, ms, ...rest) => wait(what, ms === 4000 ? 60 * ms : ms, ...rest))"
        "(setTimeout.bind(window))"
    )
    return window


def launch_chromium(playwright: Playwright, *, headed: bool = False) -> Browser:
    """Start Chromium."""
    path = find_chromium(playwright, headed=headed)
    if path is None:
        raise RuntimeError("The browser tests need a Chromium, and none here starts. `make chromium` brings one.")
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS, headless=not headed)


if __name__ == "__main__":
    path = find_chromium()
    if path is None:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            path = find_chromium(playwright)
    print(path or "none that starts")
    raise SystemExit(path is None)
