"""A kernel in which a cell waits is said to be busy, for hubs cull those that seem idle.

Every message that a kernel handles beside the cell ends with its report that it is idle.
"""

from __future__ import annotations

import asyncio
import contextlib

from . import cells
from .front_end import kernel as running_kernel


def say_busy(cell: cells.Cell | None) -> None:
    """Tell the world that a cell is still running, if it is."""
    if cell is not None and cell.running and cell.request is not None:
        running_kernel()._publish_status("busy", "shell", parent=cell.request)


def say_busy_after_this() -> None:
    """Do so when the kernel has said `idle` for the message it handles now, in a subshell beside the cell."""
    with contextlib.suppress(RuntimeError):  # no loop: nothing is being handled
        asyncio.get_running_loop().call_soon(say_busy, cells.current())
