"""``python -m tiled_jupyter.demo``: a Tiled server with made-up data, and JupyterLab on the first notebook.

Beside the server's passwords there is an OpenID provider to sign in with, where Node can be had for it.
Everything is on loopback and in one temporary directory. Ctrl-C, SIGTERM and a closed terminal end all
servers and remove the directory; so does any of them ending by itself.
"""

from __future__ import annotations

import argparse
import json
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
from .provider import provider_command
from .server import ACCESS_TOKENS_LAST, HOST, PASSWORDS, openid_provider, password_provider

# Imported by the servers and the notebook only, but better missed here than in their logs.
NEEDED = (
    *("distributed", "jupyterlab", "matplotlib", "pandas", "pyarrow"),
    *("ragged", "strawberry", "uvicorn", "zarr"),
)

TEXT = """
  JupyterLab    {lab}
  Tiled server  {tiled}
  Provider      {provider}
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
    options.add_argument(
        "--provider-port", type=_port, default=9000, metavar="N", help="of the OpenID provider (default: 9000)"
    )
    options.add_argument("--no-provider", action="store_true", help="sign in by password only")
    options.add_argument("--leaves", metavar="TEXT", help="say in the end what is left, and how to remove it")
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
    print("Stopped.", options.leaves or "", flush=True)
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
        provider = None if options.no_provider else _start_provider(options.provider_port, directory, stop)
        providers = [password_provider()]
        if provider is not None:
            cleanup.callback(provider.stop)
            providers.append(openid_provider(provider.uri))
        (directory / "providers.json").write_text(json.dumps(providers))
        server = [
            *(sys.executable, "-m", "tiled_jupyter.demo.server"),
            *(f"--port={tiled_port}", f"--directory={directory}", f"--providers={directory / 'providers.json'}"),
            f"--access-token-max-age={ACCESS_TOKENS_LAST}",
        ]
        tiled = Child("Tiled", server, clean_environment(), directory, tiled_uri, "/healthz")
        cleanup.callback(tiled.stop)
        environment = lab_environment(directory, token=token, tiled_uri=tiled_uri)
        command = lab_command(directory / "notebooks", lab_port)
        lab = Child("JupyterLab", command, environment, directory, lab_uri, "/api")
        cleanup.callback(lab.stop)
        cleanup.callback(tiled.ask_to_stop)  # both at once: nobody likes to wait for Ctrl-C

        children = [child for child in (provider, tiled, lab) if child is not None]
        for child in children:
            child.wait_until_ready(stop)
        if not stop.is_set():
            page = f"{lab_uri}/lab/tree/{NOTEBOOK}?token={token}"
            users = "   ".join(f"{name} / {password}" for name, password in PASSWORDS.items())
            also = f"{provider.uri}, where alice and bob sign in with any password" if provider is not None else "none"
            print(TEXT.format(lab=page, tiled=tiled_uri, provider=also, users=users), flush=True)
            if not options.no_browser and can_show_a_page(os.environ):
                webbrowser.open(page)
        while not stop.wait(0.5):
            for child in children:
                child.check()
        print("\nStopping …", flush=True)


def _start_provider(wanted: int, directory: Path, stop: Event) -> Child | None:
    port = _choose_port("the OpenID provider", wanted)
    uri = f"http://{HOST}:{port}"
    try:
        command = provider_command(port, stop=stop)
        child = Child("Provider", command, clean_environment(), directory, uri, "/.well-known/openid-configuration")
        try:
            child.wait_until_ready(stop)
        except DemoFailed:
            child.stop()
            raise
    except DemoFailed as failure:
        if not stop.is_set():
            print(f"{failure}\nThe demo goes on without an OpenID provider.", flush=True)
        return None
    return child


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
