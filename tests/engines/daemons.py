"""Programs that a rig starts, waits for and ends, by their process ids."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.patience import PATIENCE
from tests.processes import end

if TYPE_CHECKING:
    from collections.abc import Callable


class Daemons:
    """What was started, to be ended in the other order.

    Parameters
    ----------
    logs : Path
        A directory for what they write.
    """

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, command: list[str], ready: Callable[[], bool], **options: Any) -> int:
        """Start one that stays in the foreground, and return its process id when it is ready."""
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **options,
            )
        self._started.append(process)
        end = time.monotonic() + PATIENCE
        while not ready():
            if process.poll() is not None or time.monotonic() > end:
                said = (self.logs / f"{name}.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{name} did not start:\n{said}")
            time.sleep(0.1)
        return process.pid

    def end(self) -> None:
        """End them all."""
        for process in reversed(self._started):
            end(process)
        self._started.clear()


def succeeds(command: list[str], **options: Any) -> bool:
    """Whether a program ends well."""
    return subprocess.run(command, check=False, capture_output=True, **options).returncode == 0


def shows(path: Path, text: str) -> bool:
    """Whether a text is in a file."""
    return path.exists() and text in path.read_text(errors="replace")
