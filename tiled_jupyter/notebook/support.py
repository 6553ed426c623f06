"""What whoever is asked for help needs to know, in a text that holds no secret, no server and nobody's name."""

from __future__ import annotations

import json
import os
import platform
import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TextIO

import platformdirs

from ..errors import BadSetting
from ..kernel import front_end
from ..session.key_files import VARIABLE, listed_as
from ..settings import TiledJupyter, complaints, settings

_PACKAGES = (
    "tiled_jupyter",
    "tiled",
    "httpx",
    "ipykernel",
    "ipython",
    "ipywidgets",
    "anywidget",
    "traitlets",
    "jupyterlab",
    "jupyter_server",
)
_OF_THE_SERVER = ("jupyterlab", "notebook", "jupyter_server", "jupyterlab_widgets", "anywidget", "jupyterhub")
# What a page needs to draw the panel, and what it is called there.
_LABEXTENSIONS = {"ipywidgets": "@jupyter-widgets/jupyterlab-manager", "anywidget": "anywidget"}
_OF_THE_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
_ASK = (
    "import importlib.metadata as m, json, sys\n"
    "print(json.dumps({d.metadata['Name']: d.version for d in m.distributions() if d.metadata['Name']}))"
)
_LONGEST = 20.0  # seconds, for another Python to say what is installed there


def show_versions(file: TextIO | None = None) -> None:
    """Print what to send to whoever is asked for help: versions, what the page needs, tokens, keys and settings.

    Parameters
    ----------
    file : file-like, optional
        Where to write; by default ``sys.stdout``.

    Notes
    -----
    Holds no secret, no address of a server and no name of a person. ``python -m tiled_jupyter doctor`` prints the same
    and where the extension is enabled.
    """
    (file or sys.stdout).write("\n".join(report()) + "\n")


def report() -> Iterator[str]:
    """Return the lines of `show_versions`."""
    yield "tiled_jupyter, to send when you ask for help: this holds no secret, no server and nobody's name."
    yield f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, in {homely(sys.prefix)}"
    yield f"here: {', '.join(installed())}"
    yield from _server()
    yield from _page()
    yield from _kernel()
    yield from _tokens()
    yield _key()
    yield from _network()
    yield from _settings()


def homely(text: object) -> str:
    """Return a path, or a text with paths, in which the home directory, which may be somebody's name, is ``~``."""
    home = str(Path.home()).rstrip(os.sep)
    return re.sub(rf"(?<![\w.~/\\-]){re.escape(home)}(?![\w.-])", "~", str(text)) if home else str(text)


def installed() -> Iterator[str]:
    """Yield the versions that matter here, or that there is none."""
    for name in _PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"no {name}"


def _server() -> Iterator[str]:
    """Yield what is installed where the Jupyter server runs that has started this kernel, if that is another place."""
    python = _python_of(os.environ.get("JPY_PARENT_PID", ""))
    if python is None:
        return
    if python.parent == Path(sys.executable).parent:
        yield "The Jupyter server runs in the same environment."
        return
    try:
        done = subprocess.run(  # noqa: S603 - the Python that this person's own server was started with
            [python, "-I", "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        there: Mapping[str, str] = {
            name.lower().replace("-", "_"): found for name, found in json.loads(done.stdout).items()
        }
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        yield f"The Jupyter server's environment, {homely(python)}, does not answer ({type(error).__name__})."
        return
    found = ", ".join(f"{name} {there[name]}" if name in there else f"no {name}" for name in _OF_THE_SERVER)
    yield f"the Jupyter server, {homely(python)}: {found}"


def _python_of(process: str) -> Path | None:
    """Return the interpreter that a process was started with, where the system tells."""
    try:
        command = Path("/proc", str(int(process)), "cmdline").read_bytes().split(b"\0")[0]
    except (OSError, ValueError):
        return None
    python = Path(os.fsdecode(command))
    return python if python.is_absolute() and python.name.startswith("python") else None


def _page() -> Iterator[str]:
    """Yield whether a JupyterLab of this environment can draw the panel."""
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        yield "No jupyter_core here: whether the page can draw the panel is for JupyterLab's own environment to say."
        return
    for package, name in _LABEXTENSIONS.items():
        places = [Path(place, name, "package.json") for place in jupyter_path("labextensions")]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            yield (
                f"The page's half of {package} is not in this environment: a JupyterLab that runs here shows no panel. "
                f"Install {package} where JupyterLab runs."
            )
            continue
        try:
            its = json.loads(found.read_text(encoding="utf-8")).get("version")
        except (OSError, ValueError, AttributeError):
            its = "unreadable"
        yield f"the page's half of {package}: {its}, in {homely(found.parent)}"


def _kernel() -> Iterator[str]:
    if front_end.kernel() is None:
        yield "Not in a kernel."
        return
    there = "somebody can be asked" if front_end.is_somebody_there() else "nobody can be asked"
    page = "a page can show a panel" if front_end.has_page() else "no page can show a panel"
    exposed = ", and others on the network can listen to it" if front_end.is_exposed() else ""
    yield f"In a kernel: {there}; {page}{exposed}."


def _tokens() -> Iterator[str]:
    """Yield where Tiled's tokens lie, for how many servers, and whether others can read them."""
    directory = Path(os.environ.get("TILED_CACHE_DIR") or platformdirs.user_cache_dir("tiled"), "tokens")
    try:
        files = [file for place in directory.iterdir() if place.is_dir() for file in place.iterdir() if file.is_file()]
    except OSError as error:
        yield f"tokens: none in {homely(directory)} ({error.strerror or type(error).__name__})"
        return
    modes = sorted({f"{stat.S_IMODE(file.stat().st_mode):o}" for file in files})
    open_to_others = any(int(mode, 8) & 0o077 for mode in modes) and sys.platform != "win32"
    servers = len({file.parent for file in files})
    yield (
        f"tokens: of {servers} server{'s' * (servers != 1)} in {homely(directory)}, modes {' '.join(modes) or 'none'}"
        f"{': OTHERS CAN READ THEM' if open_to_others else ''}"
    )


def _key() -> str:
    key = os.environ.get(VARIABLE)
    if key is None:
        return f"{VARIABLE} is not set."
    name = listed_as(key)
    if name is not None:
        return f"{VARIABLE} is set: {name}…"
    return f"{VARIABLE} is set, to something that is not the key of an account."


def _network() -> Iterator[str]:
    names = [name for name in _OF_THE_NETWORK if os.environ.get(name) or os.environ.get(name.lower())]
    yield f"set for the network: {', '.join(names) or 'nothing'}"


def _settings() -> Iterator[str]:
    """Yield which settings are not at their defaults; texts and lists hold names of servers, and are not shown."""
    if complaints():
        yield "SETTINGS ARE WRONG OR MISSPELT: python -m tiled_jupyter status says which."
    try:
        here = settings()
    except BadSetting:
        return
    changed = []
    for name, trait in sorted(TiledJupyter.class_traits(config=True).items()):
        value = getattr(here, name)
        if value != trait.default():
            is_plain = isinstance(value, bool | int | float) or bool(getattr(trait, "values", None))
            changed.append(f"{name} = {value}" if is_plain else f"{name} is set")
    yield f"settings: {', '.join(changed) or 'all at their defaults'}"
