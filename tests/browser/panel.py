"""The sign-in panel as a person meets it: by role and accessible name, typed into by real keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from .notebook import Notebook


class Panel:
    """A panel in a notebook.

    Parameters
    ----------
    notebook : Notebook
    index : int, optional
        The cell whose output it is, where there are several.
    """

    def __init__(self, notebook: Notebook, index: int | None = None) -> None:
        self.page = notebook.page
        self.region: Locator = notebook.panel(index)
        self.status = self.region.get_by_role("status")
        self.alert = self.region.get_by_role("alert")
        self.heading = self.region.get_by_role("heading")
        self.address = self.region.get_by_label("Tiled server (address or saved name)", exact=True)
        self.connect = self.button("Connect")
        self.username = self.region.get_by_role("textbox", name="User name")
        self.password = self.region.get_by_label("Password", exact=True)
        self.keep = self.region.get_by_role("checkbox", name="Keep me signed in")
        self.providers = self.region.get_by_role("radiogroup", name="Sign in with")
        self.use_key = self.button("Use an API key")
        self.key = self.region.get_by_label("API key", exact=True)
        self.set_key_aside = self.button("Set the key aside")
        self.link = self.region.get_by_role("link", name="Open sign-in page")
        self.user_code = self.region.get_by_role("group", name="User code")
        self.copy_code = self.button("Copy code")
        self.qr = self.region.get_by_role("img", name="QR code of the sign-in page")
        self.expires = self.region.get_by_role("timer")
        self.cancel = self.button("Cancel")
        self.not_me = self.region.get_by_role("button", name=re.compile("· Not .*[?]$"))
        self.keys = self.region.get_by_role("table", name="API keys")
        self.sign_ins = self.region.get_by_role("table", name="Sign-ins")
        self.made = self.region.get_by_role("group", name="New API key")
        self.note = self.region.get_by_role("note")
        self.unseen = self.page.get_by_role("region", name="Waiting for you")
        self.waiting = self.region.get_by_text("The cell is waiting for you to sign in.")

    def button(self, name: str) -> Locator:
        """Return a button by its name."""
        return self.region.get_by_role("button", name=name, exact=True)

    def tab(self, name: str) -> Locator:
        """Return a tab by its name."""
        return self.region.get_by_role("tab", name=name, exact=True)

    def provider(self, name: str) -> Locator:
        """Return the radio of a provider, where there are several."""
        return self.providers.get_by_role("radio", name=name, exact=True)

    def begin(self, provider: str | None = None) -> str:
        """Start to sign in on a web page; return the user code."""
        if provider is not None:
            self.provider(provider).check()
        self.button("Sign in").click()
        expect(self.user_code).to_be_visible()
        return self.user_code.inner_text()

    def sign_in_with_key(self, key: str) -> None:
        """Type an API key and press the button; do not wait for the answer."""
        expect(self.key.or_(self.use_key)).to_be_visible()
        if not self.key.is_visible():
            self.use_key.click()
        self.key.press_sequentially(key)
        self.button("Sign in").click()

    def type_password(self, username: str, password: str) -> None:
        """Type both, key by key, and do not send them."""
        expect(self.password).to_be_editable()
        if self.username.input_value() != username:
            self.username.fill("")
            self.username.press_sequentially(username)
        self.password.press_sequentially(password)

    def sign_in(self, username: str, password: str) -> None:
        """Type and press the button; do not wait for the answer."""
        self.type_password(username, password)
        self.button("Sign in").click()

    def signed_in_as(self, username: str) -> None:
        """Wait until the panel says so."""
        expect(self.status).to_have_text(f"Signed in as {username}")


def tab_until_focused(notebook, target) -> None:
    """Press Tab as a person does who has no mouse."""
    for _ in range(40):
        if target.evaluate("element => element === document.activeElement"):
            return
        notebook.page.keyboard.press("Tab")
    pytest.fail("Tab does not lead there")
