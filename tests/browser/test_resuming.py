"""A session dies in the middle of a cell: the panel comes up under it, and the cell ends with its data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.approval import approve
from tests.server.openid_provider import OpenIDProvider, proxied_provider
from tests.server.sessions import end_all_sessions
from tests.server.tiled_server import PASSWORDS, TiledServer

from .panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterator

ALICE = PASSWORDS["alice"]
ENDED = re.compile(r"Your session on .* has ended \(noticed \d\d:\d\d\)\. Sign in to go on\.")
NO_CELL = "A request is waiting for you to sign in."
READ = "client['alice/heating_scan/images'].read().shape"
WAYS = {
    "plain cell": f"print({READ})",
    "await cell": f"import asyncio\nawait asyncio.sleep(0)\nprint({READ})",
    "to_thread": f"import asyncio\nprint(await asyncio.to_thread(lambda: {READ}))",
    "workers": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        f"with ThreadPoolExecutor(8) as pool:\n    print(set(pool.map(lambda _: {READ}, range(8))))"
    ),
}


@pytest.fixture(scope="module")
def dying_server() -> Iterator[TiledServer]:
    with TiledServer(allow_anonymous_access=False) as server:
        yield server


def signed_in(server, *arguments):
    return f"%load_ext tiled_jupyter\n%tiled_login {server.uri} {' '.join(arguments)}"


def opened_and_signed_in(open_notebook, server, cells, *arguments, kernel="k74"):
    """Open a notebook whose first cell has signed in as alice."""
    notebook = open_notebook([signed_in(server, *arguments), *cells], kernel=kernel)
    notebook.run(0)
    Panel(notebook, 0).sign_in("alice", ALICE)
    notebook.cell_done(0)
    return notebook


@pytest.mark.every_kernel
@pytest.mark.oldest_weekly(but=["plain cell", "workers"])
@pytest.mark.parametrize("way", WAYS)
def test_the_interrupted_cell_goes_on_with_its_data(open_notebook, dying_server, kernel, way):
    notebook = opened_and_signed_in(open_notebook, dying_server, [WAYS[way], "'queued'"], kernel=kernel)
    end_all_sessions(dying_server)
    notebook.run(1)
    notebook.run(2)
    panel = Panel(notebook, 1)
    expect(panel.region.get_by_text(ENDED)).to_be_visible()
    expect(panel.region).to_have_count(1)
    expect(panel.username).to_have_value("alice")
    expect(panel.username).not_to_be_editable()
    assert notebook.prompt(2) == "[*]:"
    panel.sign_in("alice", ALICE)
    assert "(20, 128, 128)" in notebook.cell_done(1)
    assert notebook.cell_done(2) == "'queued'"
    panel.signed_in_as("alice")
    expect(panel.region.get_by_role("button")).to_have_count(0)  # folded to one line


def test_it_says_in_ordinary_text_how_to_answer_from_elsewhere_and_takes_that_back(open_notebook, dying_server):
    notebook = opened_and_signed_in(open_notebook, dying_server, [f"print({READ})"])
    end_all_sessions(dying_server)
    notebook.run(1)
    text = notebook.wait_for_text("in any other notebook", 1)
    assert re.search(r"Waiting since \d\d:\d\d UTC for alice to sign in", text)
    assert "%tiled_login" in text
    Panel(notebook, 1).sign_in("alice", ALICE)
    text = notebook.cell_done(1)
    assert "(20, 128, 128)" in text
    assert "alice" not in text
    assert str(dying_server.port) not in text


def test_a_sign_in_in_another_notebook_lets_the_waiting_cell_go_on(open_notebook, dying_server):
    notebook = opened_and_signed_in(open_notebook, dying_server, [f"print({READ})"])
    end_all_sessions(dying_server)
    notebook.run(1)
    panel = Panel(notebook, 1)
    expect(panel.region.get_by_text(ENDED)).to_be_visible()
    opened_and_signed_in(open_notebook, dying_server, [])
    assert "(20, 128, 128)" in notebook.cell_done(1)
    panel.signed_in_as("alice")


LOOP = f"""
errors = []
for _ in range(5):
    try:
        {READ}
    except Exception as error:
        errors.append(type(error).__name__)
print(len(errors), set(errors))
"""


def test_cancel_is_an_answer_until_another_cell_starts(open_notebook, dying_server):
    notebook = opened_and_signed_in(open_notebook, dying_server, [LOOP, f"print({READ})"])
    end_all_sessions(dying_server)
    notebook.run(1)
    panel = Panel(notebook, 1)
    expect(panel.region.get_by_text(ENDED)).to_be_visible()
    panel.cancel.click()
    assert "5 {'ReauthenticationCancelled'}" in notebook.cell_done(1)
    expect(panel.region).to_have_count(1)
    notebook.run(2)
    Panel(notebook, 2).sign_in("alice", ALICE)
    assert "(20, 128, 128)" in notebook.cell_done(2)


@pytest.mark.oldest_weekly(but=["plain cell"])
@pytest.mark.parametrize("way", ["plain cell", "workers"])
def test_stop_button_leaves_no_prompt_behind(open_notebook, dying_server, kernel, way):
    # A worker hears of the stop a moment after the cell has ended.
    left = (
        "import threading, time\nfrom tiled_jupyter.kernel import mailbox\nend = time.monotonic() + 5\n"
        "waits = lambda: [t.name for t in threading.enumerate() if t.name == 'tiled-login']\n"
        "while (mailbox._board._boxes or waits()) and time.monotonic() < end:\n    time.sleep(0.02)\n"
        "print(len(mailbox._board._boxes), waits())"
    )
    notebook = opened_and_signed_in(open_notebook, dying_server, [WAYS[way], left, f"print({READ})"], kernel=kernel)
    end_all_sessions(dying_server)
    notebook.run(1)
    expect(Panel(notebook, 1).region.get_by_text(ENDED)).to_be_visible()
    notebook.stop()
    assert re.search("KeyboardInterrupt|CancelledError|LoginCancelled|ReauthenticationCancelled", notebook.cell_done(1))
    assert notebook.execute(2).strip() == "0 []"
    notebook.run(3)
    Panel(notebook, 3).sign_in("alice", ALICE)
    assert "(20, 128, 128)" in notebook.cell_done(3)


def test_nobody_else_can_resume(open_notebook, dying_server):
    notebook = opened_and_signed_in(open_notebook, dying_server, [f"print({READ})"])
    end_all_sessions(dying_server)
    notebook.run(1)
    panel = Panel(notebook, 1)
    panel.not_me.click()
    expect(panel.region.get_by_text("Only alice can resume this request.")).to_be_visible()
    panel.button("Stop the cell").click()
    assert "LoginCancelled" in notebook.cell_done(1) or "ReauthenticationCancelled" in notebook.text(1)


BACKGROUND = f"""
import threading
seen = []
def work():
    go.wait()
    try:
        seen.append({READ})
    except BaseException as error:
        seen.append(repr(error))
go = threading.Event()
worker = threading.Thread(target=work)
worker.start()
"""


def test_a_background_thread_after_its_cell_ended_finds_the_person(open_notebook, dying_server, kernel):
    notebook = opened_and_signed_in(
        open_notebook,
        dying_server,
        [BACKGROUND, "threading.Timer(1, go.set).start()", "worker.join(20)\nprint(seen)"],
        kernel=kernel,
    )
    notebook.execute(1)
    end_all_sessions(dying_server)
    notebook.execute(2)
    panel = Panel(notebook)
    visible = panel.region.filter(has_text=ENDED).filter(has_text=NO_CELL).locator("visible=true").first
    expect(visible).to_be_visible()
    visible.get_by_label("Password", exact=True).press_sequentially(ALICE)
    visible.get_by_role("button", name="Sign in", exact=True).click()
    assert "(20, 128, 128)" in notebook.execute(3)


def test_a_callback_of_another_widget_finds_the_person(open_notebook, dying_server, kernel):
    button = (
        "import ipywidgets\nseen = []\nbutton = ipywidgets.Button(description='Read')\n"
        f"button.on_click(lambda _: (seen.append({READ}), setattr(button, 'description', str(seen[-1]))))\nbutton"
    )
    notebook = opened_and_signed_in(open_notebook, dying_server, [button], kernel=kernel)
    notebook.execute(1)
    end_all_sessions(dying_server)
    notebook.output_area(1).get_by_role("button", name="Read").click()
    visible = Panel(notebook).region.filter(has_text=ENDED).filter(has_text=NO_CELL).locator("visible=true").first
    visible.get_by_label("Password", exact=True).press_sequentially(ALICE)
    visible.get_by_role("button", name="Sign in", exact=True).click()
    expect(notebook.output_area(1).get_by_role("button", name="(20, 128, 128)")).to_be_visible()


def test_existing_notebooks_resume_unchanged(open_notebook, dying_server):
    plain = f"from tiled.client import from_uri\nclient = from_uri('{dying_server.uri}')\nprint(sorted(client))"
    notebook = open_notebook(["%load_ext tiled_jupyter", plain, f"print({READ})", "%unload_ext tiled_jupyter"])
    notebook.execute(0)
    notebook.run(1)
    Panel(notebook, 1).sign_in("alice", ALICE)
    assert "alice" in notebook.cell_done(1)
    end_all_sessions(dying_server)
    notebook.run(2)
    Panel(notebook, 2).sign_in("alice", ALICE)
    assert "(20, 128, 128)" in notebook.cell_done(2)
    notebook.execute(3)


def test_a_provider_session_resumes_through_its_web_page(open_notebook, chromium):
    with (
        OpenIDProvider(interval=1, access_token_max_age=3) as provider,
        TiledServer(providers=[proxied_provider(provider)], allow_anonymous_access=False) as server,
    ):
        elsewhere = chromium.new_context()
        notebook = open_notebook([signed_in(server), f"import time\ntime.sleep(4)\nprint({READ})"])
        notebook.run(0)
        panel = Panel(notebook, 0)
        code = panel.begin()
        approve(elsewhere.new_page(), panel.link.get_attribute("href"), user_code=code)
        notebook.cell_done(0)
        provider.restart()  # it forgets all sessions
        elsewhere.close()
        elsewhere = chromium.new_context()
        notebook.run(1)
        panel = Panel(notebook, 1)
        expect(panel.region.get_by_text(ENDED)).to_be_visible()
        code = panel.begin()
        approve(elsewhere.new_page(), panel.link.get_attribute("href"), user_code=code)
        assert "(20, 128, 128)" in notebook.cell_done(1)
        elsewhere.close()
