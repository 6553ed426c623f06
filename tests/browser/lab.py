"""A real JupyterLab of its own: settings, kernels, sign-ins and logs under one temporary directory.

It knows nothing of the browser (`notebook.Notebook`) and nothing of the product.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.patience import PATIENCE
from tests.processes import end

from .kernels import WarmKernels, require_kernel, write_kernelspecs
from .waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: What makes JupyterLab hold still: no news, no autosave, every cell in the page, widget state in the notebook.
SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
}


class Lab:
    """One JupyterLab server.

    Parameters
    ----------
    directory : Path
        Where everything goes; made by the caller, left there at the end for who wants the logs.
    options : iterable of str
        Further command line options, for example ``--MappingKernelManager.cull_idle_timeout=10``.
    environment : mapping, optional
        Added to the environment of the server and so of its kernels.
    python : str
        Interpreter of the environment that JupyterLab is installed in.
    settings : mapping, optional
        JupyterLab's, for each plugin, besides `SETTINGS`.
    warm : bool, default False
        Whether its kernels are forked from a process that has imported what they import.
    """

    #: What is started.
    module = "jupyterlab"

    def __init__(
        self,
        directory: Path,
        options: Iterable[str] = (),
        environment: Mapping[str, str] | None = None,
        python: str = sys.executable,
        settings: Mapping[str, dict[str, Any]] | None = None,
        warm: bool = False,
    ) -> None:
        self.directory = directory
        self.notebooks = directory / "notebooks"
        self.runtime = directory / "runtime"
        self.tiled_cache = directory / "tiled-cache"
        self.home = directory / "home"
        self.log_file = directory / "jupyter.log"
        self.token = secrets.token_hex(16)
        self.uri = ""
        self._options = list(options)
        self._extra = dict(environment or {})
        self._python = python
        self._settings = {**SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._warm = WarmKernels(self._environment()) if warm else None
        self._http = httpx.Client(headers={"Authorization": f"token {self.token}"}, timeout=PATIENCE)

    def __enter__(self) -> Lab:
        for folder in (self.notebooks, self.runtime, self.tiled_cache, self.home):
            folder.mkdir(parents=True, exist_ok=True)
        self._write_settings()
        disabled = {
            # Planets that turn while it loads: without a graphics card, a tenth of the work of loading it.
            "@jupyterlab/apputils-extension:splash": True,
            # It asks for clusters again and again, for which the server hears nobody else, up to a second.
            "ipyparallel-labextension": True,
        }
        config = self.directory / "config" / "labconfig" / "page_config.json"
        self._write(config, {"disabledExtensions": disabled})
        write_kernelspecs(self.directory / "data" / "kernels", self._warm.sockets if self._warm else None)
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(), cwd=self.notebooks, env=self._environment(), stdout=log, stderr=log
            )
        try:
            self.uri = until(self._running, f"{self.module} to start").rstrip("/")
            until(self._answers, f"{self.module} to answer")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            end(process)
        if self._warm:
            self._warm.close()
        self._http.close()

    def _running(self) -> str:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"{self.module} did not start:\n{self.log()[-3000:]}")
        return self._address(self._process.pid)

    def _address(self, pid: int) -> str:
        # Port 0: the server takes a free one and writes it here, so that there is no race for it.
        try:
            return str(json.loads((self.runtime / f"jpserver-{pid}.json").read_text())["url"])
        except (OSError, ValueError):
            return ""

    @property
    def status_uri(self) -> str:
        """The address that answers when it has started."""
        return f"{self.uri}/api/status"

    def _answers(self) -> bool:
        try:
            return self._http.get(self.status_uri).is_success
        except httpx.TransportError:
            return False

    def _command(self) -> list[str]:
        return [
            *(self._python, "-m", self.module, "--no-browser", "--debug", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"),
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.notebooks}",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.news_url=None",
            # Otherwise every page asks whether JupyterLab has to be built, which starts Node several times.
            "--ServerApp.tornado_settings={'page_config_data': {'buildCheck': False, 'buildAvailable': False}}",
            *self._options,
        ]

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TILED_", "JUPYTER"))}
        place = self.directory
        return {
            **inherited,
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_STATE_HOME": str(self.home / ".local" / "state"),
            "IPYTHONDIR": str(place / "ipython"),
            "JUPYTER_CONFIG_DIR": str(place / "config"),
            "JUPYTER_DATA_DIR": str(place / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "JUPYTERLAB_SETTINGS_DIR": str(place / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(place / "workspaces"),
            "TILED_CACHE_DIR": str(self.tiled_cache),
            **self._extra,
        }

    def _write_settings(self) -> None:
        for plugin, values in self._settings.items():
            self._write(self.directory / "settings" / f"{plugin}.jupyterlab-settings", values)

    @staticmethod
    def _write(file: Path, values: Mapping[str, Any]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))

    def change_setting(self, plugin: str, values: Mapping[str, Any]) -> None:
        """Make JupyterLab find a plugin with these settings, in pages that are loaded until the next `reset`."""
        self._write(self.directory / "settings" / f"{plugin}.jupyterlab-settings", values)

    def reset(self) -> None:
        """Make it as new for the next test: no kernels, sign-ins, notebooks or changed settings."""
        self.shut_kernels_down()
        # Caches stay (matplotlib's takes seconds to make); what a person chose or kept does not.
        for folder in (self.notebooks, self.tiled_cache, self.home / ".config", self.home / ".local" / "state"):
            for entry in folder.glob("*"):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for log in self.kernel_logs():
            log.unlink()
        shutil.rmtree(self.directory / "settings")
        self._write_settings()

    def api(self, path: str, method: str = "GET") -> Any:
        """Ask the server's REST API, for example ``api("kernels")``."""
        response = self._http.request(method, f"{self.uri}/api/{path}")
        response.raise_for_status()
        return response.json() if response.content else None

    def kernels(self) -> list[dict[str, Any]]:
        """Return the running kernels as the server knows them."""
        found: list[dict[str, Any]] = self.api("kernels")
        return found

    def shut_kernels_down(self) -> None:
        """End every kernel of this server."""
        for session in self.api("sessions"):
            self.api(f"sessions/{session['id']}", "DELETE")
        for kernel in self.kernels():
            self.api(f"kernels/{kernel['id']}", "DELETE")

    def connection_file(self, kernel_id: str) -> Path:
        """Return the file that says how to talk to a kernel."""
        return self.runtime / f"kernel-{kernel_id}.json"

    def kernel_log(self, kernel_id: str) -> str:
        """Return what a kernel wrote to its standard error."""
        file = self.runtime / f"kernel-{kernel_id}.json.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def kernel_logs(self) -> list[Path]:
        """Return the files of all kernels since the last `reset`, those that have ended too."""
        return list(self.runtime.glob("kernel-*.json.log"))

    def log(self) -> str:
        """Return the server's log (at debug level)."""
        return self.log_file.read_text(errors="replace")

    def write_notebook(self, name: str, cells: Iterable[str], kernel: str) -> str:
        """Write a notebook of code cells and return its path for the server."""
        require_kernel(kernel)
        if self._warm:
            self._warm.prepare(kernel)
        document = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{number}",
                    "execution_count": None,
                    "metadata": {},
                    "outputs": [],
                    "source": source,
                }
                for number, source in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        path = f"{name}.ipynb"
        (self.notebooks / path).write_text(json.dumps(document))
        return path

    def saved_notebook(self, path: str) -> dict[str, Any]:
        """Read a notebook as it is on disk."""
        document: dict[str, Any] = json.loads((self.notebooks / path).read_text())
        return document

    def page_uri(self, path: str) -> str:
        """Return the address at which a browser opens a notebook in a fresh workspace."""
        return f"{self.uri}/lab/tree/{path}?token={self.token}&reset"
