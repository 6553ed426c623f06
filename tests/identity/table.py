"""The tables of docs/how-to/identity-systems.md: written from a run, so that they say no more than was seen."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PAGE = Path(__file__).parents[2] / "docs/how-to/identity-systems.md"
#: What is done with each system, and its column.
STORIES = {
    "refused": "wrong password",
    "read": "signs in, reads",
    "expired": "session expires in mid-cell",
    "revoked": "session is revoked in mid-cell",
    "left": "signs out, leaves nothing",
}
SYSTEMS = "<!-- systems, written by `make identity` -->\n"
SENTENCES = "<!-- sentences, written by `make identity` -->\n"
_END = "<!-- to here -->\n"


def write(
    ran: Mapping[str, Mapping[str, str]], versions: Mapping[str, str], said: Mapping[str, str], names: Iterable[str]
) -> None:
    """Replace the rows of the systems that ran wholly, and of the troubles that were met; the others stay.

    Parameters
    ----------
    ran : mapping
        By system, what each of `STORIES` came to.
    versions : mapping
        What each system was seen with.
    said : mapping
        By trouble, what was read.
    names : iterable of str
        All troubles, in their order.
    """
    today = datetime.now(timezone.utc).date().isoformat()
    rows = {
        system: [system, versions[system], *(cells[story] for story in STORIES), today]
        for system, cells in ran.items()
        if set(cells) == set(STORIES)
    }
    _replace(SYSTEMS, ["system", "seen with", *STORIES.values(), "last seen"], rows, list(versions))
    sentences = {trouble: [trouble, sentence, today] for trouble, sentence in said.items()}
    _replace(SENTENCES, ["trouble", "what is read", "last seen"], sentences, list(names))


def _replace(begin: str, headers: list[str], rows: Mapping[str, list[str]], order: list[str]) -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    old, after = rest.split(_END, 1)
    kept = {line.strip("| ").split(" | ")[0]: line for line in old.splitlines()[2:]}
    lines = [_line(headers), _line(["---"] * len(headers))]
    for name in order:
        if name in rows:
            lines.append(_line(rows[name]))
        else:
            lines.append(kept.get(name, _line([name, *[""] * (len(headers) - 2), "not run"])))
    text = "".join(f"{line}\n" for line in lines)
    PAGE.write_text(f"{before}{begin}{text}{_END}{after}", encoding="utf-8")


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
