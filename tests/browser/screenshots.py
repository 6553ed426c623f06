"""``make screenshots``: every state of the panel as a real JupyterLab draws it, and the pictures of the README.

Writes docs/images/ for the README, docs/images/states/ for each state in the light theme, and tests/artifacts/states/
for all of them in all looks. They are looked at by people and compared by nobody: fonts differ between machines.
"""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.server.tiled_server import PASSWORDS, TiledServer

from .chromium import launch_chromium
from .kernels import KERNELS, ROOT
from .lab import Lab
from .notebook import Notebook
from .panel import Panel
from .states import KEYS, LOOKS, cell_of, parts_of, show, spread, wear

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = ROOT / "docs" / "images"
REFERENCE = IMAGES / "states"
GALLERY = ROOT / "tests" / "artifacts" / "states"
WIDTHS = {"narrow": 320, "wide": 1200}
THEMES = ("light", "dark")


def open_notebook(browser: Browser, lab: Lab, cells: list[str], width: int, look: str) -> Notebook:
    """Open a notebook that is as wide as the page, as in a narrow side-by-side layout."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    notebook = Notebook(context.new_page(), lab, lab.write_notebook("screenshots", cells, KERNELS["7.4"])).open()
    wear(notebook, look)
    spread(notebook)
    return notebook


def gallery(browser: Browser, lab: Lab) -> None:
    """Draw every state: each by itself in the light theme, and all of them below each other however one may look."""
    parts = parts_of()
    cells = [cell_of(part) for part in parts]
    for look in LOOKS:
        for width_name, width in WIDTHS.items():
            notebook = open_notebook(browser, lab, cells, width, look)
            # Cells that wait would call from the edge of the page.
            notebook.page.add_style_tag(content=".tiled-jupyter-attention { display: none !important }")
            shown = dict(show(notebook, parts))
            tallest = notebook.page.locator(".jp-WindowedPanel-outer").evaluate("node => node.scrollHeight")
            notebook.page.set_viewport_size({"width": width, "height": int(tallest) + 400})
            if (look, width_name) == ("light", "wide"):
                for name, panel in shown.items():
                    path = REFERENCE / f"{re.sub('[^a-z]+', '-', name).strip('-')}.png"
                    small(panel.screenshot(animations="disabled")).save(path, optimize=True)
            for index in range(len(parts)):
                path = GALLERY / f"{look.replace(' ', '-')}-{width_name}-{index + 1}.png"
                notebook.output_area(index).screenshot(path=path, animations="disabled")
            notebook.page.context.close()


def small(picture: bytes) -> Image.Image:
    """Return a picture with as many colours as a panel needs: these are kept in the repository."""
    return (
        Image.open(io.BytesIO(picture))
        .convert("RGB")
        .quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    )


def unseen(browser: Browser, lab: Lab) -> None:
    """Draw the cards of prompts that nobody sees: one out of sight, one without a view."""
    captured = "signed out, session ended"
    cell = cell_of(["signed out (waiting)", captured], f"name == {captured!r} or display(panel)")
    cells = [cell, *["#\n" * 30] * 3]
    for theme in THEMES:
        for width_name, width in WIDTHS.items():
            lab.reset()  # A kernel that goes on has panels of its own that nobody sees.
            notebook = open_notebook(browser, lab, cells, width, theme)
            notebook.page.set_viewport_size({"width": width, "height": 700})
            notebook.execute(0)
            notebook.page.locator(".jp-Cell").last.scroll_into_view_if_needed()
            expect(notebook.page.get_by_text("waits for your Tiled sign-in")).to_have_count(2)
            notebook.page.screenshot(path=GALLERY / f"{theme}-{width_name}-unseen.png", animations="disabled")
            notebook.page.context.close()


def story(browser: Browser, lab: Lab, uri: str) -> None:
    """Draw the three pictures of the README, of a real sign-in and a key."""
    cells = ["%load_ext tiled_jupyter", f"%tiled_login {uri}", 'client["alice/heating_scan/images"].shape']
    notebook = open_notebook(browser, lab, cells, 900, "light")
    page = notebook.page
    page.set_viewport_size({"width": 900, "height": 800})
    notebook.execute(0)
    notebook.run(1)
    notebook.run(2)
    panel = Panel(notebook, 1)
    expect(panel.waiting).to_be_visible()
    panel.type_password("alice", PASSWORDS["alice"])
    page.screenshot(path=IMAGES / "sign-in-light.png", animations="disabled")
    panel.button("Sign in").click()
    panel.signed_in_as("alice")
    notebook.cell_done(2)
    panel.tab(KEYS).click()
    panel.region.get_by_label("What is this key for?").fill("heating scan, nightly analysis")
    panel.button("Create and save").click()
    expect(panel.region.get_by_role("group", name="Script")).to_be_visible()
    panel.region.get_by_role("combobox", name="Kind of job").select_option("Slurm (sbatch)")
    panel.region.screenshot(path=IMAGES / "api-key-light.png", animations="disabled")
    panel.button("Done").click()
    panel.tab("Account").click()
    wear(notebook, "dark")
    page.screenshot(path=IMAGES / "signed-in-dark.png", animations="disabled")
    page.context.close()


# On a busy machine eleven panels take longer than Playwright's 5 s.
expect.set_options(timeout=30_000)


def main() -> None:
    """Draw all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for folder in (REFERENCE, GALLERY):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
    with (
        tempfile.TemporaryDirectory() as directory,
        Lab(Path(directory)) as lab,
        TiledServer() as server,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright)
        story(browser, lab, server.uri)
        lab.reset()
        gallery(browser, lab)
        unseen(browser, lab)
        browser.close()


if __name__ == "__main__":
    main()
