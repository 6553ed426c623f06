"""The whole story by keyboard alone, where the focus goes, and what a screen reader is told on the way."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.approval import approve_without_a_page
from tests.server.tiled_server import PASSWORDS

from .panel import Panel, tab_until_focused

ALICE = PASSWORDS["alice"]
TYPED = "x = 'a person writes here while others sign in'"

# Notes what is said in live regions that were there before, and in alerts; and every focus that goes to a panel.
_WATCH = """() => {
  Object.assign(tj, { said: [], taken: [] });
  const say = region => { const text = region?.textContent; if (text && tj.said.at(-1) !== text) tj.said.push(text); };
  new MutationObserver(changes => {
    for (const { target, addedNodes } of changes) {
      const element = target.nodeType === 1 ? target : target.parentElement;
      say(element?.closest('[role=status], [aria-live=polite]'));
      for (const node of addedNodes)
        if (node.nodeType === 1 && node.matches('[role=alert]')) queueMicrotask(() => say(node));
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
  document.addEventListener('focusin', ({ target }) => {
    if (target.closest('.tiled-jupyter-panel, .tiled-jupyter-attention')) tj.taken.push(target.outerHTML.slice(0, 100));
  });
}"""


def idle(server) -> str:
    return f"%load_ext tiled_jupyter\nfrom tiled_jupyter import LoginPanel\npanel = LoginPanel({server.uri!r})\npanel"


def press(notebook, target) -> None:
    """Go to a control with Tab alone, and press it."""
    tab_until_focused(notebook, target)
    notebook.page.keyboard.press("Enter")


def test_a_web_page_by_keyboard_and_every_change_is_said(open_notebook, two_ways_server):
    notebook = open_notebook([idle(two_ways_server)])
    notebook.execute(0)
    panel = Panel(notebook, 0)
    expect(panel.provider("demo")).to_be_visible()
    notebook.change_page(_WATCH)
    panel.providers.get_by_role("radio", checked=True).focus()
    notebook.page.keyboard.press("ArrowDown")
    expect(panel.provider("openid")).to_be_checked()
    press(notebook, panel.button("Sign in"))
    expect(panel.user_code).to_be_visible()
    expect(panel.status).to_be_focused()
    press(notebook, panel.cancel)
    expect(panel.button("Sign in")).to_be_visible()
    expect(panel.status).to_be_focused()
    press(notebook, panel.button("Sign in"))
    expect(panel.user_code).to_be_visible()
    tab_until_focused(notebook, panel.link)
    approve_without_a_page(panel.link.get_attribute("href"), user_code=panel.user_code.inner_text())
    panel.signed_in_as("alice")
    expect(panel.status).to_be_focused()
    waiting = ["Asking openid for a code …", "Waiting for your approval on the web page"]
    assert notebook.page.evaluate("() => tj.said") == [*waiting, "Cancelled.", *waiting, "Signed in as alice"]


def test_wrong_password_key_made_key_deleted_and_signed_out_by_keyboard(open_notebook, closed_tiled_server):
    notebook = open_notebook([idle(closed_tiled_server)])
    notebook.execute(0)
    panel, keyboard = Panel(notebook, 0), notebook.page.keyboard
    expect(panel.username).to_be_editable()
    notebook.change_page(_WATCH)
    panel.username.focus()
    keyboard.type("alice")
    for password in ("not this one", ALICE):
        tab_until_focused(notebook, panel.password)
        keyboard.type(password)
        keyboard.press("Enter")
        expect(panel.password.or_(panel.tab("Account"))).to_have_count(1)
        if password != ALICE:
            expect(panel.alert).to_contain_text("not recognised")
            expect(panel.password).to_be_focused()
    panel.signed_in_as("alice")
    expect(panel.status).to_be_focused()
    tab_until_focused(notebook, panel.tab("Account"))
    keyboard.press("ArrowRight")
    press(notebook, panel.button("Create and save"))
    expect(panel.made).to_be_focused()
    first_eight = re.search("Key ([0-9a-f]{8})", panel.made.inner_text())[1]
    press(notebook, panel.button("Done"))
    expect(panel.made).to_be_hidden()
    expect(panel.button(f"Scripts for key {first_eight}")).to_be_focused()
    press(notebook, panel.button(f"Delete key {first_eight}"))
    expect(panel.region.get_by_role("group", name="Delete", exact=True)).to_be_focused()
    press(notebook, panel.button("Delete"))
    expect(panel.button(f"Delete key {first_eight}")).to_have_count(0)
    assert panel.region.evaluate("region => region.contains(document.activeElement)")
    panel.tab("API keys").focus()
    keyboard.press("Home")
    press(notebook, panel.button("Sign out"))
    press(notebook, panel.button("Only this notebook"))
    expect(panel.button("Sign in")).to_be_visible()
    expect(panel.status).to_be_focused()
    said = notebook.page.evaluate("() => tj.said")
    for words in ("Signing in …", "not recognised", "Signed in as alice", "Key made and saved to /", "igned out"):
        assert [text for text in said if words in text], (words, said)


def test_who_writes_elsewhere_keeps_the_focus_whatever_the_panels_do(open_notebook, two_ways_server):
    waiting = (
        f"%%capture\nfrom tiled_jupyter import LoginPanel\nhidden = LoginPanel({two_ways_server.uri!r})\n"
        "display(hidden)\nhidden.wait()"
    )
    notebook = open_notebook([idle(two_ways_server), waiting, ""])
    notebook.execute(0)
    panel = Panel(notebook, 0)
    code = panel.begin("openid")
    page = panel.link.get_attribute("href")
    notebook.run(1)
    editor = notebook.page.locator(".jp-Cell").nth(2).locator(".cm-content")
    editor.click()
    notebook.change_page(_WATCH)
    middle = len(TYPED) // 2
    notebook.page.keyboard.type(TYPED[:middle])
    expect(panel.unseen).to_be_visible()  # the form of the cell that waits, at the edge of the page
    expect(editor).to_be_focused()
    approve_without_a_page(page, user_code=code)
    panel.signed_in_as("alice")
    notebook.cell_done(1)
    expect(panel.unseen).to_have_count(0)
    expect(editor).to_be_focused()
    notebook.page.keyboard.type(TYPED[middle:])
    expect(editor).to_have_text(TYPED)
    assert notebook.page.evaluate("() => tj.taken") == []
    said = notebook.page.evaluate("() => tj.said")
    assert [text for text in said if "waits for your Tiled sign-in" in text], said
