"""Many notebooks of one person: real kernels, each with a cell that reads and a panel where it is asked in.

with Herd(30, server.uri) as herd:
    herd.begin("list(client)")
    ...
    ends = herd.results()

The pages are the least that a kernel takes for one: each is drawn, and says what a person types where it is told to.
"""

from __future__ import annotations

import ast
import itertools
import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop

from tests.patience import PATIENCE

from .tiled_server import PASSWORDS

CONNECT = """
%load_ext tiled_jupyter
import time
from tiled_jupyter import from_uri
client = from_uri({!r})
"""
# When it ended, on the clock that all processes of a computer have in common.
READ = "assert list(client)\ntime.monotonic()"


class Notebook:
    """One kernel, and what its page is shown."""

    def __init__(self, connection_file: Path) -> None:
        sockets = connection_file.with_suffix("")
        self._manager = KernelManager(transport="ipc", ip=str(sockets), connection_file=str(connection_file))
        # A notebook's name, without which a kernel takes a client that says nothing of its cells for `jupyter run`.
        self._manager.start_kernel(env={**os.environ, "JPY_SESSION_NAME": "/home/alice/a notebook.ipynb"})
        self._client = self._manager.client()
        self._client.start_channels()
        self._ids = itertools.count()
        self._request = ""
        self._asked_already = False

    def connect(self, uri: str) -> None:
        """Wait until the kernel runs, and sign in with what is saved."""
        self._client.wait_for_ready(timeout=PATIENCE)
        self.begin(CONNECT.format(uri))
        self.result()

    def begin(self, code: str) -> None:
        """Run a cell, and do not wait for it."""
        self._asked_already = False
        self._request = self._client.execute(code)

    def asked(self) -> dict[str, Any]:
        """Wait until the cell asks in a panel, and return what that shows; the page says that it is drawn."""
        while True:
            shown = _question(self._next())
            if shown is not None:
                self._asked_already = True
                self._say(shown, {"type": "ready", "control": True})
                return shown

    def sign_in(self, shown: dict[str, Any], name: str = "alice") -> None:
        """Type a password into the panel."""
        self._say(shown, {"type": "sign_in", "provider": "demo", "username": name, "remember": True}, PASSWORDS[name])

    def result(self, *, may_ask: bool = False) -> Any:
        """Wait for the cell's end, and return the value of its last line.

        Parameters
        ----------
        may_ask : bool
            Whether a panel may ask that `asked` has not waited for.

        Raises
        ------
        AssertionError
            Where it ended with an error, or asks.
        """
        value = None
        while True:
            message = self._next()
            assert may_ask or self._asked_already or _question(message) is None, "somebody is asked"
            content = message["content"]
            if message["parent_header"].get("msg_id") != self._request:
                continue
            if message["msg_type"] == "error":
                raise AssertionError(f"{content['ename']}: {content['evalue']}")
            if message["msg_type"] == "execute_result":
                value = ast.literal_eval(content["data"]["text/plain"])
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return value

    def worked(self) -> float:
        """Return how many seconds of a processor the kernel has had."""
        used = psutil.Process(self._manager.provisioner.pid).cpu_times()
        return float(used.user + used.system)

    def close(self) -> None:
        """End the kernel, without waiting for its cell."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = self._client.get_iopub_msg(timeout=PATIENCE)
        return message

    def _say(self, shown: dict[str, Any], command: dict[str, Any], typed: str | None = None) -> None:
        data = {"method": "custom", "content": {"id": f"letter {next(self._ids)}", **command}}
        session = self._client.session
        message = session.msg("comm_msg", {"comm_id": shown["comm"], "data": data})
        channel = getattr(self._client, f"{shown['transport']}_channel")
        session.send(channel.socket, message, buffers=[] if typed is None else [typed.encode()])


def _question(message: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a panel shows that waits for a person, if this message shows that."""
    shown = message["content"].get("data", {}).get("content", {})
    asks = shown.get("type") == "state" and shown["waiting"] and shown["state"]["kind"] == "signed_out"
    return shown if asks else None


class Herd:
    """So many notebooks, signed in with what is saved; closed on leaving.

    Parameters
    ----------
    size : int
    uri : str
        Of the server.
    """

    def __init__(self, size: int, uri: str) -> None:
        self.notebooks: list[Notebook] = []
        self._size, self._uri = size, uri
        self._pool = ThreadPoolExecutor(size)
        self._directory = tempfile.TemporaryDirectory(prefix="herd-")

    def __enter__(self) -> Herd:
        try:
            for number in range(self._size):
                self.notebooks.append(Notebook(Path(self._directory.name, f"{number}.json")))
            self.each(lambda notebook: notebook.connect(self._uri))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.each(Notebook.close)
        together = threading.Barrier(self._size)

        def close_loop(_: int) -> None:
            together.wait()  # one in each thread
            ensure_event_loop().close()  # jupyter_client's

        list(self._pool.map(close_loop, range(self._size)))
        self._pool.shutdown()
        self._directory.cleanup()

    def each(self, what: Any) -> list[Any]:
        """Do the same with all of them at once, and return what comes of it."""
        return list(self._pool.map(what, self.notebooks))

    def begin(self, code: str) -> None:
        """Run a cell in each of them."""
        for notebook in self.notebooks:
            notebook.begin(code)

    def asked(self) -> list[dict[str, Any]]:
        """Wait until all of them ask, and return what they show."""
        return self.each(Notebook.asked)

    def results(self) -> list[Any]:
        """Wait for the ends of all cells, and return their values."""
        return self.each(Notebook.result)


def freed(herd: Herd, sign_in: Any) -> list[float]:
    """Make all wait on a session that is dead, and sign in once.

    Returns
    -------
    list of float
        Seconds from the moment that the person is signed in (or would be, if nobody waited) to the end of each cell.
    """
    herd.begin(READ)
    shown = herd.asked()
    begun = time.monotonic()
    sign_in(shown)
    done = time.monotonic()
    ends = herd.results()
    assert min(ends) >= begun
    return sorted(end - done for end in ends)
