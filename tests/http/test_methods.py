"""The ways in against servers that hesitate, fail, or know somebody else: what the person sees, and what is sent."""

from __future__ import annotations

import threading
import time

import httpx
import pytest
from tiled.schemas import AboutAuthenticationProvider

from tests.server.shown import Shown, settle
from tiled_jupyter.session.prompts import Occasion
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in.description import describe
from tiled_jupyter.sign_in.hook import Caller
from tiled_jupyter.state.states import AwaitingAuthorization, Identity, SignedIn, SignedOut, Verifying

API = "https://t.example/api/v1/"
LINKS = {"auth_endpoint": f"{API}auth/provider/pam/token"}
DEVICE = {"auth_endpoint": f"{API}auth/provider/orcid/device_code"}
TOKENS = {"access_token": "a", "refresh_token": "r"}
THEIRS = {
    "auth_endpoint": "https://id.example/device/auth",
    "token_endpoint": "https://id.example/token",
    "client_id": "tiled-cli",
}
CODE = {
    "authorization_uri": "https://t.example/device",
    "verification_uri": f"{API}auth/provider/orcid/poll",
    "interval": 1,
    "device_code": "d3v1ce",
    "expires_in": 60,
    "user_code": "8365-95F1",
}


@pytest.fixture(autouse=True)
def state_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


class Server:
    """Answers as it is told to, path by path; the last answer goes on for ever."""

    def __init__(self, **answers) -> None:
        self.answers = answers
        self.paths = []
        self.asked = threading.Condition()

    def __call__(self, request):
        name = request.url.path.rpartition("/")[2]
        with self.asked:
            self.paths.append(name)
            self.asked.notify_all()
        queue = self.answers.get(name, [httpx.Response(404)])
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer()
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def wait_for(self, name):
        with self.asked:
            assert self.asked.wait_for(lambda: name in self.paths, 10)


def ok(**body):
    return httpx.Response(200, json=body)


def who(name="alice", provider="pam"):
    return ok(identities=[{"id": name, "provider": provider}], api_keys=[], sessions=[{}])


def shown(server, *, expected=None, links=LINKS, mode="internal"):
    spec = AboutAuthenticationProvider(provider="pam", mode=mode, links=links)
    http = httpx.Client(transport=httpx.MockTransport(server))

    def make(on_change, settings):
        session = Caller(http, None).login(on_change, settings, [spec])
        if expected is not None:
            session.attempts.state = SignedOut(session.state.server, expected=expected)
        return session

    made = Shown(make)
    made.states.append(made.session.state)
    return made


def sign_in(here, name="alice"):
    here.session.methods.sign_in("pam", name, "wonderland", remember=True)


def test_fault_6_a_server_that_asks_to_wait_is_waited_for_in_sight():
    server = Server(token=[httpx.Response(429, headers={"retry-after": "1"}), ok(**TOKENS)], whoami=[who()])
    here = shown(server)
    begun = time.monotonic()
    sign_in(here)
    waiting = here.until(lambda state: isinstance(state, Verifying) and state.trouble)
    assert "asks to wait" in waiting.trouble
    here.rest(SignedIn)
    assert time.monotonic() - begun >= 1
    assert server.paths == ["token", "token", "whoami"]
    assert any(isinstance(state, Verifying) and state.trouble is None for state in here.states[-2:])


def test_waiting_for_the_server_ends_with_cancel():
    server = Server(token=[httpx.Response(429, headers={"retry-after": "60"})])
    here = shown(server)
    sign_in(here)
    here.until(lambda state: isinstance(state, Verifying) and state.trouble)
    here.session.cancel()
    settle()
    assert here.rest(SignedOut).failure.kind == "cancelled"
    assert server.paths == ["token"]


@pytest.mark.parametrize(
    "answer", [httpx.Response(429), httpx.Response(503), httpx.ConnectError("x"), httpx.ReadTimeout("x")]
)
def test_a_password_is_sent_once_where_nobody_asks_for_more(answer):
    server = Server(token=[answer])
    here = shown(server)
    sign_in(here)
    assert here.rest(SignedOut).failure.kind in ("server", "unreachable")
    assert server.paths == ["token"]


def test_a_session_nobody_could_be_named_for_is_ended():
    server = Server(token=[ok(**TOKENS)], whoami=[httpx.Response(500)])
    here = shown(server)
    sign_in(here)
    assert "did not say who you are" in here.rest(SignedOut).failure.sentence
    settle()
    assert server.paths == ["token", "whoami", "revoke"]


@pytest.mark.parametrize(
    ("status", "more"),
    [
        (204, ""),
        (
            503,
            " t.example has not ended that sign-in: it could not do so now (503). When it ends by itself is not known.",
        ),
    ],
)
def test_somebody_else_cannot_resume_and_their_session_is_ended(status, more):
    server = Server(token=[ok(**TOKENS)], whoami=[who("bob")], revoke=[httpx.Response(status)])
    here = shown(server, expected=Identity("alice", "another"))
    sign_in(here, "bob")
    failure = here.rest(SignedOut).failure
    assert failure.kind == "identity"
    said = f"Only alice can resume this request, and this was bob. Nothing was sent as bob.{more}"
    assert failure.sentence.startswith(said)
    assert bool(more) or failure.sentence == said
    settle()
    assert server.paths[-1] == "revoke"
    assert here.session.recipient.take_tokens() is None


SERVICE = {"type": "service", "identities": [], "api_keys": [], "sessions": []}
OWN, OTHER = "3beb8904-5b1c-4bbd-8a46-1d5b5e0f9b4e", "77aa0c21-5b1c-4bbd-8a46-1d5b5e0f9b4e"


@pytest.mark.parametrize(("kind", "called"), [("service", "a service account (3beb8904…)"), ("unnamed", "the person")])
def test_a_principal_without_a_name_is_resumed_by_itself_alone(kind, called):
    principal = {**SERVICE, "type": "service" if kind == "service" else "user"}
    expected = Identity(OWN, None, kind)
    ended = {"token": [ok(**TOKENS)], "revoke": [httpx.Response(204)]}
    here = shown(Server(**ended, whoami=[ok(uuid=OTHER, **principal)]), expected=expected)
    sign_in(here, "anybody")  # whose names are not known, so none is refused before it is sent
    failure = here.rest(SignedOut).failure
    assert failure.kind == "identity"
    assert failure.sentence.startswith(f"Only {called}")
    assert OWN not in failure.sentence
    here = shown(Server(**ended, whoami=[ok(uuid=OWN, **principal)]), expected=expected)
    sign_in(here, "anybody")
    assert here.rest(SignedIn).identity == expected


def test_a_typed_name_that_cannot_resume_is_refused_before_anything_is_sent():
    server = Server()
    here = shown(server, expected=Identity("alice", "pam"))
    sign_in(here, "bob")
    assert here.rest(SignedOut).failure.kind == "identity"
    assert server.paths == []


REFUSED = httpx.Response(401, json={"detail": "Incorrect username or password"})


def test_who_signs_in_with_another_name_than_the_server_has_for_them_types_it_once_that_was_refused():
    server = Server(token=[REFUSED, ok(**TOKENS)], whoami=[who()])
    here = shown(server, expected=Identity("alice", "pam"))
    sign_in(here)
    assert here.rest(SignedOut).rejections == 1
    sign_in(here, "alice@lab.example")
    assert here.rest(SignedIn).identity == Identity("alice", "pam")
    assert server.paths == ["token", "token", "whoami"]


def test_another_name_is_nobody_else_all_the_same():
    server = Server(token=[REFUSED, ok(**TOKENS)], whoami=[who("bob")], revoke=[httpx.Response(204)])
    here = shown(server, expected=Identity("alice", "pam"))
    sign_in(here)
    here.rest(SignedOut)
    sign_in(here, "bob")
    assert here.rest(SignedOut).failure.kind == "identity"
    settle()
    assert server.paths[-1] == "revoke"
    assert here.session.recipient.take_tokens() is None


def test_blanks_around_a_name_are_not_sent():
    forms = []

    def answer(request):
        if request.url.path.endswith("token"):
            forms.append(httpx.QueryParams(request.content.decode()))
            return ok(**TOKENS)
        return who()

    here = shown(answer)
    sign_in(here, " alice\t")
    here.rest(SignedIn)
    assert [form["username"] for form in forms] == ["alice"]


def test_the_same_name_of_another_provider_cannot_resume():
    server = Server(token=[ok(**TOKENS)], whoami=[who("alice", "guests")])
    here = shown(server, expected=Identity("alice", "pam"))
    sign_in(here)
    assert "alice of guests" in here.rest(SignedOut).failure.sentence


def test_who_is_known_by_several_names_is_the_one_expected():
    identities = [{"id": "a.liddell", "provider": "orcid"}, {"id": "alice", "provider": "pam"}]
    here = shown(Server(token=[ok(**TOKENS)], whoami=[ok(identities=identities)]), expected=Identity("alice", "pam"))
    sign_in(here)
    here.rest(SignedIn)


def test_a_login_that_would_end_in_an_error_is_not_begun():
    server = Server()
    here = shown(server)
    here.session.methods.begin("pam", remember=True)
    assert here.rest(SignedOut).failure.kind == "not_sent"  # it takes passwords
    assert server.paths == []


@pytest.mark.parametrize(
    ("uri", "links", "says"),
    [
        (API, DEVICE, None),
        (API, DEVICE | {"auth_endpoint": "https://evil.example/device_code"}, "another address"),
        (API, DEVICE | {"auth_endpoint": "http://t.example/device_code"}, "another address"),
        (API, THEIRS, None),
        (API, THEIRS | {"token_endpoint": "http://id.example/token"}, "not encrypted"),
        (API.replace("https", "http"), THEIRS, "not encrypted"),
    ],
)
def test_where_nobody_can_sign_in_safely_that_is_said(uri, links, says):
    spec = AboutAuthenticationProvider(provider="orcid", mode="external", links=links)
    (provider,) = describe(uri, [spec], required=True, settings=TiledJupyter()).providers
    assert (provider.refusal is None) if says is None else (says in provider.refusal)


def test_trouble_while_polling_is_said_and_taken_back():
    pending = httpx.Response(400, json={"detail": {"error": "authorization_pending"}})
    server = Server(device_code=[ok(**CODE)], poll=[httpx.Response(502), pending], whoami=[who()])
    here = shown(server, links=DEVICE, mode="external")
    here.session.methods.begin("pam", remember=True)
    here.until(lambda state: isinstance(state, AwaitingAuthorization) and state.trouble)
    here.until(lambda state: isinstance(state, AwaitingAuthorization) and state.trouble is None)
    server.answers["poll"] = [ok(**TOKENS)]
    here.rest(SignedIn)


def test_a_code_for_a_phone_is_drawn():
    server = Server(device_code=[ok(**CODE)], poll=[httpx.Response(404)])
    here = shown(server, links=DEVICE, mode="external")
    here.session.methods.begin("pam", remember=True)
    waiting = here.rest(AwaitingAuthorization)
    assert waiting.code.qr.startswith("data:image/png;base64,")
    assert here.rest(SignedOut).failure.kind == "expired"


def test_a_login_elsewhere_lets_the_interrupted_request_go_on():
    found, seen = [], []
    occasion = Occasion(
        None,
        True,
        "It has ended.",
        Identity("alice", "pam"),
        True,
        lambda: found[0] if found else None,
        lambda: seen[-1] if seen else None,
    )
    here = shown(Server(), expected=Identity("alice", "pam"))
    here.session.recipient._occasion = occasion
    here.session.look_for_saved()
    assert here.rest(SignedOut).reason == "It has ended."
    seen.append("A page came.")
    here.session.look_for_saved()
    assert here.rest(SignedOut).reason == "It has ended. A page came."
    seen.append(None)
    here.session.look_for_saved()
    assert here.rest(SignedOut).reason == "It has ended."
    found.append(TOKENS)
    here.session.look_for_saved()
    assert here.rest(SignedIn).method == "saved"
    assert here.rest(SignedIn).provenance == "Somebody signed in elsewhere, so the request goes on."
    assert here.session.recipient.take_tokens() == TOKENS


def test_a_prompt_called_by_hand_and_given_up_sends_nothing_any_more():
    server = Server()
    here = shown(server)
    here.session.cancel()
    here.session.recipient.leave()
    sign_in(here)
    assert "has ended" in here.rest(SignedOut).failure.sentence
    assert server.paths == []


@pytest.mark.parametrize(("allow_http", "offered"), [(False, False), (True, True)])
def test_allow_http_is_what_lets_people_sign_in_over_http_to_another_computer(allow_http, offered):
    uri = "http://tiled.example.org/api/v1/"
    specs = [
        AboutAuthenticationProvider(provider=mode, mode=mode, links={"auth_endpoint": f"{uri}auth/provider/x"})
        for mode in ("internal", "external")
    ]
    found = describe(uri, specs, required=True, settings=TiledJupyter(allow_http=allow_http)).providers
    assert [provider.refusal is None for provider in found] == [offered, offered]


def test_after_a_cancel_too_it_is_asked_as_seldom_as_the_server_wants():
    slow_down = httpx.Response(400, json={"detail": {"error": "slow_down"}})
    wait = httpx.Response(429, headers={"retry-after": "1"})
    server = Server(device_code=[ok(**CODE | {"expires_in": 4})], poll=[wait, slow_down], revoke=[ok()])
    here = shown(server, links=DEVICE, mode="external")
    here.session.methods.begin("pam", remember=True)
    here.rest(AwaitingAuthorization)
    here.session.cancel()
    settle(10)
    assert server.paths.count("poll") == 2  # after one second, and after another; the next would be after six


def test_a_session_made_after_a_cancel_is_ended():
    pending = httpx.Response(400, json={"detail": {"error": "authorization_pending"}})
    server = Server(device_code=[ok(**CODE)], poll=[pending, ok(**TOKENS)], revoke=[ok()])
    here = shown(server, links=DEVICE, mode="external")
    here.session.methods.begin("pam", remember=True)
    here.rest(AwaitingAuthorization)
    here.session.cancel()
    settle(10)
    assert server.paths[-1] == "revoke"
