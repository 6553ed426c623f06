"""Fail unless the wheel and the sdist hold what a person without Node needs: ``check_distributions.py dist``."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

PACKAGE = {
    "tiled_jupyter/__init__.py",
    "tiled_jupyter/py.typed",
    "tiled_jupyter/panel/static/code.js",
    "tiled_jupyter/panel/static/loader.js",
    "tiled_jupyter/panel/static/panel.js",
    "tiled_jupyter/panel/static/panel.css",
    "tiled_jupyter/demo/__main__.py",
    "tiled_jupyter/demo/provider/package-lock.json",
    "tiled_jupyter/demo/provider/package.json",
    "tiled_jupyter/demo/provider/server.mjs",
}
ROOT = Path(__file__).parents[1]
NOTEBOOKS = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
WHEEL = PACKAGE | {f"tiled_jupyter/demo/notebooks/{name}" for name in NOTEBOOKS}
SDIST = PACKAGE | {f"notebooks/{name}" for name in NOTEBOOKS}
SDIST |= {"js/src/panel.ts", "js/package-lock.json", "LICENSE", "README.md"}
# To be read, or built, without a network.
DOCS = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*") if path.is_file()}
SDIST |= {name for name in DOCS if not name.startswith("docs/_build/") and "__pycache__/" not in name}
FOREIGN = ("docs/_build/", "node_modules/", "__pycache__/", "tests/artifacts/")


def main(directory: str) -> None:
    """Compare the names in both with what must and must not be there."""
    (wheel,) = Path(directory).glob("*.whl")
    (sdist,) = Path(directory).glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        in_sdist = {name.split("/", 1)[-1] for name in archive.getnames()}
    complaints = [f"{wheel.name} lacks {name}" for name in sorted(WHEEL - in_wheel)]
    complaints += [f"{sdist.name} lacks {name}" for name in sorted(SDIST - in_sdist)]
    complaints += [f"{name} does not belong there" for name in in_wheel | in_sdist if any(f in name for f in FOREIGN)]
    complaints += [f"{wheel.name}: {name}" for name in in_wheel if not name.startswith("tiled_jupyter")]
    if complaints:
        sys.exit("\n".join(complaints))
    for path in (wheel, sdist):
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB, complete")


if __name__ == "__main__":
    main(*sys.argv[1:])
