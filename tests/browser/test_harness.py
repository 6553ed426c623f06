"""The harness itself: what the product's tests rely on, without the product."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .artifacts import leave_artifacts
from .kernels import KERNELS
from .notebook import Notebook
from .waiting import until

# It changes seldom, and what it gets wrong shows in the tests that use it.
pytestmark = pytest.mark.weekly

BUTTON = """
import ipywidgets, IPython.display
clicks = []
button = ipywidgets.Button(description="Press me")
button.on_click(lambda b: (clicks.append(1), setattr(b, "description", f"Pressed {len(clicks)}")))
button
"""
BUSY = """
import time
begun = time.time()
print("begun")
try:
    while time.time() < begun + 60:
        time.sleep(0.05)
except KeyboardInterrupt:
    print(f"stopped {time.time()}")
    raise
"""


def test_runs_cells_and_clicks_widgets(open_notebook, kernel):
    notebook = open_notebook(["1 + 1", BUTTON, "import ipykernel; print(ipykernel.__version__)"], kernel=kernel)
    assert notebook.execute(0) == "2"
    notebook.execute(1)
    button = notebook.output_area(1).get_by_role("button", name="Press me")
    button.click()
    expect(notebook.output_area(1).get_by_role("button", name="Pressed 1")).to_be_visible()
    assert notebook.execute(2).strip().replace(".", "").startswith(kernel.removeprefix("k"))


def test_run_all_by_command_and_one_by_key(open_notebook):
    notebook = open_notebook(["x = 1", "x += 1", "x"])
    notebook.run_all()
    assert notebook.cell_done(2) == "2"
    notebook.run_by_key(1)
    notebook.cell_done(1)
    assert notebook.execute(2) == "3"


def test_stop_button_ends_a_busy_cell(open_notebook, kernel):
    notebook = open_notebook([BUSY, "'goes on'"], kernel=kernel)
    notebook.run(0)
    notebook.wait_for_text("begun")
    clicked = notebook.stop()
    text = notebook.cell_done(0)
    assert "KeyboardInterrupt" in text
    assert float(text.split("stopped ")[1].split()[0]) - clicked < 15
    assert notebook.execute(1) == "'goes on'"


def test_saves_outputs_and_widget_state(open_notebook):
    notebook = open_notebook(["'find ' + 'me'", "import ipywidgets; ipywidgets.Text('st' + 'ate')"])
    notebook.execute(0)
    notebook.execute(1)
    expect(notebook.output_area(1).get_by_role("textbox")).to_be_visible()
    document = notebook.save()
    assert document["cells"][0]["outputs"][0]["data"]["text/plain"] == ["'find me'"]
    assert "state" in json.dumps(document["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"])


def test_second_client_sees_what_is_typed_into_a_synced_trait(open_notebook, listen, kernel):
    """The canary can sing: this leak, known from ipywidgets' own Password, is found."""
    notebook = open_notebook(["import ipywidgets; ipywidgets.Password()"], kernel=kernel)
    listener = listen(notebook)
    notebook.execute(0)
    notebook.output_area(0).locator("input").fill("hunter2")
    notebook.output_area(0).locator("input").blur()
    until(lambda: b"hunter2" in listener.everything(), "the echo of the trait")
    listener.ask_for_widget_states()
    assert any("execute_input" in frame.decode(errors="replace") for f in listener.frames() for frame in f)
    states = [m["data"]["states"] for m in listener.messages("comm_msg") if m["data"]["method"] == "update_states"]
    assert "hunter2" in json.dumps(states)


def test_debug_kernel_logs_messages_to_its_file(open_notebook, kernel):
    notebook = open_notebook(["import ipywidgets; ipywidgets.Text()"], kernel=f"{kernel}-debug")
    notebook.execute(0)
    notebook.output_area(0).get_by_role("textbox").fill("chirp")
    notebook.output_area(0).get_by_role("textbox").blur()
    until(lambda: "chirp" in notebook.lab.kernel_log(notebook.kernel_id), "the kernel's log")


def test_each_test_begins_without_kernels(lab):
    assert lab.kernels() == []
    assert lab.api("sessions") == []


def test_each_test_begins_with_a_window_that_has_seen_nothing(open_notebook, window, lab):
    page = open_notebook(["1"]).page
    page.evaluate("() => { localStorage.setItem('left', 'here'); document.cookie = 'left=here'; }")
    page.evaluate("() => new Promise(done => { indexedDB.open('left').onsuccess = done; }).then(() => null)")
    window.clean()
    assert page.is_closed()
    assert [page.url for page in window.context.pages] == [lab.status_uri]
    page = window.context.new_page()
    page.goto(lab.status_uri)
    found = "async () => [localStorage.length, document.cookie, (await indexedDB.databases()).length]"
    assert page.evaluate(found) == [0, "", 0]


def test_a_page_in_which_nothing_was_changed_is_kept_for_the_next_notebook(open_notebook, window, lab):
    notebook = open_notebook(["x = 1"])
    notebook.execute(0)
    notebook.page.evaluate("() => { localStorage.setItem('left', 'here'); document.cookie = 'left=here'; }")
    window.clean(notebook)
    lab.reset()
    another = Notebook(window.page(lab), lab, lab.write_notebook("notebook-0", ["x"], KERNELS["7.4"])).open()
    assert another.page is notebook.page
    assert "NameError" in another.execute(0)
    assert another.page.evaluate("() => [localStorage.left ?? null, document.cookie.includes('left')]") == [None, False]
    assert another.page.evaluate("() => [...jupyterapp.shell.widgets('main')].length") == 1
    another.theme("JupyterLab Dark")
    window.clean(another)
    assert another.page.is_closed()


def test_switches_themes_and_reloads(open_notebook):
    notebook = open_notebook(["21 * 2"])
    notebook.theme("JupyterLab Dark")
    notebook.theme("JupyterLab Light")
    notebook.execute(0)
    notebook.save()
    notebook.reload()
    assert notebook.text(0) == "42"


def test_structure_shows_what_a_stray_shortcut_does(open_notebook):
    notebook = open_notebook(["'first'", "'second'"])
    notebook.run_by_key(0)
    notebook.cell_done(0)
    for key in ("b", "Shift+L", "m", "x"):
        before = notebook.structure()
        notebook.page.keyboard.press(key)
        notebook.page.wait_for_function("before => tj.structure() !== before", arg=before)


def test_a_failing_test_leaves_what_is_needed_to_understand_it(open_notebook, tmp_path):
    notebook = open_notebook(["print('x' * 3)"])
    notebook.execute(0)
    notebook.page.evaluate("() => console.log('a word of the page')")
    leave_artifacts(tmp_path / "artifacts", "assert 1 == 2", [notebook])
    names = {file.name for file in (tmp_path / "artifacts").iterdir()}
    assert (tmp_path / "artifacts" / "failure.txt").read_text() == "assert 1 == 2"
    assert {"notebook-0.png", "notebook-0.console.txt", "notebook-0.jupyter-tail.log"} < names
    assert any(name.startswith("kernel-") for name in names)
    assert "a word of the page" in (tmp_path / "artifacts" / "notebook-0.console.txt").read_text()
    messages = (tmp_path / "artifacts" / "notebook-0.messages.txt").read_text()
    assert "send shell execute_request" in messages
    assert "recv shell execute_reply" in messages
    assert "print" not in messages


def test_a_chromium_that_starts_is_enough():
    script = Path(__file__).parents[2] / "scripts" / "ensure-chromium"
    done = subprocess.run([script, sys.executable], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
