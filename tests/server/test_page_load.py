"""What a page asks that is loaded while a cell waits is answered, and everything else keeps its place in the line."""

from __future__ import annotations

import contextlib
import queue
import time
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import KernelManager

from tests.browser.kernels import KERNELS, NEWEST, OLDEST, kernel_python
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WIDGETS = """
import asyncio, pathlib, threading
from concurrent.futures import ThreadPoolExecutor
import ipywidgets
from traitlets import Unicode
from tiled_jupyter.kernel import cells, waiting

cells.watch()
waiting._Question.join = lambda question, wait: print("waits", flush=True)

made = []  # ipywidgets reads every widget once by itself, when it is made

def breaks(value, widget):
    return 1 / (not made)

def when_released(value, widget):
    while made and not pathlib.Path({flag!r}).exists():
        threading.Event().wait(0.02)
    return value

class Odd(ipywidgets.Text):
    broken = Unicode().tag(sync=True, to_json=breaks)
    unsendable = Unicode().tag(sync=True, to_json=lambda value, widget: object() if made else value)

class Slow(ipywidgets.Text):
    slow = Unicode("at last").tag(sync=True, to_json=when_released)

question = ipywidgets.Button()
known = dict(
    before=ipywidgets.IntSlider(7), odd=Odd("odd"), slow=Slow("slow"), image=ipywidgets.Image(value=b"picture"),
    box=ipywidgets.VBox(), after=ipywidgets.IntSlider(8),
)
known["box"].children = list(known.values())[:4]
made.append(True)
print(question.model_id, *[widget.model_id for widget in known.values()])
"""
WAYS = {
    "main thread": "waiting.ask(question)",
    "worker thread": "ThreadPoolExecutor().submit(waiting.ask, question).result()",
    "await": "await asyncio.to_thread(waiting.ask, question)",
}
# On ipykernel 6 nobody reads the shell socket while the main thread waits for a worker. 7.2 lies between the others.
CASES = [
    pytest.param(version, way, id=f"{version}, {way}", marks=[pytest.mark.weekly] * (version == "7.2.0"))
    for version in KERNELS
    for way in WAYS
    if (version, way) != (OLDEST, "worker thread")
]


class Client:
    """A client of a real kernel, as a page is one: it sends before it is answered, and sees all that is broadcast."""

    def __init__(self, python: str, directory: Path) -> None:
        self._manager = KernelManager(connection_file=str(directory / "kernel.json"))
        self._manager.kernel_spec.argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        self._manager.start_kernel()
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)
        self.heard: list[dict[str, Any]] = []

    def stop(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def send(self, kind: str, content: dict[str, Any]) -> str:
        message = self._client.session.msg(kind, content, metadata={"version": "1.0.0"})
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def run(self, code: str) -> str:
        return self.send("execute_request", {"code": code, "silent": False, "allow_stdin": False})

    def until(self, matches: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first message, of those heard so far and to come, on either channel."""
        end, looked = time.monotonic() + PATIENCE, 0
        while time.monotonic() < end:
            for message in self.heard[looked:]:
                looked += 1
                if matches(message):
                    return message
            for channel in (self._client.iopub_channel, self._client.shell_channel):
                with contextlib.suppress(queue.Empty):
                    self.heard.append(channel.get_msg(timeout=0.02))
        raise AssertionError([f"{m['msg_type']} {m['content']}"[:100] for m in self.heard])

    def reply(self, request: str) -> dict[str, Any]:
        return self.until(lambda m: m["msg_type"].endswith("_reply") and m["parent_header"].get("msg_id") == request)

    def text(self, request: str) -> str:
        """Return what a cell prints at first."""
        found = self.until(lambda m: m["msg_type"] == "stream" and m["parent_header"].get("msg_id") == request)
        return str(found["content"]["text"]).strip()

    def comm(self, comm_id: str, method: str) -> dict[str, Any]:
        return self.until(
            lambda m: (
                m["msg_type"] == "comm_msg"
                and m["content"]["comm_id"] == comm_id
                and m["content"]["data"]["method"] == method
            )
        )

    def ask_for_states(self, comm_id: str, target: str = "jupyter.widget.control") -> str:
        self.send("comm_open", {"comm_id": comm_id, "target_name": target, "data": {}})
        asked = self.send("comm_msg", {"comm_id": comm_id, "data": {"method": "request_states"}})
        self.send("comm_close", {"comm_id": comm_id, "data": {}})
        return asked

    def statuses(self, request: str) -> list[str]:
        return [
            message["content"]["execution_state"]
            for message in self.heard
            if message["msg_type"] == "status" and message["parent_header"].get("msg_id") == request
        ]


@pytest.fixture
def client(request, tmp_path) -> Iterator[Client]:
    client = Client(kernel_python(request.param), tmp_path)
    yield client
    client.stop()


@pytest.mark.parametrize(("client", "way"), CASES, indirect=["client"])
def test_a_page_that_is_loaded_meanwhile_gets_every_widget_and_nothing_overtakes(client, way, tmp_path):
    flag = tmp_path / "released"
    question, *ids = client.text(client.run(WIDGETS.replace("{flag!r}", repr(str(flag))))).split()
    before, odd, slow, image, box, after = ids
    cell = client.run(WAYS[way])
    assert client.text(cell) == "waits"

    queued = [client.run("print('queued')"), client.send("comm_info_request", {})]
    info = client.send("kernel_info_request", {})
    content = client.reply(info)["content"]
    assert content["status"] == "ok"
    assert content["implementation"] == "ipython"
    asked = client.ask_for_states("control")
    answer = client.comm("control", "update_states")
    models = answer["content"]["data"]["states"]
    assert {*ids, question} <= set(models)
    assert [models[each]["state"]["value"] for each in (before, odd, slow, after)] == [7, "odd", "slow", 8]
    assert models[before]["model_name"] == "IntSliderModel"
    assert models[box]["state"]["children"] == [f"IPY_MODEL_{each}" for each in (before, odd, slow, image)]
    missing = {"broken", "unsendable", "slow"}
    assert not missing & (set(models[odd]["state"]) | set(models[slow]["state"]))
    place = answer["content"]["data"]["buffer_paths"].index([image, "state", "value"])
    assert bytes(answer["buffers"][place]) == b"picture"
    flag.touch()
    assert client.comm(slow, "update")["content"]["data"]["state"] == {"slow": "at last"}

    assert [client.statuses(each) for each in queued] == [[], []]
    client.send("comm_msg", {"comm_id": question, "data": {"method": "custom", "content": "answered"}})
    assert client.reply(cell)["content"]["status"] == "ok"
    last = client.send("kernel_info_request", {})  # between two waits the kernel answers it as ever
    client.reply(last)
    client.until(lambda m: client.statuses(last) == ["busy", "idle"])
    assert [client.statuses(each) for each in (info, asked, *queued)] == [["busy", "idle"]] * 4
    # What is handled beside the cell ends with "idle"; then the cell says again that it runs.
    assert client.statuses(cell).count("busy") >= 3
    replies = [m["parent_header"]["msg_id"] for m in client.heard if m["msg_type"].endswith("_reply")]
    assert replies[-5:] == [info, cell, *queued, last]
    control = [m for m in client.heard if m["msg_type"] == "comm_msg" and m["content"]["comm_id"] == "control"]
    assert len(control) == 1


@pytest.mark.parametrize("client", [OLDEST, NEWEST], indirect=["client"])
def test_a_method_of_that_name_on_a_comm_of_somebody_else_stays_in_line(client, tmp_path):
    question, widget, *_ = client.text(client.run(WIDGETS.replace("{flag!r}", repr(str(tmp_path / "f"))))).split()
    cell = client.run(WAYS["main thread"])
    assert client.text(cell) == "waits"
    method = {"method": "request_states"}
    others = [client.send("comm_msg", {"comm_id": each, "data": method}) for each in (widget, "of nobody")]
    others.append(client.ask_for_states("opened", target="somebody.elses"))
    asked = client.ask_for_states("control")
    client.comm("control", "update_states")
    client.until(lambda m: client.statuses(asked) == ["busy", "idle"])
    assert [client.statuses(each) for each in others] == [[], [], []]
    client.send("comm_msg", {"comm_id": question, "data": {"method": "custom", "content": "answered"}})
    client.reply(cell)
    client.until(lambda m: client.statuses(others[-1]) == ["busy", "idle"])
    answered = [m["content"]["comm_id"] for m in client.heard if m["content"].get("data", {}).get("states")]
    assert answered == ["control"]
