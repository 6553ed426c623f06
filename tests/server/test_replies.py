"""A key that is copied goes to the page that asked, on three kernels, and nobody else sees or logs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jupyter_client.manager import KernelManager

from tests.browser.kernels import kernel_python
from tests.browser.listener import Listener
from tests.browser.waiting import until
from tests.canaries import leaks
from tests.patience import PATIENCE
from tiled_jupyter.panel.key_reply import REPLIES

from .kernel import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "0123456789abcdef" + "f3a9c1758e20b46d" + "9b27d4e8031fa65c" + "52c8e7f06d19ab43" + "deadbeef"
OFFER = f"""
import sys
from tiled_jupyter.panel.key_reply import offer_keys
backwards = {SECRET[::-1]!r}  # this cell is broadcast and logged
offer_keys("comm", lambda first_eight: backwards[::-1] if first_eight == {SECRET[:8]!r} else None)
"""


class Kernel:
    """A real kernel that logs at debug level, with two clients: one asks, the other listens."""

    def __init__(self, python: str, directory: Path) -> None:
        self.log = directory / "kernel.log"
        self.manager = KernelManager(connection_file=str(directory / "kernel.json"))
        self.manager.kernel_spec.argv = [python, "-m", "ipykernel_launcher", "--debug", "-f", "{connection_file}"]
        with self.log.open("w") as log:
            self.manager.start_kernel(stdout=log, stderr=log)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def run(self, code: str) -> None:
        reply = self.client.execute_interactive(code, timeout=PATIENCE, output_hook=lambda _: None)
        assert reply["content"]["status"] == "ok", reply["content"]

    def ask(self, comm_id="comm", first_eight=SECRET[:8]):
        message = self.client.session.msg(REPLIES.request, {"comm_id": comm_id, "first_eight": first_eight})
        self.client.control_channel.send(message)
        reply = self.client.control_channel.get_msg(timeout=PATIENCE)
        assert reply["parent_header"]["msg_id"] == message["header"]["msg_id"]
        assert reply["msg_type"] == REPLIES.reply
        return reply["content"], [bytes(buffer) for buffer in reply["buffers"]]

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


# 7.2 lies between the two others.


@pytest.fixture(params=VERSIONS.values())
def kernel(request, tmp_path) -> Iterator[Kernel]:
    kernel = Kernel(kernel_python(request.param), tmp_path)
    yield kernel
    kernel.stop()


def test_the_secret_goes_to_who_asked_and_to_no_other_client_and_no_log(kernel, tmp_path):
    kernel.run(OFFER)
    with Listener(tmp_path / "kernel.json") as listener:
        content, buffers = kernel.ask()
        assert content == {"status": "ok"}
        assert buffers == [SECRET.encode()]
        listener.settle()
        assert listener.messages("status")  # it hears what the kernel broadcasts
        sent = listener.everything()
    log = kernel.log.read_text()
    assert REPLIES.request in log  # it is at debug level
    assert leaks({"what another client is sent": sent, "the log": log}, {"the key": SECRET}) == []


def test_the_key_can_be_copied_while_a_cell_runs_and_the_kernel_stays_busy(kernel, tmp_path):
    kernel.run(OFFER + "from tiled_jupyter.kernel import cells; cells.watch()")
    begun = tmp_path / "begun"
    end = tmp_path / "end"
    kernel.client.execute(
        f"import pathlib, threading; pathlib.Path({str(begun)!r}).touch(); wait = threading.Event().wait\n"
        f"while not pathlib.Path({str(end)!r}).exists(): wait(0.05)"
    )
    until(begun.exists, "the cell to begin")
    assert kernel.ask()[1] == [SECRET.encode()]
    statuses = []
    while "idle" not in statuses or statuses[-1] != "busy":  # the handler's own idle, and then again busy
        message = kernel.client.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "status":
            answers_request = message["parent_header"].get("msg_type") == REPLIES.request
            if answers_request or "idle" in statuses:
                statuses.append(message["content"]["execution_state"])
    assert message["parent_header"]["msg_type"] == "execute_request"
    end.touch()


def test_a_key_that_is_not_there_gets_a_sentence(kernel):
    kernel.run(OFFER)
    for asked in ({"comm_id": "another"}, {"first_eight": "00000000"}, {"first_eight": None}):
        content, buffers = kernel.ask(**asked)
        assert content["status"] == "error"
        assert "no such key" in content["sentence"]
        assert buffers == []


def test_nothing_stays_installed_when_nothing_is_offered(kernel):
    handlers = "get_ipython().kernel.control_handlers"
    kernel.run(f"before = dict({handlers})\n{OFFER}")
    kernel.run(f"assert {REPLIES.request!r} in {handlers}")
    kernel.run(f"offer_keys('comm', None); assert dict({handlers}) == before")


@pytest.mark.parametrize("kernel", [VERSIONS["7.2.0"], VERSIONS["7.4"]], indirect=True)
def test_what_a_thread_of_the_cell_shows_is_in_its_output_whatever_a_subshell_handles(kernel):
    kernel.run(
        "import threading\nfrom comm import get_comm_manager\nfrom tiled_jupyter.kernel import cells, front_end\n"
        "cells.watch()\ncame, said = threading.Event(), threading.Event()\n"
        "get_comm_manager().register_target('beside', lambda *_: came.set())\n"
        "def work():\n    came.wait(120)\n    cells.in_its_output(lambda: front_end.say('here'))\n    said.set()\n"
    )
    client = kernel.client
    client.control_channel.send(client.session.msg("create_subshell_request", {}))
    subshell = client.control_channel.get_msg(timeout=PATIENCE)["content"]["subshell_id"]
    cell = client.execute("threading.Thread(target=work).start()\nsaid.wait(120)")
    message = client.session.msg("comm_open", {"comm_id": "widget", "target_name": "beside", "data": {}})
    message["header"]["subshell_id"] = subshell
    client.shell_channel.send(message)
    while (shown := client.get_iopub_msg(timeout=PATIENCE))["msg_type"] != "display_data":
        pass
    assert shown["content"]["data"]["text/plain"] == "here"
    assert shown["parent_header"]["msg_id"] == cell
