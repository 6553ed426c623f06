"""What a person does in every front end, and how the tests of this folder are multiplied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.approval import approve
from tests.server.tiled_server import PASSWORDS

from .table import CELLS, WAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from playwright.sync_api import Page

    from tests.browser.panel import Panel

    from .front_ends import FrontEnd

Test = Callable[..., None] if TYPE_CHECKING else object
SHE_SEES = "['alice', 'public', 'staff']"


def in_every(front_ends: Iterable[FrontEnd], cells: Iterable[str] = CELLS) -> Callable[[Test], Test]:
    """Run a test for each way in, from each kind of cell, in each front end."""
    chosen = list(front_ends)
    names = [f"{front_end.name} x {front_end.kernel}" for front_end in chosen]

    def multiply(test: Test) -> Test:
        for name, values in (("cell", list(cells)), ("way", WAYS)):
            test = pytest.mark.parametrize(name, values)(test)
        return pytest.mark.parametrize("front_end", chosen, ids=names, indirect=True)(test)

    return multiply


def sign_in(panel: Panel, way: str, elsewhere: Page) -> None:
    """Sign in as alice."""
    if way == "password":
        panel.provider("demo").check()
        panel.sign_in("alice", PASSWORDS["alice"])
    else:
        code = panel.begin("openid")
        approve(elsewhere, panel.link.get_attribute("href"), user_code=code)
    panel.signed_in_as("alice")


def waiting_cell(uri: str) -> str:
    """Return a cell that waits for the sign-in and goes on."""
    return f"%load_ext tiled_jupyter\n%tiled_login {uri}\nprint('signed in:', sorted(client))"


def widget_cell(uri: str) -> str:
    """Return a cell that ends with the panel."""
    return f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({uri!r})\npanel"
