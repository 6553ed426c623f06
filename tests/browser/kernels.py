"""The versions of ipykernel under test, as kernelspecs of one JupyterLab."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]

#: Name of the kernelspec of each version of ipykernel under test. ``<name>-debug`` logs at debug level.
KERNELS = {"6.31.0": "k631", "7.2.0": "k72", "7.4": "k74"}
OLDEST, NEWEST = "6.31.0", "7.4"

# Each kernel logs to a file beside its connection file; `exec` keeps the kernel the process that is interrupted.
_LAUNCH = 'exec "$0" {launcher} -f "$1" {flags} 2>>"$1.log"'
WARM = Path(__file__).with_name("warm_kernels.py")
_LAUNCHERS = {"7.2.0": shlex.quote(str(Path(__file__).with_name("ipykernel_7_2.py")))}


def kernel_python(version: str) -> str:
    """Return the interpreter of a kernel version.

    The environment variable ``TILED_JUPYTER_KERNEL_<version>`` (dots as underscores) wins over ``.kernels/<version>``.
    """
    python = _path(version)
    if not python.is_file():
        raise RuntimeError(f"There is no {python}: `make kernels` makes the kernels that the browser tests need.")
    return str(python)


def require_kernel(kernelspec: str) -> None:
    """Raise `RuntimeError` where the interpreter of a kernelspec is missing; another front end has its own."""
    for version, name in KERNELS.items():
        if name == kernelspec.removesuffix("-debug"):
            kernel_python(version)


def _path(version: str) -> Path:
    if version == NEWEST:
        return Path(sys.executable)
    chosen = os.environ.get(f"TILED_JUPYTER_KERNEL_{version.replace('.', '_')}")
    return Path(chosen) if chosen else ROOT / ".kernels" / version / "bin" / "python"


def write_kernelspecs(directory: Path, sockets: Path | None = None) -> None:
    """Write a kernelspec for each version that is tested here, and one that logs at debug level.

    Parameters
    ----------
    directory : Path
    sockets : Path, optional
        Where a socket of the name of a kernelspec is, through which `warm_kernels` starts its kernels.
    """
    for version, name in KERNELS.items():
        if version not in (OLDEST, NEWEST) and not _path(version).is_file():  # of the weekly tests
            continue
        for suffix, flags in (("", ""), ("-debug", "--debug")):
            launcher = _LAUNCHERS.get(version, "-m ipykernel_launcher")
            if sockets and version not in _LAUNCHERS:
                launcher = f"-IS {shlex.quote(str(WARM))} {shlex.quote(str(sockets / name))}"
            launch = _LAUNCH.format(launcher=launcher, flags=flags)
            spec = {
                "argv": ["/bin/sh", "-c", launch, kernel_python(version), "{connection_file}"],
                "display_name": f"ipykernel {version}{suffix}",
                "language": "python",
                "metadata": {"debugger": True},
            }
            file = directory / (name + suffix) / "kernel.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(spec))


class WarmKernels:
    """The processes that kernels of a JupyterLab are forked from, each started for the first notebook that wants it.

    Parameters
    ----------
    environment : mapping
        That of the kernels: some packages read it when they are imported.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.sockets = Path(tempfile.mkdtemp(prefix="kernels-"))
        self._environment = dict(environment)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def prepare(self, kernelspec: str) -> None:
        """See that kernels of a kernelspec can be forked; those that cannot are started as ever."""
        name = kernelspec.removesuffix("-debug")
        version = next(version for version, known in KERNELS.items() if known == name)
        if name in self._processes or version in _LAUNCHERS:
            return
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.sockets / name))
            listening.listen()
            self._processes[name] = subprocess.Popen(
                [kernel_python(version), "-m", f"tests.browser.{WARM.stem}", str(listening.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listening.fileno()],
                cwd=ROOT,
                env=self._environment,
            )

    def close(self) -> None:
        """End them, and their kernels."""
        for process in self._processes.values():
            process.communicate()  # which closes its input
        shutil.rmtree(self.sockets)
