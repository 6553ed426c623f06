"""The table in docs/how-to/batch-jobs.md: written from a run, row by row, so that it says no more than was seen."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).parents[2] / "docs/how-to/batch-jobs.md"
BEGIN, END = "<!-- written by `make engines` -->\n", "<!-- to here -->\n"
#: What happens to the key or to the server, and its column.
STORIES = {
    "reads": "reads",
    "revoked": "key revoked",
    "late": "waits past its key's end",
    "ends": "key ends in mid-job",
    "missing": "file missing",
    "unreadable": "file unreadable",
    "away": "server down and back",
}
SECRET = "key seen elsewhere"
#: Why no engine of a kind runs here.
NOT_HERE = {"apptainer": "not run: Debian 12 has no package of it; `shellcheck` finds nothing in its script"}
HEADERS = ["kind", "seen with", *STORIES.values(), SECRET, "last seen"]


def write(ran: Mapping[str, Mapping[str, str]], versions: Mapping[str, str]) -> None:
    """Replace the rows of the kinds that ran wholly; the others stay as they were."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    old, after = rest.split(END)
    kept = {line.split("`")[1]: line for line in old.splitlines()[2:] if "`" in line}
    lines = [_line(HEADERS), _line(["---"] * len(HEADERS))]
    for kind, version in versions.items():
        cells = ran.get(kind, {})
        if {*STORIES, SECRET} == set(cells):
            day = datetime.now(timezone.utc).date().isoformat()
            lines.append(_line([f"`{kind}`", version, *(cells[story] for story in STORIES), cells[SECRET], day]))
        else:
            lines.append(
                kept.get(kind, _line([f"`{kind}`", version, *[""] * (len(STORIES) + 1), NOT_HERE.get(kind, "not run")]))
            )
    text = "".join(f"{line}\n" for line in lines)
    PAGE.write_text(f"{before}{BEGIN}{text}{END}{after}", encoding="utf-8")


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
