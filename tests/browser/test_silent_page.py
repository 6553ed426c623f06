"""A panel that never answers: the cell says how to go on, and goes on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tiled_jupyter.demo.server import PASSWORDS

from .kernels import KERNELS, OLDEST
from .panel import Panel


def block_anywidget(page) -> None:
    """Make JupyterLab unable to load any anywidget, as where the package is missing."""
    page.route("**/extensions/anywidget/**", lambda route: route.fulfill(status=404))


def login(server) -> str:
    return f"%load_ext tiled_jupyter\n%tiled_login {server.uri}\nprint('the same cell goes on', sorted(client))"


@pytest.mark.oldest_weekly
def test_signing_in_elsewhere_lets_a_silent_cell_go_on(open_notebook, tiled_server, kernel):
    silent = open_notebook([f"kept = 6 * 7\n{login(tiled_server)}", "kept"], kernel=kernel, before=block_anywidget)
    silent.run(0)
    text = silent.wait_for_text("%tiled_login")
    assert "the package anywidget is missing where JupyterLab runs" in text
    assert "The stop button ends the wait." in text
    expect(silent.output_area(0).get_by_text("does not answer")).to_be_visible()

    elsewhere = open_notebook([login(tiled_server)])
    elsewhere.run(0)
    Panel(elsewhere).sign_in("alice", PASSWORDS["alice"])
    elsewhere.cell_done(0)

    text = silent.cell_done(0)
    assert "the same cell goes on ['alice', 'public', 'staff']" in text
    assert "does not answer" not in text  # neutral again: nothing names the server in the saved notebook
    assert silent.execute(1) == "42"


@pytest.mark.oldest_weekly
def test_stop_button_ends_a_silent_wait(open_notebook, tiled_server, kernel):
    notebook = open_notebook([login(tiled_server), "1 + 1"], kernel=kernel, before=block_anywidget)
    notebook.run(0)
    notebook.wait_for_text("does not answer")
    notebook.stop()
    text = notebook.cell_done(0)
    assert "KeyboardInterrupt" in text
    assert "does not answer" not in text
    assert notebook.execute(1) == "2"


def test_a_panel_that_answers_brings_no_second_output(open_notebook, tiled_server):
    """Long enough for a silent page to be given up: the deadline of the wait is the clock."""
    cell = (
        f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({tiled_server.uri!r})\ndisplay(panel)\n"
        "panel.wait(timeout=8)"
    )
    notebook = open_notebook([cell])
    notebook.page.evaluate(
        "() => { tj.texts = new Set(); tj.watch = setInterval(() => tj.texts.add(tj.text(0)), 50); }"
    )
    notebook.run(0)
    assert "LoginFailed" in notebook.cell_done(0)
    texts = notebook.page.evaluate("() => { clearInterval(tj.watch); return [...tj.texts]; }")
    assert texts
    assert not [text for text in texts if "does not answer" in text]


WORKER = """
from concurrent.futures import ThreadPoolExecutor
from tiled_jupyter import LoginPanel
panel = LoginPanel({uri!r})
display(panel)
ThreadPoolExecutor().submit(panel.wait).result()
"""


def test_where_a_cell_hears_the_control_channel_alone_a_page_without_it_says_what_to_do(open_notebook, tiled_server):
    """A worker thread waits on ipykernel 6, and the main thread waits for it."""
    notebook = open_notebook(
        [WORKER.format(uri=tiled_server.uri), "print(sorted(panel.client))"], kernel=KERNELS[OLDEST]
    )
    notebook.take_control_channel_away()
    notebook.run(0)
    panel = Panel(notebook, 0)
    expect(panel.waiting).to_be_visible()
    words = "Press stop, then sign in here, and run the cell again."
    expect(panel.region.get_by_text(words)).to_be_visible()
    assert "Press stop, then sign in there, and run the cell again." in notebook.wait_for_text("Press stop")
    panel.sign_in("alice", PASSWORDS["alice"])
    expect(panel.region.get_by_text(words)).to_be_visible()
    notebook.stop()
    notebook.cell_done(0)
    panel.signed_in_as("alice")
    expect(panel.region.get_by_text(words)).to_be_hidden()
    assert "Press stop" not in notebook.text(0)
    assert notebook.execute(1).strip() == "['alice', 'public', 'staff']"
