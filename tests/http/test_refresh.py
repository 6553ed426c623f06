"""What each answer to a refresh means: new tokens, a session that is over, or nothing that can be known now."""

from __future__ import annotations

import json

import httpx
import pytest

from tiled_jupyter.oauth.refresh import NotNow, refresh

TOKENS = {"access_token": "a", "refresh_token": "r", "token_type": "bearer"}
OVER, LATER = None, NotNow
PAGE = "<!doctype html><html><title>Welcome</title></html>"
STATUSES = [200, 201, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 407, 408, 410, 422, 425, 429]
STATUSES += [500, 502, 503, 504, 511]
ENDED = {"detail": "Session has expired. Please re-authenticate."}
OTHER_SECRET = {"detail": "Could not validate credentials"}
# What OAuth says where a refresh token will not serve again: RFC 6749, RFC 6750, OpenID Connect.
OVER_BY_OAUTH = ["invalid_grant", "invalid_token", "invalid_client", "unauthorized_client", "interaction_required"]
PASSES = ["temporarily_unavailable", "server_error", "slow_down", "authorization_pending"]


class Session:
    """The session of a Tiled server; with a client id, that of a provider."""

    csrf_token, scopes = "", None

    def __init__(self, client_id=None):
        self.client_id = client_id
        self.refresh_url = httpx.URL("https://t.example/api/v1/auth/session/refresh")


def outcome(response, session=None):
    """Return the tokens that came of an answer; None where the session is over; NotNow where that is not known."""
    with httpx.Client(transport=httpx.MockTransport(lambda request: response)) as http:
        try:
            return refresh(http, session or Session(), "one-time-token")
        except NotNow as error:
            trouble = error
    assert "one-time-token" not in f"{trouble} {vars(trouble)}"
    assert trouble.why.startswith("t.example ")
    assert trouble.why.endswith(".")
    return NotNow


def answer(status, body="", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if not isinstance(body, str):
        return httpx.Response(status, content=json.dumps(body), headers={"content-type": "application/json"} | headers)
    return httpx.Response(status, content=body, headers={"content-type": "text/html"} | headers)


def test_new_tokens():
    assert outcome(answer(200, TOKENS)) == TOKENS
    assert outcome(answer(200, {"access_token": "a"})) == {"access_token": "a"}  # the old refresh token is kept
    assert outcome(answer(200, TOKENS), Session("tiled-cli")) == TOKENS


@pytest.mark.parametrize("said", [ENDED, OTHER_SECRET, {"detail": "Something that a later Tiled says."}])
def test_over_by_the_word_of_tiled(said):
    assert outcome(answer(401, said)) is OVER
    assert outcome(answer(401, said, www_authenticate="Bearer")) is OVER
    assert outcome(answer(400, said)) is OVER


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize("error", OVER_BY_OAUTH)
def test_over_by_the_word_of_a_provider(status, error):
    assert outcome(answer(status, {"error": error}), Session("tiled-cli")) is OVER
    # Where a client has not been authenticated, RFC 6749 section 5.2 wants a challenge.
    assert outcome(answer(status, {"error": error}, www_authenticate="Basic"), Session("tiled-cli")) is OVER


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (PAGE, {}),
        ("", {}),
        ("Expected tiled_csrf_token cookie", {"content_type": "text/plain"}),
        (PAGE, {"location": "https://portal.example/?to=t.example"}),
        (PAGE, {"www_authenticate": 'Basic realm="Facility"'}),
        ({"message": "Unauthorized"}, {}),  # API gateways
        ({"timestamp": "2026-01-01", "status": 401, "error": "Unauthorized", "path": "/"}, {}),
        ({"error": {"code": 401, "message": "invalid_grant"}}, {}),
        ({"error": ["invalid_grant"]}, {}),
        ({"detail": ["field required"]}, {}),
        ({"detail": ""}, {}),
        ({"detail": "Not authenticated"}, {"www_authenticate": "Basic"}),  # a proxy in Python
        ({"access_token": None}, {}),
        ({"access_token": "two words"}, {}),
        ([TOKENS], {}),
        ("[" * 100_000, {"content_type": "application/json"}),
        (json.dumps(TOKENS)[:-1], {"content_type": "application/json"}),
    ],
    ids=range(17),
)
def test_what_somebody_else_says_ends_no_session(status, body, headers):
    assert outcome(answer(status, body, **headers)) is LATER
    assert outcome(answer(status, body, **headers), Session("tiled-cli")) is LATER


@pytest.mark.parametrize("status", [status for status in STATUSES if status not in (400, 401)])
def test_a_detail_with_another_status_ends_no_session(status):
    assert outcome(answer(status, ENDED)) is LATER


@pytest.mark.parametrize("status", [status for status in STATUSES if status not in (200, 400, 401, 403)])
def test_an_error_of_oauth_with_another_status_ends_no_session(status):
    assert outcome(answer(status, {"error": "invalid_grant"})) is LATER


@pytest.mark.parametrize("status", [400, 401, 403, 429, 503])
@pytest.mark.parametrize("error", PASSES)
def test_what_passes_ends_no_session(status, error):
    assert outcome(answer(status, {"error": error}), Session("tiled-cli")) is LATER


def test_a_provider_has_no_detail():
    assert outcome(answer(401, {"detail": "Authentication credentials were not provided."}), Session("cli")) is LATER


@pytest.mark.parametrize("status", [201, 301, 401, 500])
def test_tokens_come_with_200_alone(status):
    assert outcome(answer(status, TOKENS)) is LATER


@pytest.mark.parametrize(
    ("response", "sentence"),
    [
        (
            answer(200, PAGE),
            "t.example answered with a page instead of a token: perhaps a portal or maintenance.",
        ),
        (
            answer(302, location="https://portal.example/hello?u=1"),
            "t.example led to portal.example instead of giving a token: perhaps a portal or maintenance.",
        ),
        (
            answer(302, location="/login"),
            "t.example led to another page instead of giving a token: perhaps a portal or maintenance.",
        ),
        (
            answer(401, PAGE, www_authenticate="Basic"),
            "t.example asks for another name and password first (401): perhaps a proxy in front of it.",
        ),
        (
            answer(403, PAGE),
            "t.example refuses the refresh and does not say that the session is over (403): perhaps a firewall.",
        ),
        (
            answer(404, PAGE),
            "t.example answered with a page instead of a token (404): perhaps a portal or maintenance.",
        ),
        (
            answer(404, {"detail": "Not Found"}),
            "t.example gave no token, and did not say that the session is over (404).",
        ),
        (answer(429, PAGE, retry_after="7"), "t.example asks to wait (429)."),
        (answer(503, PAGE), "t.example answers with an error (503): perhaps maintenance."),
    ],
    ids=range(9),
)
def test_people_read_what_came(response, sentence):
    with (
        httpx.Client(transport=httpx.MockTransport(lambda request: response)) as http,
        pytest.raises(NotNow) as caught,
    ):
        refresh(http, Session(), "r")
    assert caught.value.why == sentence
    interrupted = httpx.Request("GET", "https://t.example/api/v1/metadata/")
    error = caught.value.about(interrupted)
    assert isinstance(error, httpx.HTTPStatusError)
    assert error.response.status_code == response.status_code
    assert error.request is interrupted
    assert str(error).startswith(sentence)
    assert "it is kept" in str(error)


def test_a_server_says_for_how_long():
    with (
        httpx.Client(transport=httpx.MockTransport(lambda request: answer(503, retry_after="7"))) as http,
        pytest.raises(NotNow) as caught,
    ):
        refresh(http, Session(), "r")
    assert caught.value.retry_after == 7
    assert caught.value.about(httpx.Request("GET", "https://t.example/")).response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (httpx.ConnectError, "t.example cannot be reached (ConnectError)."),
        (httpx.RemoteProtocolError, "t.example cannot be reached (RemoteProtocolError)."),
        (httpx.ReadTimeout, "t.example did not answer in time."),
    ],
)
def test_who_does_not_answer_ends_no_session(error, sentence):
    def fail(request):
        raise error("no", request=request)

    with httpx.Client(transport=httpx.MockTransport(fail)) as http, pytest.raises(NotNow) as caught:
        refresh(http, Session(), "r")
    assert (caught.value.why, caught.value.is_an_answer) == (sentence, False)
    assert type(caught.value.about(httpx.Request("GET", "https://t.example/"))) is error
