"""What a failed test leaves behind for whoever has to understand it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .notebook import Notebook


def leave_artifacts(folder: Path, failure: str, opened: list[Notebook]) -> None:
    """Write traceback, screenshot, console, messages to and from the kernel, and logs of a failed test."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "failure.txt").write_text(failure)
    for notebook in opened:
        stem = Path(notebook.path).stem
        (folder / f"{stem}.console.txt").write_text("\n".join(notebook.console))
        try:
            messages = notebook.page.evaluate("() => window.tj?.messages ?? []")
            (folder / f"{stem}.messages.txt").write_text("\n".join(messages))
            notebook.page.screenshot(path=folder / f"{stem}.png")
        except Exception as error:  # noqa: BLE001 - a page that has crashed must not hide why the test failed
            (folder / f"{stem}.page-error.txt").write_text(str(error))
        (folder / f"{stem}.jupyter-tail.log").write_text(notebook.lab.log()[-100_000:])
        for log in notebook.lab.kernel_logs():
            (folder / log.name).write_text(log.read_text(errors="replace")[-100_000:])
