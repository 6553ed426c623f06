"""The approving half of a device login: what a person does at the provider's pages, and at Tiled's.

approve(page, uri, user_code="ABCD-EFGH")       in Chromium, by Playwright's `page`
approve_without_a_page(uri, user_code=…)        with httpx and the pages' forms, for tests that have no browser

`uri` is where the panel sends people: the provider's page, or with Tiled's own device flow the provider's
authorization, after which Tiled asks for the code. A code within `uri` need not be given again.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin

import httpx

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    Place = Literal["login", "consent", "device"]

STEPS = 10
PASSWORD = "any will do"


def approve(page: Page, uri: str | None = None, user: str = "alice", user_code: str | None = None) -> None:
    """Log in, consent and confirm, until the page says that it is done.

    Parameters
    ----------
    page : Page
    uri : str, optional
        Opened first; if left out, go on where the page is, for example after a click on the panel's link.
    user : str
        Any account name. A browser that has a session at the provider is not asked.
    user_code : str, optional
        For the pages that ask for it.
    """
    _walk(page, uri, user, user_code, stop_at=None)


def deny(
    page: Page, uri: str | None = None, user: str = "alice", user_code: str | None = None, *, at: Place = "device"
) -> None:
    """Walk as `approve` does up to the page `at`, and refuse there.

    Parameters
    ----------
    at : {"login", "consent", "device"}
        Tiled's own device flow has no page of the last kind.
    """
    _walk(page, uri, user, user_code, stop_at=at)


def _walk(page: Page, uri: str | None, user: str, user_code: str | None, stop_at: Place | None) -> None:
    # Tiled's page has its style sheet from the internet, and a test waits for nobody there.
    page.route(re.compile(r"^https?://(?!127\.0\.0\.1[:/])"), lambda route: route.abort())
    if uri is not None:
        page.goto(uri)
    login = page.locator("input[name=login]")
    consent = page.locator("form:has(input[name=prompt][value=consent])")
    confirm = page.get_by_role("button", name="[ Abort ]")
    code = page.locator("input[name=user_code]:not([type=hidden])")
    done = page.get_by_role("heading", name="Success")
    for _ in range(STEPS):
        login.or_(consent).or_(confirm).or_(code).or_(done).first.wait_for()
        if done.count():
            if stop_at is not None:
                raise AssertionError(f"Nobody was asked at {stop_at!r}.")
            return
        here, press = _form(page, login, consent, confirm)
        if here == stop_at:
            _follow(page, confirm if here == "device" else page.get_by_role("link", name="[ Cancel ]"))
            return
        if here == "login":
            login.fill(user)
            page.locator("input[name=password]").fill(PASSWORD)
        elif here == "code":
            code.fill(_needed(user_code))
        _follow(page, press)
    raise AssertionError(f"No end in sight at {page.url}:\n{page.inner_text('body')}")


def _form(page: Page, login: Locator, consent: Locator, confirm: Locator) -> tuple[str, Locator]:
    if login.count():
        return "login", page.get_by_role("button", name="Sign-in")
    if consent.count():
        return "consent", page.get_by_role("button", name="Continue")
    if confirm.count():
        return "device", page.get_by_role("button", name="Continue")
    # The provider's button is called Continue, Tiled's Enter.
    return "code", page.locator("button[type=submit], input[type=submit]")


def _follow(page: Page, press: Locator) -> None:
    with page.expect_navigation():
        press.click()


def _needed(user_code: str | None) -> str:
    if user_code is None:
        raise AssertionError("The page asks for the user code, and none was given.")
    return user_code


def approve_without_a_page(uri: str, user: str = "alice", user_code: str | None = None) -> None:
    """As `approve`, in a browser made of httpx that forgets at the end."""
    _walk_forms(uri, user, user_code, stop_at=None)


def deny_without_a_page(uri: str, user: str = "alice", user_code: str | None = None, *, at: Place = "device") -> None:
    """As `deny`, in a browser made of httpx that forgets at the end."""
    _walk_forms(uri, user, user_code, stop_at=at)


class _Form(HTMLParser):
    """The form of a page, its heading, and where Cancel leads."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.action = self.cancel = str(answer.url)
        self.fields: dict[str, str] = {}
        self.text = ""
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = urljoin(self.action, given["action"])
        elif tag == "input" and "name" in given:
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "a" and given.get("href", "").endswith("/abort"):
            self.cancel = urljoin(self.cancel, given["href"])

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None:  # neither style nor script
            self.text += data

    @property
    def kind(self) -> str:
        if "prompt" in self.fields:
            return self.fields["prompt"]
        if "confirm" in self.fields:
            return "device"
        return "code" if "user_code" in self.fields else "none"


def _walk_forms(uri: str, user: str, user_code: str | None, stop_at: Place | None) -> None:
    with httpx.Client(follow_redirects=True, trust_env=False) as browser:
        answer = browser.get(uri)
        for _ in range(STEPS):
            form = _Form(answer)
            if form.kind == "none":
                break
            if form.kind == stop_at:
                if form.kind == "device":
                    browser.post(form.action, data=form.fields | {"abort": "yes"})
                else:
                    browser.get(form.cancel)
                return
            if form.kind == "login":
                form.fields |= {"login": user, "password": PASSWORD}
            elif form.kind == "code" and not form.fields["user_code"]:
                form.fields["user_code"] = _needed(user_code)
            answer = browser.post(form.action, data=form.fields)
        if stop_at is not None:
            raise AssertionError(f"Nobody was asked at {stop_at!r}.")
        if not (answer.is_success and "Success" in form.text):
            raise AssertionError(f"{answer.url} says {answer.status_code}: {' '.join(form.text.split())}")
