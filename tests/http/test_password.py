"""What a login asks of a server, against every answer a server can give."""

from __future__ import annotations

import json
import ssl
import traceback
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiled_jupyter.oauth import password as grants
from tiled_jupyter.oauth.exchange import Refused, explain
from tiled_jupyter.sign_in import probing

URI = "https://t.example/api/v1/"
TOKEN = "https://t.example/api/v1/auth/provider/pam/token"
ABOUT = {"api_version": 0, "authentication": {"required": True, "providers": [], "links": None}}
PASSWORD = "c0rrect-horse"


def client(answer, **options) -> httpx.Client:
    handler = answer if callable(answer) else lambda request: answer
    return httpx.Client(transport=httpx.MockTransport(handler), **options)


def refusal(call, *args) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args)
    assert caught.value.failure.sentence.rstrip().endswith(".")
    return caught.value


def raising(error):
    def handler(request):
        raise error

    return handler


# -- probe -----------------------------------------------------------------------------------------------


def test_a_tiled_server_is_one():
    assert probing.probe(client(httpx.Response(200, json=ABOUT)), URI) == URI


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>Welcome to nginx</html>"),
        httpx.Response(404, json={"detail": "Not Found"}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"api_version": 0, "authentication": "no"}),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(302, headers={"location": "https://login.example/"}),
        httpx.Response(200, content=b"[" * 100_000),
    ],
    ids=["html", "404", "list", "wrong type", "binary", "elsewhere", "deeply nested"],
)
def test_what_is_no_tiled_server_is_named_so(answer):
    assert refusal(probing.probe, client(answer), URI).failure.kind == "not_a_server"


def test_a_huge_answer_is_not_read_to_its_end():
    sent = []

    def endless():
        for _ in range(1000):
            sent.append(1)
            yield b"x" * 100_000

    assert refusal(probing.probe, client(httpx.Response(200, content=endless())), URI).failure.kind == "not_a_server"
    assert len(sent) < 100


def test_http_is_upgraded_where_the_server_redirects_to_https_on_the_same_host():
    def answer(request):
        if request.url.scheme == "http":
            return httpx.Response(301, headers={"location": str(request.url.copy_with(scheme="https"))})
        return httpx.Response(200, json=ABOUT)

    assert probing.probe(client(answer), "http://t.example/api/v1/") == URI


def test_no_other_redirect_is_followed():
    asked = []

    def answer(request):
        asked.append(request.url.host)
        return httpx.Response(301, headers={"location": "https://evil.example/api/v1/"})

    refusal(probing.probe, client(answer), "http://t.example/api/v1/")
    assert asked == ["t.example"]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (httpx.ReadTimeout("x"), "did not answer in time"),
        (httpx.ConnectError("x"), "Cannot reach t.example"),
        (httpx.RemoteProtocolError("x"), "Cannot reach t.example"),
    ],
)
def test_a_server_that_cannot_be_reached(error, says):
    failure = refusal(probing.probe, client(raising(error)), URI).failure
    assert failure.kind == "unreachable"
    assert says in failure.sentence


def test_a_bad_certificate_is_said():
    error = httpx.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
    assert "SSL_CERT_FILE" in refusal(probing.probe, client(raising(error)), URI).failure.sentence
    error.__cause__.verify_code = 9
    assert "is not valid yet" in refusal(probing.probe, client(raising(error)), URI).failure.sentence


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_in_trouble(status):
    failure = refusal(probing.probe, client(httpx.Response(status)), URI).failure
    assert failure.kind == "server"
    assert str(status) in failure.sentence


# -- password --------------------------------------------------------------------------------------------


def test_the_password_is_sent_once_as_a_form_and_with_nothing_else():
    requests = []

    def answer(request):
        requests.append(request)
        return httpx.Response(200, json={"access_token": "a", "refresh_token": "r"})

    tokens = grants.password_grant(client(answer, auth=("other", "secret")), TOKEN, "ällice", f"{PASSWORD}ä&=")
    assert tokens == {"access_token": "a", "refresh_token": "r"}
    (request,) = requests
    assert (request.method, str(request.url)) == ("POST", TOKEN)
    assert httpx.QueryParams(request.content.decode()) == httpx.QueryParams(
        {"grant_type": "password", "username": "ällice", "password": f"{PASSWORD}ä&="}
    )
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(401, json={"detail": "Incorrect username or password"}), "credentials"),
        (httpx.Response(422, json={"detail": [{"msg": "empty"}]}), "credentials"),
        (httpx.Response(400, json={"detail": "This Principal already has 200 sessions."}), "server"),
        (httpx.Response(429), "server"),
        (httpx.Response(503), "server"),
        (httpx.Response(200, json={"access_token": 7}), "server"),
        (httpx.Response(200, text="hello"), "server"),
        (httpx.Response(307, headers={"location": "https://evil.example/"}), "server"),
    ],
)
def test_every_other_answer_is_a_refusal(answer, kind):
    assert refusal(grants.password_grant, client(answer), TOKEN, "alice", PASSWORD).failure.kind == kind


def test_a_redirect_does_not_carry_the_password_on():
    hosts = []

    def answer(request):
        hosts.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://evil.example/"})

    refusal(grants.password_grant, client(answer, follow_redirects=True), TOKEN, "alice", PASSWORD)
    assert hosts == ["t.example"]


def test_a_proxy_that_waits_no_longer_than_a_second_factor_takes_is_said():
    failure = refusal(grants.password_grant, client(httpx.Response(504)), TOKEN, "alice", PASSWORD).failure
    assert (failure.kind, failure.sentence) == (
        "server",
        "The sign-in took longer than a proxy in front of t.example waits (504). Sign in again and confirm a second "
        "factor at once. If that does not help, ask the people who run the server to let the proxy wait longer.",
    )


def test_the_reason_the_server_gives_is_said():
    answer = httpx.Response(400, json={"detail": "This Principal already has 200 sessions which is the maximum."})
    failure = refusal(grants.password_grant, client(answer), TOKEN, "alice", PASSWORD).failure
    assert "already has 200 sessions" in failure.sentence


@pytest.mark.parametrize("error", [httpx.ReadTimeout("x"), httpx.ConnectError("x"), httpx.ReadError("x")])
def test_no_exception_holds_the_password(error):
    refused = refusal(grants.password_grant, client(raising(error)), TOKEN, "alice", PASSWORD)
    assert refused.__cause__ is None
    assert refused.__context__ is None
    assert PASSWORD not in "".join(traceback.format_exception(refused))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)


@given(status=st.integers(200, 599), body=json_values)
def test_whatever_a_server_answers_nothing_but_our_own_refusal_leaves(status, body):
    answer = httpx.Response(status, content=json.dumps(body).encode())
    for call in (
        lambda http: grants.password_grant(http, TOKEN, "alice", PASSWORD),
        lambda http: grants.whoami(http, URI, "token"),
        lambda http: probing.probe(http, URI),
    ):
        with suppress(Refused):
            call(client(answer))


def test_what_a_server_answers_to_the_end_of_a_session_is_given_and_silence_is_a_refusal():
    for status in (204, 409, 500):
        assert grants.revoke_session(client(httpx.Response(status)), URI, "refresh").status == status
    refused = refusal(grants.revoke_session, client(raising(httpx.ReadTimeout("x"))), URI, "refresh-t0ken")
    assert "refresh-t0ken" not in "".join(traceback.format_exception(refused))


def test_an_error_that_is_not_about_the_network_is_not_quoted():
    failure = explain(ValueError(PASSWORD), "t.example")
    assert PASSWORD not in failure.sentence
