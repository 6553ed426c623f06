"""A pytest plugin for Tiled's own tests: what is in place of Tiled's client, and how each test ends.

Stands alone: it is loaded into the environment of those tests, whose package is called ``tests``, too.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina
import tiled.client
from tiled.client import context as tiled_context

_IN_PLACE = os.environ["PEERS_IN_PLACE"]
_OUTCOMES = Path(os.environ["PEERS_OUTCOMES"])
_PREPARED = Path(os.environ["PEERS_PREPARED"])  # where empty databases lie, to be copied
_run = subprocess.run
_MAKING = (["-m", "tiled", "admin", "initialize-database"], ["-m", "tiled", "catalog", "init"])
_THEIRS = (tiled_context.username_input, tiled_context.password_input)


def _is_scripted() -> bool:
    """Whether the test plays somebody at a terminal: it types by itself."""
    return (tiled_context.username_input, tiled_context.password_input) != _THEIRS


if _IN_PLACE != "nothing":
    from tiled_jupyter import Context, from_context, from_profile, from_uri
    from tiled_jupyter.kernel import front_end
    from tiled_jupyter.notebook import attaching

    front_end.has_terminal = _is_scripted
    if _IN_PLACE == "enable":
        attaching.enable()
    else:
        for name, ours in {
            "Context": Context,
            "from_context": from_context,
            "from_profile": from_profile,
            "from_uri": from_uri,
        }.items():
            setattr(tiled.client, name, ours)


def _prepared(command: Any, *args: Any, **options: Any) -> Any:
    """Run a command; those that make an empty database (seconds each, hundreds of times) once for all tests."""
    making = isinstance(command, list) and command[1:5] in _MAKING
    scheme, _, place = command[-1].partition(":///") if making else ("", "", "")
    if scheme not in ("sqlite", "sqlite+aiosqlite") or "?" in place or Path(place).exists():
        return _run(command, *args, **options)
    if place != ":memory:":  # which would be gone with the process that made it
        empty = _PREPARED / f"empty-{command[3]}.sqlite"
        if not empty.exists():
            _run([*command[:-1], f"{scheme}:///{empty}.{os.getpid()}"], *args, **options)
            Path(f"{empty}.{os.getpid()}").replace(empty)
        shutil.copy(empty, place)
    return subprocess.CompletedProcess(command, 0, b"", b"")


subprocess.run = _prepared


@pytest.fixture(autouse=True, scope="module")
def _left_alone() -> Iterator[None]:
    """Keep what earlier files have left behind from later ones: gigabytes that the garbage collector would walk."""
    yield
    gc.collect()
    gc.freeze()
    stamina.set_testing(False)  # a test of the device flow leaves all later ones without retries


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note every part of a test that ran; the worst of them counts."""
    outcome = f"x{report.outcome}" if hasattr(report, "wasxfail") else report.outcome
    if report.when == "call" or outcome != "passed":
        with _OUTCOMES.open("a", encoding="utf-8") as file:
            file.write(json.dumps([report.nodeid, outcome]) + "\n")
