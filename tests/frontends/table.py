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
    """Write the rows of those that ran wholly."""
    replace(BEGIN, END, HEADERS, {one: _said(one, ran.get(one, {})) for one in all_front_ends}, OTHERS)


def replace(
    begin: str,
    end: str,
    headers: list[str],
    rows: Mapping[FrontEnd | Console, list[str] | None],
    others: Mapping[str, str] | None = None,
) -> None:
    """Replace the rows of a table.

    Parameters
    ----------
    begin, end : str
        The lines in the README between which it stands.
    headers : list of str
    rows : mapping
        What was seen of each, for the columns between its versions and the day; None where that is not all: its row
        stays as it was.
    others : mapping of str to str, optional
        What is said of those that are not run.
    """
    before, rest = README.read_text(encoding="utf-8").split(begin)
    old, after = rest.split(end)
    kept = old.splitlines()[2:]
    empty = [""] * (len(headers) - 4)
    day = datetime.now(timezone.utc).date().isoformat()
    lines = [_line(headers), _line(["---"] * len(headers))]
    for one, said in rows.items():
        if said is not None:
            lines.append(_line([one.name, *one.versions(), *said, day]))
        else:
            not_tested = _line([one.name, "", one.kernel, *empty, "not tested"])
            lines.append(next((line for line in kept if _is_about(line, one)), not_tested))
    lines += [_line([name, "", "", *empty, said]) for name, said in (others or {}).items()]
    README.write_text(f"{before}{begin}" + "".join(f"{line}\n" for line in lines) + f"{end}{after}", encoding="utf-8")


def _said(front_end: FrontEnd, results: Results) -> list[str] | None:
    if set(results) != set(COLUMNS):
        return None
    return [_word(front_end, column, worked=results[column]) for column in COLUMNS]


def _word(front_end: FrontEnd, column: tuple[str, str], *, worked: bool) -> str:
    if not worked:
        return "**no**"
    return front_end.waiting if column[1] == "waiting cell" else "yes"


def _is_about(line: str, front_end: FrontEnd | Console) -> bool:
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    return cells[0] == front_end.name and cells[2].startswith(front_end.kernel)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
