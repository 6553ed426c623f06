"""Fixtures of the browser ring: one JupyterLab and one Chromium for all tests, a fresh page and kernel for each."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.patience import PATIENCE
from tests.server.openid_provider import OpenIDProvider, own_device_provider, password_provider
from tests.server.tiled_server import TiledServer

from .artifacts import leave_artifacts
from .chromium import launch_chromium, new_window
from .kernels import KERNELS, NEWEST, OLDEST, ROOT
from .lab import Lab
from .listener import Listener
from .notebook import Notebook
from .window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    OpenNotebook = Callable[..., Notebook]

ARTIFACTS = ROOT / "tests" / "artifacts"
expect.set_options(timeout=PATIENCE * 1000)
_FAILURE = pytest.StashKey[str]()  # of this run of a test


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for ``kernel`` on the oldest and the newest ipykernel, and on all if it is marked so."""
    if "kernel" in metafunc.fixturenames:
        everywhere = metafunc.definition.get_closest_marker("every_kernel") is not None
        named = metafunc.config.getoption("--kernels")
        chosen = named.split(",") if named else list(KERNELS) if everywhere else [OLDEST, NEWEST]
        for_weekly = set() if named else set(KERNELS) - {OLDEST, NEWEST}
        parameters = [
            pytest.param(KERNELS[v], id=f"ipykernel {v}", marks=[pytest.mark.weekly] * (v in for_weekly))
            for v in chosen
        ]
        metafunc.parametrize("kernel", parameters)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what the oldest ipykernel does as others do to the weekly tests."""
    for item in items:
        marker = item.get_closest_marker("oldest_weekly")
        if marker and isinstance(item, pytest.Function) and not config.getoption("--kernels"):
            parameters, but = item.callspec.params, marker.kwargs.get("but", ())
            if parameters["kernel"] == KERNELS[OLDEST] and not any(each in but for each in parameters.values()):
                item.add_marker(pytest.mark.weekly)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember how a test has failed, for the fixtures that are torn down after it."""
    report = yield
    if report.when == "setup":
        item.stash[_FAILURE] = ""
    if report.failed:
        item.stash[_FAILURE] = report.longreprtext
    return report


@pytest.fixture(scope="session")
def chromium(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """Yield the one Chromium of the session."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright, headed=pytestconfig.getoption("--headed"))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def session_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Yield the one JupyterLab of the session; tests take `lab`, which is as new each time."""
    with Lab(tmp_path_factory.mktemp("lab"), warm=True) as lab:
        yield lab


@pytest.fixture
def lab(session_lab: Lab) -> Iterator[Lab]:
    """Yield JupyterLab without kernels, notebooks or sign-ins of other tests."""
    yield session_lab
    session_lab.reset()


@pytest.fixture(scope="session")
def window(chromium: Browser, session_lab: Lab) -> Iterator[Window]:
    """Yield the one browser window of the session, without anything of other tests."""
    window = Window(chromium, session_lab)
    yield window
    window.close()


@pytest.fixture
def open_notebook(
    request: pytest.FixtureRequest, chromium: Browser, window: Window, lab: Lab
) -> Iterator[OpenNotebook]:
    """Yield ``open_notebook(cells, kernel="k74", lab=lab, before=None, kind=Notebook)``: one with an idle kernel.

    ``kind`` is how its page is used. ``before(page)`` is called while the page is still empty. What it may do to what
    a page loads, and what a second page of a test shares with the first, is not for other tests to see: these get a
    window of their own.
    """
    where = lab
    contexts: list[BrowserContext] = []
    opened: list[Notebook] = []
    in_window: Notebook | None = None

    def open_one(
        cells: list[str],
        kernel: str = "k74",
        lab: Lab = where,
        before: Callable[[Page], None] | None = None,
        kind: type[Notebook] = Notebook,
    ) -> Notebook:
        nonlocal in_window
        path = lab.write_notebook(f"notebook-{len(opened)}", cells, kernel)
        if in_window is None and before is None:
            notebook = in_window = kind(window.page(lab), lab, path)
        else:
            contexts.append(new_window(chromium))
            notebook = kind(contexts[-1].new_page(), lab, path)
        opened.append(notebook)
        if before is not None:
            before(notebook.page)
        return notebook.open()

    yield open_one
    failure = request.node.stash[_FAILURE]
    if failure:
        folder = ARTIFACTS / re.sub(r"[^\w.-]+", "_", request.node.nodeid.removeprefix("tests/browser/"))
        leave_artifacts(folder, failure, opened)
        print(f"\nArtifacts: {folder}")
    for context in contexts:
        context.close()
    window.clean(None if failure else in_window)  # before the kernels end, which a page would tell somebody


@pytest.fixture(scope="session")
def tiled_server() -> Iterator[TiledServer]:
    """Yield a real Tiled server with the demo's users and data; anonymous people see the public part."""
    with TiledServer() as server:
        yield server


@pytest.fixture(scope="session")
def closed_tiled_server() -> Iterator[TiledServer]:
    """Yield a real Tiled server that shows nothing before signing in."""
    with TiledServer(allow_anonymous_access=False) as server:
        yield server


@pytest.fixture(scope="session")
def op() -> Iterator[OpenIDProvider]:
    """Yield a real OpenID provider that may be asked every second."""
    with OpenIDProvider(interval=1) as provider:
        yield provider


@pytest.fixture(scope="session")
def two_ways_server(op: OpenIDProvider) -> Iterator[TiledServer]:
    """Yield a Tiled server with two ways in: a password, and Tiled's own device flow."""
    with TiledServer(providers=[password_provider(), own_device_provider(op)]) as server:
        yield server


@pytest.fixture
def listen() -> Iterator[Callable[[Notebook], Listener]]:
    """Yield ``listen(notebook)``: a second client on the kernel of a notebook."""
    with ExitStack() as stack:
        yield lambda notebook: stack.enter_context(Listener(notebook.lab.connection_file(notebook.kernel_id)))
