"""How a cell waits: every way to wait, the stop button, and what must not be disturbed by it."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tiled_jupyter.demo.server import PASSWORDS

from .kernels import KERNELS, NEWEST, OLDEST
from .lab import Lab
from .panel import Panel
from .waiting import SLEEPING, stopped_in_time, until

ALICE = PASSWORDS["alice"]

WAYS = {
    "plain cell": "client = wait()",
    "wait in an await cell": "await asyncio.sleep(0)\nclient = wait()",
    "await signed_in": "client = await panel.signed_in()",
    "to_thread": "client = await asyncio.to_thread(wait)",
    "worker": "client = ThreadPoolExecutor().submit(wait).result()",
    "worker in a with block": "with ThreadPoolExecutor() as pool:\n    client = pool.submit(wait).result()",
}


def setup(server) -> str:
    return f"""
import asyncio, threading, time
from concurrent.futures import ThreadPoolExecutor
from tiled_jupyter import LoginPanel
panel = LoginPanel({server.uri!r})
worker_ended = threading.Event()
ended = []

def wait():
    worker_ended.clear()
    try:
        return panel.wait()
    except BaseException as error:
        ended[:] = [type(error).__name__, time.time()]
        raise
    finally:
        worker_ended.set()
"""


def waiting_cell(way: str) -> str:
    """Return a cell that waits and says how and when that ended."""
    body = "\n".join(f"    {line}" for line in WAYS[way].splitlines())
    return f"""
display(panel)
try:
{body}
except BaseException as error:
    print("cell ended", type(error).__name__, time.time())
    raise
print("signed in:", sorted(client))
"""


@pytest.mark.every_kernel
@pytest.mark.oldest_weekly(but=["plain cell", "worker"])
@pytest.mark.parametrize("way", WAYS)
def test_stop_button_then_sign_in(open_notebook, tiled_server, kernel, way):
    wait_ended = "print(worker_ended.wait(5), *ended)"
    cells = [setup(tiled_server), waiting_cell(way), wait_ended, waiting_cell(way), "'queued'", SLEEPING]
    notebook = open_notebook(cells, kernel=kernel)
    notebook.execute(0)

    notebook.run(1)
    expect(Panel(notebook, 1).waiting).to_be_visible()
    clicked = notebook.stop()
    kind, when = notebook.cell_done(1).split("cell ended ")[1].split()[:2]
    # What awaits something of asyncio's own is cancelled by ipykernel itself.
    assert kind == ("CancelledError" if way == "to_thread" else "KeyboardInterrupt")
    stopped_in_time(notebook, 5, float(when) - clicked)
    expect(Panel(notebook, 1).waiting).to_be_hidden()
    if "wait()" in WAYS[way] or "(wait)" in WAYS[way]:
        over, kind, when = notebook.execute(2).split()
        # Out of a thread that is awaited KeyboardInterrupt might come to a task, and end the kernel's loop.
        assert (over, kind) == ("True", "LoginCancelled" if way == "to_thread" else "KeyboardInterrupt")
        stopped_in_time(notebook, 5, float(when) - clicked)

    notebook.run(3)
    notebook.run(4)
    panel = Panel(notebook, 3)
    expect(panel.waiting).to_be_visible()
    assert notebook.prompt(4) == "[*]:"
    panel.sign_in("alice", ALICE)
    assert "signed in: ['alice', 'public', 'staff']" in notebook.cell_done(3)
    assert notebook.cell_done(4) == "'queued'"


def test_without_the_control_channel(open_notebook, tiled_server, kernel):
    """The first cell is stopped, the second signs in."""
    notebook = open_notebook(
        [setup(tiled_server), *2 * [waiting_cell("plain cell")], "'queued'", SLEEPING], kernel=kernel
    )
    notebook.take_control_channel_away()
    notebook.execute(0)
    notebook.run(1)
    expect(Panel(notebook, 1).waiting).to_be_visible()
    clicked = notebook.stop()
    kind, when = notebook.cell_done(1).split("cell ended ")[1].split()[:2]
    assert kind == "KeyboardInterrupt"
    stopped_in_time(notebook, 4, float(when) - clicked)
    notebook.run(2)
    notebook.run(3)
    Panel(notebook, 2).sign_in("alice", ALICE)
    assert "signed in: ['alice', 'public', 'staff']" in notebook.cell_done(2)
    assert notebook.cell_done(3) == "'queued'"


DEAF = """
import zmq
from threading import Timer
kernel = get_ipython().kernel

def take_the_notice():
    print("deaf", flush=True)
    while not kernel.shell_stream.socket.get(zmq.EVENTS) & zmq.POLLIN:
        time.sleep(0.001)

loop = kernel.shell_channel_thread.io_loop
Timer(1, loop.add_callback, [take_the_notice]).start()
"""


def test_a_letter_that_the_kernel_is_not_told_of_is_read(open_notebook, tiled_server):
    notebook = open_notebook([setup(tiled_server), DEAF + waiting_cell("plain cell")])
    notebook.execute(0)
    notebook.run(1)
    notebook.wait_for_text("deaf", 1)
    Panel(notebook, 1).sign_in("alice", ALICE)
    assert "signed in: ['alice', 'public', 'staff']" in notebook.cell_done(1)


def test_stop_says_cancelled_and_the_kernel_survives_another(open_notebook, tiled_server, kernel):
    notebook = open_notebook([setup(tiled_server), waiting_cell("plain cell"), "1 + 1"], kernel=kernel)
    notebook.execute(0)
    notebook.run(1)
    panel = Panel(notebook, 1)
    expect(panel.waiting).to_be_visible()
    notebook.stop()
    notebook.cell_done(1)
    expect(panel.status).to_contain_text("ancelled")
    notebook.stop()
    assert notebook.execute(2) == "2"


@pytest.mark.parametrize("way", ["panel.signed_in()", "blocks()"])
def test_stop_ends_a_wait_in_a_task_beside_the_cell_and_not_the_kernel(open_notebook, tiled_server, kernel, way):
    blocks = "async def blocks():\n    return panel.wait()"
    beside = f"display(panel)\ntask = asyncio.create_task({way})\nawait asyncio.sleep(60)"
    ended = "await asyncio.wait([task], timeout=5); type(task.exception()).__name__"
    notebook = open_notebook([setup(tiled_server) + blocks, beside, ended, "1 + 1"], kernel=kernel)
    notebook.execute(0)
    notebook.run(1)
    expect(Panel(notebook, 1).waiting).to_be_visible()
    notebook.stop()
    assert "CancelledError" in notebook.cell_done(1)
    assert notebook.execute(2) == "'LoginCancelled'"
    assert notebook.execute(3) == "2"


def test_a_deadline_ends_the_wait(open_notebook, tiled_server):
    notebook = open_notebook([setup(tiled_server), "display(panel)\npanel.wait(timeout=2)"])
    notebook.execute(0)
    notebook.run(1)
    assert "LoginFailed" in notebook.cell_done(1)


def test_a_figure_of_the_same_cell_survives(open_notebook, tiled_server, kernel):
    cells = [
        # A first import of matplotlib lists the machine's fonts, which takes its time.
        setup(tiled_server) + "%matplotlib inline\nimport matplotlib.pyplot as plt\n",
        "plt.plot([1, 3, 2])\n" + waiting_cell("plain cell"),
    ]
    notebook = open_notebook(cells, kernel=kernel)
    notebook.execute(0, timeout=90)
    notebook.run(1)
    Panel(notebook, 1).sign_in("alice", ALICE)
    notebook.cell_done(1)
    assert ["image/png" in output.get("data", {}) for output in notebook.outputs(1)].count(True) == 1


CHATTERER = """
import anywidget
class Chatterer(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
      const button = document.createElement("button");
      button.textContent = "Chatter";
      let number = 0;
      button.onclick = () => { for (let i = 0; i < 50; i++) model.send({ number: number++ }); };
      el.append(button);
    } };
    '''
seen = []
chatterer = Chatterer()
chatterer.on_msg(lambda widget, content, buffers: seen.append(content["number"]))
chatterer
"""


@pytest.mark.oldest_weekly(but=["shell"])
@pytest.mark.parametrize("channel", ["control", "shell"])
def test_messages_of_other_widgets_are_neither_lost_nor_reordered(open_notebook, tiled_server, kernel, channel):
    cells = [
        setup(tiled_server),
        CHATTERER,
        waiting_cell("plain cell") + "\nfirst = len(seen)",
        "order = ['second cell']",
        "order.append('third cell'); print(order)",
        "print(len(seen), seen == list(range(len(seen))))",
    ]
    notebook = open_notebook(cells, kernel=kernel)
    if channel == "shell":
        notebook.take_control_channel_away()
    notebook.execute(0)
    notebook.execute(1)
    chatter = notebook.output_area(1).get_by_role("button", name="Chatter")
    chatter.click()
    for index in (2, 3, 4):
        notebook.run(index)
    panel = Panel(notebook, 2)
    expect(panel.waiting).to_be_visible()
    chatter.click()
    panel.username.press_sequentially("alice")
    chatter.click()
    panel.password.press_sequentially("not this one")
    panel.button("Sign in").click()
    for _ in range(3):
        chatter.click()
    expect(panel.alert).to_be_visible()
    assert notebook.prompt(3) == "[*]:"
    chatter.click()
    panel.sign_in("alice", ALICE)
    chatter.click()
    notebook.cell_done(2)
    assert notebook.cell_done(4).strip() == "['second cell', 'third cell']"
    until(lambda: notebook.execute(5).startswith("400 "), "all messages to arrive")
    assert notebook.text(5).strip() == "400 True"


def test_other_widgets_work_after_the_wait(open_notebook, tiled_server, kernel):
    """All that a wait installs is gone afterwards."""
    button = (
        "import ipywidgets\nb = ipywidgets.Button(description='Count')\nn = []\n"
        "b.on_click(lambda b: (n.append(1), setattr(b, 'description', f'Counted {len(n)}')))\nb"
    )
    notebook = open_notebook([setup(tiled_server), waiting_cell("plain cell"), button], kernel=kernel)
    notebook.execute(0)
    notebook.run(1)
    Panel(notebook, 1).sign_in("alice", ALICE)
    notebook.cell_done(1)
    notebook.execute(2)
    notebook.output_area(2).get_by_role("button", name="Count").click()
    expect(notebook.output_area(2).get_by_role("button", name="Counted 1")).to_be_visible()


def test_four_workers_wait_for_one_panel(open_notebook, tiled_server, kernel):
    cell = (
        "display(panel)\nwith ThreadPoolExecutor() as pool:\n"
        "    clients = list(pool.map(lambda _: wait(), range(4)))\nprint(len(clients))"
    )
    notebook = open_notebook([setup(tiled_server), cell], kernel=kernel)
    notebook.execute(0)
    notebook.run(1)
    Panel(notebook, 1).sign_in("alice", ALICE)
    assert notebook.cell_done(1).split()[-1] == "4"


def test_the_event_loop_of_the_kernel_goes_on(open_notebook, tiled_server, kernel):
    ticker = """
ticks = []
async def tick():
    while True:
        ticks.append(1)
        await asyncio.sleep(0.02)
task = asyncio.ensure_future(tick())
"""
    cells = [setup(tiled_server), ticker, waiting_cell("plain cell") + "\nat_end = len(ticks)", "len(ticks) > at_end"]
    notebook = open_notebook(cells, kernel=kernel)
    notebook.execute(0)
    notebook.execute(1)
    notebook.run(2)
    Panel(notebook, 2).sign_in("alice", ALICE)
    notebook.cell_done(2)
    until(lambda: notebook.execute(3) == "True", "the loop to tick")


def test_a_notebook_saved_during_the_wait_holds_no_state(open_notebook, tiled_server):
    notebook = open_notebook([setup(tiled_server), waiting_cell("plain cell")])
    notebook.execute(0)
    notebook.run(1)
    expect(Panel(notebook, 1).waiting).to_be_visible()
    document = notebook.save()
    notebook.stop()
    models = document["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    panels = [model["state"] for model in models if "inactive" in model["state"]]
    assert len(panels) == 1
    code = {"_esm", "_css"}  # our own bundle, which names every state there is
    saved = json.dumps({name: value for name, value in panels[0].items() if name not in code})
    assert "signed_out" not in saved
    assert tiled_server.uri not in saved
    assert tiled_server.uri not in json.dumps([cell["outputs"] for cell in document["cells"]])


# -- a hub that culls idle kernels must not cull one that works ----------------------------------

WORK = 25
CULL_AFTER = 10


@pytest.fixture
def culling_lab(tmp_path):
    """Yield a JupyterLab that ends kernels which look idle for ten seconds, watched or not."""
    options = [
        f"--MappingKernelManager.cull_idle_timeout={CULL_AFTER}",
        "--MappingKernelManager.cull_interval=1",
        "--MappingKernelManager.cull_connected=True",
    ]
    with Lab(tmp_path / "lab", options) as lab:
        yield lab


def shell_and_control() -> dict[str, tuple[str, str]]:
    """Return a kernelspec and a line of code for two kernels and each channel; a kernel prefers one of the two."""
    forced = "from tiled_jupyter.kernel import mailbox; mailbox._Board.channel = property(lambda board: '{}')"
    return {
        f"{version}-{channel}": (KERNELS[version], forced.format(channel))
        for version in (OLDEST, NEWEST)
        for channel in ("shell", "control")
    }


@pytest.mark.long
def test_work_after_a_sign_in_is_not_culled_though_the_page_is_closed(open_notebook, tiled_server, culling_lab):
    """All kernels and channels at once, so that the long work is waited for only once."""
    for name, (kernel, channel) in shell_and_control().items():
        cell = (
            f"%load_ext tiled_jupyter\n{channel}\n%tiled_login {tiled_server.uri} --no-remember\n"
            "import pathlib, time\n"
            f"pathlib.Path('began-{name}').touch()\n"
            f"time.sleep({WORK})\n"
            f"pathlib.Path('done-{name}').write_text(str(sorted(client)))"
        )
        notebook = open_notebook([cell], kernel=kernel, lab=culling_lab)
        notebook.run(0)
        panel = Panel(notebook)
        expect(panel.waiting).to_be_visible()
        panel.sign_in("alice", PASSWORDS["alice"])
        until((culling_lab.notebooks / f"began-{name}").exists, "the work to begin")
        notebook.page.close()

    for name in shell_and_control():
        done = culling_lab.notebooks / f"done-{name}"
        until(lambda file=done: file.exists() and file.read_text(), f"ipykernel {name} to finish its work", WORK + 20)
        assert "alice" in done.read_text()
    # And the culler is real: now that they have nothing to do, they go.
    until(lambda: not culling_lab.kernels(), "the culler to end the idle kernels", 5 * CULL_AFTER)
    assert culling_lab.log().count("Culling 'idle' kernel") >= len(shell_and_control())
