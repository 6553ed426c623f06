"""What every kernel pays where the extension is enabled for all, signed in or not."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil
from jupyter_client.manager import KernelManager

from tiled_jupyter.notebook.startup import NAME, content

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNS = 9
_PLAIN, _TILED = "pass", "import tiled.client"


@dataclass
class Start:
    """What a started kernel has used: by turns without and with the extension.

    Parameters
    ----------
    name : str
    unit : str
    scale : float
        From what was measured to the unit.
    ours, reference : list of float
    """

    name: str
    unit: str
    scale: float
    ours: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """How much more it is."""
        more = (median(self.ours) - median(self.reference)) * self.scale
        return [f"{more:+.0f} {self.unit}"]

    def row(self) -> tuple[str, ...]:
        """Return the cells of its row."""
        ours, reference = (f"{median(series) * self.scale:.0f} {self.unit}" for series in (self.ours, self.reference))
        ratio = f"{median(self.ours) / median(self.reference):.3f}"
        return (self.name, ours, reference, ratio, "", f"{len(self.ours)}/{len(self.reference)}")


def measure() -> Iterator[Start]:
    """Start kernels by turns, with and without the start-up file; all have run one cell."""
    with tempfile.TemporaryDirectory() as place:
        homes = {True: Path(place, "with"), False: Path(place, "without")}
        for home in homes.values():
            (home / "profile_default" / "startup").mkdir(parents=True)
        (homes[True] / "profile_default" / "startup" / NAME).write_text(content())
        for cell, what in ((_PLAIN, "kernel"), (_TILED, f"kernel that runs `{_TILED}`")):
            figures = [
                Start(f"{what}: processor time", "ms", 1000),
                Start(f"{what}: until the first cell is done", "ms", 1000),
                Start(f"{what}: memory of its own", "MB", 1e-6),
                Start(f"{what}: modules", "", 1),
            ]
            for run in range(_RUNS + 1):
                for enabled, home in homes.items():
                    measured = _start(home, cell)
                    if run:  # the first of each only warms the disk cache
                        for figure, value in zip(figures, measured, strict=True):
                            (figure.ours if enabled else figure.reference).append(value)
            yield from figures


def _start(home: Path, cell: str) -> tuple[float, ...]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    manager = KernelManager()
    begun = time.monotonic()
    manager.start_kernel(stderr=subprocess.DEVNULL, env={**environment, "IPYTHONDIR": str(home)})
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        client.execute_interactive(cell, timeout=60, output_hook=lambda _: None)
        took = time.monotonic() - begun
        process = psutil.Process(manager.provisioner.pid)
        used = process.cpu_times()
        reply = client.execute(
            "import sys", user_expressions={"modules": "len(sys.modules)"}, reply=True, timeout=60, silent=True
        )
        modules = float(reply["content"]["user_expressions"]["modules"]["data"]["text/plain"])
        return used.user + used.system, took, float(process.memory_full_info().uss), modules
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
