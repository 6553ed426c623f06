"""Enabled for all, in a file of its own that survives upgrades and goes again without a trace; in real IPythons."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import tiled_jupyter
from tiled_jupyter import __main__
from tiled_jupyter.notebook import startup
from tiled_jupyter.notebook.startup import NAME, content

from .kernel import kernel

ROOT = Path(__file__).parents[2]
LOADED = "print('loaded' if 'tiled_jupyter' in get_ipython().extension_manager.loaded else 'not loaded')"
NAMES = "print(sorted(name for name in globals() if 'tiled' in name.lower() or name in ('os', 'error')))"
CONFIG = b"c.InteractiveShellApp.extensions = ['autoreload']\r\n# mine\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return a person's IPython directory, with a configuration of their own and one more profile."""
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
    """Run the command, and return its exit status and what it says."""
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
    """Run code in a new IPython, and return what it writes."""
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
    assert content() in said
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


# What the first version wrote.
VERSION_1 = """\
# Made by `python -m tiled_jupyter enable`; `python -m tiled_jupyter disable` removes it.
# It does nothing where TILED_JUPYTER=0 is set, or where the environment of the kernel has no tiled_jupyter.
if __import__("os").environ.get("TILED_JUPYTER") != "0":
    try:
        if __import__("importlib.util").util.find_spec("tiled_jupyter") is not None:
            get_ipython().extension_manager.load_extension("tiled_jupyter")
    except Exception:
        __import__("warnings").warn("tiled_jupyter could not be loaded: %r" % __import__("sys").exc_info()[1])
"""


def of_version(version, rest="print('of another version')\n"):
    """Return a file as another version of the package would write it."""
    checksum = hashlib.sha256(rest.encode()).hexdigest()[:16]
    first = content().partition("\n")[0]
    return f"{first}\n# Version {version}, made with 0 directories, checksum {checksum}.\n{rest}"


def test_a_new_text_of_the_file_has_a_new_version():
    # Of version 2. Where this fails, raise `startup.VERSION`; earlier versions tell a text by its checksum.
    assert (startup.VERSION, startup._checksum(startup._REST)) == (2, "c1c584f59453d0c6")


@pytest.mark.parametrize(
    ("other", "version"), [(VERSION_1, 1), (of_version(2), 2), (of_version(7), 7)], ids=["first", "changed", "newer"]
)
def test_a_file_of_another_version_is_replaced_by_enable_and_removed_by_disable(home, other, version):
    before = files(home)
    path = home / "profile_default" / "startup" / NAME
    path.write_text(other)
    assert f"enabled, by a file of another version ({version})" in run("status")[1]
    assert f"It is of another version ({version})." in run("enable")[1]
    assert path.read_text() == other
    assert run("enable", "--write")[0] == 0
    assert path.read_text() == content()
    assert ipython(LOADED).split() == ["loaded"]
    assert "another version" not in run("status")[1]
    path.write_text(other)
    assert run("disable", "--write")[0] == 0
    assert {path: content for path, content in files(home).items() if path.name != "history.sqlite"} == before


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (f"{content()}print('mine')\n", "was changed since"),
        (content().replace("pre_run_cell", "post_run_cell"), "was changed since"),
        (VERSION_1.replace("is not None", "is None"), "was changed since"),
        ("print('mine')\n", "was not made by this program"),
        ("", "was not made by this program"),
    ],
)
def test_a_file_that_somebody_changed_or_made_is_left_alone_and_said(home, other, says):
    path = home / "profile_default" / "startup" / NAME
    path.write_text(other)
    before = files(home)
    for action in ("enable", "disable"):
        status, said = run(action, "--write")
        assert status == 1
        assert f"{path} {says}" in said
        assert "left alone" in said
    assert f"profile default: {path} {says}" in run("status")[1]
    assert files(home) == before


def test_all_profiles_at_once_and_a_changed_file_keeps_the_others_from_nothing(home):
    before = files(home)
    assert "profile_beamline" in run("enable", "--all")[1]
    assert files(home) == before
    assert run("enable", "--all", "--write")[0] == 0
    for profile in ("default", "beamline"):
        assert ipython(LOADED, f"--profile={profile}").split() == ["loaded"]
        assert f"profile {profile}: enabled" in run("status", "--all")[1]
    assert "still enabled for profile beamline" in run("disable", "--write")[1]
    changed = home / "profile_beamline" / "startup" / NAME
    changed.write_text(f"{content()}print('mine')\n")
    run("enable", "--write")
    status, said = run("disable", "--all", "--write")
    assert status == 1
    assert f"{changed} was changed since" in said
    assert not (home / "profile_default" / "startup" / NAME).exists()
    changed.unlink()
    assert run("disable", "--all", "--write")[0] == 0
    assert "still enabled" not in run("disable", "--all", "--write")[1]
    assert set(home.rglob(NAME)) == set()


ANOTHER = ("# Version 2,", "# Version 3,")
LEVELS = ["ipython", "ipython/profile_default", "ipython/profile_default/startup"]


@pytest.mark.parametrize("there_before", range(4))
def test_directories_that_it_made_go_with_it(tmp_path, monkeypatch, there_before):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for level in LEVELS[:there_before]:
        (tmp_path / level).mkdir()
    file = tmp_path / LEVELS[-1] / NAME
    for looks in ("status", "enable", "disable"):
        run(looks)
        assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == LEVELS[:there_before]
    assert run("enable", "--write")[0] == 0
    assert file.read_text() == content(3 - there_before)
    file.write_text(file.read_text().replace(*ANOTHER))
    assert run("enable", "--write")[0] == 0  # an upgrade does not forget what was made
    assert file.read_text() == content(3 - there_before)
    assert run("disable", "--write")[0] == 0
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == LEVELS[:there_before]


def test_directories_that_others_use_by_now_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    assert run("enable", "--write")[0] == 0
    theirs = tmp_path / LEVELS[-2] / "history.sqlite"
    theirs.write_text("")
    assert run("disable", "--write")[0] == 0
    assert list((tmp_path / "ipython").rglob("*")) == [theirs.parent, theirs]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setattr(Path, "write_bytes", full)
    place = startup.profile()
    with pytest.raises(startup.CannotChange, match="No space left on device"):
        place.enable()
    assert list(tmp_path.iterdir()) == []


def test_where_ipython_can_keep_nothing_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "nowhere" / "ipython"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    status, said = run("enable", "--write")
    assert status == 1
    assert f"IPython cannot write to its directory {tmp_path / 'nowhere' / 'ipython'}." in said
    assert "IPython cannot write" in run("status", "--all")[1]
    assert list(tmp_path.iterdir()) == []


def test_it_is_off_where_the_environment_says_so_also_for_who_loads_it(home, monkeypatch):
    run("enable", "--write")
    assert ipython(LOADED, TILED_JUPYTER="0").split() == ["not", "loaded"]
    assert ipython(LOADED, TILED_JUPYTER="1").split() == ["loaded"]
    magic = "%load_ext tiled_jupyter\nprint('tiled_login' in get_ipython().magics_manager.magics['line'])"
    off = ipython(f"{magic}\n%unload_ext tiled_jupyter", TILED_JUPYTER="0", IPYTHONDIR=str(home / "other"))
    assert off.splitlines()[-1] == "False"
    assert "TILED_JUPYTER=0 is set" in run("status", TILED_JUPYTER="0")[1]


@pytest.mark.parametrize(
    ("missing", "loaded", "says"),
    [
        ("tiled_jupyter", "not loaded", ""),
        ("anywidget", "loaded", ""),  # it is needed when a panel is
        ("tiled_jupyter.settings", "not loaded", "tiled_jupyter could not be loaded"),
    ],
    ids=str,
)
def test_where_a_package_is_missing_the_persons_own_files_run_all_the_same(home, missing, loaded, says):
    run("enable", "--write")
    first = home / "profile_default" / "startup" / "00-a.py"
    first.write_text(f"__import__('sys').modules[{missing!r}] = None")
    said = ipython(f"{LOADED}; print(mine)")
    assert said.startswith(f"{loaded}\nran\n")
    assert says in said
    assert "Traceback" not in said


def test_status_says_what_is_installed_and_which_settings_are_wrong(home):
    said = run("status")[1]
    assert f"Python {platform.python_version()}, tiled_jupyter {tiled_jupyter.__version__}, tiled " in said
    assert "The settings are correct." in said
    file = home / "profile_beamline" / "ipython_config.py"
    file.write_text("c.TiledJupyter.max_key_days = 0\nc.TiledJupyter.help_ulr = ''\n")
    before = files(home)
    status, said = run("status", "--profile", "beamline")
    assert status == 0
    assert "c.TiledJupyter.max_key_days is 0 and must be a whole number of days" in said
    assert f"Correct it in {file}, line 1." in said
    assert f"Did you mean help_url? Correct it in {file}, line 2." in said
    assert "The settings are correct." not in said
    assert "There is no profile" in run("status", "--profile", "nowhere")[1]
    assert files(home) == before


def test_a_package_that_cannot_be_loaded_is_said_in_the_first_cell(home):
    run("enable", "--write")
    (home / "profile_default" / "startup" / "00-a.py").write_text(
        "__import__('sys').modules['tiled_jupyter.settings'] = None"
    )
    with kernel() as here:
        first = here.run(f"print(mine)\n{NAMES}")
        assert "tiled_jupyter could not be loaded (ModuleNotFoundError: " in first
        assert f"Repair it in {sys.prefix} or set TILED_JUPYTER=0." in first
        assert "ran\n[]" in first
        assert here.run("print('again')").strip() == "again"


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
    assert (environment / "etc" / "ipython" / "startup" / NAME).read_text() == content(3)
    assert "this environment: enabled" in run("status", **with_packages)[1]
    assert ipython(f"{LOADED}; print(mine)", **with_packages).split() == ["loaded", "ran"]
    assert run("disable", "--sys-prefix", "--write", **with_packages)[0] == 0
    assert files(environment).keys() - {path for path in files(environment) if path.suffix == ".pyc"} == before.keys()


def test_a_whole_computer(home, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(startup, "SYSTEM_CONFIG_DIRS", ["/usr/local/etc/ipython", str(tmp_path / "etc" / "ipython")])
    path = tmp_path / "etc" / "ipython" / "startup" / NAME
    assert __main__.main(["enable", "--system", "--write"]) == 0
    assert path.read_text() == content(3)
    assert __main__.main(["disable", "--system", "--write"]) == 0
    assert not path.exists()
    path.parent.parent.mkdir(parents=True)
    path.parent.write_text("no directory")
    assert __main__.main(["enable", "--system", "--write"]) == 1
    monkeypatch.setattr(startup, "SYSTEM_CONFIG_DIRS", [])
    assert __main__.main(["enable", "--system"]) == 1
    assert "no place for a whole computer" in capsys.readouterr().err


def test_the_real_place_of_a_whole_computer_is_one_that_ipython_reads():
    assert startup.system().path == Path("/etc/ipython/startup", NAME)
