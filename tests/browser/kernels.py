"""The versions of ipykernel under test, as kernelspecs of one JupyterLab."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Name of the kernelspec of each version of ipykernel under test. ``<name>-debug`` logs at debug level.
KERNELS = {"6.31.0": "k631", "7.2.0": "k72", "7.4": "k74"}
OLDEST, NEWEST = "6.31.0", "7.4"

# Each kernel logs to a file beside its connection file; `exec` keeps the kernel the process that is interrupted.
_LAUNCH = 'exec "$0" {launcher} -f "$1" {flags} 2>>"$1.log"'
_LAUNCHERS = {"7.2.0": shlex.quote(str(Path(__file__).with_name("ipykernel_7_2.py")))}


def kernel_python(version: str) -> str:
    """Give the interpreter of a kernel version.

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


def write_kernelspecs(directory: Path) -> None:
    """Write a kernelspec for each version that is tested here, and one that logs at debug level."""
    for version, name in KERNELS.items():
        if version not in (OLDEST, NEWEST) and not _path(version).is_file():  # of the weekly tests
            continue
        for suffix, flags in (("", ""), ("-debug", "--debug")):
            launch = _LAUNCH.format(launcher=_LAUNCHERS.get(version, "-m ipykernel_launcher"), flags=flags)
            spec = {
                "argv": ["/bin/sh", "-c", launch, kernel_python(version), "{connection_file}"],
                "display_name": f"ipykernel {version}{suffix}",
                "language": "python",
                "metadata": {"debugger": True},
            }
            file = directory / (name + suffix) / "kernel.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(spec))
