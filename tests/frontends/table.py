"""The table in the README: written from a run, row by row, so that it says no more than was seen."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from tests.browser.kernels import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .consoles import Console
    from .front_ends import FrontEnd

README = ROOT / "README.md"
BEGIN, END = "<!-- written by `make frontends` -->\n", "<!-- to here -->\n"
WAYS, CELLS = ("password", "device code"), ("waiting cell", "widget cell")
COLUMNS = [(way, cell) for way in WAYS for cell in CELLS]
HEADERS = ["front end", "version", "ipykernel", *(f"{way}, {cell}" for way, cell in COLUMNS), "last seen"]
#: What is said of others.
OTHERS = {
    "marimo 0.25": "not supported: once a visitor has signed in, the panels of others stay empty",
    "VS Code": "not tested as a whole",
    "Colab": "not tested",
}

Results = dict[tuple[str, str], bool]


def write(ran: Mapping[FrontEnd, Results], all_front_ends: list[FrontEnd]) -> None:
    """Replace the rows of those that ran wholly; the others stay as they were."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    old, after = rest.split(END)
    kept = old.splitlines()[2:]
    lines = [line_of(HEADERS), line_of(["---"] * len(HEADERS))]
    for front_end in all_front_ends:
        results = ran.get(front_end, {})
        if set(results) == set(COLUMNS):
            said = [_word(front_end, column, worked=results[column]) for column in COLUMNS]
            day = datetime.now(timezone.utc).date().isoformat()
            lines.append(line_of([front_end.name, *front_end.versions(), *said, day]))
        else:
            old_ones = (line for line in kept if is_about(line, front_end))
            lines.append(next(old_ones, _without_results(front_end.name, front_end.kernel)))
    lines += [_without_results(name, said=said) for name, said in OTHERS.items()]
    README.write_text(f"{before}{BEGIN}" + "".join(f"{line}\n" for line in lines) + f"{END}{after}", encoding="utf-8")


def _word(front_end: FrontEnd, column: tuple[str, str], *, worked: bool) -> str:
    if not worked:
        return "**no**"
    return front_end.waiting if column[1] == "waiting cell" else "yes"


def _without_results(name: str, kernel: str = "", said: str = "not tested") -> str:
    return line_of([name, "", kernel, *[""] * len(COLUMNS), said])


def is_about(line: str, front_end: FrontEnd | Console) -> bool:
    """Whether a row is about a front end."""
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    return cells[0] == front_end.name and cells[2].startswith(front_end.kernel)


def line_of(cells: list[str]) -> str:
    """Return a row."""
    return f"| {' | '.join(cells)} |"
