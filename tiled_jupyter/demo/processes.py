"""Child processes of the demo: started apart from the terminal, watched, ended together.

A child has its own session, so that Ctrl-C reaches the parent alone, which then ends the children in order.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event

import httpx

from .server import HOST

STOPS_WITHIN = 10.0
CLOSING_LINES = 15


class DemoFailed(Exception):
    """Something the demo needs did not start or ended by itself; says what."""


def usable_port(wanted: int) -> int:
    """Return `wanted` if nobody listens there, else a free port.

    Parameters
    ----------
    wanted : int
        0 for any.
    """
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As servers do: a port is free although old connections linger in TIME_WAIT.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoFailed(f"No port is free on {HOST}.")


class Child:
    """One server process.

    Parameters
    ----------
    name : str
        What the person calls it.
    command : sequence of str
        How it is started.
    environment : mapping
        All of its environment variables.
    directory : Path
        Its working directory.
    uri : str
        Its address.
    ready : str
        A path there that answers once it is up.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], directory: Path, uri: str, ready: str
    ) -> None:
        self.name = name
        self.uri = uri
        self._ready = uri + ready
        self._path = directory / f"{name}.log"
        with self._path.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  the demo's own command line
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=directory,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process, to send signals to."""
        return self._process.pid

    def wait_until_ready(self, stop: Event, timeout: float = 300.0) -> None:
        """Return when it answers, or when `stop` is set.

        Parameters
        ----------
        stop : Event
            The person has had enough.
        timeout : float
            Seconds after which `DemoFailed` is raised.
        """
        with httpx.Client(trust_env=False, timeout=5.0) as client:
            for _ in range(int(timeout / 0.1)):
                self.check()
                try:
                    if client.get(self._ready).is_success:
                        return
                except httpx.TransportError:
                    pass
                if stop.wait(0.1):
                    return
        raise DemoFailed(f"{self.name} did not answer within {timeout:.0f} s.\n{self.closing_lines()}")

    def check(self) -> None:
        """Raise `DemoFailed` if it has ended by itself."""
        code = self._process.poll()
        if code is not None:
            raise DemoFailed(f"{self.name} ended by itself (exit code {code}).\n{self.closing_lines()}")

    @property
    def log(self) -> str:
        """All that it wrote."""
        return self._path.read_text(errors="replace")

    def closing_lines(self) -> str:
        """Return the last lines it wrote."""
        return "\n".join(self.log.splitlines()[-CLOSING_LINES:])

    def ask_to_stop(self) -> None:
        """Send SIGTERM, unless it is gone."""
        self._process.terminate()

    def stop(self) -> None:
        """Return when it has ended; insist after a while."""
        self.ask_to_stop()
        try:
            self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
