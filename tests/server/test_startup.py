"""Row D24: enabled for all, in a file of its own that goes again without a trace; in real IPythons."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tiled_jupyter import __main__
from tiled_jupyter.notebook import startup
from tiled_jupyter.notebook.startup import CONTENT, NAME

from .test_magics import kernel

ROOT = Path(__file__).parents[2]
LOADED = "print('loaded' if 'tiled_jupyter' in get_ipython().extension_manager.loaded else 'not loaded')"
NAMES = "print(sorted(name for name in globals() if 'tiled' in name.lower() or name in ('os', 'error')))"
CONFIG = b"c.InteractiveShellApp.extensions = ['autoreload']\r\n# mine\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a person's IPython directory, with a configuration of their own and one more profile."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    for name in ("default", "beamline"):
        directory = tmp_path / f"profile_{name}" / "startup"
        directory.mkdir(parents=True)
        (directory.parent / "ipython_config.py").write_bytes(CONFIG)
        (directory / "50-mine.py").write_bytes(b"mine = 'ran'\n")
    monkeypatch.delenv("TILED_JUPYTER", raising=False)
    return tmp_path


def files(directory):
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in directory.rglob("*") if path.is_file()}


def run(*arguments, python=sys.executable, **environment):
    """Run the command, and give its exit status and what it says."""
    done = subprocess.run(
        [python, "-m", "tiled_jupyter", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def ipython(code, *options, python=sys.executable, **environment):
    """Run code in a new IPython, and give what it writes."""
    done = subprocess.run(
        [python, "-m", "IPython", "--no-banner", "--colors=NoColor", *options, "-c", code],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    return done.stdout + done.stderr


def test_it_shows_what_would_change_and_changes_nothing(home):
    before = files(home)
    status, said = run("enable")
    assert status == 0
    assert CONTENT in said
    assert str(home / "profile_default" / "startup" / NAME) in said
    assert "Add --write" in said
    assert files(home) == before
    run("enable", "--write")
    enabled = files(home)
    assert "Would remove" in run("disable")[1]
    assert files(home) == enabled


def test_enabling_and_disabling_leaves_every_file_as_it_was(home):
    before = files(home)
    assert run("enable", "--write")[0] == 0
    assert files(home).keys() - before.keys() == {home / "profile_default" / "startup" / NAME}
    assert "Nothing to do" in run("enable", "--write")[1]
    assert run("disable", "--write")[0] == 0
    assert files(home) == before
    assert "Nothing to do" in run("disable", "--write")[1]


def test_ipython_loads_it_beside_the_extensions_that_a_person_has_set(home):
    run("enable", "--write")
    said = ipython(f"{LOADED}; print(mine, 'autoreload' in str(get_ipython().extension_manager.loaded))\n{NAMES}")
    assert said.splitlines() == ["loaded", "ran True", "[]"]
    assert ipython(LOADED, "--profile=beamline").split() == ["not", "loaded"]
    run("disable", "--write")
    assert ipython(LOADED).split() == ["not", "loaded"]


def test_a_profile_is_named_and_must_exist(home):
    assert run("enable", "--profile", "beamline", "--write")[0] == 0
    assert ipython(LOADED, "--profile=beamline").split() == ["loaded"]
    assert ipython(LOADED).split() == ["not", "loaded"]
    for name in ("nowhere", "../../profile_default", ""):
        status, said = run("enable", "--profile", name, "--write")
        assert status == 1
        assert "There is no profile" in said


def test_a_file_that_somebody_changed_is_left_alone(home):
    path = home / "profile_default" / "startup" / NAME
    path.write_text(f"{CONTENT}print('mine')\n")
    before = files(home)
    for action in ("enable", "disable"):
        status, said = run(action, "--write")
        assert status == 1
        assert "left alone" in said
    assert files(home) == before


def test_it_is_off_where_the_environment_says_so_also_for_who_loads_it(home, monkeypatch):
    run("enable", "--write")
    assert ipython(LOADED, TILED_JUPYTER="0").split() == ["not", "loaded"]
    assert ipython(LOADED, TILED_JUPYTER="1").split() == ["loaded"]
    magic = "%load_ext tiled_jupyter\nprint('tiled_login' in get_ipython().magics_manager.magics['line'])"
    off = ipython(f"{magic}\n%unload_ext tiled_jupyter", TILED_JUPYTER="0", IPYTHONDIR=str(home / "other"))
    assert off.splitlines()[-1] == "False"
    assert "TILED_JUPYTER=0 is set" in run("status", TILED_JUPYTER="0")[1]


@pytest.mark.parametrize(
    ("missing", "says"), [("tiled_jupyter", ""), ("anywidget", "tiled_jupyter could not be loaded")], ids=str
)
def test_where_a_package_is_missing_the_persons_own_files_run_all_the_same(home, missing, says):
    run("enable", "--write")
    first = home / "profile_default" / "startup" / "00-a.py"
    first.write_text(f"__import__('sys').modules[{missing!r}] = None")
    said = ipython(f"{LOADED}; print(mine)")
    assert said.startswith("not loaded\nran\n")
    assert says in said
    assert "Traceback" not in said


def test_a_kernel_loads_it_and_tells_nobody(home):
    run("enable", "--write")
    with kernel() as here:
        assert here.run(f"{LOADED}; print(mine)").split() == ["loaded", "ran"]
        assert "already loaded" in here.run("%load_ext tiled_jupyter")


def test_a_whole_environment(home, tmp_path):
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    with_packages = {"PYTHONPATH": os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")]), "python": python}
    before = files(environment)
    assert "this environment: not enabled" in run("status", **with_packages)[1]
    assert run("enable", "--sys-prefix", "--write", **with_packages)[0] == 0
    assert (environment / "etc" / "ipython" / "startup" / NAME).read_text() == CONTENT
    assert "this environment: enabled" in run("status", **with_packages)[1]
    assert ipython(f"{LOADED}; print(mine)", **with_packages).split() == ["loaded", "ran"]
    assert run("disable", "--sys-prefix", "--write", **with_packages)[0] == 0
    assert files(environment).keys() - {path for path in files(environment) if path.suffix == ".pyc"} == before.keys()


def test_a_whole_computer(home, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(startup, "SYSTEM_CONFIG_DIRS", ["/usr/local/etc/ipython", str(tmp_path / "etc" / "ipython")])
    path = tmp_path / "etc" / "ipython" / "startup" / NAME
    assert __main__.main(["enable", "--system", "--write"]) == 0
    assert path.read_text() == CONTENT
    assert __main__.main(["disable", "--system", "--write"]) == 0
    assert not path.exists()
    path.parent.rmdir()
    path.parent.write_text("no directory")
    assert __main__.main(["enable", "--system", "--write"]) == 1
    monkeypatch.setattr(startup, "SYSTEM_CONFIG_DIRS", [])
    assert __main__.main(["enable", "--system"]) == 1
    assert "no place for a whole computer" in capsys.readouterr().err


def test_the_real_place_of_a_whole_computer_is_one_that_ipython_reads():
    assert startup.system().path == Path("/etc/ipython/startup", NAME)
