"""What importing costs a batch job, which has no use for widgets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median

from .figures import Figure

_RUNS = 40
_TIMED = """
import gc, json, sys, time
{collector}
begun = time.process_time()
{statement}
took = time.process_time() - begun
print(json.dumps([took, [name for name in ("ipywidgets", "anywidget", "IPython") if name in sys.modules]]))
"""


def _in_fresh_process(statement: str, collector: str = "") -> tuple[float, list[str]]:
    # Where nothing is compiled ahead, ours alone would be compiled each time: what is installed was compiled by pip.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run(
        [sys.executable, "-c", _TIMED.format(statement=statement, collector=collector)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    took, loaded = json.loads(run.stdout)
    return took, loaded


def measure() -> list[Figure]:
    """Compare our import with Tiled's client alone, in fresh processes by turns.

    In processor time: what else the machine does would be larger than the difference.
    """
    ours, reference = "from tiled_jupyter import Context, from_uri, from_context", "import tiled.client"
    figure = Figure(f"{ours} / {reference}", [], [], "<= 1.05")
    loaded: list[str] = []
    uncollected: dict[str, list[float]] = {ours: [], reference: []}
    for run in range(_RUNS + 1):
        for statement, series in ((ours, figure.ours), (reference, figure.reference)):
            took, stack = _in_fresh_process(statement)
            if run:  # the first of each only warms the disk cache
                series.append(took)
                uncollected[statement].append(_in_fresh_process(statement, "gc.disable()")[0])
            if statement == ours:
                loaded = stack
    figure.notes.append(f"loads {', '.join(loaded)}" if loaded else "loads no ipywidgets, anywidget or IPython")
    without = median(uncollected[ours]) / median(uncollected[reference])
    figure.notes.append(f"{without:.2f} without garbage collection")
    return [figure]
