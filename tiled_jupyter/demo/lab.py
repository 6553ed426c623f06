"""How the demo starts JupyterLab: on loopback, in a temporary directory, apart from the person's own settings."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from .server import HOST

NOTEBOOK = "01-sign-in.ipynb"
# In an installed wheel they lie beside this file, in a checkout at its top.
_NOTEBOOKS = (Path(__file__).parent / "notebooks", Path(__file__).parents[2] / "notebooks")


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what would reach into the demo.

    A ``TILED_API_KEY`` would be sent to the demo's server, a hub's ``JUPYTER…`` variables would steer its Lab.
    """
    foreign = ("TILED_", "JUPYTER", "JPY_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    # Whatever proxy the person uses, these servers are on this machine.
    for name in ("NO_PROXY", "no_proxy"):
        environment[name] = ",".join(filter(None, [environment.get(name), HOST, "localhost"]))
    return environment


def copy_notebooks(directory: Path) -> None:
    """Copy the notebooks, so that trying them out changes neither checkout nor installation.

    Parameters
    ----------
    directory : Path
        JupyterLab's root.
    """
    directory.mkdir()
    source = next(path for path in _NOTEBOOKS if (path / NOTEBOOK).is_file())
    for notebook in source.glob("*.ipynb"):
        shutil.copyfile(notebook, directory / notebook.name)


def lab_environment(directory: Path, *, token: str, tiled_uri: str) -> dict[str, str]:
    """Return JupyterLab's environment, which its kernels inherit.

    Parameters
    ----------
    directory : Path
        The demo's temporary directory: settings, history and Tiled tokens go there.
    token : str
        Guards JupyterLab; not on its command line, where others could read it.
    tiled_uri : str
        The notebook signs in here.
    """
    settings = directory / "jupyter" / "settings"
    notification = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    notification.parent.mkdir(parents=True)
    # Otherwise the first thing a newcomer sees is a question about Jupyter news.
    notification.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    return clean_environment() | {
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(directory / "jupyter" / "config"),
        "JUPYTER_DATA_DIR": str(directory / "jupyter" / "data"),
        "JUPYTER_RUNTIME_DIR": str(directory / "jupyter" / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(directory / "jupyter" / "workspaces"),
        "IPYTHONDIR": str(directory / "ipython"),
        "MPLCONFIGDIR": str(directory / "matplotlib"),
        "TILED_CACHE_DIR": str(directory / "tiled-cache"),
        "TILED_JUPYTER_DEMO_URI": tiled_uri,
        "XDG_CACHE_HOME": str(directory / "cache"),
        "XDG_STATE_HOME": str(directory / "state"),
    }


def lab_command(root: Path, port: int) -> list[str]:
    """Return the command that serves `root` on `port`.

    Parameters
    ----------
    root : Path
        Where the notebooks are.
    port : int
        Already known to be free.
    """
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        f"--ServerApp.ip={HOST}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in a container one is root, and it is only on loopback
    return command


def can_show_a_page(environment: Mapping[str, str]) -> bool:
    """Tell whether a graphical browser may be at hand; a text browser would take the terminal over.

    Parameters
    ----------
    environment : mapping
        Of this process.
    """
    graphical = any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    return graphical or sys.platform in ("darwin", "win32")
