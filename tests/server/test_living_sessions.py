"""A session that lives is not lost by a bad answer: of a portal, a firewall, or a page about maintenance."""

from __future__ import annotations

import itertools
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy
import pytest
from jupyter_client.manager import KernelManager
from tiled.client.utils import handle_error

from tests.patience import PATIENCE
from tiled_jupyter import from_context
from tiled_jupyter.session.resuming import _Around
from tiled_jupyter.state.states import SignedIn, SignedOut

from .nginx import Nginx
from .sessions import REFRESH, Hook, get, kill, let_expire, signed_in
from .shown import Shown, asked

PAGE = 'return 200 "<html><title>Sign in</title></html>";'
TROUBLES = {
    "a portal": lambda nginx: f"return 302 {nginx.portal_uri}/?welcome;",
    "a portal that cannot be reached": lambda nginx: "return 302 https://portal.invalid/;",
    "the page of a single sign-on": lambda nginx: PAGE,
    "a firewall": lambda nginx: "deny all;",
    "basic auth": lambda nginx: f'auth_basic "Facility"; auth_basic_user_file {nginx.nobody};',
    "an address that is not there": lambda nginx: "return 404;",
    "maintenance": lambda nginx: "return 503;",
}
SAID_OF_DATA = {
    "a portal": r"led to 127\.0\.0\.1:\d+ instead of giving data",
    "a portal that cannot be reached": r"led to portal\.invalid instead of giving data",
    "the page of a single sign-on": "answered with a page instead of giving data",
    "a firewall": "403: Forbidden",
    "basic auth": "401: Unauthorized",
    "an address that is not there": "404: Not Found",
    "maintenance": "503 Service",
}
# What another Tiled server says of it, with another secret or another database.
ENDED = """default_type application/json; if ($uri ~ session/refresh) {
    return 401 '{"detail":"Session has expired. Please re-authenticate."}'; }"""


@pytest.fixture(scope="module")
def before_short_server(short_server):
    with Nginx(short_server.port) as nginx:
        yield nginx


@pytest.fixture(scope="module")
def before_closed_server(closed_server):
    with Nginx(closed_server.port) as nginx:
        yield nginx


@pytest.fixture
def short(before_short_server):
    """nginx before a server whose access tokens last three seconds."""
    yield before_short_server
    before_short_server.become(None)


@pytest.fixture
def lasting(before_closed_server):
    """nginx before a server whose access tokens last longer than any test."""
    yield before_closed_server
    before_closed_server.become(None)


def until(is_so, timeout=PATIENCE):
    end, pause = time.monotonic() + timeout, threading.Event()
    while not is_so():
        assert time.monotonic() < end
        pause.wait(0.05)


def through(nginx, directives, work, tries=2):
    """Do `work` while nginx says what it should not; once it has said so a few times, it is a proxy again."""
    nginx.become(directives)
    before = len(nginx.log)

    def asked():
        return sum("/api/v1/" in line for line in nginx.log[before:].splitlines())

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(work)
        until(lambda: asked() >= tries or result.done())
        nginx.become(None)
        return result.result(PATIENCE)


def overdue(context):
    """Replace the session's token by one that has expired, without waiting for it."""
    auth = context.http_client.auth
    auth._ends = auth._early = 0.0


# -- a refresh -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_refresh_is_tried_again_until_the_trouble_is_over_and_nobody_is_asked(lasting, trouble):
    context = signed_in(lasting, hook := Hook())
    array = from_context(context)["alice/heating_scan/images"]
    expected = array.read()
    overdue(context)
    numpy.testing.assert_array_equal(through(lasting, TROUBLES[trouble](lasting), array.read), expected)
    assert hook.calls == 1
    assert context.remembered


def test_half_a_minute_of_a_portal_ends_with_the_data(short):
    context = signed_in(short, hook := Hook())
    let_expire(context)
    short.become(PAGE)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(get, context)
        with pytest.raises(TimeoutError):
            answer.result(30)
        short.become(None)
        assert answer.result(PATIENCE).status_code == 200
    assert hook.calls == 1


def test_many_threads_wait_for_one_refresh(short):
    context = signed_in(short, hook := Hook())
    let_expire(context)
    before = len(short.log)

    def at_once():
        with ThreadPoolExecutor(64) as pool:
            return [answer.status_code for answer in pool.map(get, 64 * [context])]

    begun = time.monotonic()
    assert through(short, PAGE, at_once, tries=3) == 64 * [200]
    refreshes = [line for line in short.log[before:].splitlines() if REFRESH in line]
    # 200 is the page, too; one for each pause, and one for each time that the new token expires.
    assert 3 <= len(refreshes) <= 6 + (time.monotonic() - begun) // 2
    assert hook.calls == 1


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_that_stays_is_an_error_in_the_end_and_costs_no_session(lasting, trouble, monkeypatch):
    monkeypatch.setattr("tiled_jupyter.session.patience.LONGEST", 1.0)
    context = signed_in(lasting, hook := Hook())
    overdue(context)
    lasting.become(TROUBLES[trouble](lasting))
    with pytest.raises(httpx.HTTPStatusError, match="it is kept") as caught:
        get(context)
    assert "127.0.0.1" in str(caught.value)
    lasting.become(None)
    assert get(context).status_code == 200
    assert hook.calls == 1
    assert context.remembered


def test_who_only_looks_waits_for_no_portal(lasting):
    context = signed_in(lasting, hook := Hook())
    client = from_context(context)
    overdue(context)
    lasting.become(PAGE)
    begun = time.monotonic()
    assert repr(context) == "<Context (server not reached)>"
    with pytest.raises(httpx.HTTPStatusError):
        repr(client)
    assert time.monotonic() - begun < 20
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(get, context)
        until(lambda: context.http_client.auth._trouble is not None)
        assert repr(context) == "<Context (server not reached)>"  # nor for who waits for it
        assert not answer.done()
        lasting.become(None)
        assert answer.result(PATIENCE).status_code == 200
    assert hook.calls == 1


def test_a_session_that_is_over_is_asked_about_behind_nginx_too(short):
    context = signed_in(short, hook := Hook())
    kill(context)
    assert get(context).status_code == 200
    assert hook.calls == 2


# -- data ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", TROUBLES)
def test_data_is_asked_for_again_until_the_trouble_is_over(lasting, trouble):
    context = signed_in(lasting, hook := Hook())
    array = from_context(context)["alice/heating_scan/images"]
    expected, before = array.read(), len(lasting.log)
    numpy.testing.assert_array_equal(through(lasting, TROUBLES[trouble](lasting), array.read), expected)
    assert hook.calls == 1
    assert REFRESH not in lasting.log[before:]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_that_stays_is_an_error_of_the_data_and_nobody_is_asked(lasting, trouble, monkeypatch):
    monkeypatch.setattr("tiled_jupyter.session.patience.LONGEST", 1.0)
    monkeypatch.setattr("tiled.client.utils.TILED_RETRY_TIMEOUT", 1.0)
    context = signed_in(lasting, hook := Hook())
    array, before = from_context(context)["alice/heating_scan/images"], len(lasting.log)
    lasting.become(TROUBLES[trouble](lasting))
    with pytest.raises(httpx.HTTPStatusError, match=SAID_OF_DATA[trouble]):
        array.read()
    lasting.become(None)
    assert array.read().shape
    assert hook.calls == 1
    assert REFRESH not in lasting.log[before:]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_changes_something_is_sent_once_and_a_page_is_no_success(lasting, trouble):
    context = signed_in(lasting, hook := Hook())
    lasting.become(TROUBLES[trouble](lasting))
    before = len(lasting.log)
    with pytest.raises(httpx.HTTPStatusError):
        handle_error(context.http_client.post(f"{context.api_uri}auth/apikey", json={"expires_in": 60}))
    httpx.get(f"{lasting.uri}/api/v1/nothing")
    until(lambda: "/nothing" in lasting.log[before:])  # a request stands in the log a moment after its answer
    assert lasting.log[before:].count("POST /api/v1/auth/apikey") == 1
    assert hook.calls == 1


def test_a_page_that_was_asked_for_is_data(lasting):
    context = signed_in(lasting)
    lasting.become(PAGE)
    url = f"{context.api_uri}table/full/public/table"
    assert context.http_client.get(url, params={"format": "text/html"}).text.startswith("<html>")
    assert context.http_client.get(url, headers={"Accept": "text/html"}).text.startswith("<html>")


# -- a question that goes away ---------------------------------------------------------------------------


class PanelHook(Hook):
    """A person who signs in once, and is not there when a panel asks again; it waits as that of a cell does."""

    panel = None

    def __call__(self, http_client, providers):
        if self.calls == 0:
            return super().__call__(http_client, providers)
        self.calls += 1

        self.panel = asked(http_client, providers)
        waiting = self.panel.session

        def is_over():
            waiting.look_for_saved()
            return isinstance(waiting.state, SignedIn)

        until(is_over)
        return waiting.recipient.take_tokens()


def test_a_question_goes_away_when_the_session_turns_out_to_live(short, monkeypatch):
    monkeypatch.setattr("tiled_jupyter.session.resuming._LOOK_AGAIN", (0.2, 0.4))
    context = signed_in(short, hook := PanelHook())
    let_expire(context)
    short.become(ENDED)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(get, context)
        until(lambda: hook.panel is not None)
        ended = hook.panel.session.state.reason
        assert "has ended" in ended
        short.become(PAGE)
        said = f"127.0.0.1:{short.port} answered with a page instead of a token: perhaps a portal or maintenance."
        assert hook.panel.until(lambda state: state.reason != ended).reason == f"{ended} {said}"
        short.become(ENDED)
        assert isinstance(hook.panel.until(lambda state: state.reason == ended), SignedOut)
        assert not answer.done()
        short.become(None)
        assert answer.result(PATIENCE).status_code == 200
    state = hook.panel.rest(SignedIn)
    assert state.provenance == "The session is still valid, so the request goes on."
    assert state.identity.id == "alice"
    assert hook.calls == 2
    assert context.remembered
    let_expire(context)
    assert get(context).status_code == 200
    assert hook.calls == 2


def test_a_login_offers_its_form_where_a_saved_sign_in_cannot_be_checked_and_goes_on_when_it_can(short, monkeypatch):
    monkeypatch.setattr("tiled_jupyter.sign_in.session._LOOK_AGAIN", 0.2)
    let_expire(signed_in(short))
    short.become(f"if ($uri ~ session/refresh) {{ {PAGE} }}")
    shown = Shown()
    form = shown.connect(short.uri)
    assert form.reason == (
        f"127.0.0.1:{short.port} answered with a page instead of a token: perhaps a portal or maintenance. So "
        "it is not known now whether your saved sign-in is still good. Wait, or sign in here."
    )
    before = len(short.log)

    def looked():
        shown.session.look_for_saved()
        return short.log[before:].count(REFRESH) >= 2

    until(looked)
    assert shown.session.state == form
    short.become(None)

    def is_signed_in():
        shown.session.look_for_saved()
        return isinstance(shown.session.state, SignedIn)

    until(is_signed_in)
    assert shown.rest(SignedIn).provenance == "Using your saved sign-in."


def test_a_question_that_stays_asks_the_server_ever_more_seldom(monkeypatch):
    now = 0.0
    monkeypatch.setattr("tiled_jupyter.session.resuming.time.monotonic", lambda: now)
    looks = []

    class Session:
        generation, tokens = 1, {"refresh_token": "r"}

        def look_again(self):
            looks.append(now)

    class NothingSaved:
        wants_saving = False

    monkeypatch.setattr("tiled_jupyter.session.resuming.in_background", lambda work: work())
    around = _Around(NothingSaved(), Session(), may_live=True)
    for now in range(86400):  # noqa: B007 - the clock
        assert around.tokens() is None
    pauses = [later - earlier for earlier, later in itertools.pairwise([0, *looks])]
    assert all(15 <= pause <= 31 for pause in pauses[:5])
    assert all(pause <= 301 for pause in pauses)
    assert len(set(pauses[:8])) > 1
    assert len(looks) < 400  # in a day


def test_nobody_looks_again_where_a_longer_session_is_wanted_or_there_is_nothing_to_look_with():
    class Session:
        generation = 1

        def __init__(self, **tokens):
            self.tokens = tokens

    assert _Around(None, Session(refresh_token="r"), may_live=False)._next_look == math.inf
    assert _Around(None, Session(access_token="a"), may_live=True)._next_look == math.inf


# -- the stop button -------------------------------------------------------------------------------------

CONNECT = """
%load_ext tiled_jupyter
from concurrent.futures import ThreadPoolExecutor
from tiled_jupyter import Context
context, _ = Context.from_any_uri({!r})
assert context.use_cached_tokens()
auth = context.http_client.auth
def read():
    return context.http_client.get(f"{{context.api_uri}}metadata/").status_code
"""
READ = """
auth._ends = auth._early = 0.0
print("begun")
{}
"""


@pytest.mark.parametrize(
    "code",
    ["read()", "with ThreadPoolExecutor(8) as pool: list(pool.map(lambda _: read(), range(8)))"],
    ids=["main thread", "other threads"],
)
def test_the_stop_button_ends_the_wait_for_a_portal(lasting, code):
    signed_in(lasting)
    manager = KernelManager()
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(60)
        assert client.execute_interactive(CONNECT.format(lasting.uri), timeout=PATIENCE)["content"]["status"] == "ok"
        lasting.become(PAGE)
        before = len(lasting.log)
        request = client.execute(READ.format(code))
        until(lambda: lasting.log[before:].count(REFRESH) >= 2)
        begun = time.monotonic()
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=PATIENCE)
        assert time.monotonic() - begun < 20  # of the minute that it would take
        assert reply["parent_header"]["msg_id"] == request
        assert (reply["content"]["status"], reply["content"]["ename"]) == ("error", "KeyboardInterrupt")
        lasting.become(None)
        assert client.execute_interactive("assert read() == 200", timeout=PATIENCE)["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
