"""A kernel without a page."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from jupyter_client import KernelManager

from tests.browser.kernels import KERNELS, NEWEST, OLDEST
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Each ipykernel under test, as a parameter; 7.2 lies between the others.
VERSIONS = {
    version: pytest.param(version, id=version, marks=[pytest.mark.weekly] * (version not in (OLDEST, NEWEST)))
    for version in KERNELS
}
#: A cell that computes until a file is there.
COMPUTES = """
import pathlib, time
print("computes", flush=True)
while not pathlib.Path({flag!r}).exists():
    time.sleep(0.02)
"""
#: Panels whose login nobody makes before it is asked for.
HELD = """
from tiled_jupyter import LoginPanel
from tiled_jupyter.kernel import cells
from tiled_jupyter.panel import late_login
cells.when_idle = lambda: lambda work: None
late_login._CELLS_WITHIN = 3600
"""


class Kernel:
    """Runs cells and completes lines."""

    def __init__(self, client, pid) -> None:
        self._client = client
        self._pid = pid

    def interrupt(self) -> None:
        """Press the stop button, on whatever thread this is."""
        os.kill(self._pid, signal.SIGINT)

    def run(self, code: str, hear=lambda text: None) -> str:
        """Run a cell and return all that it wrote; `hear` is called with each part."""
        texts = []

        def heard(message) -> None:
            content = message["content"]
            data = content.get("data", {})
            texts.append(content.get("text") or data.get("text/plain") or content.get("evalue") or "")
            hear(texts[-1])

        self._client.execute_interactive(code, timeout=PATIENCE, output_hook=heard, allow_stdin=True)
        return "\n".join(texts)

    def complete(self, line: str) -> list[str]:
        """Return what a line may go on with."""
        return self._client.complete(line, reply=True, timeout=PATIENCE)["content"]["matches"]


@contextmanager
def kernel(ip: str = "127.0.0.1", metadata: Mapping[str, object] | None = None) -> Iterator[Kernel]:
    """Yield a kernel that has started; `metadata` is told with each message."""
    manager = KernelManager(ip=ip)
    manager.start_kernel()
    client = manager.client()
    client.session.metadata = dict(metadata or {})
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield Kernel(client, manager.provisioner.pid)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
