"""The stop button in a kernel that was just started, and in tasks beside the cell's own."""

from __future__ import annotations

import pytest

from .kernel import HELD, kernel
from .sessions import sign_in_as
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
    print(f"ended {{type(error).__name__}} {{panel.status}}")  # whole, as it is written
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
AFTERWARDS = "arrives.set()\nprint(f'{panel.session.state.kind} {panel.status} {panel.shown}')"
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
        said = "print(f'{panel.shown.kind} {panel.shown.failure.sentence}')"
        first = running.run(said)
        assert first.split()[0] == "signed_out"
        assert CANCELLED in first
        running.run("arrives.set()\nwhile panel._early is not None: time.sleep(0.02)")
        assert running.run(said).split() == first.split()


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

panel, ended = LoginPanel(), []

def waits():
    print("waits", flush=True)
    try:
        {wait}
    except BaseException as error:
        ended.append(type(error).__name__)
        raise

async def awaits():
    waits()

{begin}
await asyncio.sleep(3600)
"""
WHERE = {
    "a task": "task = asyncio.create_task(awaits())",
    "a callback": "asyncio.get_running_loop().call_later(0.01, waits)",
    "a thread for a task": "task = asyncio.create_task(asyncio.to_thread(waits))",
}
BLOCKS = {"panel.wait()": "LoginCancelled", "pause(3600)": "CancelledError"}


@pytest.mark.parametrize("wait", BLOCKS)
@pytest.mark.parametrize("where", WHERE)
def test_stop_ends_what_blocks_beside_the_cell_and_not_the_kernel(where, wait):
    with kernel(metadata=A_CELL) as running:
        run_and_stop(running, BESIDE.format(wait=wait, begin=WHERE[where]), at="waits")
        said = running.run("while not ended: await asyncio.sleep(0.02)\nprint(*ended)")
        assert said.split() == [BLOCKS[wait]]
        assert running.run("print(6 * 7)").strip() == "42"


def test_a_deadline_before_the_login_is_made_is_not_forgotten_when_it_is():
    with kernel(metadata=A_CELL) as running:
        uri = repr(f"http://127.0.0.1:{free_port()}")
        said = running.run(SLOW_DISK + STOPPED.format(uri=uri, way="panel.wait(timeout=0.2)"))
        assert "ended LoginFailed disconnected" in said
        assert "Nobody signed in before the deadline" in running.run(AFTERWARDS)


def test_cancel_before_the_server_has_answered_is_obeyed_at_once():
    code = "from tiled_jupyter.state.wire import Plain\npanel.obey(Plain.CANCEL, '')\nprint(panel.shown)\n"
    with kernel(metadata=A_CELL) as running:
        uri = f"http://127.0.0.1:{free_port()}"
        said = running.run(f"{SLOW_DISK}panel = LoginPanel({uri!r})\n{code}{AFTERWARDS}")
    assert said.count("Cancelled.") == 2
    assert "disconnected disconnected" in said


def test_who_watches_the_status_may_ask_for_the_session():
    watched = "panel.observe(lambda change: panel.session, 'status')\n"
    with kernel(metadata=A_CELL) as running:
        uri = f"http://127.0.0.1:{free_port()}"
        code = f"{SLOW_DISK}panel = LoginPanel({uri!r})\n{watched}threading.Timer(1, arrives.set).start()\n"
        said = running.run(
            code + "try: panel.wait(timeout=0.2)\nexcept Exception as error: print(type(error).__name__)"
        )
    assert said.split()[-1] == "LoginFailed"


def test_who_watches_the_status_may_ask_who_is_signed_in_and_for_the_client(closed_server):
    sign_in_as(closed_server)
    with kernel(metadata=A_CELL) as running:
        said = running.run(f"""
            import time
            from tiled_jupyter import LoginPanel
            from tiled_jupyter.panel import barrier
            barrier._LONGEST_CONNECT = 1e6
            panel, seen = LoginPanel({closed_server.uri!r}), []
            def watch(change):
                if change.new == "signed_in":
                    seen.append((panel.identity.id, list(panel.client)))
            panel.observe(watch, "status")
            while not seen:
                time.sleep(0.02)
            print(seen)
        """)
    assert "alice" in said
    assert "public" in said


def test_what_an_observer_raises_is_printed_and_ends_no_sign_in(closed_server):
    sign_in_as(closed_server)
    with kernel(metadata=A_CELL) as running:
        said = running.run(f"""
            from tiled_jupyter import LoginPanel
            panel = LoginPanel({closed_server.uri!r})
            panel.observe(lambda change: 1 / 0, ["status", "identity"])
            print(list(panel.wait()), panel.identity.id, panel.shown.kind)
        """)
    assert "ZeroDivisionError" in said
    assert "'alice'] alice signed_in" in said


def test_a_wait_on_a_panel_that_was_closed_finds_a_saved_sign_in(closed_server):
    sign_in_as(closed_server)
    with kernel(metadata=A_CELL) as running:
        said = running.run(f"{HELD}panel = LoginPanel({closed_server.uri!r})\npanel.close()\nprint(list(panel.wait()))")
    assert "public" in said
