"""Clients that have a prompt and show no widget, and the table of what was seen of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect

from tests.browser.kernels import KERNELS, NEWEST, OLDEST, ROOT, kernel_python, write_kernelspecs
from tests.patience import PATIENCE

from .front_ends import version_of
from .table import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Cells = Sequence[tuple[str, Sequence[str]]]

BEGIN, END = "<!-- consoles, written by `make frontends` -->\n", "<!-- consoles, to here -->\n"
STORIES = ["plain `from_uri`", "`%tiled_login`"]
HEADERS = ["client", "version", "ipykernel", *STORIES, "the password, while it is typed", "last seen"]
_PERSON = Path(__file__).with_name("qtconsole_person.py")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


@dataclass(frozen=True)
class Seen:
    """What a person saw when all cells had run.

    Attributes
    ----------
    shown : str
        All that the client shows.
    history : list of str
        What its arrow keys bring back, where it tells.
    """

    shown: str
    history: list[str]


@dataclass(frozen=True, eq=False)
class Console:
    """One row of the table.

    Attributes
    ----------
    name : str
        In the table.
    package : str
        Whose version the table shows.
    play : callable
        ``play(kernelspec, cells, environment)`` types each cell and its answers.
    kernel : str
        A version of ipykernel, as in `KERNELS`.
    """

    name: str
    package: str
    play: Callable[[str, Cells, Mapping[str, str]], Seen]
    kernel: str = NEWEST

    def see(self, cells: Cells, directory: Path) -> Seen:
        """Start it with everything of its own below a directory, and have a person type."""
        write_kernelspecs(directory / "data" / "kernels")
        (directory / "home").mkdir()
        return self.play(KERNELS[self.kernel], cells, _environment(directory))

    def versions(self) -> tuple[str, str]:
        """Return the versions of itself and of ipykernel."""
        return version_of(_program("python"), self.package), version_of(kernel_python(self.kernel), "ipykernel")


def _environment(directory: Path) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("TILED_", "JUPYTER", "JPY_"))
    }
    places = {name: str(directory / name.lower()) for name in ("HOME", "IPYTHONDIR", "TILED_CACHE_DIR")}
    jupyter = {f"JUPYTER_{name}_DIR": str(directory / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    return {**inherited, **places, **jupyter}


def _program(name: str) -> str:
    program = ROOT / ".frontends" / "console" / "bin" / name
    if not program.is_file():
        raise RuntimeError(f"There is no {program}: `make frontends` makes the environments it needs.")
    return str(program)


def _jupyter_console(kernelspec: str, cells: Cells, environment: Mapping[str, str]) -> Seen:
    """In a pseudo-terminal of 200 columns, as a person types."""
    child: Any = pexpect.spawn(
        _program("jupyter-console"),
        ["--kernel", kernelspec, "--no-confirm-exit"],
        env={**environment, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
        dimensions=(50, 200),
        encoding="utf-8",
        timeout=PATIENCE,
    )
    said = _Said(child)
    child.logfile_read = said
    try:
        for number, (cell, answers) in enumerate(cells, 1):
            said.wait_for(f"In [{number}]: ")
            child.send(f"{cell}\r")
            for answer in answers:
                # A line editor has no echo either: only what asks for a password turns it off after the user name.
                said.wait_for("Username: ") if answer is answers[0] else child.waitnoecho(PATIENCE)
                child.send(f"{answer}\n")
        said.wait_for(f"In [{len(cells) + 1}]: ")
        child.sendeof()
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
    return Seen(said.text, [])


class _Said:
    """All that a program has written to its terminal, without what only moves and colours it."""

    def __init__(self, child: Any) -> None:
        self._child = child
        self._written = ""

    def write(self, text: str) -> None:
        """Take one more piece."""
        self._written += text

    def flush(self) -> None:
        """Do nothing."""

    @property
    def text(self) -> str:
        """What can be read."""
        return _ANSI.sub("", self._written)

    def wait_for(self, words: str) -> None:
        """Read on until they have been written."""
        while words not in self.text:
            self._child.expect(".+")


def _qtconsole(kernelspec: str, cells: Cells, environment: Mapping[str, str]) -> Seen:
    """Without a screen, by the keys of Qt's own tests."""
    done = subprocess.run(
        [_program("python"), str(_PERSON), kernelspec],
        input=json.dumps({"cells": cells, "patience": PATIENCE}),
        env={**environment, "QT_QPA_PLATFORM": "offscreen", "QT_API": "pyside6"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr[-3000:])
    return Seen(**json.loads(done.stdout.splitlines()[-1]))


CONSOLES = [
    Console("jupyter console", "jupyter-console", _jupyter_console),
    Console("jupyter console", "jupyter-console", _jupyter_console, OLDEST),
    Console("qtconsole", "qtconsole", _qtconsole),
    Console("qtconsole", "qtconsole", _qtconsole, OLDEST),
]

#: What was seen: of each story whether it passed, and what became of the password on the screen.
results: dict[Console, dict[str, bool]] = {}
passwords: dict[Console, str] = {}


def record(console: Console, story: str, *, passed: bool) -> None:
    """Note how a story has ended; one of its phases may fail after another has passed."""
    of_it = results.setdefault(console, {})
    of_it[story] = of_it.get(story, True) and passed


def write() -> None:
    """Write the rows of those that ran wholly."""
    replace(BEGIN, END, HEADERS, {console: _said(console) for console in CONSOLES})


def _said(console: Console) -> list[str] | None:
    of_it = results.get(console, {})
    if set(of_it) != set(STORIES):
        return None
    return [*("yes" if of_it[story] else "**no**" for story in STORIES), passwords.get(console, "")]
