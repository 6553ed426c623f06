"""What `make demo` and `make test` do on a fresh machine, as far as that can be seen without one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.chromium import COMMANDS, WITHOUT_WINDOWS, find_chromium
from tiled_jupyter.demo.provider import OLDEST_NODE, SOURCE

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "cat", "dirname", "env", "id", "mkdir", "mktemp", "rm", "sed", "sort", "tail", "timeout")


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | environment)


def steps(target: str) -> str:
    """Return what make would do for `target` in a fresh checkout."""
    return run("make", "--always-make", "--dry-run", target, MAKEFLAGS="").stdout


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine with neither browser, nginx, Node, package manager nor network."""
    for tool in TOOLS:
        if found := shutil.which(tool):
            (tmp_path / "bin" / tool).parent.mkdir(exist_ok=True)
            (tmp_path / "bin" / tool).symlink_to(found)
    (tmp_path / "tmp").mkdir()
    return {
        **{"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp")},
        **{"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""},
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a fresh checkout's scripts, and what they use."""
    shutil.copytree(ROOT / "scripts", tmp_path / "checkout" / "scripts")
    (tmp_path / "checkout" / "tests" / "browser").mkdir(parents=True)
    for name in ("__init__.py", "browser/__init__.py", "browser/chromium.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "checkout" / "tests" / name)
    return tmp_path / "checkout"


def test_what_can_fail_comes_first():
    done = steps("test")
    tried = ["Python >= 3.10", "Python >= 3.11", "ensure-chromium", "ensure-nginx"]
    installs = ["scripts/environment", "npm ci", "npm test", "-m pytest"]
    assert [done.find(step) for step in tried + installs] == sorted(done.find(step) for step in tried + installs)
    assert min(done.find(step) for step in tried + installs) >= 0


def test_the_demo_has_an_environment_of_its_own():
    done = steps("demo")
    assert ".demo/bin/python -m tiled_jupyter.demo" in done
    assert re.findall(r"environment \S+ (\S+)", done) == [".demo"]


def test_the_unit_tests_need_neither_browser_nor_kernels():
    done = steps("unit")
    assert "-m pytest tests/unit tests/http" in done
    assert re.findall(r"ensure-|\.kernels", done) == []


def test_a_quiet_command_tells_only_how_long_it_took():
    done = run("scripts/quietly", "Packages", "bash", "-c", "echo noise; echo more >&2")
    assert re.fullmatch(r"Packages … \d+ s\n", done.stdout)
    assert (done.stderr, done.returncode) == ("", 0)


def test_a_quiet_command_that_fails_shows_its_last_lines(tmp_path):
    done = run("scripts/quietly", "Packages", "bash", "-c", "seq 30; echo why >&2; exit 7", TMPDIR=str(tmp_path))
    assert done.returncode == 7
    assert re.fullmatch(r"Packages … failed after \d+ s\n", done.stdout)
    assert done.stderr.startswith("12\n13\n")
    assert "\n30\nwhy\nThat was: bash -c seq 30" in done.stderr
    (log,) = tmp_path.iterdir()
    assert str(log) in done.stderr
    assert log.read_text().startswith("1\n2\n")


def test_where_no_chromium_can_be_had_one_sentence_says_so(bare, checkout):
    done = run(checkout / "scripts" / "ensure-chromium", sys.executable, "1/6 Chromium", **bare)
    assert done.returncode == 1
    assert done.stdout == "1/6 Chromium: Playwright's … not to be had here; Debian's … not to be had here\n"
    assert "need Chromium or Google Chrome: install one (Debian: apt-get install chromium)" in done.stderr
    assert done.stderr.count("\n") == 1


def test_where_no_nginx_can_be_had_one_sentence_says_so(bare, checkout):
    # Whether there is one in /usr/sbin is this machine's affair.
    script = checkout / "scripts" / "ensure-nginx"
    script.write_text(script.read_text().replace(":/usr/sbin:/usr/local/sbin:/opt/homebrew/bin", ""))
    done = run(script, "2/6 nginx", **bare)
    assert done.returncode == 1
    assert done.stdout == "2/6 nginx … not to be had here\n"
    assert "need nginx: install it (Debian: apt-get install nginx-light)" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_chromium_that_shows_no_page_is_none(monkeypatch, tmp_path):
    for command in (WITHOUT_WINDOWS, *COMMANDS):  # as the one of Ubuntu's package, which names another
        (tmp_path / command).write_text("#!/bin/sh\necho 'requires the chromium snap to be installed.'\n")
        (tmp_path / command).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() is None


@pytest.mark.parametrize(("version", "status"), [("v20.18.3", 1), ("v20.19.0", 0), ("v24.1.0", 0), ("", 1)])
def test_a_node_that_is_too_old_is_none(bare, version, status):
    for command in ("node", "npm"):
        (Path(bare["PATH"]) / command).write_text(f"#!/bin/sh\necho {version}; test {version}\n")
        (Path(bare["PATH"]) / command).chmod(0o755)
    assert run("scripts/has-node", **bare).returncode == status


def test_the_oldest_node_is_the_same_everywhere():
    needed = json.loads((SOURCE / "package.json").read_text())["engines"]["node"]
    assert needed == ">=" + ".".join(map(str, OLDEST_NODE))
