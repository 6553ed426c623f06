"""Results as a table that the documentation can take as it is."""

from __future__ import annotations

import os


def busy() -> str:
    """Return how much the machine has to do."""
    return f"{os.cpu_count()} cores, {os.getloadavg()[0]:.1f} processes that want one in the last minute"


def row(*cells: object) -> None:
    """Print a row."""
    print(f"| {' | '.join(str(cell) for cell in cells)} |", flush=True)


def head(*names: str) -> None:
    """Print the first rows."""
    row(*names)
    row(*("---" for _ in names))
