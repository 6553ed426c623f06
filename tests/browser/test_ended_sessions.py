"""A session ends while nothing waits: all panels become forms that say so, and are signed in again by one login."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.server.sessions import end_all_sessions
from tests.server.tiled_server import PASSWORDS, TiledServer

from .panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDED = re.compile(r"Your session on .* has ended \(noticed \d\d:\d\d\)\. Sign in to go on\.")


@pytest.fixture
def dying_server() -> Iterator[TiledServer]:
    with TiledServer(allow_anonymous_access=False) as server:
        yield server


def test_three_panels_in_two_notebooks_know_and_one_login_heals_them(open_notebook, dying_server):
    login = f"%load_ext tiled_jupyter\n%tiled_login {dying_server.uri}"
    panel_too = f"from tiled_jupyter import LoginPanel\nLoginPanel({dying_server.uri!r})"
    first = open_notebook([login, panel_too])
    first.run(0)
    Panel(first, 0).sign_in("alice", PASSWORDS["alice"])
    first.cell_done(0)
    first.execute(1)
    other = open_notebook([login, "%tiled_why alice", "%tiled_whoami"])
    other.execute(0)
    here, there, elsewhere = Panel(first, 0), Panel(first, 1), Panel(other, 0)
    for panel in (here, there, elsewhere):
        panel.signed_in_as("alice")
    end_all_sessions(dying_server)
    here.tab("API keys").click()
    for panel in (here, there):
        expect(panel.status).to_have_text(ENDED)
        expect(panel.button("Sign in")).to_be_visible()
        expect(panel.unseen).to_have_count(0)  # nobody is called: nothing waits
    assert "The sign-in has ended. Run %tiled_login to go on." in other.execute(1)
    expect(elsewhere.status).to_have_text(ENDED)
    assert "the sign-in has ended" in other.execute(2)
    there.sign_in("alice", PASSWORDS["alice"])
    for panel in (here, there, elsewhere):
        panel.signed_in_as("alice")
    assert "alice" in other.execute(2)
