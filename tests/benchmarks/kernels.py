"""Several notebooks of one person wait for the same session: one login lets all of them go on."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING

from jupyter_client.manager import start_new_kernel

from tests.server.sessions import Hook
from tests.server.tiled_server import TiledServer

from .figures import Figure
from .people import Sessions, our_context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

_KERNELS = 8
_ROUNDS = 6
_BEGIN = """
import json, time
from tiled_jupyter import Context
context, _ = Context.from_any_uri({uri!r})
"""
_DIE = """
context.configure_auth(tokens := json.loads({tokens!r}))
context.http_client.auth.renewed(tokens, context.token_directory, proven=False)
"""
_WAIT = """
assert context.http_client.get(f"{context.api_uri}metadata/").status_code == 200
released = time.time()
"""
_SAY = "print(json.dumps(released))"


def measure() -> Iterator[Figure]:
    """Measure from the moment the login is done to the moment the last cell has its data."""
    server = TiledServer(allow_anonymous_access=False)
    running = []
    try:
        sessions = Sessions(server)
        other_notebook = our_context(server)
        for _ in range(_KERNELS):
            running.append(start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL))
        clients = [client for _, client in running]
        for client in clients:
            _run(client, _BEGIN.format(uri=server.uri))
        figure = Figure(f"{_KERNELS} waiting kernels, from one login to the last one's data", [], [], "< 1 s")
        waited = []
        for count in range(_ROUNDS):
            tokens = json.dumps(sessions.dead())
            for client in clients:
                _run(client, _DIE.format(tokens=tokens))
            for client in clients:
                _run_as_in_a_notebook(client, _WAIT)
            for client in clients:
                _until_it_asks(client)
            time.sleep(1 + count * 0.17)  # at other moments of their looking around
            other_notebook.authenticate(prompt_for_reauthentication=Hook())
            done = time.time()
            for client in clients:
                _until_idle(client)
            moments = [json.loads(_run(client, _SAY)) - done for client in clients]
            figure.ours.append(max(moments))
            waited += moments
        figure.notes.append(
            f"slowest kernel of all rounds {1000 * max(waited):.0f} ms, mean {1000 * sum(waited) / len(waited):.0f} ms"
        )
        yield figure
        other_notebook.close()
    finally:
        for manager, client in running:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        server.close()


def _run(client: BlockingKernelClient, code: str) -> str:
    """Run a cell to its end; return what it printed."""
    printed = []

    def hear(message) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(code, output_hook=hear, allow_stdin=False, timeout=120)
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"{reply['content']['ename']}: {reply['content']['evalue']}")
    return "".join(printed)


def _run_as_in_a_notebook(client: BlockingKernelClient, code: str) -> None:
    """Begin a cell as a front end with a person in front of it does."""
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True, "stop_on_error": True}
    client.shell_channel.send(client.session.msg("execute_request", content, metadata={"cellId": "waiting"}))


def _until_it_asks(client: BlockingKernelClient) -> None:
    """Wait until the running cell shows its panel."""
    while (message := client.get_iopub_msg(timeout=60))["msg_type"] != "display_data":
        if message["msg_type"] == "error":
            raise RuntimeError(f"{message['content']['ename']}: {message['content']['evalue']}")


def _until_idle(client: BlockingKernelClient) -> None:
    reply = client.get_shell_msg(timeout=60)
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"{reply['content']['ename']}: {reply['content']['evalue']}")
