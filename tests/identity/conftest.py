"""Fixtures of the identity systems: JupyterLab in whatever environment they want; and the tables the run ends in."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import chromium, lab, open_notebook, pytest_runtest_makereport, session_lab, window
from tests.browser.lab import Lab

from . import table
from .systems import PYTHON, SYSTEMS, System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

__all__ = ["chromium", "lab", "open_notebook", "pytest_runtest_makereport", "session_lab", "window"]

_results: dict[str, dict[str, str]] = defaultdict(dict)
_said: dict[str, str] = {}
_versions: dict[str, str] = {}


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """Give a directory into which daemons may look."""
    if os.getuid() != 0:
        pytest.fail("These tests make accounts and mounts: run them as root.")
    if not PYTHON.exists():
        pytest.fail(f"There is no {PYTHON}: `make identity` makes it.")
    made = Path(tempfile.mkdtemp(prefix="identity-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def system(request: pytest.FixtureRequest, place: Path) -> Iterator[System]:
    """Give the identity system that the test is about, started."""
    kind: type[System] = request.param
    with kind(Path(tempfile.mkdtemp(prefix=f"{kind.__name__}-", dir=place))) as system:
        _versions[kind.title] = system.version()
        yield system


@pytest.fixture(scope="session")
def all_labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[dict[str, str]], Lab]]:
    """Give a JupyterLab for each environment."""
    started: dict[tuple[tuple[str, str], ...], Lab] = {}
    with ExitStack() as stack:

        def of(environment: dict[str, str]) -> Lab:
            about = tuple(sorted(environment.items()))
            if about not in started:
                new = Lab(tmp_path_factory.mktemp("lab"), environment=environment)
                started[about] = stack.enter_context(new)
            return started[about]

        yield of


@pytest.fixture
def labs(lab: Lab, all_labs: Callable[[dict[str, str]], Lab]) -> Iterator[Callable[[dict[str, str]], Lab]]:
    """Give a JupyterLab for each environment, without anything of other tests."""
    used: list[Lab] = []

    def of(environment: dict[str, str]) -> Lab:
        if not environment:
            return lab
        used.append(all_labs(environment))
        return used[-1]

    yield of
    for other in used:
        other.reset()


@pytest.fixture
def open_in(labs: Any, open_notebook: Any) -> Any:
    """Give ``open_in(environment, cells)``: a notebook whose kernel has this environment."""
    return lambda environment, cells: open_notebook(cells, lab=labs(environment))


@pytest.fixture
def elsewhere(chromium: Browser) -> Iterator[Page]:
    """Give the person's other browser window. What Tiled's page loads from the internet, it does without."""
    window = chromium.new_context()
    window.route(re.compile(r"^https?://(?!127\.0\.0\.1[:/])"), lambda route: route.abort())
    yield window.new_page()
    window.close()


@pytest.fixture
def seen(system: System) -> Callable[[str, str], None]:
    """Give ``seen(story, said)``, which takes note of what was seen of the system."""

    def note(story: str, said: str = "yes") -> None:
        _results[system.title][story] = said

    return note


@pytest.fixture
def read_of() -> Callable[[str, str, dict[str, str]], None]:
    """Give ``read_of(trouble, sentence, names)``, which takes note of what a person reads, under other names."""

    def note(trouble: str, sentence: str, names: dict[str, str]) -> None:
        for name, other in names.items():
            sentence = sentence.replace(name, other)
        _said[trouble] = sentence

    return note


def pytest_sessionfinish() -> None:
    """Write what was seen into the documentation."""
    if _results or _said:
        from .troubles import TROUBLES

        titles = {kind.title: _versions.get(kind.title, "") for kind in SYSTEMS}
        table.write(_results, titles, _said, TROUBLES)
