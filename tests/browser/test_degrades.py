"""Where the panel cannot be, or is no longer: what stands in its place, and how a cell goes on."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from jupyter_core.paths import jupyter_path
from playwright.sync_api import expect

from tests.approval import approve_without_a_page
from tests.server.terminal import ask_and_answer
from tests.server.tiled_server import PASSWORDS

from .axe import find_violations, load_axe
from .lab import Lab
from .notebook import Notebook
from .panel import Panel
from .waiting import until

ALICE = PASSWORDS["alice"]
NEUTRAL = "Tiled sign-in. Run the cell again to use it."
NOTHING = {"text/plain": NEUTRAL, "text/html": f"<p>{NEUTRAL}</p>"}
WIDGET = "application/vnd.jupyter.widget-view+json"


def login(server, *arguments):
    words = " ".join(["%tiled_login", server.uri, *arguments])
    return f"%load_ext tiled_jupyter\n{words}\nprint('goes on', sorted(client))"


def data_of(output):
    """Return the texts of an output by their type."""
    return {kind: "".join(text) for kind, text in output["data"].items() if kind.startswith("text/")}


def withdraw_widgets(page):
    """Make JupyterLab one without any widgets, as where jupyterlab_widgets is not installed."""
    page.route("**/extensions/**/jupyterlab-manager/**", lambda route: route.fulfill(status=404))


def test_the_first_output_is_constant_and_names_nobody(open_notebook, two_ways_server):
    notebook = open_notebook([login(two_ways_server, "--provider openid")])
    notebook.run(0)
    panel = Panel(notebook, 0)
    seen = []
    expect(panel.waiting).to_be_visible()
    seen.append(notebook.outputs(0)[0])
    code = panel.begin()
    seen.append(notebook.outputs(0)[0])
    approve_without_a_page(panel.link.get_attribute("href"), user_code=code)
    notebook.cell_done(0)
    seen += [notebook.outputs(0)[0], notebook.save()["cells"][0]["outputs"][0]]
    assert [data_of(output) for output in seen] == 4 * [NOTHING]
    assert all(set(output["data"]) == {"text/plain", "text/html", WIDGET} for output in seen)


@pytest.fixture(scope="module")
def bare_lab(tmp_path_factory):
    """Yield a JupyterLab whose extensions are those in the folder `installed` when a page is loaded."""
    installed = tmp_path_factory.mktemp("labextensions")
    with Lab(tmp_path_factory.mktemp("lab"), [f"--LabApp.labextensions_path={installed}"]) as lab:
        lab.installed = installed
        yield lab


@pytest.fixture
def lab_without(bare_lab):
    """Yield ``lab_without(name)``: a JupyterLab where all extensions are installed but this one."""

    def without(missing):
        for extension in (entry for place in jupyter_path("labextensions") for entry in Path(place).glob("*")):
            link = bare_lab.installed / extension.name
            if extension.name != missing and not link.exists():
                link.symlink_to(extension)
        return bare_lab

    yield without
    bare_lab.reset()
    for link in bare_lab.installed.iterdir():
        link.unlink()


INSTALLED = (
    "() => JSON.parse(document.getElementById('jupyter-config-data').text).federated_extensions.map(e => e.name)"
)


@pytest.mark.parametrize(
    ("missing", "name"), [("anywidget", "anywidget"), ("@jupyter-widgets", "@jupyter-widgets/jupyterlab-manager")]
)
def test_fault_34_and_45_where_the_panel_is_not_installed_an_ordinary_link_and_code_sign_in(
    open_notebook, two_ways_server, lab_without, missing, name
):
    """As VS Code, Colab or a JupyterLab without its widgets would show it: HTML and text."""
    cells = [f"kept = 6 * 7\n{login(two_ways_server, '--provider openid')}", "kept"]
    notebook = open_notebook(cells, lab=lab_without(missing))
    others = notebook.page.evaluate(INSTALLED)
    assert name not in others
    assert len(others) >= 2
    notebook.run(0)
    shown = notebook.output_area(0)
    link = shown.get_by_role("link", name=re.compile("^http"))
    expect(link).to_be_visible()
    code = re.search("the code ([A-Z0-9]{4}-[A-Z0-9]{4})[.]", notebook.text(0))[1]
    expect(shown.get_by_text(f"the code {code}")).to_be_visible()
    expect(shown.get_by_text("Approve only if you started this")).to_be_visible()
    load_axe(notebook.page)
    assert find_violations(link.locator("xpath=ancestor::*[contains(@class, 'jp-RenderedHTML')][1]")) == []
    approve_without_a_page(link.get_attribute("href"), user_code=code)
    assert "goes on ['alice', 'public', 'staff']" in notebook.cell_done(0)
    left = [data_of(output) for output in notebook.outputs(0) if "data" in output]
    assert left == 2 * [NOTHING]
    assert code not in json.dumps(notebook.save())
    expect(notebook.panel()).to_have_count(0)
    if missing == "@jupyter-widgets":
        expect(shown.get_by_text(NEUTRAL)).to_have_count(2)
    assert notebook.execute(1) == "42"


def test_fault_45_where_no_panel_can_be_a_password_typed_at_a_terminal_lets_the_cell_go_on(
    open_notebook, tiled_server, lab_without
):
    lab = lab_without("anywidget")
    notebook = open_notebook([f"kept = 6 * 7\n{login(tiled_server)}", "kept"], lab=lab)
    notebook.run(0)
    text = notebook.wait_for_text("in Python at a terminal")
    assert "the package anywidget is missing where JupyterLab runs" in text
    code = re.search("at a terminal: (.*)", text)[1]
    ask_and_answer([sys.executable, "-c", code], ["alice", ALICE], TILED_CACHE_DIR=str(lab.tiled_cache))
    assert "goes on ['alice', 'public', 'staff']" in notebook.cell_done(0)
    assert [data_of(output) for output in notebook.outputs(0) if "data" in output] == 2 * [NOTHING]
    assert notebook.execute(1) == "42"


def test_without_a_panel_a_password_is_asked_for_in_another_notebook(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server)], before=withdraw_widgets)
    notebook.run(0)
    expect(notebook.output_area(0).get_by_text(f"run: %tiled_login {tiled_server.uri}")).to_be_visible()
    elsewhere = open_notebook([login(tiled_server)])
    elsewhere.run(0)
    Panel(elsewhere, 0).sign_in("alice", ALICE)
    assert "goes on ['alice', 'public', 'staff']" in notebook.cell_done(0)
    assert [data_of(output) for output in notebook.outputs(0) if "data" in output] == 2 * [NOTHING]


def test_a_closed_tab_does_not_end_the_wait(open_notebook, tiled_server, lab):
    notebook = open_notebook([login(tiled_server), "'queued'"])
    notebook.run_all()
    expect(Panel(notebook, 0).waiting).to_be_visible()
    notebook.save()
    notebook.page.goto("about:blank")
    elsewhere = open_notebook([login(tiled_server)])
    elsewhere.run(0)
    Panel(elsewhere, 0).sign_in("alice", ALICE)
    elsewhere.cell_done(0)
    until(lambda: {kernel["execution_state"] for kernel in lab.kernels()} == {"idle"}, "the cells to go on")
    notebook.open()
    assert notebook.execute(1) == "'queued'"
    Panel(notebook, 0).signed_in_as("alice")


# Before that JupyterLab's stop button does nothing.
HAS_A_KERNEL = "() => !!window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
FOUR_SECONDS = """
import pathlib, time
from tiled_jupyter import LoginFailed, LoginPanel
kept, begun = 6 * 7, time.monotonic()
panel = LoginPanel({uri!r})
display(panel)
try:
    panel.wait(timeout=4)
except LoginFailed as error:
    pathlib.Path("ended").write_text(f"{{time.monotonic() - begun}} {{error}}")
"""


def test_fault_28_without_its_tab_a_wait_ends_at_its_deadline_and_by_the_stop_button(open_notebook, tiled_server, lab):
    notebook = open_notebook([FOUR_SECONDS.format(uri=tiled_server.uri), "display(panel)\npanel.wait()", "kept"])
    notebook.run(0)
    notebook.run(1)
    expect(Panel(notebook, 0).waiting).to_be_visible()
    notebook.save()
    notebook.page.goto("about:blank")
    ended = lab.notebooks / "ended"
    until(lambda: ended.exists() and ended.read_text(), "the deadline")
    seconds, _, words = ended.read_text().partition(" ")
    assert words == "Nobody signed in before the deadline. Run the cell again, or sign in here."
    assert 4 <= float(seconds) < 30
    until(lambda: [kernel["execution_state"] for kernel in lab.kernels()] == ["busy"], "the second cell to wait")
    notebook.page.goto(lab.page_uri(notebook.path))
    notebook.page.wait_for_function(HAS_A_KERNEL)
    notebook.page.get_by_role("button", name="Interrupt the kernel").click()
    until(lambda: {kernel["execution_state"] for kernel in lab.kernels()} == {"idle"}, "the stop button")
    notebook.reload()
    expect(Panel(notebook, 0).status).to_contain_text("ancelled")
    assert notebook.execute(2) == "42"


def test_a_second_tab_shows_the_same_panel_and_disturbs_nobody(open_notebook, tiled_server):
    cell = f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({tiled_server.uri!r})\npanel"
    notebook = open_notebook([cell, "panel.status"])
    notebook.execute(0)
    first = Panel(notebook, 0)
    expect(first.username).to_be_editable()
    notebook.save()
    second = Notebook(notebook.page.context.new_page(), notebook.lab, notebook.path).reload()
    other = Panel(second, 0)
    expect(other.username).to_be_editable()
    first.username.press_sequentially("ali")
    other.sign_in("alice", ALICE)
    other.signed_in_as("alice")
    first.signed_in_as("alice")
    assert notebook.execute(1) == "'signed_in'"


def test_a_notebook_opened_later_shows_the_neutral_text_though_no_widget_state_was_saved(open_notebook, tiled_server):
    notebook = open_notebook([f"from tiled_jupyter import LoginPanel\nLoginPanel({tiled_server.uri!r})"])
    notebook.execute(0)
    expect(Panel(notebook, 0).username).to_be_editable()
    document = notebook.save()
    del document["metadata"]["widgets"]
    (notebook.lab.notebooks / notebook.path).write_text(json.dumps(document))
    notebook.page.goto("about:blank")
    notebook.lab.shut_kernels_down()
    notebook.open()
    expect(notebook.output_area(0)).to_have_text(re.compile("."))
    expect(notebook.output_area(0)).to_contain_text(NEUTRAL)
