"""The start-up file that has IPython load the extension: what is in it, where it lies, and how it goes again.

It is a file of its own beside IPython's other start-up files. So nobody's configuration is read or edited, whatever
extensions it names already, and taking the file away leaves everything as it was. A file of another version of this
package is known by its first line and replaced or removed; one that somebody changed is left alone. This module says
what would be done, and does it only when asked to; it prints nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from IPython.core.application import ENV_CONFIG_DIRS, SYSTEM_CONFIG_DIRS
from IPython.paths import get_ipython_dir
from traitlets.config import Application

NAME = "00-tiled_jupyter.py"  # before what a person's own start-up files do with Tiled
VERSION = 2  # of the file; raise it with every change of its text
# Every later version begins its file with these two lines, so that an earlier one can replace and remove it.
_FIRST_LINE = "# Made by `python -m tiled_jupyter enable`; `python -m tiled_jupyter disable` removes it.\n"
_SECOND_LINE = re.compile(r"# Version (\d+), made with (\d+) directories, checksum ([0-9a-f]{16})\.\n")
# The checksum of the first version's file, which had no second line of this kind.
_VERSION_1 = "f34ec4149d2c54f16005abacb18dc2819637d8ce202e96eab340e2c3c9e31ff4"
# A start-up file that raises keeps those after it from running, and its names would be the notebook's. What it writes
# itself while a kernel starts, nobody sees.
_REST = """\
# It does nothing where TILED_JUPYTER=0 is set, or where the environment of the kernel has no tiled_jupyter.
if __import__("os").environ.get("TILED_JUPYTER") != "0":
    try:
        if __import__("importlib.util").util.find_spec("tiled_jupyter") is not None:
            get_ipython().extension_manager.load_extension("tiled_jupyter")
    except Exception:

        def _tiled_jupyter(ipython, sys, error):
            def say_it_in_the_first_cell(*_):
                ipython.events.unregister("pre_run_cell", say_it_in_the_first_cell)
                what = "tiled_jupyter could not be loaded (%s: %s)." % (type(error).__name__, error)
                print(what, "Repair it in", sys.prefix, "or set TILED_JUPYTER=0.", file=sys.stderr)

            ipython.events.register("pre_run_cell", say_it_in_the_first_cell)

        _tiled_jupyter(get_ipython(), __import__("sys"), __import__("sys").exc_info()[1])
        del _tiled_jupyter
"""


def content(directories: int = 0) -> str:
    """Return the text of the file.

    Parameters
    ----------
    directories : int
        How many directories were made to hold it, the file's own and those above it; `Place.disable` removes them.
    """
    return (
        f"{_FIRST_LINE}# Version {VERSION}, made with {directories} directories, checksum {_checksum(_REST)}.\n{_REST}"
    )


def _checksum(rest: str) -> str:
    return hashlib.sha256(rest.encode()).hexdigest()[:16]


class CannotChange(Exception):
    """The place cannot be used, or holds something else; the message says what to do."""


@dataclass(frozen=True)
class Found:
    """A start-up file that this package has made.

    Parameters
    ----------
    version : int
        Of the file.
    directories : int
        How many were made to hold it.
    current : bool
        Whether it is what this version of the package writes.
    """

    version: int
    directories: int
    current: bool


@dataclass(frozen=True)
class Place:
    """Where a start-up file can lie.

    Parameters
    ----------
    name : str
        For people.
    directory : Path
        Of IPython's start-up files.
    """

    name: str
    directory: Path

    @property
    def path(self) -> Path:
        """The file."""
        return self.directory / NAME

    def find(self) -> Found | None:
        """Return what is known of our file, or None where it is not there.

        Raises
        ------
        CannotChange
            Where there is another one, ours was changed, or that cannot be known.
        """
        try:
            found = self.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise CannotChange(f"{self.path} cannot be read ({error.strerror}).") from None
        if hashlib.sha256(found).hexdigest() == _VERSION_1:
            return Found(1, 0, current=False)
        text = found.decode(errors="replace")
        if not text.startswith(_FIRST_LINE):
            raise CannotChange(
                f"{self.path} was not made by this program, so it is left alone. Move it away, and try again."
            )
        line = _SECOND_LINE.match(text, len(_FIRST_LINE))
        if line is None or _checksum(text[line.end() :]) != line[3]:
            raise CannotChange(
                f"{self.path} was changed since this program wrote it, so it is left alone. Move what was added to a "
                "file beside it, delete this one, and try again."
            )
        directories = int(line[2])
        return Found(int(line[1]), directories, current=text == content(directories))

    def enable(self) -> None:
        """Write the file, in the place of another version's if there is one."""
        found = self.find()
        missing = sum(not path.exists() for path in (self.directory, *self.directory.parents))
        whole = self.path.with_name(f".{NAME}.{os.getpid()}")  # a kernel that starts now reads all of it or nothing
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            whole.write_bytes(content(missing if found is None else found.directories).encode())
            whole.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                whole.unlink()
            self._remove_empty(missing)
            raise CannotChange(f"{self.path} cannot be written ({error.strerror}).") from None

    def disable(self) -> None:
        """Remove the file, and the directories made for it that are empty."""
        found = self.find()
        try:
            self.path.unlink()
        except OSError as error:
            raise CannotChange(f"{self.path} cannot be removed ({error.strerror}).") from None
        self._remove_empty(found.directories if found is not None else 0)

    def _remove_empty(self, count: int) -> None:
        """Remove as many directories as were made, from the innermost on, up to one that holds something."""
        for directory in (self.directory, *self.directory.parents)[:count]:
            try:
                directory.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                break


def profile(name: str = "default") -> Place:
    """Return the place of a profile of this user's.

    Raises
    ------
    CannotChange
        Where there is no such profile; IPython makes the default one itself.
    """
    home = _home()
    directory = home / f"profile_{name}"
    if name != "default" and (Path(name).name != name or not directory.is_dir()):
        raise CannotChange(f"There is no profile {name} in {home}. Make it with: ipython profile create {name}")
    return Place(f"profile {name}", directory / "startup")


def profiles() -> list[Place]:
    """Return the places of all profiles of this user's; the default one is among them even before IPython makes it.

    Raises
    ------
    CannotChange
        Where IPython has no directory for them.
    """
    home = _home()
    found = [path.name.removeprefix("profile_") for path in home.glob("profile_*") if path.is_dir()]
    return [profile(name) for name in sorted({"default", *found})]


def environment() -> Place:
    """Return the place of everybody who uses this Python environment."""
    return Place("this environment", Path((ENV_CONFIG_DIRS or SYSTEM_CONFIG_DIRS)[0]) / "startup")


def system() -> Place:
    """Return the place of everybody on this computer."""
    if not SYSTEM_CONFIG_DIRS:
        raise CannotChange("IPython has no place for a whole computer here. Use --sys-prefix instead.")
    return Place("this computer", Path(SYSTEM_CONFIG_DIRS[-1]) / "startup")


def configured(profile_name: str | None, application: Application | None = None) -> Application:
    """Return an application that has loaded IPython's configuration files as a kernel with this profile would.

    Parameters
    ----------
    profile_name : str or None
        None for what counts for everybody alone.
    application : traitlets.config.Application, optional
        To load them; by default a new one.

    Raises
    ------
    CannotChange
        Where there is no such profile.
    """
    own = [] if profile_name is None else [str(profile(profile_name).directory.parent)]
    places = [*own, *ENV_CONFIG_DIRS, *SYSTEM_CONFIG_DIRS]
    application = application or Application(log_level="ERROR")
    for name in ("ipython_config", "ipython_kernel_config"):
        application.load_config_file(name, path=places)
    return application


def _home() -> Path:
    """Return IPython's directory of this user.

    IPython makes the directory when it is asked for it, or a temporary one where it cannot. Such a new directory is
    removed again: who only looks leaves nothing behind, and what `Place.enable` makes is counted.

    Raises
    ------
    CannotChange
        Where IPython can use no lasting one.
    """
    usual = Path(os.path.normpath(Path(os.environ.get("IPYTHONDIR") or "~/.ipython").expanduser()))
    existed = usual.exists()
    refusal = f"IPython cannot write to its directory {usual}. Correct its rights, or set IPYTHONDIR."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            home = Path(get_ipython_dir())
        except OSError:
            raise CannotChange(refusal) from None
    temporary = home != usual and home.parent == Path(tempfile.gettempdir())
    if temporary or (home == usual and not existed):
        with suppress(OSError):
            home.rmdir()
    if temporary:
        raise CannotChange(refusal)
    return home
