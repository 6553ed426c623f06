"""A server that lies, shouts, dawdles and begs: where nothing goes that is not its own, and what the person reads."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import time

import pytest

from tests.patience import PATIENCE
from tiled_jupyter.errors import KeysUnavailable
from tiled_jupyter.keys.account_requests import AccountRequests
from tiled_jupyter.panel.account import AccountDesk
from tiled_jupyter.session.prompts import Occasion
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in.hook import Caller
from tiled_jupyter.state import account as said
from tiled_jupyter.state import wire
from tiled_jupyter.state.states import Disconnected, SignedIn, SignedOut, Verifying

from .hostile_server import HostileServer, Reply, code, device, drip, password, principal
from .shown import Shown, at_once, settle

PASSWORD, KEY = "canary-passw0rd", "ca7a" * 18
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[31m\n"
SURROUNDINGS = wire.Surroundings(0.0, waiting=True, transport="shell", comm="c", servers=[], remember="ask")


@pytest.fixture
def evil():
    with HostileServer() as server:
        yield server
        # What was given up goes on for a while, as Tiled asks again: let it have a last word, and not outlive the test.
        server.replies.clear()
        server.replies[""] = Reply(404, {})
        server.ended.set()
        for thread in [thread for thread in threading.enumerate() if thread.name in ("tiled-bounded", "tiled-login")]:
            thread.join(PATIENCE)
            assert not thread.is_alive()


@pytest.fixture
def elsewhere():
    """A host that has no business with any of this."""
    with HostileServer() as server:
        yield server


def providers(evil, *given):
    evil.about["authentication"]["providers"] = list(given)


def only_tiled(evil, reply):
    """Answer our own question as a good server does, and Tiled's in another way."""
    plain = evil.about

    def answer(request, handler):
        if "msgpack" not in request.headers.get("Accept", ""):
            return Reply(200, plain)
        return reply(request, handler) if callable(reply) else reply

    evil.replies[""] = answer


def sent_to_page(state):
    """Return what the page would get, which is bounded and can be printed."""
    message = json.dumps(wire.encode_state(state, SURROUNDINGS), ensure_ascii=False)
    assert message.encode()
    assert message.isprintable()
    assert len(message) < 50_000
    return message


def connected(evil, kind=SignedOut):
    shown = Shown()
    state = shown.connect(evil.uri, kind)
    sent_to_page(state)
    return shown


def sign_in(shown, kind=SignedOut):
    state = shown.sign_in(kind, password=PASSWORD)
    sent_to_page(state)
    return state


# -- where secrets go ----------------------------------------------------------------------------------


@pytest.mark.parametrize("link", ["whoami", "apikey", "refresh_session", "revoke_session"])
def test_a_server_that_keeps_sign_ins_elsewhere_gets_no_password(evil, elsewhere, link):
    links = evil.about["authentication"]["links"]
    links[link] = links[link].replace(evil.uri, elsewhere.uri)
    failure = sign_in(connected(evil)).failure
    wanted = f"This server keeps its sign-ins at another address ({elsewhere.uri})"
    assert failure.sentence == f"{wanted}. Nothing was sent. Tell the people who run the server."
    assert not any(request.holds(PASSWORD) for request in evil.seen)
    assert elsewhere.seen == []


def test_fault_42_a_password_is_not_sent_to_another_host(evil, elsewhere):
    providers(evil, password(elsewhere.api_uri))
    shown = connected(evil)
    (refused,) = shown.session.state.server.providers
    wanted = f"This server asks for the password at another address ({elsewhere.uri})"
    assert refused.refusal == f"{wanted}. Nothing was sent. Tell the people who run the server."
    assert sign_in(shown).failure.sentence == refused.refusal
    assert elsewhere.seen == []
    assert not any(request.holds(PASSWORD) for request in evil.seen)
    providers(evil, password(evil.api_uri))
    assert sign_in(connected(evil), SignedIn).identity.id == "alice"


def test_fault_42_a_password_is_not_sent_over_plain_http_to_another_computer(evil):
    port = evil.uri.rpartition(":")[2]
    here = f"http://0.0.0.0:{port}"  # which is no loopback address, and leads to this computer all the same
    evil.about = json.loads(json.dumps(evil.about).replace(evil.uri, here))
    shown = Shown()
    (refused,) = shown.connect(here).server.providers
    assert "not encrypted" in refused.refusal
    failure = shown.sign_in(SignedOut, password=PASSWORD).failure
    assert (failure.kind, failure.sentence) == ("not_sent", refused.refusal)
    shown.session.methods.use_key(KEY)
    assert shown.rest(SignedOut).failure.kind == "not_sent"
    assert not any(request.holds(secret) for request in evil.seen for secret in (PASSWORD, KEY))


def test_no_code_is_asked_for_on_another_host(evil, elsewhere):
    providers(evil, device(elsewhere.api_uri))
    shown = connected(evil)
    assert "at another address" in shown.begin(SignedOut, "demo").failure.sentence
    assert elsewhere.seen == []


def test_a_providers_refresh_token_goes_to_nobody_but_the_provider(evil, elsewhere):
    theirs = {
        "auth_endpoint": f"{elsewhere.uri}/device/auth",
        "token_endpoint": f"{elsewhere.uri}/token",
        "client_id": "tiled-cli",
    }
    providers(evil, device(evil.api_uri, links=theirs))
    shown = connected(evil)  # its own address is to get the refresh tokens
    assert "keeps its sign-ins at another address" in shown.begin(SignedOut, "demo").failure.sentence
    evil.about["authentication"]["links"]["refresh_session"] = f"{elsewhere.uri}/token"
    assert connected(evil).session.state.server.providers[0].refusal is None


@pytest.mark.parametrize("how", ["typed", "in the address", "in the environment"])
def test_a_key_goes_to_the_server_itself_whatever_its_links_say(evil, elsewhere, how, monkeypatch):
    links = evil.about["authentication"]["links"]
    evil.about["authentication"]["links"] = {k: v.replace(evil.uri, elsewhere.uri) for k, v in links.items()}
    evil.replies["auth/apikey"] = Reply(200, {"first_eight": KEY[:8], "note": MARKUP, "scopes": [], "x": MARKUP})
    shown = Shown()
    if how == "typed":
        shown.connect(evil.uri)
        shown.session.methods.use_key(KEY)
    else:
        if how == "in the environment":
            monkeypatch.setenv("TILED_API_KEY", KEY)
        shown.session.connect(f"{evil.uri}?api_key={KEY}" if how == "in the address" else evil.uri)
    sent_to_page(shown.rest(SignedIn))
    assert any(request.holds(KEY) for request in evil.seen)
    assert elsewhere.seen == []


@pytest.mark.parametrize("status", [302, 307, 308])
@pytest.mark.parametrize("path", ["", "auth/provider/demo/token", "auth/whoami", "auth/apikey", "metadata/"])
def test_no_credential_follows_a_redirect(evil, elsewhere, path, status):
    evil.replies["auth/apikey"] = Reply(200, {})
    shown = connected(evil)
    away = Reply(status, b"", {"location": f"{elsewhere.api_uri}{path}"})
    if path == "":
        only_tiled(evil, away)
        shown = connected(evil)
    else:
        evil.replies[path] = away
    shown.session.methods.sign_in("demo", "alice", PASSWORD, remember=True)
    state = shown.until(lambda state: isinstance(state, SignedIn | SignedOut))
    if isinstance(state, SignedOut):
        shown.session.methods.use_key(KEY)
        shown.until(lambda state: isinstance(state, SignedIn | SignedOut))
    elif shown.session.context is not None:
        shown.session.context.http_client.get(f"{evil.api_uri}metadata/")
    settle()
    secrets = (PASSWORD, KEY, "Bearer", "Apikey")
    assert not any(request.holds(secret) for request in elsewhere.seen for secret in secrets)


def test_nobody_can_lead_an_interrupted_request_to_another_server(evil, elsewhere):
    shown = connected(evil)
    context = shown.session.context
    occasion = Occasion(context, True, "It has ended.")
    specs = context.server_info.authentication.providers
    with context.bare_client() as http:
        prompt = Shown(lambda on_change, here: Caller(http, occasion).login(on_change, here, specs))
        form = prompt.session.state
        prompt.session.connect(elsewhere.uri)
        prompt.session.drop_server()
        assert prompt.session.state is form
    assert elsewhere.seen == []


# -- what is shown ---------------------------------------------------------------------------------------


def test_texts_stay_text_in_one_line_and_in_the_order_they_are_in(evil):
    providers(evil, password(evil.api_uri, MARKUP, confirmation_message=MARKUP), device(evil.api_uri, MARKUP * 1000))
    evil.replies["auth/whoami"] = Reply(200, principal(MARKUP * 1000))
    shown = connected(evil)
    name, other = (provider.name for provider in shown.session.state.server.providers)
    assert name == "<script>alert(1)</script><img src=x onerror=alert(1)>\N{REPLACEMENT CHARACTER}" + (
        "\N{REPLACEMENT CHARACTER}[31m "
    )
    assert len(other) == 100
    done = shown.sign_in(SignedIn, password=PASSWORD, provider=name)
    sent_to_page(done)
    assert len(done.identity.id) == 255
    assert done.identity.id.isprintable()


@pytest.mark.parametrize("detail", [MARKUP, "x" * 1_000_000, {"a": 1}, None, ["x"], "\ud800"])
@pytest.mark.parametrize("status", [400, 418])
def test_a_reason_is_quoted_if_it_can_be_read(evil, detail, status):
    evil.replies["auth/provider/demo/token"] = Reply(status, {"detail": detail})
    sentence = sign_in(connected(evil)).failure.sentence
    assert sentence.startswith(f"{evil.uri[7:]} refused to sign you in ({status})")
    assert sentence.isprintable()
    assert len(sentence) < 400


@pytest.mark.parametrize(
    "page",
    [
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "vbscript:x",
        "https://t.example@evil.example/",
        "https://evil.example/\u202e",
        "//evil.example",
        " javascript:alert(1)",
        7,
        None,
    ],
)
def test_nobody_is_sent_to_a_page_that_is_not_safe(evil, page):
    providers(evil, device(evil.api_uri))
    evil.replies["auth/provider/demo/authorize"] = Reply(200, code(evil.api_uri, authorization_uri=page))
    failure = connected(evil).begin(SignedOut, "demo").failure
    said = f"{evil.uri[7:]} sends people to a page that is not safe to open. Tell the people who run the server."
    assert failure.sentence == said


# -- how much and how long -------------------------------------------------------------------------------

BIG = b"[" + b"1," * 5_000_000 + b"1]"
DEEP = b'{"authentication":' * 100_000
NESTED_DEVICE = "auth/provider/demo/authorize"


@pytest.mark.parametrize("body", [BIG, DEEP, b"", b"\xff\xfe", b"null", b"<html>"], ids=["10 MB", "deep", *"0bnh"])
@pytest.mark.parametrize("asked", ["ours", "Tiled's", "auth/provider/demo/token", "auth/whoami"])
def test_fault_40_an_answer_of_any_size_and_shape_ends_in_a_sentence(evil, asked, body):
    begun = time.monotonic()
    if asked == "ours":
        evil.replies[""] = Reply(200, body)
    elif asked == "Tiled's":
        only_tiled(evil, Reply(200, body))
    else:
        evil.replies[asked] = Reply(200, body)
    if asked in ("ours", "Tiled's"):
        failure = connected(evil, Disconnected).session.state.failure
        assert failure.kind == "not_a_server"
    else:
        failure = sign_in(connected(evil)).failure
    assert failure.sentence.endswith(".")
    assert "Error" not in failure.sentence
    assert time.monotonic() - begun < 20


def test_what_is_packed_to_burst_is_not_unpacked_to_its_end(evil):
    only_tiled(evil, Reply(200, gzip.compress(b" " * 50_000_000), {"content-encoding": "gzip"}))
    assert connected(evil, Disconnected).session.state.failure.kind == "not_a_server"


def test_a_million_providers_are_not_shown(evil):
    providers(evil, *(password(evil.api_uri, f"p{n}") for n in range(5000)))
    shown = connected(evil)
    assert len(shown.session.state.server.providers) == 20
    assert shown.sign_in(SignedIn, password=PASSWORD, provider="p19").identity.id == "alice"
    shown.session.sign_out(everywhere=True)
    settle()
    evil.replies[""] = Reply(200, json.dumps(evil.about).encode()[:-1] + b',"x":[' + b"{}," * 1_000_000 + b"{}]}")
    assert connected(evil, Disconnected).session.state.failure.kind == "not_a_server"


def test_a_server_that_answers_us_and_lets_tiled_wait_is_given_up(evil, monkeypatch):
    monkeypatch.setattr("tiled_jupyter.sign_in.server._PATIENCE", 1.0)
    only_tiled(evil, drip(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"))
    assert "did not answer in time" in connected(evil, Disconnected).session.state.failure.sentence


def test_a_server_that_answers_us_and_has_errors_for_tiled_is_given_up(evil, monkeypatch):
    monkeypatch.setattr("tiled_jupyter.sign_in.server._PATIENCE", 1.0)
    only_tiled(evil, Reply(503, {}))  # which Tiled asks again for 25 seconds
    begun = time.monotonic()
    assert connected(evil, Disconnected).session.state.failure.sentence.endswith(".")
    assert time.monotonic() - begun < 15


def test_who_is_saved_there_is_not_waited_for_without_end(evil, monkeypatch):
    shown = connected(evil)
    sign_in(shown, SignedIn)
    shown.session.context.http_client.auth = None  # as in another kernel
    monkeypatch.setattr("tiled_jupyter.sign_in.server._PATIENCE", 1.0)
    evil.replies["auth/whoami"] = drip(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    )
    assert "did not answer in time" in connected(evil, Disconnected).session.state.failure.sentence


@pytest.mark.parametrize("path", ["auth/provider/demo/token", "auth/whoami"])
@pytest.mark.parametrize("part", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_cancel_ends_any_dawdling_at_once(evil, path, part):
    evil.replies[path] = drip(part)
    shown = connected(evil)
    shown.session.methods.sign_in("demo", "alice", PASSWORD, remember=True)
    while path not in evil.paths():
        assert shown.session.attempts.rest(shown.session.state.attempt, 0.02)
    with at_once():
        shown.session.cancel()
        assert shown.rest(SignedOut).failure.kind == "cancelled"


# -- lies about the status and the time ------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 204, 206, 304, 402, 404, 410, 499])
@pytest.mark.parametrize("path", ["auth/provider/demo/token", "auth/whoami"])
def test_a_status_that_means_nothing_ends_in_a_sentence(evil, path, status):
    evil.replies[path] = Reply(status, b"", {} if status not in (204, 304) else {"content-length": "0"})
    failure = sign_in(connected(evil)).failure
    assert failure.kind == "server"
    assert failure.sentence.endswith(".")


YEAR = 365 * 86400


@pytest.mark.parametrize("off", [-YEAR, YEAR])
def test_fault_38_a_servers_clock_that_is_a_year_off_moves_no_deadline(evil, off):
    date = {"date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + off))}
    providers(evil, device(evil.api_uri))
    evil.replies[NESTED_DEVICE] = Reply(200, code(evil.api_uri, expires_in=300), date)
    evil.replies["auth/provider/demo/poll"] = Reply(400, {"detail": {"error": "authorization_pending"}}, date)
    evil.replies["auth/whoami"] = Reply(200, principal(), date)
    shown = connected(evil)
    waiting = shown.begin(provider="demo")
    assert 290 < waiting.code.deadline - time.time() <= 300
    session_token = jwt(exp=time.time() + off + 3600)
    evil.replies["auth/provider/demo/poll"] = Reply(
        200, {"access_token": jwt(exp=time.time() + off + 900), "refresh_token": session_token}, date
    )
    done = shown.rest(SignedIn)
    assert 3590 < done.good_until - time.time() < 3610
    evil.replies["metadata/"] = Reply(200, {"data": []}, date)
    assert shown.session.context.http_client.get(f"{evil.api_uri}metadata/").status_code == 200
    assert "auth/session/refresh" not in evil.paths() or evil.paths().count("auth/session/refresh") == 1


@pytest.mark.parametrize("wait", ["99999999999999999999", "-5", "nan", "Tue, 24 Nov 2099 10:00:30 GMT", "\u0665"])
def test_a_server_cannot_have_anybody_wait_for_ever(evil, wait):
    evil.replies["auth/provider/demo/token"] = Reply(429, {}, {"retry-after": wait.encode().decode("latin-1")})
    shown = connected(evil)
    shown.session.methods.sign_in("demo", "alice", PASSWORD, remember=True)
    shown.until(lambda state: isinstance(state, SignedOut) or (isinstance(state, Verifying) and state.trouble))
    state = shown.session.state
    if isinstance(state, Verifying):
        seconds = float(state.trouble.rpartition(" in ")[2].removesuffix(" s."))
        assert 1 <= seconds <= 630
        shown.session.cancel()
    assert shown.rest(SignedOut).failure.sentence.endswith(".")


def jwt(**claims):
    return "e30." + base64.urlsafe_b64encode(json.dumps({"sub": "s", **claims}).encode()).decode().rstrip("=") + ".c2ln"


# -- the account -----------------------------------------------------------------------------------------


def test_lists_of_an_account_are_bounded_and_legible(evil):
    row = {"note": MARKUP * 50, "scopes": [MARKUP, "read:data"], "access_tags": [MARKUP], "expiration_time": None}
    keys = [{"first_eight": f"{n:08x}", "latest_activity": None, **row} for n in range(2000)]
    sessions = [{"uuid": f"{n:032x}", "expiration_time": "9999-12-31T00:00:00", "revoked": False} for n in range(2000)]
    shown = connected(evil)
    sign_in(shown, SignedIn)
    evil.replies["auth/whoami"] = Reply(200, principal(api_keys=keys[:20], sessions=sessions))
    desk = AccountDesk(shown.session, TiledJupyter(), lambda _: None)
    for command in (said.Plain.SHOW_KEYS, said.Plain.SHOW_SIGN_INS):
        desk.obey(command)
        settle()
    account = shown.session.state.account
    assert len(account.keys.rows) == 20
    message = json.dumps(wire.encode_state(shown.session.state, SURROUNDINGS), ensure_ascii=False)
    assert message.isprintable()
    assert len(message) < 500_000
    evil.replies["auth/whoami"] = Reply(200, principal(api_keys=keys))
    desk.obey(said.Plain.SHOW_KEYS)
    settle()
    assert "far more than a Tiled server would" in shown.session.state.account.keys_failure


def test_an_account_that_is_told_without_end_is_given_up(evil, monkeypatch):
    shown = connected(evil)
    sign_in(shown, SignedIn)
    monkeypatch.setattr("tiled_jupyter.oauth.exchange._LONGEST_BODY", 0.5)
    evil.replies["auth/whoami"] = drip(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    )
    with pytest.raises(KeysUnavailable, match="did not answer in time"):
        AccountRequests(shown.session.context).ask("GET", f"{evil.api_uri}auth/whoami")
