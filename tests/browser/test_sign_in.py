"""Sign in with a password in a real JupyterLab, from a cell that waits."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.server.hostile_server import HostileServer, untrusted
from tests.server.tiled_server import free_port
from tiled_jupyter.demo.server import PASSWORDS

from .panel import Panel, tab_until_focused

ALICE = PASSWORDS["alice"]
READ = "order.append('read'); print(client['alice/heating_scan/images'].read().shape)"


def login(server, *arguments: str) -> str:
    """Return a cell that signs in and goes on."""
    return "\n".join(
        [
            "%load_ext tiled_jupyter",
            "order = []",
            " ".join(["%tiled_login", server.uri, *arguments]),
            "order.append('login')",
            "print('the same cell goes on')",
        ]
    )


@pytest.mark.every_kernel
def test_the_cell_goes_on_and_queued_cells_follow_in_order(open_notebook, tiled_server, kernel):
    cells = [
        "log = ['before']",
        f"{login(tiled_server)}\nlog += order",
        f"{READ}; log.append('read')",
        "log",
    ]
    notebook = open_notebook(cells, kernel=kernel)
    notebook.run_all()
    panel = Panel(notebook)
    expect(panel.region).to_be_visible()
    expect(panel.heading).to_have_text(re.compile("^Sign in to 127.0.0.1|^Sign in to localhost"))
    notebook.cell_done(0)
    assert notebook.prompt(1) == notebook.prompt(2) == notebook.prompt(3) == "[*]:"
    panel.sign_in("alice", ALICE)
    panel.signed_in_as("alice")
    assert "the same cell goes on" in notebook.cell_done(1)
    assert notebook.cell_done(2).strip() == "(20, 128, 128)"
    assert notebook.cell_done(3) == "['before', 'login', 'read']"


def test_a_panel_as_last_expression_signs_in_on_an_idle_kernel(open_notebook, tiled_server, kernel):
    cells = [
        f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({tiled_server.uri!r})\npanel",
        "print(panel.status, panel.identity.id, sorted(panel.client))",
    ]
    notebook = open_notebook(cells, kernel=kernel)
    notebook.execute(0)
    panel = Panel(notebook)
    panel.sign_in("alice", ALICE)
    panel.signed_in_as("alice")
    assert notebook.execute(1).strip() == "signed_in alice ['alice', 'public', 'staff']"


def test_a_wrong_password_keeps_the_username_and_asks_for_the_password_again(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server)])
    notebook.run(0)
    panel = Panel(notebook)
    for _ in range(4):  # many wrong ones do not lock the panel
        panel.sign_in("alice", "not this one")
        expect(panel.alert).to_have_count(1)
        expect(panel.alert).to_contain_text("not recognised")
        expect(panel.username).to_have_value("alice")
        expect(panel.password).to_have_value("")
        expect(panel.password).to_be_focused()
    expect(panel.alert).to_contain_text("More wrong passwords may lock your facility account.")
    panel.sign_in("alice", ALICE)
    panel.signed_in_as("alice")
    expect(panel.alert).to_have_count(0)
    notebook.cell_done(0)


def test_keyboard_only(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server), "'next'"])
    notebook.run_by_key(0)
    panel = Panel(notebook)
    expect(panel.username).to_be_editable()
    notebook.page.keyboard.press("ArrowUp")  # Shift-Enter has moved on to the next cell
    tab_until_focused(notebook, panel.username)
    notebook.page.keyboard.type("alice")
    notebook.page.keyboard.press("Tab")
    expect(panel.password).to_be_focused()
    notebook.page.keyboard.type(ALICE)
    notebook.page.keyboard.press("Enter")
    panel.signed_in_as("alice")
    expect(panel.status).to_be_focused()
    notebook.cell_done(0)
    tab_until_focused(notebook, panel.button("Sign out"))
    notebook.page.keyboard.press("Enter")
    tab_until_focused(notebook, panel.button("Only this notebook"))
    notebook.page.keyboard.press("Enter")
    expect(panel.button("Sign in")).to_be_visible()


def test_running_the_cell_does_not_steal_the_focus(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server)])
    notebook.run_by_key(0)
    panel = Panel(notebook)
    expect(panel.waiting).to_be_visible()
    assert not panel.region.evaluate("region => region.contains(document.activeElement)")


SHORTCUT_KEYS = "aAbBdDxXlLmMyY"


@pytest.mark.parametrize("uri_given", [True, False], ids=["password form", "server form"])
def test_typing_fires_no_shortcut(open_notebook, tiled_server, uri_given):
    argument = repr(tiled_server.uri) if uri_given else ""
    notebook = open_notebook(
        [f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({argument})\npanel", "'second'", "'third'"]
    )
    notebook.execute(0)
    notebook.execute(1)
    panel = Panel(notebook)
    before = notebook.structure()
    fields = [panel.username, panel.password] if uri_given else [panel.address]
    for field in fields:
        expect(field).to_be_editable()
        field.click()
        field.fill("")
        notebook.page.keyboard.type(SHORTCUT_KEYS)
        expect(field).to_have_value(SHORTCUT_KEYS)
        notebook.page.keyboard.press("Control+a")
        notebook.page.keyboard.press("Control+x")
        notebook.page.keyboard.press("Control+v")
        expect(field).to_have_value(SHORTCUT_KEYS)
    for control in [panel.keep] if uri_given else [panel.connect]:
        control.focus()
        notebook.page.keyboard.type(SHORTCUT_KEYS)
    assert notebook.structure() == before
    assert notebook.text(1) == "'second'"


def test_cancel_ends_the_wait_and_the_queue(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server), "'must not run'"])
    notebook.run_all()
    panel = Panel(notebook)
    expect(panel.waiting).to_be_visible()
    panel.button("Cancel").click()
    assert "LoginCancelled" in notebook.cell_done(0)
    expect(panel.status).to_contain_text(re.compile("cancelled", re.IGNORECASE))
    expect(panel.alert).to_have_count(0)
    assert notebook.text(1) == ""


def test_a_panel_still_signs_in_after_its_cell_was_cancelled(open_notebook, tiled_server):
    cells = [
        f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({tiled_server.uri!r})\ndisplay(panel)\npanel.wait()",
        "panel.identity.id",
    ]
    notebook = open_notebook(cells)
    notebook.run(0)
    panel = Panel(notebook)
    expect(panel.waiting).to_be_visible()
    panel.button("Cancel").click()
    notebook.cell_done(0)
    panel.sign_in("alice", ALICE)
    panel.signed_in_as("alice")
    assert notebook.execute(1) == "'alice'"


def test_signed_in_already_means_no_prompt(open_notebook, tiled_server):
    first = open_notebook([login(tiled_server)])
    first.run(0)
    Panel(first).sign_in("alice", ALICE)
    first.cell_done(0)
    assert "the same cell goes on" in first.execute(0)

    other_kernel = open_notebook([login(tiled_server), READ, "%tiled_whoami"])
    other_kernel.run_all()
    assert other_kernel.cell_done(1).strip() == "(20, 128, 128)"
    assert "alice" in other_kernel.cell_done(2)
    Panel(other_kernel).signed_in_as("alice")


def test_unticked_keep_me_signed_in_stores_nothing(open_notebook, tiled_server, lab):
    notebook = open_notebook([login(tiled_server), READ])
    notebook.run_all()
    panel = Panel(notebook)
    panel.type_password("alice", ALICE)
    panel.keep.uncheck()
    panel.button("Sign in").click()
    assert notebook.cell_done(1).strip() == "(20, 128, 128)"
    expect(panel.region).to_contain_text("For this notebook only: nothing is stored.")
    assert [file for file in lab.tiled_cache.rglob("*token*") if file.is_file()] == []


def test_kept_tokens_are_for_this_user_only(open_notebook, tiled_server, lab):
    notebook = open_notebook([login(tiled_server)])
    notebook.run(0)
    Panel(notebook).sign_in("alice", ALICE)
    notebook.cell_done(0)
    files = [file for file in (lab.tiled_cache / "tokens").rglob("*") if file.is_file()]
    assert files
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
    assert (lab.tiled_cache / "tokens").stat().st_mode & 0o777 == 0o700


def test_sign_out_here_then_whoami_then_in_again(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server), "%tiled_whoami"])
    notebook.run(0)
    panel = Panel(notebook, 0)
    panel.sign_in("alice", ALICE)
    notebook.cell_done(0)
    panel.button("Sign out").click()
    panel.button("Cancel").click()
    panel.signed_in_as("alice")
    panel.button("Sign out").click()
    panel.button("Only this notebook").click()
    expect(panel.button("Sign in")).to_be_visible()
    assert "alice" not in notebook.execute(1)
    panel.sign_in("alice", ALICE)
    panel.signed_in_as("alice")
    assert "alice" in notebook.execute(1)


def test_signing_out_everywhere_says_what_the_server_has_done(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server)])
    notebook.run(0)
    panel = Panel(notebook, 0)
    panel.sign_in("alice", ALICE)
    notebook.cell_done(0)
    panel.button("Sign out").click()
    panel.button("Everywhere on this account").click()
    host = tiled_server.uri.removeprefix("http://")
    expect(panel.status).to_have_text(f"Signed out. {host} has ended this sign-in, and nothing can renew it.")
    expect(panel.button("Sign in")).to_be_visible()


def test_logout_magic_ends_the_sign_in_of_this_kernel(open_notebook, tiled_server):
    notebook = open_notebook([login(tiled_server), "%tiled_logout", "%tiled_whoami", "sorted(client)"])
    notebook.run(0)
    panel = Panel(notebook, 0)
    panel.sign_in("alice", ALICE)
    notebook.cell_done(0)
    notebook.execute(1)
    assert "alice" not in notebook.execute(2)
    expect(panel.button("Sign in")).to_be_visible()
    assert "'alice'" not in notebook.execute(3)


def test_a_public_server_is_used_without_a_prompt(open_notebook, tiled_server):
    notebook = open_notebook([f"from tiled_jupyter import from_uri\nsorted(from_uri({tiled_server.uri!r}))"])
    assert notebook.execute(0) == "['public']"
    expect(notebook.panel()).to_have_count(0)


def test_a_closed_server_prompts_at_once(open_notebook, closed_tiled_server):
    notebook = open_notebook([f"from tiled_jupyter import from_uri\nsorted(from_uri({closed_tiled_server.uri!r}))"])
    notebook.run(0)
    Panel(notebook).sign_in("bob", PASSWORDS["bob"])
    assert notebook.cell_done(0).endswith("['bob', 'public', 'staff']")


def test_own_hook_is_called_immediately(open_notebook, tiled_server):
    """As the draft of Tiled's documentation has it."""
    code = f"""
from tiled_jupyter import Context, from_context, prompt_for_login
calls = []
def my_prompt(http_client, providers):
    calls.append([p.provider for p in providers])
    return prompt_for_login(http_client, providers)
context, node_path_parts = Context.from_any_uri({tiled_server.uri!r})
context.authenticate(prompt_for_reauthentication=my_prompt)
client = from_context(context, node_path_parts=node_path_parts)
print(len(calls), sorted(client))
"""
    notebook = open_notebook([code])
    notebook.run(0)
    Panel(notebook).sign_in("alice", ALICE)
    assert notebook.cell_done(0).strip().endswith("1 ['alice', 'public', 'staff']")


def test_a_bad_address_keeps_what_was_typed_and_says_why(open_notebook, tiled_server, tmp_path):
    notebook = open_notebook(["from tiled_jupyter import LoginPanel\npanel = LoginPanel()\npanel"])
    notebook.execute(0)
    panel = Panel(notebook)
    port = free_port()
    panel.address.fill(f"http://127.0.0.1:{port}/?api_key=0123456789abcdef")  # which is removed from sight
    panel.address.press("Enter")
    expect(panel.alert).to_contain_text(f"Cannot reach 127.0.0.1:{port}: nothing answers there")
    expect(panel.address).to_have_value(f"http://127.0.0.1:{port}/")
    with HostileServer(port=port):  # it has been started meanwhile
        panel.connect.click()
        expect(panel.username).to_be_editable()
        expect(panel.alert).to_have_count(0)
    panel.button("Use another server").click()
    with HostileServer(untrusted(tmp_path)) as server:
        panel.address.fill(server.uri)
        panel.connect.click()
        expect(panel.alert).to_contain_text(f"The certificate of {server.uri[8:]} is not trusted, so nothing was sent.")
        expect(panel.address).to_have_value(f"{server.uri}/")
        expect(panel.region.get_by_role("button")).to_have_text(["Connect"])  # and no "continue anyway"
    panel.address.fill(tiled_server.uri)
    panel.connect.click()
    expect(panel.username).to_be_editable()
    panel.button("Use another server").click()
    expect(panel.address).to_be_editable()


def test_a_name_that_holds_something_else_is_not_replaced(open_notebook, tiled_server):
    notebook = open_notebook(
        ["client = 'mine'", login(tiled_server), login(tiled_server, "--as", "data"), "client, data"]
    )
    notebook.execute(0)
    assert "--as" in notebook.execute(1)
    notebook.run(2)
    Panel(notebook, 2).sign_in("alice", ALICE)
    notebook.cell_done(2)
    assert notebook.execute(3).startswith("('mine', <Container")


def test_no_wait_returns_the_panel_and_binds_nothing(open_notebook, tiled_server):
    cells = [
        f"%load_ext tiled_jupyter\npanel = %tiled_login {tiled_server.uri} --no-wait\npanel",
        "'client' in globals()",
    ]
    notebook = open_notebook(cells)
    notebook.execute(0)
    Panel(notebook).sign_in("alice", ALICE)
    Panel(notebook).signed_in_as("alice")
    assert notebook.execute(1) == "False"


def test_a_notebook_opened_later_shows_a_neutral_text(open_notebook, tiled_server):
    """Without its kernel a saved panel says only what it is."""
    notebook = open_notebook([login(tiled_server)])
    notebook.run(0)
    Panel(notebook).sign_in("alice", ALICE)
    notebook.cell_done(0)
    saved = notebook.save()
    assert "widgets" in saved["metadata"]
    notebook.page.goto("about:blank")
    notebook.lab.shut_kernels_down()
    notebook.open()
    expect(notebook.page.get_by_text("Tiled sign-in. Run the cell again to use it.").first).to_be_visible()
    expect(notebook.page.get_by_text("alice")).to_have_count(0)
