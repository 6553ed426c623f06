"""What a process holds: threads, file handles, memory, and what is registered of ours and of ipywidgets."""

from __future__ import annotations

import gc
import os
import sys
import threading
import tracemalloc
from pathlib import Path

PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


def held() -> dict[str, int]:
    """Count; Linux only."""
    from comm import get_comm_manager
    from ipywidgets.widgets.widget import _instances

    from tiled_jupyter.session import registry

    gc.collect()
    return {
        "threads": threading.active_count(),
        "file handles": len(list(Path("/proc/self/fd").iterdir())),
        "widgets": len(_instances),
        "comms": len(get_comm_manager().comms),
        "contexts": len(registry.living().contexts),
        "sessions": len(registry.living().sessions),
        "objects": len(gc.get_objects()),
        "blocks": sys.getallocatedblocks(),
        "kB of Python": tracemalloc.get_traced_memory()[0] // 1024,
        "kB in all": int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_SIZE // 1024,
    }


def grown(before: dict[str, float], after: dict[str, float], times: int, limits: dict[str, float]) -> None:
    """Print what has grown, and what that is each time; an error where it is more than allowed."""
    for name, number in after.items():
        each = (number - before[name]) / times
        allowed = f", allowed {limits[name]:.2f}" if name in limits else ""
        print(f"  {name:24}{before[name]:>10.0f} -> {number:>10.0f}{each:>10.3f} each{allowed}")
    wrong = [name for name, limit in limits.items() if (after[name] - before[name]) / times > limit]
    assert not wrong, f"grows: {wrong}"
