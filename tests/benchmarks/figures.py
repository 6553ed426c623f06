"""A figure and the table of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass
class Figure:
    """Two series of durations measured alternately, and what their ratio should be.

    Parameters
    ----------
    name : str
    ours, reference : list of float
        In seconds. Without a reference the figure is the duration itself.
    goal : str
        In words, for the reader.
    notes : list of str
        What was noticed beside the figure.
    """

    name: str
    ours: list[float]
    reference: list[float]
    goal: str
    notes: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Ratio of the medians."""
        return median(self.ours) / median(self.reference)

    def row(self) -> tuple[str, ...]:
        """Return the cells of its row."""
        return (
            self.name,
            f"{1000 * median(self.ours):.1f} ms",
            f"{1000 * median(self.reference):.1f} ms" if self.reference else "",
            f"{self.ratio:.3f}" if self.reference else "",
            self.goal,
            f"{len(self.ours)}/{len(self.reference)}",
        )


@dataclass
class Count:
    """How many of something, against how many of the same.

    Parameters
    ----------
    name : str
    ours, reference : list of str
        One for each.
    goal : str
        In words, for the reader.
    """

    name: str
    ours: list[str]
    reference: list[str]
    goal: str

    @property
    def notes(self) -> list[str]:
        """What was counted."""
        return [f"ours: {', '.join(self.ours)}", f"reference: {', '.join(self.reference)}"]

    def row(self) -> tuple[str, ...]:
        """Return the cells of its row."""
        ours, reference = len(self.ours), len(self.reference)
        return (self.name, str(ours), str(reference), f"{ours - reference:+d}", self.goal, "1/1")


HEADINGS = ("figure", "ours", "reference", "ratio", "goal", "n")


def table(figures: Iterable[Figure | Count]) -> str:
    """Lay figures out in columns, with their notes below."""
    figures = list(figures)
    rows = [HEADINGS, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"{figure.name}: {note}" for figure in figures for note in figure.notes]
    return "\n".join([*lines, "", *notes])
