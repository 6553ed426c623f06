"""Options shared by the rings of tests."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import pytest
from hypothesis import HealthCheck, settings

from tests.patience import PATIENCE
from tests.server import nursery

if TYPE_CHECKING:
    from collections.abc import Iterator

# No test measures time with it, and a busy machine is slow now and then.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# In the tests' processes and in those they start.
os.environ.setdefault("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", f"{PATIENCE}s")

BROWSER, SERVER = Path(__file__).parent / "browser", Path(__file__).parent / "server"
OUTSIDE = {Path(__file__).parent / "engines", Path(__file__).parent / "identity"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options for working on the browser ring."""
    group = parser.getgroup("tiled_jupyter")
    group.addoption(
        "--kernels", help="versions of ipykernel, as 6.31.0,7.2.0,7.4, for every test that asks for a kernel"
    )
    group.addoption("--weekly", action="store_true", help="run those tests too that no change has to wait for")
    group.addoption("--headed", action="store_true", help="show the browser")


def pytest_configure(config: pytest.Config) -> None:
    """Begin what all processes of the run start their servers from."""
    if nursery.is_possible() and not hasattr(config, "workerinput"):
        nursery.NURSERY.begin()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the weekly tests to ``--weekly``, and put the browser ring last.

    It is slow, and Playwright's event loop stays in the thread of the tests. Its long tests come first: what is left at
    the end should be short, or three workers wait for one.

    Where nobody looks, a test with real parts gets a second run: of some hundred servers, kernels and pages, whose
    tokens live for seconds, one may come up lame. Its first failure stays in the summary and among the artifacts.
    """
    named = any(argument.partition("::")[0].endswith(".py") for argument in config.args)
    if not (config.getoption("--weekly") or named):
        left = [item for item in items if item.get_closest_marker("weekly")]
        items[:] = [item for item in items if not item.get_closest_marker("weekly")]
        config.hook.pytest_deselected(items=left)
    items.sort(key=lambda item: (BROWSER in item.path.parents, item.get_closest_marker("long") is None))
    if os.environ.get("CI"):
        for item in items:
            if {BROWSER, SERVER} & set(item.path.parents):
                item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of each later garbage collection, of which some are asked for."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def one_authority(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust one certificate authority, here and in what tests start, as no test of these rings speaks with the world.

    Each of some thousand clients reads what is to be trusted: all authorities take 40 ms.
    """
    with pytest.MonkeyPatch.context() as patch:
        if not any(OUTSIDE & set(item.path.parents) for item in request.session.items):
            first = Path(certifi.where()).read_text(encoding="utf-8").partition("-----END CERTIFICATE-----")
            file = tmp_path_factory.mktemp("authorities") / "one.pem"
            file.write_text("".join(first[:2]), encoding="utf-8")
            patch.setenv("SSL_CERT_FILE", str(file))
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Return what each ring took, and of each test that got a second run what its first one failed of."""
    rings: dict[str, list[float]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                rings.setdefault(report.nodeid.split("/")[1], []).append(report.duration)
    terminalreporter.section("what each ring took, all processes together", sep="-")
    for ring, durations in sorted(rings.items()):
        terminalreporter.write_line(f"{ring:10} {sum(durations):7.0f} s  {len(durations)} tests and fixtures")
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first run of {report.nodeid}", sep="-")
        terminalreporter.write_line(report.longreprtext[-2000:])
