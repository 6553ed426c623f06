"""How large the page's code is on the wire."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import tiled_jupyter

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = ("code.js", "loader.js", "panel.js", "panel.css")
_STATIC = Path(tiled_jupyter.__file__).parent / "panel" / "static"


@dataclass
class Size:
    """Gzipped bytes of the files."""

    name: str
    sizes: dict[str, int]
    notes: list[str] = field(default_factory=list)

    def row(self) -> tuple[str, ...]:
        """Return the cells of its row."""
        return (self.name, f"{sum(self.sizes.values()) / 1000:.1f} kB", "", "", "", "")


def measure() -> Iterator[Size]:
    """Weigh what is committed."""
    sizes = {file: len(gzip.compress((_STATIC / file).read_bytes(), 9)) for file in _FILES}
    notes = [" + ".join(f"{file} {size / 1000:.1f} kB" for file, size in sizes.items())]
    yield Size("bundle, gzipped", sizes, notes)
