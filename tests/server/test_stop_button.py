"""The stop button in a kernel that was just started, and in tasks beside the cell's own."""

from __future__ import annotations

import pytest

from .kernel import kernel
from .tiled_server import free_port

#: Tiled's client, which takes a while to import, takes until `arrives` is set.
SLOW_DISK = """
import asyncio, sys, threading
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import PathFinder

arrives = threading.Event()

class SlowDisk:
    def find_spec(self, name, path=None, target=None):
        if name != "tiled.client":
            return None
        spec = PathFinder.find_spec(name, path)
        load = spec.loader.exec_module

        def wait_and_load(module):  # and not in here, which would keep every other import
            print("imports", flush=True)
            arrives.wait()
            load(module)

        spec.loader.exec_module = wait_and_load
        return spec

sys.meta_path.insert(0, SlowDisk())
from tiled_jupyter import LoginPanel
"""
STOPPED = """
panel = LoginPanel({uri})
try:
    {way}
except BaseException as error:
    print("ended", type(error).__name__, panel.status)
    print(getattr(panel.shown.failure, "sentence", None) if panel.status == "disconnected" else None)
"""
WAITS = {
    "main thread": "panel.wait()",
    "worker thread": "with ThreadPoolExecutor() as pool: pool.submit(panel.wait).result()",
    "top-level await": "await panel.signed_in()",
}
ASKS = {
    "client": "panel.client",
    "context": "panel.context",
    "session": "panel.session",
    "ensure": "panel.ensure()",
    "client, worker thread": "with ThreadPoolExecutor() as pool: pool.submit(lambda: panel.client).result()",
    "client, top-level await": "await asyncio.sleep(0); panel.client",
}
AFTERWARDS = "arrives.set()\nprint(panel.session.state.kind, panel.status, panel.shown)"
A_CELL = {"cellId": "a"}  # as a notebook says it; who says nothing may be nobody
CANCELLED = "Cancelled. Run the cell again, or sign in here."


def run_and_stop(running, code, at="imports"):
    """Run a cell and press the stop button once it has said where it is; return what it said."""
    pressed = []

    def hear(text):
        if at in text and not pressed:
            pressed.append(text)
            running.interrupt()

    said = running.run(code, hear)
    assert pressed
    return said.partition("ended ")[2].splitlines()


@pytest.mark.parametrize("address", ["with its address", "without"])
@pytest.mark.parametrize("way", WAITS)
def test_stop_ends_a_wait_while_tileds_client_is_imported(way, address):
    uri = repr(f"http://127.0.0.1:{free_port()}") if address == "with its address" else ""
    with kernel(metadata=A_CELL) as running:
        said = run_and_stop(running, SLOW_DISK + STOPPED.format(uri=uri, way=WAITS[way]))
        assert said[0].split() == ["KeyboardInterrupt", "disconnected"]
        assert CANCELLED in said
        afterwards = running.run(AFTERWARDS)
    assert afterwards.split()[:2] == ["disconnected", "disconnected"]
    assert CANCELLED in afterwards


def test_a_cell_that_waits_after_a_stop_asks_the_server_of_the_panel_again(closed_server):
    with kernel(metadata=A_CELL) as running:
        run_and_stop(running, SLOW_DISK + STOPPED.format(uri=repr(closed_server.uri), way="panel.wait()"))
        form = "import time\nthreading.Thread(target=panel.wait, daemon=True).start()\narrives.set()\n"
        until = "while panel.session.state.kind != 'signed_out': time.sleep(0.02)\nprint(panel.shown.server.uri)"
        assert running.run(form + until).strip() == f"{closed_server.uri}/api/v1/"


def test_stop_in_a_form_that_came_first_leaves_the_form(closed_server):
    until = "panel = LoginPanel({uri!r})\nwhile panel.shown.kind != 'signed_out': time.sleep(0.02)\n"
    with kernel(metadata=A_CELL) as running:
        code = f"{SLOW_DISK}import time\n{until.format(uri=closed_server.uri)}panel.wait()"
        run_and_stop(running, code)
        said = "print(panel.shown.kind, panel.shown.failure.sentence)"
        first = running.run(said)
        assert first.split()[0] == "signed_out"
        assert CANCELLED in first
        running.run("arrives.set()\nwhile panel._early is not None: time.sleep(0.02)")
        assert running.run(said) == first


@pytest.mark.parametrize("way", ASKS)
def test_stop_ends_what_asks_for_the_login_and_it_is_made_all_the_same(closed_server, way):
    with kernel(metadata=A_CELL) as running:
        code = STOPPED.format(uri=repr(closed_server.uri), way=ASKS[way])
        assert run_and_stop(running, SLOW_DISK + code)[0].split()[0] == "KeyboardInterrupt"
        said = running.run("arrives.set()\nprint(panel.context.api_uri, panel.status)")
    assert said.split() == [f"{closed_server.uri}/api/v1/", "signed_out"]


BESIDE = """
from tiled_jupyter import LoginPanel
from tiled_jupyter.kernel.cells import pause
import asyncio

panel = LoginPanel()

async def beside():
    print("waits", flush=True)
    {way}

task = asyncio.create_task(beside())
await asyncio.sleep(3600)
"""
BLOCKS = {
    "a wait": ("panel.wait()", "LoginCancelled"),
    "a pause": ("pause(3600)", "CancelledError"),
}


@pytest.mark.parametrize(("way", "error"), BLOCKS.values(), ids=BLOCKS)
def test_stop_ends_what_blocks_in_a_task_beside_the_cell_and_not_the_kernel(way, error):
    with kernel(metadata=A_CELL) as running:
        run_and_stop(running, BESIDE.format(way=way), at="waits")
        ended = running.run("print(task.done() and (task.cancelled() or type(task.exception()).__name__))")
        assert ended.strip() == ("True" if error == "CancelledError" else error)
        assert running.run("print(6 * 7)").strip() == "42"
