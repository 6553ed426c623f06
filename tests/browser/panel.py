"""The sign-in panel as a person meets it: by role and accessible name, typed into by real keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        self.address = self.region.get_by_role("textbox", name="Tiled server (address or saved name)")
        self.connect = self.button("Connect")
        self.username = self.region.get_by_role("textbox", name="Username")
        self.password = self.region.get_by_label("Password", exact=True)
        self.keep = self.region.get_by_role("checkbox", name="Keep me signed in")
        self.waiting = self.region.get_by_text("The cell is waiting for you to sign in.")

    def button(self, name: str) -> Locator:
        """Give a button by its name."""
        return self.region.get_by_role("button", name=name, exact=True)

    def type_password(self, username: str, password: str) -> None:
        """Type both, key by key, and do not send them."""
        expect(self.username).to_be_editable()
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
