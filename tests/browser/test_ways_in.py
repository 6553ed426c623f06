"""Several ways in at once, and keys, with the page: what is chosen, set aside and taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.server.tiled_server import PASSWORDS, TiledServer

from .panel import Panel

if TYPE_CHECKING:
    pass

ALICE = PASSWORDS["alice"]
SINGLE = "0123456789abcdefsingle"


def login(server, before=""):
    return f"{before}%load_ext tiled_jupyter\n%tiled_login {server.uri}\nprint('goes on', len(client))"


def test_the_person_chooses_among_providers_and_may_think_again(open_notebook, two_ways_server):
    notebook = open_notebook([login(two_ways_server)])
    notebook.run(0)
    panel = Panel(notebook, 0)
    panel.begin("openid")
    panel.cancel.click()
    expect(panel.providers).to_be_visible()
    panel.provider("demo").check()
    panel.sign_in("alice", ALICE)
    assert "goes on" in notebook.cell_done(0)


def test_a_key_that_is_in_the_way_is_set_aside_before_a_password_is_typed(open_notebook, two_ways_server):
    before = f"import os; os.environ['TILED_API_KEY'] = {'ab' * 36!r}\n"
    notebook = open_notebook([login(two_ways_server, before)])
    notebook.run(0)
    panel = Panel(notebook, 0)
    expect(panel.set_key_aside).to_be_visible()
    expect(panel.password).to_have_count(0)
    panel.set_key_aside.click()
    panel.provider("demo").check()
    panel.sign_in("alice", ALICE)
    assert "goes on" in notebook.cell_done(0)


def test_a_single_user_server_takes_its_key(open_notebook):
    with TiledServer(allow_anonymous_access=False, single_user_api_key=SINGLE) as server:
        notebook = open_notebook([login(server), "import os; 'TILED_API_KEY' in os.environ"])
        notebook.run(0)
        panel = Panel(notebook, 0)
        panel.sign_in_with_key("notthekey")
        expect(panel.alert).to_contain_text("does not accept this API key")
        panel.sign_in_with_key(SINGLE)
        assert "goes on" in notebook.cell_done(0)
        assert notebook.execute(1) == "False"  # other servers and processes do not get it
