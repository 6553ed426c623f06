"""A page that is loaded while a cell waits: the form is there, and every other widget of the notebook."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.server.kernel import COMPUTES
from tests.server.tiled_server import PASSWORDS

from .chromium import new_window
from .notebook import Notebook
from .panel import Panel

ALICE = PASSWORDS["alice"]
OTHERS = """
import ipywidgets
made = []

class Broken(ipywidgets.Text):
    def get_state(self, *args, **kwargs):
        return 1 / 0 if made else super().get_state(*args, **kwargs)

kept = ipywidgets.VBox([ipywidgets.IntSlider(7, description="kept"), Broken("broken")])
made.append(True)
kept
"""
ON_MAIN_THREAD = "panel.wait()"
ON_WORKER = "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(panel.wait).result()"


def login(server, wait: str = ON_MAIN_THREAD) -> str:
    shown = f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({server.uri!r})\ndisplay(panel)"
    return f"{shown}\n{wait}\nprint('goes on')"


def test_loaded_again_or_elsewhere_while_its_cell_waits(open_notebook, tiled_server, kernel, chromium):
    waits = ON_WORKER if kernel == "k74" else ON_MAIN_THREAD
    notebook = open_notebook([OTHERS, login(tiled_server, waits), "1 + 1"], kernel=kernel)
    notebook.execute(0)
    notebook.run(1)
    first = Panel(notebook, 1)
    expect(first.waiting).to_be_visible()
    first.username.press_sequentially("ali")
    notebook.save()

    on_phone = new_window(chromium)
    try:
        page = on_phone.new_page()
        page.set_viewport_size({"width": 390, "height": 800})
        other = Notebook(page, notebook.lab, notebook.path).reload_while_a_cell_runs()
        second = Panel(other, 1)
        expect(second.waiting).to_be_visible()
        expect(other.output_area(0).get_by_role("slider")).to_be_visible()
        expect(first.username).to_have_value("ali")
        notebook.reload_while_a_cell_runs()
        expect(first.waiting).to_be_visible()
        expect(notebook.output_area(0).get_by_role("slider")).to_be_visible()
        second.sign_in("alice", ALICE)
        first.signed_in_as("alice")
        second.signed_in_as("alice")
    finally:
        on_phone.close()
    assert notebook.execute(2) == "2"


# ipywidgets gives up the question for all widgets at once and not after four seconds, which `new_window` makes minutes.
GIVES_UP = """
const wait = setTimeout;
setTimeout = (what, ms, ...rest) => wait(what, ms === 4000 ? 0 : ms, ...rest);
window.sent = '';
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  window.sent += typeof data === 'string' ? data : new TextDecoder().decode(data);
  return send.call(this, data);
};
"""


def test_loaded_again_while_its_cell_computes_and_called_when_it_asks(open_notebook, tiled_server, kernel, tmp_path):
    flag = tmp_path / "computed"
    cell = f"{COMPUTES.format(flag=str(flag))}\n%load_ext tiled_jupyter\n%tiled_login {tiled_server.uri}"
    notebook = open_notebook([cell, "1 + 1"], kernel=kernel)
    notebook.run(0)
    notebook.wait_for_text("computes", 0)
    notebook.save()
    notebook.reload_while_a_cell_runs()
    flag.touch()
    panel = Panel(notebook)
    expect(panel.unseen.get_by_text("waits for your Tiled sign-in")).to_be_visible()
    panel.sign_in("alice", ALICE)
    expect(panel.unseen).to_have_count(0)
    assert notebook.execute(1) == "2"


def test_loaded_again_while_a_later_cell_computes_and_the_form_of_an_earlier_one_is_there_when_it_asks(
    open_notebook, tiled_server, kernel, tmp_path
):
    flag = tmp_path / "computed"
    waits = f"{COMPUTES.format(flag=str(flag))}\npanel.wait()\nprint('goes on')"
    notebook = open_notebook(
        [OTHERS, login(tiled_server, ""), waits, "1 + 1"],
        kernel=kernel,
        before=lambda page: page.add_init_script(GIVES_UP),
    )
    notebook.execute(0)
    notebook.execute(1)
    notebook.run(2)
    notebook.wait_for_text("computes", 2)
    notebook.save()
    notebook.reload_while_a_cell_runs()
    notebook.page.wait_for_function("() => sent.includes('comm_info_request')")
    flag.touch()
    panel = Panel(notebook, 1)
    expect(panel.waiting).to_be_visible()
    expect(notebook.output_area(0).get_by_role("slider")).to_be_visible()
    panel.sign_in("alice", ALICE)
    panel.signed_in_as("alice")
    assert notebook.execute(3) == "2"


def test_a_notebook_that_was_never_saved_has_lost_its_output_and_calls_with_the_form(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server), "panel.status"])
    notebook.run(0)
    expect(Panel(notebook, 0).waiting).to_be_visible()
    notebook.reload_while_a_cell_runs()
    panel = Panel(notebook)
    expect(panel.unseen.get_by_text("waits for your Tiled sign-in")).to_be_visible()
    panel.sign_in("alice", ALICE)
    expect(panel.unseen).to_have_count(0)
    assert notebook.execute(1) == "'signed_in'"


def test_where_no_new_page_can_be_answered_the_cell_says_so_beforehand(open_notebook, tiled_server):
    """On ipykernel 6 nobody reads what a page asks while the main thread waits for a worker."""
    notebook = open_notebook([login(tiled_server, ON_WORKER)], kernel="k631")
    notebook.run(0)
    expect(Panel(notebook, 0).waiting).to_be_visible()
    notebook.wait_for_text("If this panel does not appear")
    notebook.save()
    elsewhere = open_notebook([login(tiled_server)])
    elsewhere.run(0)
    notebook.reload_while_a_cell_runs()
    says = re.compile(f"run %tiled_login {re.escape(tiled_server.uri)}\\S* in any other notebook")
    expect(notebook.output_area(0)).to_contain_text(says)
    Panel(elsewhere, 0).sign_in("alice", ALICE)
    elsewhere.cell_done(0)
    Panel(notebook, 0).signed_in_as("alice")


def test_after_the_computer_slept_the_form_is_as_it_was_left(open_notebook, tiled_server):
    """Its connection to the kernel is cut, and made again later."""
    asleep = False
    connected = []

    def connect(socket):
        if asleep:
            socket.close()
        else:
            socket.connect_to_server()
            connected.append(socket)

    notebook = open_notebook(
        [OTHERS, login(tiled_server), "kept.children[0].value"],
        before=lambda page: page.route_web_socket(re.compile("/api/kernels/.*/channels"), connect),
    )
    notebook.execute(0)
    notebook.run(1)
    panel = Panel(notebook, 1)
    expect(panel.waiting).to_be_visible()
    panel.username.press_sequentially("alice")
    asleep = True
    for socket in connected:
        socket.close()
    notebook.page.wait_for_function("() => tj.kernel().connectionStatus !== 'connected'")
    asleep = False
    notebook.page.wait_for_function("() => tj.kernel().connectionStatus === 'connected'")
    expect(panel.username).to_have_value("alice")
    panel.sign_in("alice", ALICE)
    panel.signed_in_as("alice")
    assert notebook.execute(2) == "7"
