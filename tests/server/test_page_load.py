"""What a page asks that is loaded while a cell waits is answered, and everything else keeps its place in the line."""

from __future__ import annotations

import contextlib
import queue
import time
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import KernelManager

from tests.browser.kernels import NEWEST, OLDEST, kernel_python
from tests.patience import PATIENCE

from .kernel import COMPUTES, VERSIONS

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
# As `LoginPanel.signed_in` waits.
ON_THE_LOOP = """
import math

async def ask():
    asker = waiting._Question(question.model_id)
    with waiting.Wait(asker, None, math.inf, blocking=False) as wait:
        while not wait.over():
            wait.step(0.0)
            await asyncio.sleep(0.03)

await ask()
"""
WAYS = {
    "main thread": "waiting.ask(question)",
    "worker thread": "ThreadPoolExecutor().submit(waiting.ask, question).result()",
    "await": "await asyncio.to_thread(waiting.ask, question)",
}
# On ipykernel 6 nobody reads the shell socket while the main thread waits for a worker.
CASES = [
    pytest.param(version, way, id=f"{version}, {way}", marks=parameter.marks)
    for version, parameter in VERSIONS.items()
    for way in WAYS
    if (version, way) != (OLDEST, "worker thread")
]


class Client:
    """A client of a real kernel, as a page is one: it sends before it is answered, and sees all that is broadcast."""

    def __init__(self, version: str, directory: Path) -> None:
        self._version = version
        self._manager = KernelManager(connection_file=str(directory / "kernel.json"))
        self._manager.kernel_spec.argv = [kernel_python(version), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        self._manager.start_kernel()
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)
        self.heard: list[dict[str, Any]] = []

    def stop(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def send(self, kind: str, content: dict[str, Any], subshell: str | None = None) -> str:
        message = self._client.session.msg(kind, content, metadata={"version": "1.0.0"})
        message["header"]["subshell_id"] = subshell
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

    def printed(self, request: str) -> str:
        """Return what was heard of what a cell prints."""
        parts = [m for m in self.heard if m["msg_type"] == "stream" and m["parent_header"].get("msg_id") == request]
        return "".join(part["content"]["text"] for part in parts).strip()

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

    def has_sent(self) -> None:
        """Wait until ipykernel 7 has handed what was sent to the main thread: a subshell answers what came after."""
        if self._version != OLDEST:
            self._client.control_channel.send(self._client.session.msg("create_subshell_request", {}))
            subshell = self._client.control_channel.get_msg(timeout=PATIENCE)["content"]["subshell_id"]
            self.reply(self.send("kernel_info_request", {}, subshell))

    def state(self, comm_id: str) -> dict[str, Any]:
        """Ask one widget for its state, as a page does that has given up asking for all at once."""
        asked = self.send("comm_msg", {"comm_id": comm_id, "data": {"method": "request_state"}})
        answer = self.until(lambda m: m["msg_type"] == "comm_msg" and m["parent_header"].get("msg_id") == asked)
        data = answer["content"]["data"]
        assert (answer["content"]["comm_id"], data["method"]) == (comm_id, "update")
        for (key,), buffer in zip(data["buffer_paths"], answer["buffers"], strict=True):
            data["state"][key] = bytes(buffer)
        return dict(data["state"])

    def statuses(self, request: str) -> list[str]:
        return [
            message["content"]["execution_state"]
            for message in self.heard
            if message["msg_type"] == "status" and message["parent_header"].get("msg_id") == request
        ]


@pytest.fixture
def client(request, tmp_path) -> Iterator[Client]:
    client = Client(request.param, tmp_path)
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
    others.append(client.send("comm_msg", {"comm_id": "of nobody", "data": {"method": "request_state"}}))
    others.append(client.ask_for_states("opened", target="somebody.elses"))
    asked = client.ask_for_states("control")
    client.comm("control", "update_states")
    client.until(lambda m: client.statuses(asked) == ["busy", "idle"])
    assert [client.statuses(each) for each in others] == [[]] * 4
    client.send("comm_msg", {"comm_id": question, "data": {"method": "custom", "content": "answered"}})
    client.reply(cell)
    client.until(lambda m: client.statuses(others[-1]) == ["busy", "idle"])
    answered = [m["content"]["comm_id"] for m in client.heard if m["content"].get("data", {}).get("states")]
    assert answered == ["control"]


@pytest.mark.parametrize("waits", [WAYS["main thread"], ON_THE_LOOP], ids=["main thread", "await"])
@pytest.mark.parametrize("client", VERSIONS.values(), indirect=["client"])
def test_a_page_that_was_loaded_before_the_wait_gets_every_widget_and_nothing_overtakes(client, waits, tmp_path):
    flag, computed = tmp_path / "released", tmp_path / "computed"
    question, *ids = client.text(client.run(WIDGETS.replace("{flag!r}", repr(str(flag))))).split()
    before, odd, slow, image, box, after = ids
    cell = client.run(f"{COMPUTES.format(flag=str(computed))}\n{waits}")
    assert client.text(cell) == "computes"

    info = client.send("kernel_info_request", {})
    queued = [client.run("print('queued')"), client.send("comm_info_request", {})]
    given_up = client.ask_for_states("control")
    known = client.send("comm_info_request", {"target_name": "jupyter.widget"})
    client.has_sent()
    assert [client.statuses(each) for each in (info, given_up, known, *queued)] == [[]] * 5
    computed.touch()

    assert client.reply(info)["content"]["implementation"] == "ipython"
    client.comm("control", "update_states")
    comms = client.reply(known)["content"]["comms"]
    assert {*ids, question} <= set(comms)
    assert {comm["target_name"] for comm in comms.values()} == {"jupyter.widget"}
    states = {each: client.state(each) for each in ids}
    assert [states[each]["value"] for each in (before, odd, slow, image, after)] == [7, "odd", "slow", b"picture", 8]
    assert states[before]["_model_name"] == "IntSliderModel"
    assert states[box]["children"] == [f"IPY_MODEL_{each}" for each in (before, odd, slow, image)]
    assert not {"broken", "unsendable", "slow"} & (set(states[odd]) | set(states[slow]))
    flag.touch()
    client.until(lambda m: m["content"].get("data", {}).get("state") == {"slow": "at last"})

    assert [client.statuses(each) for each in queued] == [[], []]
    client.send("comm_msg", {"comm_id": question, "data": {"method": "custom", "content": "answered"}})
    assert client.reply(cell)["content"]["status"] == "ok"
    last = client.send("kernel_info_request", {})
    client.until(lambda m: client.statuses(last) == ["busy", "idle"])
    assert [client.statuses(each) for each in (info, given_up, known, *queued)] == [["busy", "idle"]] * 5
    replies = [m["parent_header"]["msg_id"] for m in client.heard if m["msg_type"].endswith("_reply")]
    assert replies[-6:] == [info, known, cell, *queued, last]
    control = [m for m in client.heard if m["msg_type"] == "comm_msg" and m["content"]["comm_id"] == "control"]
    assert [m["parent_header"]["msg_id"] for m in control] == [given_up]


@pytest.mark.parametrize("client", VERSIONS.values(), indirect=["client"])
def test_what_was_queued_before_the_wait_keeps_its_order_and_an_answer_is_heard(client, tmp_path):
    flag = tmp_path / "computed"
    question, widget, *_ = client.text(client.run(WIDGETS.replace("{flag!r}", repr(str(tmp_path / "f"))))).split()
    client.reply(client.run("order = []\nknown['before'].on_msg(lambda *_: order.append('message'))"))
    cell = client.run(f"{COMPUTES.format(flag=str(flag))}\n{WAYS['main thread']}")
    assert client.text(cell) == "computes"
    client.run("order.append('first')")
    client.send("comm_msg", {"comm_id": widget, "data": {"method": "custom", "content": {}}})
    client.run("order.append('second')")
    info = client.send("kernel_info_request", {})
    client.send("comm_msg", {"comm_id": question, "data": {"method": "custom", "content": "answered"}})
    last = client.run("print(*order)")
    client.has_sent()
    flag.touch()
    client.until(lambda m: client.statuses(last) == ["busy", "idle"])
    assert client.printed(last) == "first message second"
    replies = [m["parent_header"]["msg_id"] for m in client.heard if m["msg_type"].endswith("_reply")]
    assert replies.index(info) < replies.index(cell)


LATE = """
from tiled_jupyter.kernel import mailbox
from tiled_jupyter.kernel.front_end import kernel

mailbox._TAP_WITHIN = 0.0
begun = threading.Event()
waiting._Question.join = lambda question, wait: begun.set()
kernel().shell_channel_thread.io_loop.add_callback(begun.wait)
"""


@pytest.mark.parametrize("client", [NEWEST], indirect=["client"])
def test_an_answer_is_heard_where_the_thread_that_reads_the_socket_is_late(client, tmp_path):
    flag = tmp_path / "computed"
    question, *_ = client.text(client.run(WIDGETS.replace("{flag!r}", repr(str(tmp_path / "f"))))).split()
    cell = client.run(f"{COMPUTES.format(flag=str(flag))}\n{LATE}\nprint(waiting.ask(question))")
    assert client.text(cell) == "computes"
    client.send("comm_msg", {"comm_id": question, "data": {"method": "custom", "content": "answered"}})
    client.has_sent()
    flag.touch()
    client.until(lambda m: client.statuses(cell)[-1:] == ["idle"])
    assert client.printed(cell).split() == ["computes", "answered"]
