"""Rows of the fault table that no other test covers; docs/reliability.md says which test is whose."""

from __future__ import annotations

import itertools
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.approval import approve_without_a_page
from tests.patience import PATIENCE
from tiled_jupyter import IdentityChanged
from tiled_jupyter.oauth.password import password_grant
from tiled_jupyter.session.prompts import occasion
from tiled_jupyter.session.tokens import write_tokens
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.state.states import AwaitingAuthorization, Connecting, Disconnected, SignedIn, SignedOut, Verifying

from .device_flow import ProvidersFlow
from .hostile_server import HostileServer, Reply, code, device, untrusted
from .openid_provider import OpenIDProvider, proxied_provider
from .sessions import REFRESH, DeviceHook, Hook, get, kill, let_expire, signed_in
from .shown import Shown, at_once
from .tiled_server import PASSWORDS, TiledServer

# -- connecting ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", ["-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1", "-subj /CN=other.example"]
)
def test_fault_4_a_certificate_that_is_not_trusted_is_said_and_nothing_is_sent(tmp_path, wrong):
    with HostileServer(untrusted(tmp_path, wrong)) as server:
        shown, begun = Shown(), time.monotonic()
        state = shown.connect(f"{server.uri}?api_key=0123456789abcdef", Disconnected)
        assert state.failure.sentence.startswith(
            f"The certificate of {server.uri[8:]} is not trusted, so nothing was sent. For a certificate of your "
        )
        assert state.address == f"{server.uri}/"
        assert time.monotonic() - begun < 20
        assert server.seen == []


@pytest.mark.parametrize("status", [500, 502, 503])
def test_fault_5_a_server_with_errors_at_the_login_is_said_and_the_form_stays(status):
    with HostileServer() as server:
        server.replies["auth/provider/demo/token"] = Reply(status, b"<html>Bad gateway</html>")
        shown = Shown()
        form, begun = shown.connect(server.uri), time.monotonic()
        state = shown.sign_in(SignedOut)
        assert time.monotonic() - begun < 15
        assert state.failure.sentence == (
            f"{server.uri[7:]} cannot sign anybody in right now ({status}). Try again in a minute."
        )
        assert (state.server, state.rejections) == (form.server, 0)
        assert server.paths().count("auth/provider/demo/token") == 1
        del server.replies["auth/provider/demo/token"]
        server.replies["auth/provider/demo/token"] = Reply(200, {"access_token": "a"})
        assert shown.sign_in(SignedIn).identity.id == "alice"


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (
            Reply(200, b"<html><title>It works!</title></html>", {"content-type": "text/html"}),
            "answers, but not as a Tiled server: it sends a web page (“It works!”), perhaps to sign in there first. "
            "Check the address.",
        ),
        (
            Reply(404, {"detail": "Not Found"}),
            "answers, but not as a Tiled server: it has nothing at /api/v1/ (404). Check the address.",
        ),
        (
            Reply(200, {"kernels": []}),
            "answers, but not as a Tiled server: it sends other data. Check the address.",
        ),
        (
            Reply(302, b"", {"location": "https://login.example/"}),
            "redirects to https://login.example. If you trust that, use it as the address.",
        ),
    ],
    ids=["HTML", "404", "other JSON", "a login page"],
)
def test_fault_7_what_is_no_tiled_server_is_called_so(reply, says):
    with HostileServer() as server:
        server.replies[""] = reply
        shown, begun = Shown(), time.monotonic()
        state = shown.connect(server.uri, Disconnected)
        assert state.failure.sentence == f"{server.uri[7:]} {says}"
        assert state.address == f"{server.uri}/"
        assert time.monotonic() - begun < 15


def asking_to_wait(server, seconds):
    """Make a server answer its next question with 429, and then as ever."""
    answers = [Reply(429, {"detail": "Too many requests"}, {"retry-after": str(seconds)})]
    server.replies[""] = lambda *_: answers.pop() if answers else Reply(200, server.about)


def test_a_server_that_asks_for_two_seconds_while_it_is_connected_to_gets_them_in_sight():
    with HostileServer() as server:
        asking_to_wait(server, 2)
        shown, begun = Shown(), time.monotonic()
        shown.session.connect(server.uri)
        waiting = shown.until(lambda state: isinstance(state, Connecting) and state.trouble)
        assert waiting.trouble == (
            f"{server.uri[7:]} gets too many requests and asks to wait (429). The next try comes by itself in 2 s."
        )
        assert shown.rest(SignedOut).server.host == server.uri[7:]
        assert time.monotonic() - begun >= 2


def test_cancel_ends_that_and_who_asks_for_longer_than_a_login_may_take_is_not_waited_for():
    with HostileServer() as server:
        asking_to_wait(server, 600)
        shown = Shown()
        shown.session.connect(server.uri)
        shown.until(lambda state: isinstance(state, Connecting) and state.trouble)
        with at_once():
            shown.session.cancel()
            assert shown.rest(Disconnected).failure.kind == "cancelled"
        asking_to_wait(server, 600)
        hurried = Shown(settings=TiledJupyter(login_deadline=60))
        said = hurried.connect(server.uri, Disconnected).failure.sentence
        assert "gets too many requests and asks to wait (429). Try again in" in said


# -- signing in ------------------------------------------------------------------------------------------


def test_fault_6_a_server_that_asks_for_two_seconds_gets_them_in_sight_and_the_password_again():
    with HostileServer() as server:
        token = server.replies["auth/provider/demo/token"]
        answers = [Reply(429, {"detail": "Too many requests"}, {"retry-after": "2"}), token]
        server.replies["auth/provider/demo/token"] = lambda *_: answers.pop(0)
        shown = Shown()
        shown.connect(server.uri)
        begun = time.monotonic()
        shown.session.methods.sign_in("demo", "alice", PASSWORDS["alice"], remember=True)
        waiting = shown.until(lambda state: isinstance(state, Verifying) and state.trouble)
        assert waiting.trouble == (
            f"{server.uri[7:]} asks to wait before the next try (429). The next try comes by itself in 2 s."
        )
        assert shown.rest(SignedIn).identity.id == "alice"
        assert 2 <= time.monotonic() - begun < 15
        assert server.paths().count("auth/provider/demo/token") == 2


def test_fault_9_the_answer_of_a_second_factor_is_waited_for_longer_than_a_minute(sent):
    with HostileServer() as server:
        shown = Shown()
        shown.connect(server.uri)
        shown.sign_in()
    (asked,) = [request for request in sent if request.url.path.endswith("/token")]
    patience = asked.extensions["timeout"]
    assert 60 < patience["read"] <= 180
    assert patience["connect"] <= 10  # who is not there is no second factor


def test_fault_20_who_is_told_to_slow_down_again_and_again_asks_ever_more_seldom_and_is_signed_in(monkeypatch):
    monkeypatch.setattr("tiled_jupyter.oauth.device.SLOW_DOWN", 0.5)  # of the five seconds that another test waits
    polls = []

    def poll(*_):
        polls.append(time.monotonic())
        if len(polls) == 4:
            return Reply(200, {"access_token": "a", "refresh_token": "r"})
        return Reply(400, {"detail": {"error": "authorization_pending" if len(polls) == 3 else "slow_down"}})

    with HostileServer() as server:
        server.about["authentication"]["providers"] = [device(server.api_uri)]
        server.replies["auth/provider/demo/authorize"] = Reply(200, code(server.api_uri))
        server.replies["auth/provider/demo/poll"] = poll
        shown = Shown()
        shown.connect(server.uri)
        shown.begin(provider="demo")
        assert shown.rest(SignedIn).identity.id == "alice"
        pauses = [later - earlier for earlier, later in itertools.pairwise(polls)]
        least = [1.5, 2.0, 2.0]  # and one second before the first
        assert all(low - 0.05 <= pause < low + 4 for low, pause in zip(least, pauses, strict=True)), pauses


@pytest.mark.parametrize(("who", "path"), [("the provider", "token"), ("Tiled", "auth/provider/demo/poll")])
def test_fault_16_and_17_who_stays_away_is_asked_until_the_deadline_and_a_new_code_signs_in(who, path):
    lifetime = 5
    with HostileServer() as server, HostileServer() as provider:
        about = server.about["authentication"]
        if who == "Tiled":
            polled, about["providers"] = server, [device(server.api_uri)]
        else:
            names = {"auth_endpoint": "device", "token_endpoint": "token"}
            links = {name: f"{provider.api_uri}{path}" for name, path in names.items()}
            polled, about["providers"] = provider, [device(server.api_uri, links=links | {"client_id": "tiled-cli"})]
            about["links"]["refresh_session"] = links["token_endpoint"]
        server.replies["auth/provider/demo/authorize"] = Reply(200, code(server.api_uri, expires_in=lifetime))
        provider.replies["device"] = Reply(
            200, code(server.api_uri, verification_uri="http://127.0.0.1/device", expires_in=lifetime)
        )
        polled.replies[path] = lambda *_: None if polled.paths().count(path) % 2 else Reply(502, b"<html>")
        shown = Shown()
        form, begun = shown.connect(server.uri), time.monotonic()
        shown.begin(provider="demo")
        waiting = shown.until(lambda state: isinstance(state, AwaitingAuthorization) and state.trouble)
        assert waiting.trouble.endswith("The next try comes by itself in 2 s.")
        state = shown.rest(SignedOut)
        assert lifetime <= time.monotonic() - begun < lifetime + 3
        assert (state.failure.kind, state.failure.sentence) == ("expired", "The code has expired. Get a new one.")
        assert state.server == form.server
        assert polled.paths().count(path) >= 2
        polled.replies[path] = Reply(200, {"access_token": "a", "refresh_token": "r"})
        shown.begin(provider="demo")
        assert shown.rest(SignedIn).identity.id == "alice"


# -- sessions --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hasty_server():
    """Everything of this one expires soon, and no other test needs its database."""
    with TiledServer(allow_anonymous_access=False, access_token_max_age=2, refresh_token_max_age=4) as server:
        yield server


def test_fault_12_a_refresh_token_that_has_expired_is_asked_about_and_the_request_goes_on(hasty_server):
    context = signed_in(hasty_server, hook := Hook())
    let_expire(context)
    threading.Event().wait(3)  # nothing that could be asked says when
    assert get(context).status_code == 200
    assert hook.calls == 2
    assert hook.occasions[-1].resuming
    host = f"127.0.0.1:{hasty_server.port}"
    words = rf"Your session on {host} has ended \(noticed \d\d:\d\d\)\. Sign in to go on\."
    assert re.fullmatch(words, hook.occasions[-1].reason)
    assert get(context).status_code == 200
    assert hook.calls == 2


def test_fault_14_a_server_with_another_database_asks_and_says_how_to_go_on(hasty_server):
    """The accounts are new ones, also where they have the old names: an interrupted request is not sent as another."""
    context = signed_in(hasty_server, hook := Hook())
    hasty_server.stop()
    for file in Path(hasty_server._directory.name).glob("authentication.db*"):
        file.unlink()
    hasty_server.start()
    let_expire(context)
    with pytest.raises(IdentityChanged) as caught:
        get(context)
    assert str(caught.value) == (
        f"127.0.0.1:{hasty_server.port} does not know alice any more, perhaps after a change of its database, so the "
        "interrupted request was not sent. Run %tiled_login to go on."
    )
    assert hook.calls == 2
    context.authenticate()
    assert get(context).status_code == 200


def test_fault_22_where_a_refresh_brings_no_new_refresh_token_the_old_one_is_kept():
    with (
        OpenIDProvider(interval=1, repeat_refresh_token=False, access_token_max_age=2) as op,
        TiledServer(allow_anonymous_access=False, providers=[proxied_provider(op)]) as server,
    ):
        context = signed_in(server, hook := DeviceHook(server, ProvidersFlow))
        kept = context.http_client.auth.tokens["refresh_token"]
        for _ in range(2):
            let_expire(context)
            assert get(context).status_code == 200
            assert context.http_client.auth.tokens["refresh_token"] == kept
        assert hook.calls == 1


NOBODYS = {
    "empty": b"",
    "torn": b"eyJhbGciOi",
    "binary": bytes(range(256)),
    "a megabyte": b"\x00" * 1_000_000,
    "two lines": b"half a token\nanother half",
    "of another server": b"e30.eyJzdWIiOiJib2IiLCJleHAiOjk5OTk5OTk5OTl9.c2ln",
}


@pytest.mark.parametrize("found", NOBODYS)
def test_fault_23_a_token_file_that_is_no_good_is_as_if_there_were_none_and_is_replaced(closed_server, cache, found):
    saved = Shown()
    saved.connect(closed_server.uri)
    directory = saved.session.context.token_directory
    directory.mkdir(parents=True)
    for name in ("access_token", "refresh_token"):
        (directory / name).write_bytes(NOBODYS[found])
    shown, begun = Shown(), time.monotonic()
    form = shown.connect(closed_server.uri)
    assert (form.failure, form.reason) == (None, None)  # nobody is told of a fault that is mended by signing in
    assert time.monotonic() - begun < 15
    assert shown.sign_in().remembered
    kept = {name: (directory / name).read_text() for name in ("access_token", "refresh_token")}
    assert kept == {name: shown.session.context.http_client.auth.tokens[name] for name in kept}
    assert {stat.S_IMODE((directory / name).stat().st_mode) for name in kept} == {0o600}
    shown.session.context.http_client.auth = None  # as in another kernel
    assert Shown().connect(closed_server.uri, SignedIn).identity.id == "alice"


DISK_FULL = """
import resource, sys, warnings
from tests.server.sessions import signed_in, let_expire, get
from tests.server.tiled_server import TiledServer
class Server: uri = sys.argv[1]
warnings.simplefilter("always")
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # every write to a file fails
context = signed_in(Server)
print(context.whoami()["identities"][0]["id"], context.remembered)
for _ in range(3):
    let_expire(context)
    print(get(context).status_code)
"""


def test_fault_24_where_nothing_can_be_written_the_session_lives_in_memory_and_that_is_said_once(short_server, cache):
    script = [sys.executable, "-c", DISK_FULL, short_server.uri]
    done = subprocess.run(script, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.split() == ["alice", "False", "200", "200", "200"], done.stderr
    assert done.stderr.count("it lasts as long as this kernel") == 1
    assert [path.name for path in cache.rglob("*") if path.is_file() and path.stat().st_size] == []


@pytest.mark.parametrize("off", [-3600, 3600], ids=["an hour behind", "an hour ahead"])
def test_fault_38_a_kernels_clock_that_is_off_moves_neither_countdown_nor_refresh(short_server, off, monkeypatch):
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + off)
    shown = Shown()
    shown.connect(short_server.uri)
    done = shown.sign_in()
    assert 6 * 86400 < done.good_until - time.time() < 8 * 86400  # on the clock that the page counts on
    context = shown.session.context
    before = short_server.log.count(REFRESH)
    let_expire(context)
    begun = time.monotonic()
    assert [get(context).status_code for _ in range(5)] == 5 * [200]
    # As with a clock that is right: one, and on a busy machine another for each time that it expires meanwhile.
    assert 1 <= short_server.log.count(REFRESH) - before <= 1 + (time.monotonic() - begun) // 2
    assert Shown().connect(short_server.uri, SignedIn).identity.id == "alice"


def test_fault_38_a_kernel_whose_clock_is_ahead_goes_on_with_a_sign_in_of_another_notebook(short_server, monkeypatch):
    context = signed_in(short_server)
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + 3600)
    found = []

    def elsewhere(http_client, providers):
        write_tokens(context.token_directory, Hook()(http_client, providers))  # as the other kernel does
        found.append(occasion.get().elsewhere())
        return found[0]

    context.prompt = elsewhere
    kill(context)
    assert get(context).status_code == 200
    assert len(found) == 1


# -- nobody there ----------------------------------------------------------------------------------------

LOGIN = "%load_ext tiled_jupyter\n%tiled_login"
TIMED = """
import time
from tiled_jupyter import CannotPrompt, from_uri
begun = time.process_time()  # other work on a busy machine does not count
try:
    from_uri({!r})
except CannotPrompt as error:
    print(time.process_time() - begun < 1, error)
"""


def test_fault_33_where_no_front_end_is_that_is_said_within_a_second_and_the_next_cell_runs(closed_server):
    cells = [nbformat.v4.new_code_cell(code) for code in (TIMED.format(closed_server.uri), "print(6 * 7)")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3").execute()
    first, second = ("".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells)
    assert first.startswith("True Nobody can be asked to sign in")
    assert "export TILED_API_KEY=" in first
    assert second == "42\n"


CRON = """
import sys, time
from tiled_jupyter import CannotPrompt, LoginPanel, from_uri
for ask in (lambda: from_uri(sys.argv[1]), lambda: LoginPanel(sys.argv[1]).wait()):
    begun = time.process_time()
    try:
        ask()
    except CannotPrompt as error:
        print(time.process_time() - begun < 1, "export TILED_API_KEY=" in str(error))
"""


def test_fault_33_a_program_that_nobody_looks_at_is_told_so_within_a_second(closed_server):
    script = [sys.executable, "-c", CRON, closed_server.uri]
    done = subprocess.run(script, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.split() == 4 * ["True"], done.stderr
    assert "Traceback" not in done.stderr


def test_fault_33_papermill_is_told_so_in_the_notebook_that_it_leaves(closed_server, tmp_path):
    cells = [nbformat.v4.new_code_cell(code) for code in ("kept = 6 * 7\nkept", f"{LOGIN} {closed_server.uri}")]
    there, left = tmp_path / "there.ipynb", tmp_path / "left.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), there)
    papermill = [sys.executable, "-m", "papermill", there, left, "--kernel", "python3", "--no-progress-bar"]
    done = subprocess.run(papermill, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0
    assert "CannotPrompt: Nobody can be asked to sign in" in done.stderr
    assert "export TILED_API_KEY=" in done.stderr
    first, second = (cell for cell in nbformat.read(left, 4).cells if cell.source in [cell.source for cell in cells])
    assert first.outputs[0]["data"]["text/plain"] == "42"
    assert second.outputs[-1]["ename"] == "CannotPrompt"


def test_fault_35_an_account_with_200_sessions_is_told_so_in_the_servers_words(hasty_server):
    shown = Shown()
    shown.connect(hasty_server.uri)
    endpoint = shown.session.methods.specs[0].links["auth_endpoint"]
    with shown.session.context.bare_client() as http:
        for _ in range(200):
            password_grant(http, endpoint, "bob", PASSWORDS["bob"])
    sentence = shown.sign_in(SignedOut, "bob").failure.sentence
    assert sentence.startswith(
        f"127.0.0.1:{hasty_server.port} refused to sign you in (400): This Principal already has 200 sessions"
    )
    assert shown.sign_in(SignedIn).identity.id == "alice"


# -- sleep -----------------------------------------------------------------------------------------------

POLLING = """
import sys
from tests.server.shown import Shown
from tiled_jupyter.state.states import AwaitingAuthorization
shown = Shown()
shown.connect(sys.argv[1])
code = shown.begin().code
print(code.verification_uri_complete, code.user_code, flush=True)
state = shown.until(lambda state: not isinstance(state, AwaitingAuthorization), 60)
print(state.kind, state.failure.kind if state.kind == "signed_out" else state.identity.id, flush=True)
"""


@pytest.mark.parametrize("approved", [True, False], ids=["approved meanwhile", "expired meanwhile"])
def test_fault_39_a_computer_that_sleeps_while_it_polls_is_signed_in_or_told_when_it_wakes(approved):
    lifetime = 60 if approved else 3
    with (
        OpenIDProvider(interval=1, device_code_max_age=lifetime) as op,
        TiledServer(allow_anonymous_access=False, providers=[proxied_provider(op)]) as server,
        subprocess.Popen(
            [sys.executable, "-c", POLLING, server.uri], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
        ) as laptop,
    ):
        page, user_code = laptop.stdout.readline().split()
        laptop.send_signal(signal.SIGSTOP)
        try:
            if approved:
                approve_without_a_page(page, user_code=user_code)
            else:
                threading.Event().wait(lifetime + 1)
        finally:
            laptop.send_signal(signal.SIGCONT)
        begun = time.monotonic()
        assert laptop.stdout.readline().split() == (["signed_in", "alice"] if approved else ["signed_out", "expired"])
        assert time.monotonic() - begun < 15
