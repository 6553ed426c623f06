"""The start-up file that has IPython load the extension: what is in it, where it lies, and how it goes again.

It is a file of its own beside IPython's other start-up files. So nobody's configuration is read or edited, whatever
extensions it names already, and taking the file away leaves everything as it was. Says what would be done, and does it
only when asked to; prints nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from IPython.core.application import ENV_CONFIG_DIRS, SYSTEM_CONFIG_DIRS
from IPython.paths import get_ipython_dir

NAME = "00-tiled_jupyter.py"  # before what a person's own start-up files do with Tiled
# A start-up file that raises keeps those after it from running, and its names would be the notebook's.
CONTENT = """\
# Made by `python -m tiled_jupyter enable`; `python -m tiled_jupyter disable` removes it.
# It does nothing where TILED_JUPYTER=0 is set, or where the environment of the kernel has no tiled_jupyter.
if __import__("os").environ.get("TILED_JUPYTER") != "0":
    try:
        if __import__("importlib.util").util.find_spec("tiled_jupyter") is not None:
            get_ipython().extension_manager.load_extension("tiled_jupyter")
    except Exception:
        __import__("warnings").warn("tiled_jupyter could not be loaded: %r" % __import__("sys").exc_info()[1])
"""


class CannotChange(Exception):
    """The place cannot be used, or holds something else; the message says what to do."""


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

    def is_enabled(self) -> bool:
        """Whether our file lies there.

        Raises
        ------
        CannotChange
            Where another one does, or that cannot be known.
        """
        try:
            found = self.path.read_bytes()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise CannotChange(f"{self.path} cannot be read ({error.strerror}).") from None
        if found != CONTENT.encode():
            raise CannotChange(f"{self.path} is not as this program writes it, so it is left alone.")
        return True

    def enable(self) -> None:
        """Write the file."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self.path.write_bytes(CONTENT.encode())
        except OSError as error:
            raise CannotChange(f"{self.path} cannot be written ({error.strerror}).") from None

    def disable(self) -> None:
        """Remove the file, and nothing else."""
        try:
            self.path.unlink()
        except OSError as error:
            raise CannotChange(f"{self.path} cannot be removed ({error.strerror}).") from None


def profile(name: str = "default") -> Place:
    """Give the place of a profile of this user's.

    Raises
    ------
    CannotChange
        Where there is no such profile; IPython makes the default one itself.
    """
    home = Path(get_ipython_dir())
    directory = home / f"profile_{name}"
    if name != "default" and (Path(name).name != name or not directory.is_dir()):
        raise CannotChange(f"There is no profile {name} in {home}. Make it with: ipython profile create {name}")
    return Place(f"profile {name}", directory / "startup")


def environment() -> Place:
    """Give the place of everybody who uses this Python environment."""
    return Place("this environment", Path((ENV_CONFIG_DIRS or SYSTEM_CONFIG_DIRS)[0]) / "startup")


def system() -> Place:
    """Give the place of everybody on this computer."""
    if not SYSTEM_CONFIG_DIRS:
        raise CannotChange("IPython has no place for a whole computer here. Use --sys-prefix instead.")
    return Place("this computer", Path(SYSTEM_CONFIG_DIRS[-1]) / "startup")
