"""How large the page's code is on the wire, as it is committed and as it would be if esbuild minified it."""

from __future__ import annotations

import gzip
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import tiled_jupyter

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = ("panel.js", "panel.css")
_STATIC = Path(tiled_jupyter.__file__).parent / "static"
_ESBUILD = _STATIC.parents[1] / "js" / "node_modules" / ".bin" / "esbuild"


@dataclass
class Size:
    """Gzipped bytes of the two files."""

    name: str
    sizes: dict[str, int]
    notes: list[str] = field(default_factory=list)

    def row(self) -> tuple[str, ...]:
        """Give the cells of its row."""
        return (self.name, f"{sum(self.sizes.values()) / 1000:.1f} kB", "", "", "<= 12 kB", "")


def measure() -> Iterator[Size]:
    """Weigh what is committed, and the same minified where `make js` has put esbuild."""
    yield _weigh("bundle, gzipped, as committed", _STATIC)
    if _ESBUILD.exists():
        with tempfile.TemporaryDirectory() as directory:
            files = [_STATIC / name for name in _FILES]
            command = [_ESBUILD, *files, "--minify", "--log-level=error", f"--outdir={directory}"]
            subprocess.run(command, check=True)
            yield _weigh("bundle, gzipped, minified", Path(directory))


def _weigh(name: str, directory: Path) -> Size:
    sizes = {file: len(gzip.compress((directory / file).read_bytes(), 9)) for file in _FILES}
    return Size(name, sizes, [" + ".join(f"{file} {size / 1000:.1f} kB" for file, size in sizes.items())])
