"""The code of panels comes once from each kernel, and a further panel shows its form at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.server.kernel import COMPUTES, HELD
from tests.server.tiled_server import PASSWORDS

from .panel import Panel

if TYPE_CHECKING:
    from playwright.sync_api import Page

LONGEST = 10_000  # bytes that a further panel may take on the wire, beyond those of a Button


class Wire:
    """What the kernels of a page have sent to open comms."""

    def __init__(self, page: Page) -> None:
        self._sizes: list[int] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._note))

    def _note(self, payload: bytes | str) -> None:
        frame = payload.encode() if isinstance(payload, str) else payload
        if b'"comm_open"' in frame:
            self._sizes.append(len(frame))

    def taken(self) -> int:
        """Return the bytes since the last look."""
        size = sum(self._sizes)
        self._sizes.clear()
        return size


def test_a_further_panel_is_small_on_the_wire(open_notebook, tiled_server, kernel):
    wires: list[Wire] = []
    show = f"from tiled_jupyter import LoginPanel; LoginPanel({tiled_server.uri!r})"
    cells = ["import ipywidgets; ipywidgets.Button()", show, show]
    notebook = open_notebook(cells, kernel=kernel, before=lambda page: wires.append(Wire(page)))
    sizes = []
    for index in range(3):
        notebook.execute(index)
        sizes.append(wires[0].taken())
    for index in (1, 2):
        expect(Panel(notebook, index).username).to_be_visible()
    button, first, further = sizes
    assert button > 1000
    assert first - button > LONGEST  # the first brings the code
    assert further - button <= LONGEST


@pytest.mark.parametrize("address", [True, False], ids=["of a server", "that asks for the address"])
def test_a_further_panel_shows_its_form_while_the_kernel_computes(
    open_notebook, tiled_server, kernel, tmp_path, address
):
    flag = tmp_path / "computed"
    made = f"LoginPanel({tiled_server.uri!r})" if address else "LoginPanel()"
    computes = f"panel = {made}; display(panel)\n{COMPUTES.format(flag=str(flag))}"
    notebook = open_notebook(["from tiled_jupyter import LoginPanel; LoginPanel()", computes], kernel=kernel)
    notebook.execute(0)
    expect(Panel(notebook, 0).address).to_be_visible()
    notebook.run(1)
    panel = Panel(notebook, 1)
    expect(panel.username if address else panel.address).to_be_editable()
    flag.touch()
    notebook.cell_done(1)
    if not address:
        panel.address.fill(tiled_server.uri)
        panel.connect.click()
    panel.sign_in("alice", PASSWORDS["alice"])
    expect(panel.status).to_contain_text("Signed in as alice")


def test_in_a_kernel_just_started_the_form_comes_first_and_what_is_pressed_is_done(open_notebook, tiled_server, kernel):
    show = f"{HELD}LoginPanel({tiled_server.uri!r})"
    notebook = open_notebook([show, "import sys; print('tiled.client' in sys.modules)"], kernel=kernel)
    notebook.execute(0)
    panel = Panel(notebook, 0)
    expect(panel.username).to_be_editable()
    assert notebook.execute(1).split()[-1] == "False"
    panel.sign_in("alice", PASSWORDS["alice"])
    expect(panel.status).to_contain_text("Signed in as alice")
    assert notebook.execute(1).split()[-1] == "True"


def test_after_all_widgets_were_closed_another_panel_appears(open_notebook, tiled_server):
    show = f"from tiled_jupyter import LoginPanel; LoginPanel({tiled_server.uri!r})"
    notebook = open_notebook([show, "import ipywidgets; ipywidgets.Widget.close_all()", show])
    for index in range(3):
        notebook.execute(index)
    expect(Panel(notebook, 2).username).to_be_editable()
