"""Device authorization in its three dialects, against every answer a server or provider can give."""

from __future__ import annotations

import json
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiled_jupyter.oauth import device as device_grant
from tiled_jupyter.oauth.device import DeviceGrant, Pending
from tiled_jupyter.oauth.exchange import Refused

TILED = {"auth_endpoint": "https://t.example/api/v1/auth/provider/orcid/device_code"}
THEIRS = {
    "auth_endpoint": "https://id.example/device/auth",
    "token_endpoint": "https://id.example/token",
    "client_id": "tiled-cli",
}
OWN_ANSWER = {
    "authorization_uri": "https://t.example/api/v1/auth/provider/orcid/device_code",
    "verification_uri": "https://t.example/api/v1/auth/provider/orcid/token",
    "interval": 5,
    "device_code": "d3v1ce",
    "expires_in": 900.0,
    "user_code": "8365-95F1",
}
THEIR_ANSWER = {
    "device_code": "d3v1ce",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://id.example/device",
    "verification_uri_complete": "https://id.example/device?user_code=WDJB-MJHT",
    "expires_in": 600,
}
GRANT = DeviceGrant("d3v1ce", "WDJB-MJHT", "https://id.example/device", None, 600.0, 5.0, THEIRS["token_endpoint"], "x")
OWN_GRANT = DeviceGrant(
    "d3v1ce", "8365-95F1", "https://t.example/device", None, 900.0, 5.0, "https://t.example/poll", None
)


def client(answer, seen=None) -> httpx.Client:
    def handler(request):
        if seen is not None:
            seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.Client(transport=httpx.MockTransport(handler))


def start(links, **changes):
    said = (THEIR_ANSWER if "client_id" in links else OWN_ANSWER) | changes
    said = {name: value for name, value in said.items() if value is not None}
    return device_grant.start(client(httpx.Response(200, json=said)), links)


def refusal(call, *args) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args)
    assert caught.value.failure.sentence.endswith(".")
    return caught.value


def test_tileds_own_dialect_is_asked_without_a_body_and_polled_with_json():
    seen = []
    grant = device_grant.start(client(httpx.Response(200, json=OWN_ANSWER), seen), TILED)
    assert grant.verification_uri == OWN_ANSWER["authorization_uri"]
    assert grant.poll_uri == OWN_ANSWER["verification_uri"]
    device_grant.poll(client(httpx.Response(200, json={"access_token": "a"}), seen), grant)
    assert seen[0].content == b""
    assert json.loads(seen[1].content) == {"device_code": "d3v1ce", "grant_type": device_grant.GRANT_TYPE}


def test_the_providers_dialect_is_the_forms_of_the_rfc():
    seen = []
    grant = device_grant.start(client(httpx.Response(200, json=THEIR_ANSWER), seen), THEIRS, ["api://tiled/read"])
    device_grant.poll(client(httpx.Response(200, json={"access_token": "a"}), seen), grant)
    asked, polled = (dict(httpx.QueryParams(request.content.decode())) for request in seen)
    assert asked == {"client_id": "tiled-cli", "scope": "api://tiled/read offline_access openid"}
    assert polled == {"device_code": "d3v1ce", "grant_type": device_grant.GRANT_TYPE, "client_id": "tiled-cli"}


def test_entras_spelling_is_read():
    grant = start(
        THEIRS, verification_uri=None, verification_uri_complete=None, verification_url="https://ms.example/d"
    )
    assert (grant.verification_uri, grant.verification_uri_complete) == ("https://ms.example/d", None)


@pytest.mark.parametrize(
    ("said", "interval"), [(None, 5), (1, 1), (0, 1), (-3, 1), ("7", 7), (1e9, 60), ("soon", 5), (True, 5), ([], 5)]
)
def test_the_interval_is_five_where_it_is_not_said_and_always_sane(said, interval):
    assert start(THEIRS, interval=said).interval == interval


@pytest.mark.parametrize(("said", "seconds"), [(None, 900), (600, 600), (0, 1), (1e12, 3600), ("x", 900)])
def test_a_code_lives_for_a_sane_time(said, seconds):
    assert start(THEIRS, expires_in=said).expires_in == seconds


@pytest.mark.parametrize("page", ["http://localhost:9000/device", "http://127.0.0.1/device", "https://id.example"])
def test_pages_that_are_safe_to_open(page):
    assert start(THEIRS, verification_uri=page).verification_uri == page


@pytest.mark.parametrize(
    "page",
    [
        "http://id.example/device",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//id.example",
        "https://",
        "https://you@evil.example",
        "https://id.example/\u202e",
        "https://id.example/" + "x" * 2000,
        7,
        "",
    ],
)
def test_no_other_page_is_shown(page):
    assert "safe to open" in refusal(lambda: start(THEIRS, verification_uri=page)).failure.sentence
    if page:
        refusal(lambda: start(THEIRS, verification_uri_complete=page))


def test_a_link_with_the_code_in_it_leads_to_the_page_that_is_shown_or_is_not_used():
    grant = start(THEIRS, verification_uri_complete="https://evil.example/device?user_code=WDJB-MJHT")
    assert (grant.verification_uri, grant.verification_uri_complete) == ("https://id.example/device", None)


def test_the_result_is_not_fetched_from_another_server():
    refused = refusal(lambda: start(TILED, verification_uri="https://evil.example/poll"))
    assert refused.failure.kind == "not_sent"


@pytest.mark.parametrize(
    ("grant", "answer", "kind"),
    [
        (GRANT, httpx.Response(400, json={"error": "access_denied"}), "denied"),
        (GRANT, httpx.Response(400, json={"error": "authorization_declined"}), "denied"),
        (GRANT, httpx.Response(400, json={"error": "expired_token"}), "expired"),
        (GRANT, httpx.Response(400, json={"error": "invalid_grant"}), "expired"),
        (OWN_GRANT, httpx.Response(404, json={"detail": "No such device_code."}), "expired"),
        (GRANT, httpx.Response(404), "server"),
        (GRANT, httpx.Response(401, json={"error": "invalid_client"}), "server"),
        (GRANT, httpx.Response(400, json={"error": ["authorization_pending"]}), "server"),
        (GRANT, httpx.Response(200, text="<html>"), "server"),
        (GRANT, httpx.Response(200, json={"error": "access_denied"}), "denied"),
        (GRANT, httpx.Response(200, json={"error": "expired_token"}), "expired"),
        (GRANT, httpx.Response(200, json={"error": "incorrect_device_code"}), "server"),
        (GRANT, httpx.Response(302, headers={"location": "https://evil.example"}), "server"),
    ],
)
def test_what_ends_the_login(grant, answer, kind):
    refused = refusal(device_grant.poll, client(answer), grant)
    assert (refused.failure.kind, refused.passing) == (kind, False)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(502),
        httpx.Response(503),
        httpx.ConnectError("x"),
        httpx.ReadTimeout("x"),
    ],
)
def test_what_is_waited_out(answer):
    assert refusal(device_grant.poll, client(answer), GRANT).passing


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12),
        ({"retry-after": "Tue, 24 Nov 2026 10:00:30 GMT", "date": "Tue, 24 Nov 2026 10:00:00 GMT"}, 30),
        ({"retry-after": "99999999999"}, 600),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_heard(headers, seconds):
    assert refusal(device_grant.poll, client(httpx.Response(429, headers=headers)), GRANT).retry_after == seconds


@pytest.mark.parametrize(
    ("answer", "pending"),
    [
        ({"error": "authorization_pending"}, Pending()),
        ({"error": "slow_down"}, Pending(slow_down=True)),
        ({"detail": {"error": "authorization_pending"}}, Pending()),
    ],
)
@pytest.mark.parametrize("status", [400, 200])
def test_what_is_still_to_be_decided(answer, pending, status):
    assert device_grant.poll(client(httpx.Response(status, json=answer)), GRANT) == pending


def test_a_refusal_that_is_answered_with_200_is_said_as_a_refusal():
    answer = httpx.Response(200, json={"error": "incorrect_device_code", "error_description": "No such code."})
    sentence = refusal(device_grant.poll, client(answer), GRANT).failure.sentence
    assert (
        sentence
        == "id.example refused to sign you in (200): No such code. Try again, or ask the people who run the server."
    )
    begun = httpx.Response(200, json={"error": "device_flow_disabled"})
    sentence = refusal(device_grant.start, client(begun), THEIRS).failure.sentence
    assert "no code to sign in with: device_flow_disabled" in sentence


def test_tokens_are_taken_whatever_else_is_said_with_them():
    answer = httpx.Response(200, json={"access_token": "a", "error": None})
    assert device_grant.poll(client(answer), GRANT) == {"access_token": "a", "error": None}


def test_the_device_code_is_in_no_repr():
    assert "d3v1ce" not in repr(GRANT)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text() | st.sampled_from(["error", "detail", "access_token"]), x),
)
names = st.sampled_from([*OWN_ANSWER, *THEIR_ANSWER, "verification_url", "access_token", "error"])


@given(
    status=st.sampled_from([200, 200, 200, 400, 404]),
    body=json_values | st.dictionaries(names, json_values | st.sampled_from([*THEIR_ANSWER.values()])),
    links=st.sampled_from([TILED, THEIRS]),
)
def test_whatever_is_answered_nothing_but_our_own_refusal_leaves(status, body, links):
    content = json.dumps(body).encode()
    for call in (
        lambda http: device_grant.start(http, links),
        lambda http: device_grant.poll(http, GRANT),
        lambda http: device_grant.poll(http, OWN_GRANT),
    ):
        with suppress(Refused):
            call(client(httpx.Response(status, content=content)))


@given(st.dictionaries(st.sampled_from([*THEIRS]), st.text(max_size=20)))
def test_whatever_links_a_server_gives_nothing_but_our_own_refusal_leaves(links):
    with suppress(Refused):
        device_grant.start(client(httpx.Response(200, json=THEIR_ANSWER)), links)
