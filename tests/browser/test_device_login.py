"""Sign in through a web page in a real JupyterLab: the panel shows link and code, another page approves."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.approval import approve, approve_without_a_page, deny
from tests.server.openid_provider import OpenIDProvider, proxied_provider
from tests.server.tiled_server import TiledServer

from .panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = re.compile(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$")
SHOW = "print('signed in:', sorted(client))"


@pytest.fixture(scope="module")
def proxied_server(op: OpenIDProvider) -> Iterator[TiledServer]:
    with TiledServer(providers=[proxied_provider(op)], allow_anonymous_access=False) as server:
        yield server


@pytest.fixture
def elsewhere(chromium):
    """Yield the person's other browser window."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def login(server, *arguments):
    return "\n".join(["%load_ext tiled_jupyter", " ".join(["%tiled_login", server.uri, *arguments]), SHOW])


def idle(server):
    return f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({server.uri!r})\npanel"


def page_of(panel):
    return panel.link.get_attribute("href")


@pytest.mark.oldest_weekly
def test_tileds_own_device_flow_from_a_waiting_cell(open_notebook, two_ways_server, kernel):
    notebook = open_notebook([login(two_ways_server), "'queued'"], kernel=kernel)
    notebook.run_all()
    panel = Panel(notebook)
    expect(panel.provider("demo")).to_be_visible()
    code = panel.begin("openid")
    assert CODE.match(code)
    with notebook.page.context.expect_page() as opened:
        panel.link.click()
    approve(opened.value, user_code=code)
    panel.signed_in_as("alice")
    assert "signed in: ['alice', 'public', 'staff']" in notebook.cell_done(0)
    assert notebook.cell_done(1) == "'queued'"


def test_the_providers_device_flow_from_a_waiting_cell(open_notebook, proxied_server, elsewhere, kernel):
    notebook = open_notebook([login(proxied_server), "'queued'"], kernel=kernel)
    notebook.run_all()
    panel = Panel(notebook)
    code = panel.begin()
    expect(panel.region.get_by_text("Approve only if you started this")).to_be_visible()
    approve(elsewhere, page_of(panel), user_code=code)
    panel.signed_in_as("alice")
    assert "signed in: ['alice', 'public', 'staff']" in notebook.cell_done(0)
    assert notebook.cell_done(1) == "'queued'"


def test_on_an_idle_kernel_a_reload_brings_the_same_code_back_and_two_panels_do_not_disturb_each_other(
    open_notebook, proxied_server, elsewhere
):
    notebook = open_notebook([idle(proxied_server), idle(proxied_server)])
    notebook.execute(0)
    notebook.execute(1)
    first, second = Panel(notebook, 0), Panel(notebook, 1)
    code = first.begin()
    assert second.begin() != code
    notebook.save()
    notebook.reload()
    first, second = Panel(notebook, 0), Panel(notebook, 1)
    expect(first.user_code).to_have_text(code)
    approve(elsewhere, page_of(first), user_code=code)
    first.signed_in_as("alice")
    second.cancel.click()
    expect(second.user_code).to_have_count(0)


def test_a_waiting_cell_goes_on_though_its_page_was_loaded_again(open_notebook, proxied_server):
    notebook = open_notebook([f"kept = 6 * 7\n{login(proxied_server)}", "kept, sorted(client)"])
    notebook.run(0)
    panel = Panel(notebook)
    code, page = panel.begin(), page_of(panel)
    notebook.save()
    notebook.page.goto("about:blank")
    approve_without_a_page(page, user_code=code)
    notebook.open()
    assert notebook.execute(1) == "(42, ['alice', 'public', 'staff'])"
    assert "allowed" not in notebook.text(0)
    panel.signed_in_as("alice")


def test_a_denied_login_says_so_and_can_be_started_again(open_notebook, proxied_server, elsewhere):
    notebook = open_notebook([login(proxied_server)])
    notebook.run(0)
    panel = Panel(notebook)
    code = panel.begin()
    deny(elsewhere, page_of(panel), user_code=code)
    expect(panel.alert).to_contain_text("denied")
    again = panel.begin()
    assert again != code
    approve(elsewhere, page_of(panel), user_code=again)
    panel.signed_in_as("alice")
    notebook.cell_done(0)


def test_a_code_that_expires_is_replaced_with_one_click(open_notebook, elsewhere):
    with (
        OpenIDProvider(interval=1, device_code_max_age=3) as provider,
        TiledServer(providers=[proxied_provider(provider)]) as server,
    ):
        notebook = open_notebook([login(server)])
        notebook.run(0)
        panel = Panel(notebook)
        panel.begin()
        expect(panel.alert).to_contain_text("expired")
        provider.restart(device_code_max_age=600)
        panel.button("Get a new code").click()
        expect(panel.user_code).to_be_visible()
        approve(elsewhere, page_of(panel), user_code=panel.user_code.inner_text())
        panel.signed_in_as("alice")
        notebook.cell_done(0)


def test_cancel_goes_back_to_the_form_and_a_late_approval_signs_nobody_in(open_notebook, proxied_server, elsewhere):
    notebook = open_notebook([login(proxied_server), "1 + 1"])
    notebook.run_all()
    panel = Panel(notebook)
    code, page = panel.begin(), page_of(panel)
    panel.cancel.click()
    expect(panel.button("Sign in")).to_be_visible()
    approve(elsewhere, page, user_code=code)
    expect(panel.waiting).to_be_visible()
    panel.cancel.click()
    assert "LoginCancelled" in notebook.cell_done(0)
    assert "signed in" not in notebook.text(0)


def test_stop_button_while_the_person_approves(open_notebook, proxied_server, kernel):
    notebook = open_notebook([login(proxied_server), "1 + 1"], kernel=kernel)
    notebook.run(0)
    panel = Panel(notebook)
    panel.begin()
    notebook.stop()
    assert "KeyboardInterrupt" in notebook.cell_done(0)
    expect(panel.status).to_contain_text("ancelled")
    assert notebook.execute(1) == "2"


AN_HOUR_AHEAD = """
const Right = Date;
window.Date = class extends Right {
  constructor(...given) { if (given.length) super(...given); else super(Date.now()); }
  static now() { return Right.now() + 3600_000; }
};
"""


def test_the_code_can_be_copied_and_the_page_shows_a_countdown(open_notebook, proxied_server):
    """The page's clock is an hour off: it counts on the kernel's."""
    notebook = open_notebook([login(proxied_server)], before=lambda page: page.add_init_script(AN_HOUR_AHEAD))
    assert notebook.page.evaluate("new Date() / 1000") - time.time() > 3500
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.run(0)
    panel = Panel(notebook)
    code = panel.begin()
    panel.copy_code.click()
    expect(panel.region.get_by_text("Copied")).to_be_visible()
    assert notebook.page.evaluate("navigator.clipboard.readText()") == code
    expect(panel.expires).to_have_text(re.compile(r"^Expires in 9:[1-5]\d$"))  # of ten minutes
    expect(panel.button("Show QR code")).to_have_count(0)  # a phone cannot reach this computer's loopback
    notebook.stop()
    notebook.cell_done(0)
