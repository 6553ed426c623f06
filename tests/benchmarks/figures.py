"""A figure and the table of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median


@dataclass
class Figure:
    """Two series of durations measured alternately, and what their ratio should be.

    Parameters
    ----------
    name : str
    ours, reference : list of float
        In seconds.
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
        """Give the cells of its row."""
        return (
            self.name,
            f"{1000 * median(self.ours):.1f}",
            f"{1000 * median(self.reference):.1f}",
            f"{self.ratio:.2f}",
            self.goal,
            f"{len(self.ours)}/{len(self.reference)}",
        )


HEADINGS = ("figure", "ours, ms", "reference, ms", "ratio", "goal", "n")


def table(figures: list[Figure]) -> str:
    """Lay figures out in columns, with their notes below."""
    rows = [HEADINGS, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"{figure.name}: {note}" for figure in figures for note in figure.notes]
    return "\n".join([*lines, "", *notes])
