"""``python -m tests.benchmarks [PART...]``: print the figures. Nothing passes or fails here."""

from __future__ import annotations

import argparse
import os
import tempfile
from typing import TYPE_CHECKING

from . import bundle, hot_path, imports, kernels, panels, requests, sign_in, start, threads
from .figures import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

PARTS: dict[str, Callable[[], Iterable[Any]]] = {
    "imports": imports.measure,
    "start": start.measure,
    "requests": requests.measure,
    "hot_path": hot_path.measure,
    "threads": threads.measure,
    "kernels": kernels.measure,
    "panels": panels.measure,
    "sign_in": sign_in.measure,
    "bundle": bundle.measure,
}


def main() -> None:
    """Measure all, or the parts that are named; each prints as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}; all if left out")
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := set(chosen) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as place:
        # Nobody's saved sign-ins and no key of the environment, in this process and in those it starts.
        for name in [name for name in os.environ if name.startswith("TILED_") and "JUPYTER" not in name]:
            del os.environ[name]
        os.environ |= {"TILED_CACHE_DIR": f"{place}/cache", "XDG_STATE_HOME": f"{place}/state"}
        for name in chosen:
            print(f"\n{table(PARTS[name]())}", flush=True)


if __name__ == "__main__":
    main()
