"""The front ends of the table in the README, and where each lives.

A front end's environment holds what the README says has to be installed there, and no tiled_jupyter: the kernel has
that, in an environment of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.browser.kernels import KERNELS, ROOT, kernel_python
from tests.browser.lab import Lab
from tests.browser.notebook import Notebook

from .servers import VSCODE_WIDGETS, Hub, NotebookServer, Voila, VSCodeWidgets
from .vscode_page import VSCodePage

KERNEL_SETTINGS = "@jupyterlab/apputils-extension/kernels-settings"


@dataclass(frozen=True, eq=False)
class FrontEnd:
    """One row of the table.

    Attributes
    ----------
    name : str
        In the table.
    package : str or Path
        Whose version the table shows; of a package of npm its folder.
    environment : str, optional
        Folder below ``.frontends``; the tests' own environment if left out.
    kernel : str
        A version of ipykernel, as in `KERNELS`.
    server : type of Lab
        What is started.
    page : type of Notebook
        How a notebook is used there.
    comms : str, optional
        JupyterLab's setting for comms over subshells; its default if left out.
    waiting : str
        What the table says of a waiting cell when all is as it should be.
    """

    name: str
    package: str | Path
    environment: str | None = None
    kernel: str = "7.4"
    server: type[Lab] = Lab
    page: type[Notebook] = Notebook
    comms: str | None = None
    waiting: str = "yes"

    @property
    def python(self) -> str:
        """The interpreter of its environment."""
        if self.environment is None:
            return sys.executable
        python = ROOT / ".frontends" / self.environment / "bin" / "python"
        if not python.is_file():
            raise RuntimeError(f"There is no {python}: `make frontends` makes the environments it needs.")
        return str(python)

    @property
    def kernelspec(self) -> str:
        """The name of its kernel."""
        return KERNELS[self.kernel]

    def start(self, directory: Path) -> Lab:
        """Return its server, to be entered."""
        settings = {KERNEL_SETTINGS: {"commsOverSubshells": self.comms}} if self.comms else {}
        return self.server(directory, python=self.python, settings=settings)

    def versions(self) -> tuple[str, str]:
        """Return the versions of itself and of ipykernel."""
        return version_of(self.python, self.package), version_of(kernel_python(self.kernel), "ipykernel")


def version_of(python: str, package: str | Path) -> str:
    """Return the version of a package, in the environment of an interpreter or in its folder of npm's."""
    if isinstance(package, Path):
        return str(json.loads((package / "package.json").read_text(encoding="utf-8"))["version"])
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


COLLABORATION = FrontEnd("JupyterLab, two people on one notebook", "jupyter-collaboration", "collaboration")
VOILA = FrontEnd("Voilà", "voila", "voila", server=Voila, waiting="says what to write")
#: Not VS Code itself: the package of npm that it draws widgets with.
VSCODE = [
    FrontEnd(
        "VS Code's widget code, in a page of our own",
        VSCODE_WIDGETS,
        kernel=version,
        server=VSCodeWidgets,
        page=VSCodePage,
    )
    for version in ("7.4", "6.31.0")
]
#: Those with cells that a person runs.
NOTEBOOKS = [
    *(FrontEnd("JupyterLab", "jupyterlab", kernel=version) for version in ("7.4", "7.2.0", "6.31.0")),
    FrontEnd("JupyterLab, comms over no subshell", "jupyterlab", comms="disabled"),
    FrontEnd("JupyterLab, a subshell for each comm", "jupyterlab", comms="perComm"),
    FrontEnd("JupyterLab 4.3", "jupyterlab", "jupyterlab-4.3", kernel="6.31.0"),
    FrontEnd("JupyterLab, next", "jupyterlab", "jupyterlab-next"),
    FrontEnd("Notebook", "notebook", "notebook", server=NotebookServer),
    FrontEnd("JupyterHub", "jupyterhub", "jupyterhub", server=Hub),
    *VSCODE,
]
ALL = [*NOTEBOOKS, COLLABORATION, VOILA]
