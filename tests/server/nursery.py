"""Tiled servers without the seconds that importing Tiled takes: each is a fork of one process that has done so.

``python -m tests.server.nursery DESCRIPTOR`` is that process, one for all processes of a test run. It listens at a
socket that was given to it, reads a JSON object from each who connects (``arguments``, ``environment``, ``directory``,
``log``), and answers with the process id of a new ``tiled_jupyter.demo.server``. It imports Tiled when the first one
is wanted. It ends with its input, and they with it: what a test run that was killed has started does not go on.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import gc
import json
import os
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1  # prctl(2): the signal to get when the parent ends
PREPARED = ("authentication.db", "catalog.db")


class Forked:
    """A server's process, as far as `subprocess.Popen` is used for one.

    Parameters
    ----------
    pid : int
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._descriptor: int | None = None
        try:
            self._descriptor = os.pidfd_open(pid)
        except ProcessLookupError:  # it has ended already, and the nursery remembers nobody
            self.returncode = 1

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self._descriptor is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises
        ------
        subprocess.TimeoutExpired
        """
        if self._descriptor is not None:
            if not select.select([self._descriptor], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("tiled_jupyter.demo.server", timeout or 0.0)
            os.close(self._descriptor)
            self._descriptor = None
            self.returncode = 0  # how it ended is known to the nursery alone
        assert self.returncode is not None
        return self.returncode


class Nursery:
    """The process that servers are forked from: of the test run, or of this process where there is none."""

    #: Where the address of its socket stands, for the processes of a test run.
    address = "TESTS_NURSERY"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._place: tempfile.TemporaryDirectory[str] | None = None

    def begin(self) -> None:
        """Start it, for this process and those that it starts."""
        self._place = tempfile.TemporaryDirectory(prefix="tiled-nursery-")
        path = Path(self._place.name, "socket")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.server.nursery", str(listening.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listening.fileno()],
                cwd=Path(__file__).parents[2],
                env={name: value for name, value in os.environ.items() if not name.startswith("TILED_")},
            )
        os.environ[self.address] = str(path)

    def start(self, arguments: list[str], environment: dict[str, str], directory: str, log: Path) -> Forked:
        """Start a server; parameters as of `subprocess.Popen`."""
        wanted = {"arguments": arguments, "environment": environment, "directory": directory, "log": str(log)}
        with self._lock:
            if self.address not in os.environ:
                self.begin()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.environ[self.address])
            with connection.makefile("rw", encoding="utf-8") as answers:
                print(json.dumps(wanted), file=answers, flush=True)
                return Forked(int(answers.readline()))

    def close(self) -> None:
        """End it, and its servers, where it was started here."""
        if self._process is not None and self._place is not None:
            self._process.communicate()  # which closes its input
            self._place.cleanup()


def is_possible() -> bool:
    """Whether this system has what it takes."""
    return hasattr(os, "fork") and hasattr(os, "pidfd_open")


def prepare(directory: Path) -> None:
    """Import all that a server imports, and leave its databases, made and empty, in a directory."""
    import uvicorn  # noqa: F401
    from tiled.server.app import build_app_from_config

    from tiled_jupyter.demo import data
    from tiled_jupyter.demo.server import configuration

    data.tree = functools.cache(data.tree)  # the same at every start
    for writable in (False, True):
        build_app_from_config(configuration(directory, writable=writable))
    # Else each server would do that when it starts, in a process that imports Tiled. It leaves threads: in a child.
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            _initialize(directory / "authentication.db")
        os._exit(0)
    with contextlib.suppress(ChildProcessError):  # once it has ended: nobody is remembered here
        os.waitpid(child, 0)
    missing = [name for name in PREPARED if not (directory / name).exists()]
    if missing:
        raise RuntimeError(f"These were not made: {missing}")
    if threading.active_count() > 1:
        raise RuntimeError(f"What has threads cannot be forked: {threading.enumerate()}")
    gc.collect()
    gc.freeze()  # else each server goes through all of it, and copies it


def _initialize(database: Path) -> None:
    """Make the database of accounts, as ``tiled admin initialize-database`` does."""
    from tiled.commandline._admin import initialize_database

    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
        initialize_database(f"sqlite+aiosqlite:///{database}")


def serve(wanted: dict[str, Any], prepared: Path) -> None:
    """Become a server."""
    from tiled.server.settings import get_settings

    from tiled_jupyter.demo import server

    get_settings.cache_clear()  # read from the environment when the databases were prepared
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for given, number in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(given, number)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["directory"])
    for name in PREPARED:
        if (prepared / name).exists() and not Path(wanted["directory"], name).exists():
            shutil.copy(prepared / name, wanted["directory"])
    server.main(wanted["arguments"])


def main(descriptor: int) -> None:
    """Fork a server for each who connects, until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who has ended is forgotten at once
    with (
        socket.socket(fileno=descriptor) as listening,
        selectors.DefaultSelector() as waiting,
        tempfile.TemporaryDirectory(prefix="tiled-nursery-") as place,
    ):
        prepared = Path(place)
        waiting.register(sys.stdin, selectors.EVENT_READ)
        waiting.register(listening, selectors.EVENT_READ)
        while not any(key.fileobj is sys.stdin for key, _ in waiting.select()):
            with listening.accept()[0] as connection, connection.makefile("rw", encoding="utf-8") as lines:
                wanted = json.loads(lines.readline() or "null")
                if wanted is None:  # who asked was killed
                    continue
                if not (prepared / PREPARED[0]).exists():
                    prepare(prepared)
                pid = os.fork()
                if pid == 0:
                    try:
                        listening.close()
                        serve(wanted, prepared)
                        os._exit(0)
                    except BaseException:  # noqa: BLE001 - it goes to the log, and nowhere else
                        sys.excepthook(*sys.exc_info())
                    finally:
                        sys.stdout.flush()
                        os._exit(1)
                print(pid, file=lines, flush=True)


NURSERY = Nursery()
atexit.register(NURSERY.close)

if __name__ == "__main__":
    main(int(sys.argv[1]))
