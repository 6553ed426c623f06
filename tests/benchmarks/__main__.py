"""``python -m tests.benchmarks``: print the figures. Nothing passes or fails here."""

from __future__ import annotations

import gzip
from pathlib import Path

import tiled_jupyter

from . import imports, panels
from .figures import table


def bundle_size() -> str:
    """Say how large the bundle is on the wire."""
    static = Path(tiled_jupyter.__file__).parent / "static"
    sizes = {name: len(gzip.compress((static / name).read_bytes(), 9)) / 1000 for name in ("panel.js", "panel.css")}
    parts = " + ".join(f"{name} {size:.1f} kB" for name, size in sizes.items())
    return f"bundle, gzipped: {parts} = {sum(sizes.values()):.1f} kB (goal for the finished product <= 12 kB)"


def main() -> None:
    """Measure all."""
    print(table([imports.measure(), *panels.measure()]))
    print(bundle_size())


if __name__ == "__main__":
    main()
