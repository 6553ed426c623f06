"""Fixtures of the front ends: those of the browser ring, with another server; and the table they end in."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.browser import conftest as browser
from tests.browser.conftest import chromium, closed_tiled_server, lab, op, open_notebook, two_ways_server, window
from tests.server.openid_provider import OpenIDProvider, own_device_provider, password_provider
from tests.server.tiled_server import TiledServer

from . import consoles, table
from .front_ends import ALL, FrontEnd
from .servers import Hub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.lab import Lab

__all__ = ["chromium", "closed_tiled_server", "lab", "op", "open_notebook", "two_ways_server", "window"]

_results: dict[FrontEnd, table.Results] = defaultdict(dict)


@pytest.fixture(scope="session")
def front_end(request: pytest.FixtureRequest) -> FrontEnd:
    """Return the front end that the test is about."""
    return request.param


@pytest.fixture(scope="session")
def session_lab(front_end: FrontEnd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Yield its server, one for all tests of this front end."""
    with front_end.start(tmp_path_factory.mktemp("front-end")) as server:
        yield server


@pytest.fixture(scope="session")
def closed_two_ways_server(op: OpenIDProvider) -> Iterator[TiledServer]:
    """Yield one that shows nothing before signing in."""
    providers = [password_provider(), own_device_provider(op)]
    with TiledServer(providers=providers, allow_anonymous_access=False) as server:
        yield server


@pytest.fixture
def open_cells(front_end, lab, open_notebook):
    """Return ``open_cells(cells, before=None)``: a notebook open in the front end, with an idle kernel."""
    entering = lab.enter if isinstance(lab, Hub) else None

    def open_one(cells, before=entering):
        notebook = open_notebook(cells, kernel=front_end.kernelspec, before=before, kind=front_end.page)
        if front_end.comms is not None:
            assert notebook.page.evaluate("() => tj.kernel().commsOverSubshells") == front_end.comms
        return notebook

    return open_one


@pytest.fixture
def elsewhere(chromium):
    """Yield the person's other browser window."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Record what a test of the table says of its front end."""
    report = yield from browser.pytest_runtest_makereport(item)
    said = item.callspec.params
    if "console" in said:
        consoles.record(said["console"], said["story"], passed=report.passed)
    if not {"way", "cell"} <= said.keys():
        return report
    results = _results[said["front_end"]]
    column = said["way"], said["cell"]
    results[column] = results.get(column, True) and report.passed
    return report


def pytest_sessionfinish() -> None:
    """Write what was seen into the README."""
    if _results:
        table.write(_results, ALL)
    if consoles.results:
        consoles.write()
