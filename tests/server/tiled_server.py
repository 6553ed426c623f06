"""A real Tiled server in a process of its own, for every ring of tests that wants one.

with TiledServer(access_token_max_age=2) as server:
    client = from_uri(server.uri)
    server.restart(secret_key="another")  # same address, same accounts; every session is now dead

Serves the demo's data to the demo's users (`tiled_jupyter.demo.data`, `PASSWORDS`). The authentication
database lives as long as the object; what the server wrote is in `log`.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from tiled_jupyter.demo.server import HOST, PASSWORDS

from . import nursery
from .rig import Rig

__all__ = ["PASSWORDS", "TiledServer", "free_port"]

STARTS_WITHIN = 120.0  # with two databases to make, on a machine that does other things too
STOPS_WITHIN = 10.0


def free_port() -> int:
    """Return a port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class TiledServer(Rig):
    """Start on entering or by `start`, stop on leaving or by `stop`.

    Parameters
    ----------
    access_token_max_age, refresh_token_max_age, session_max_age : float, optional
        Lifetimes in seconds; Tiled's own if left out.
    allow_anonymous_access : bool
        Whether the public data can be read without signing in.
    providers : sequence of dict, optional
        Instead of the one password provider named ``demo``; as in Tiled's configuration file.
    single_user_api_key : str, optional
        Makes it a server without providers, for whoever has this key.
    writable : bool
        Serves an empty catalog to write in, with streaming, instead of the demo's data.
    root_path : str, optional
        Prefix below which a proxy shows it, and which the proxy takes off, for example ``/tiled``.
    secret_key : str, optional
        Signs tokens; one is made and kept over restarts if left out.
    python : str, optional
        Interpreter with the ``demo`` extra; if left out, that in the environment variable
        ``TILED_JUPYTER_SERVER_PYTHON``, or the running one.
    """

    def __init__(
        self,
        *,
        access_token_max_age: float | None = None,
        refresh_token_max_age: float | None = None,
        session_max_age: float | None = None,
        allow_anonymous_access: bool = True,
        providers: Sequence[Mapping[str, Any]] | None = None,
        single_user_api_key: str | None = None,
        writable: bool = False,
        root_path: str | None = None,
        secret_key: str | None = None,
        python: str | None = None,
    ) -> None:
        self._options: dict[str, Any] = {
            "access_token_max_age": access_token_max_age,
            "refresh_token_max_age": refresh_token_max_age,
            "session_max_age": session_max_age,
            "allow_anonymous_access": allow_anonymous_access,
            "providers": providers,
            "single_user_api_key": single_user_api_key,
            "writable": writable,
            "root_path": root_path,
            "secret_key": secret_key or secrets.token_hex(32),
        }
        self._python = python or os.environ.get("TILED_JUPYTER_SERVER_PYTHON") or sys.executable
        super().__init__("tiled-server-")
        self._log = Path(self._directory.name, "server.log")
        self._process: subprocess.Popen[bytes] | nursery.Forked | None = None
        self.port = free_port()

    @property
    def uri(self) -> str:
        """The address people type."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> str:
        """All that the server wrote, restarts included."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def database(self) -> Path:
        """The accounts and sessions, as SQLite keeps them."""
        return Path(self._directory.name, "authentication.db")

    @property
    def pid(self) -> int:
        """The process to send SIGSTOP to, for a server that hangs."""
        if self._process is None:
            raise RuntimeError("The server is not running.")
        return self._process.pid

    def start(self) -> TiledServer:
        """Start and return when requests are answered."""
        if self._process is not None:
            raise RuntimeError("The server is running already.")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TILED_")}
        environment["TILED_SECRET_KEYS"] = json.dumps([self._options["secret_key"]])
        if self._options["single_user_api_key"] is not None:
            environment["TILED_SINGLE_USER_API_KEY"] = self._options["single_user_api_key"]
        if self._python == sys.executable and nursery.is_possible():
            directory = self._directory.name
            self._process = nursery.NURSERY.start(self._arguments(), environment, directory, self._log)
        else:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [self._python, "-m", "tiled_jupyter.demo.server", *self._arguments()],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd=self._directory.name,
                    start_new_session=True,
                )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop; the accounts and the address stay for a later `start`."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        # A test may have stopped the process to make it hang; it would not hear SIGTERM.
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def restart(self, **options: Any) -> TiledServer:
        """Stop, change options of the constructor, start at the same address.

        Parameters
        ----------
        **options
            As in the constructor, `python` excepted; what is not given stays as it was.
        """
        unknown = options.keys() - self._options.keys()
        if unknown:
            raise TypeError(f"Unknown options: {sorted(unknown)}")
        self.stop()
        self._options |= options
        return self.start()

    def _arguments(self) -> list[str]:
        options = self._options
        arguments = ["--port", str(self.port), "--directory", self._directory.name]
        for name in ("access_token_max_age", "refresh_token_max_age", "session_max_age"):
            if options[name] is not None:
                arguments += [f"--{name.replace('_', '-')}", str(options[name])]
        if not options["allow_anonymous_access"]:
            arguments.append("--require-login")
        if options["writable"]:
            arguments.append("--writable")
        if options["root_path"]:
            arguments += ["--root-path", options["root_path"]]
        providers = options["providers"] if options["single_user_api_key"] is None else []
        if providers is not None:
            path = Path(self._directory.name, "providers.json")
            path.write_text(json.dumps(list(providers)))
            arguments += ["--providers", str(path)]
        return arguments

    def _wait_until_ready(self, process: subprocess.Popen[bytes] | nursery.Forked) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        with httpx.Client(trust_env=False, timeout=10) as client:
            while time.monotonic() < deadline:
                try:
                    if client.get(f"{self.uri}/healthz").is_success:
                        return
                except httpx.TransportError:
                    pass
                try:
                    process.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
                break
        raise RuntimeError(f"The Tiled server did not start:\n{self.log[-2000:]}")
