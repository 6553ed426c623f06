"""``python -m tiled_jupyter.demo``: a Tiled server with made-up data, and JupyterLab on the first notebook.

Everything is on loopback and in one temporary directory. Ctrl-C, SIGTERM and a closed terminal end both
servers and remove the directory; so does either of them ending by itself.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from types import FrameType

from .lab import NOTEBOOK, can_show_a_page, clean_environment, copy_notebooks, lab_command, lab_environment
from .processes import Child, DemoFailed, usable_port
from .server import HOST, PASSWORDS

# Imported by the servers and the notebook only, but better missed here than in their logs.
NEEDED = ("jupyterlab", "matplotlib", "pandas", "pyarrow", "ragged", "sparse", "strawberry", "uvicorn", "zarr")

TEXT = """
  JupyterLab    {lab}
  Tiled server  {tiled}
  Users         {users}

Without signing in one sees `public`; signed in also `staff` and one's own container.
It all runs on this machine only and is thrown away at the end, changes to the notebook included.
Press Ctrl-C to stop.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the demo's command line."""
    options = argparse.ArgumentParser(prog="python -m tiled_jupyter.demo", description=__doc__.split("\n")[0])
    options.add_argument("--no-browser", action="store_true", help="only print the addresses")
    options.add_argument("--lab-port", type=_port, default=8888, metavar="N", help="of JupyterLab (default: 8888)")
    options.add_argument("--tiled-port", type=_port, default=8000, metavar="N", help="of Tiled (default: 8000)")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until stopped, and return the exit status."""
    options = parser().parse_args(arguments)
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        print(
            f"The demo needs JupyterLab and a Tiled server ({', '.join(missing)} missing). Install them with\n\n"
            f"    {sys.executable} -m pip install 'tiled_jupyter[demo]'",
            file=sys.stderr,
        )
        return 1

    stop = _stop_on_signals()
    try:
        _run(options, stop)
    except DemoFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    print("Stopped.", flush=True)
    return 0


def _run(options: argparse.Namespace, stop: Event) -> None:
    tiled_port = _choose_port("the Tiled server", options.tiled_port)
    lab_port = _choose_port("JupyterLab", options.lab_port)
    tiled_uri, lab_uri = f"http://{HOST}:{tiled_port}", f"http://{HOST}:{lab_port}"
    token = secrets.token_urlsafe(24)
    print("Starting …", flush=True)

    with ExitStack() as cleanup:
        directory = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="tiled-jupyter-demo-")))
        copy_notebooks(directory / "notebooks")
        server = [sys.executable, "-m", "tiled_jupyter.demo.server", f"--port={tiled_port}", f"--directory={directory}"]
        tiled = Child("Tiled", server, clean_environment(), directory, f"{tiled_uri}/healthz")
        cleanup.callback(tiled.stop)
        environment = lab_environment(directory, token=token, tiled_uri=tiled_uri)
        command = lab_command(directory / "notebooks", lab_port)
        lab = Child("JupyterLab", command, environment, directory, f"{lab_uri}/api")
        cleanup.callback(lab.stop)
        cleanup.callback(tiled.ask_to_stop)  # both at once: nobody likes to wait for Ctrl-C

        for child in (tiled, lab):
            child.wait_until_ready(stop)
        if not stop.is_set():
            page = f"{lab_uri}/lab/tree/{NOTEBOOK}?token={token}"
            users = "   ".join(f"{name} / {password}" for name, password in PASSWORDS.items())
            print(TEXT.format(lab=page, tiled=tiled_uri, users=users), flush=True)
            if not options.no_browser and can_show_a_page(os.environ):
                webbrowser.open(page)
        while not stop.wait(0.5):
            tiled.check()
            lab.check()
        print("\nStopping …", flush=True)


def _stop_on_signals() -> Event:
    stop = Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()  # a second Ctrl-C must not leave half of it behind

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handle)
    return stop


def _choose_port(name: str, wanted: int) -> int:
    port = usable_port(wanted)
    if wanted not in (port, 0):
        print(f"Port {wanted} is in use: {name} gets {port}.", flush=True)
    return port


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 65536:
        raise argparse.ArgumentTypeError(f"{port} is no port number")
    return port


if __name__ == "__main__":
    sys.exit(main())
