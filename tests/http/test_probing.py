"""Who answers where a Tiled server was expected, and what the person is told to do."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiled_jupyter.address import parse_address
from tiled_jupyter.oauth.exchange import Refused
from tiled_jupyter.sign_in.probing import probe

ABOUT = {"api_version": 0, "authentication": {"required": True, "providers": [], "links": None}}
AS_NO_TILED = "t.example answers, but not as a Tiled server: "


class Site:
    """Answers by path; elsewhere 404 as Tiled does."""

    def __init__(self, answers) -> None:
        self.answers, self.asked = answers, []

    def __call__(self, request):
        self.asked.append(str(request.url))
        answer = self.answers.get(request.url.path, httpx.Response(404, json={"detail": "Not Found"}))
        if isinstance(answer, Exception):
            raise answer
        return answer


def at(address, answers):
    """Probe an address as it is typed; return how it was refused."""
    site = Site(answers)
    with httpx.Client(transport=httpx.MockTransport(site), trust_env=False) as http, pytest.raises(Refused) as caught:
        probe(http, parse_address(address).api_uri)
    assert len(site.asked) <= 6
    assert {httpx.URL(url).host for url in site.asked} == {"t.example"}
    return caught.value


def page(title, status=200):
    return httpx.Response(status, html=f"<html><head><TITLE>\n {title}\n</TITLE></head><p>…</p></html>")


def leading(location, status=302):
    return httpx.Response(status, headers={"location": location})


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (page("SSO &auml; sign in"), f"{AS_NO_TILED}it sends a web page (“SSO ä sign in”), perhaps to sign in there"),
        (page("<b>"), f"{AS_NO_TILED}it sends a web page, perhaps to sign in there first."),
        (page("\u202eevil"), f"{AS_NO_TILED}it sends a web page (“\ufffdevil”), perhaps to sign in there first."),
        (page("No entry", 403), f"{AS_NO_TILED}it lets nobody in here (403) (“No entry”)."),
        (httpx.Response(404), f"{AS_NO_TILED}it has nothing at /api/v1/ (404)."),
        (httpx.Response(200, json={"kernels": []}), f"{AS_NO_TILED}it sends other data."),
        (httpx.Response(405), f"{AS_NO_TILED}it says 405."),
        (leading("/login?next=%2Fapi"), f"{AS_NO_TILED}it leads to its page /login."),
        (
            leading("https://u:pw@portal.example/sso?next=abc#x"),
            "t.example redirects to https://portal.example/sso. If you trust that, use it as the address.",
        ),
        (
            leading("https://new.example/tiled/api/v1/", 301),
            "t.example redirects to https://new.example/tiled. If you trust that, use it as the address.",
        ),
        (
            httpx.Response(401, headers={"www-authenticate": 'Basic realm="inner"'}),
            "t.example asks for another sign-in first (401, Basic), which Tiled's client cannot do.",
        ),
        (httpx.Response(401), "t.example asks for another sign-in first (401), which"),
        (
            page("400 No required SSL certificate was sent", 400),
            "t.example lets in only programs that have a certificate of their own",
        ),
        (httpx.Response(429), "t.example gets too many requests and asks to wait (429). Try again in a minute."),
        (
            httpx.Response(429, headers={"retry-after": "30"}),
            "t.example gets too many requests and asks to wait (429). Try again in 30 seconds.",
        ),
        (
            httpx.Response(503, headers={"retry-after": "300"}),
            "t.example answers with an error (503). Try again in 5 minutes.",
        ),
        (httpx.Response(504), "t.example answers with an error (504). Try again in a minute."),
    ],
    ids=str,
)
def test_who_answers_is_said(answer, says):
    sentence = at("https://t.example", {"/api/v1/": answer}).failure.sentence
    assert sentence.startswith(says)
    assert sentence.endswith(".")


def test_what_a_server_asks_to_wait_is_kept_for_who_can_wait():
    refused = at("https://t.example", {"/api/v1/": httpx.Response(429, headers={"retry-after": "7"})})
    assert (refused.failure.kind, refused.passing, refused.retry_after) == ("server", True, 7.0)


@pytest.mark.parametrize(
    ("typed", "found", "site"),
    [
        ("https://t.example", "https://t.example/tiled", {"/": "/tiled/ui/", "/tiled/api/v1/": ABOUT}),
        ("https://t.example", "https://t.example/tiled", {"/api/v1/": "/tiled/api/v1/", "/tiled/api/v1/": ABOUT}),
        ("https://t.example", "https://t.example/ui-a", {"/": "https://t.example/ui-a/", "/ui-a/api/v1/": ABOUT}),
        ("https://t.example/docs", "https://t.example", {"/api/v1/": ABOUT}),
        ("https://t.example/tiled/docs", "https://t.example/tiled", {"/tiled/api/v1/": ABOUT}),
        ("https://t.example/api/v1/array/full/x/y", "https://t.example", {"/api/v1/": ABOUT}),
        ("https://t.example/tiled/api/v1/search/x", "https://t.example/tiled", {"/tiled/api/v1/": ABOUT}),
    ],
)
def test_a_server_elsewhere_on_the_same_origin_is_offered_and_not_simply_used(typed, found, site):
    answers = {
        path: leading(answer) if isinstance(answer, str) else httpx.Response(200, json=answer)
        for path, answer in site.items()
    }
    failure = at(typed, answers).failure
    sentence = f"There is no Tiled server at this address, but one at {found}. Use that."
    assert (failure.kind, failure.sentence) == ("not_a_server", sentence)
    assert parse_address(found).api_uri.removeprefix("https://t.example") in site


@pytest.mark.parametrize(
    "location", ["https://evil.example/tiled/ui/", "//evil.example/", "https://t.example:81/", "http://["]
)
def test_another_origin_is_not_even_asked(location):
    assert at("https://t.example", {"/": leading(location)}).failure.sentence.startswith(AS_NO_TILED)


@pytest.mark.parametrize("answer", [httpx.RemoteProtocolError("x"), httpx.ReadError("x"), httpx.Response(400)])
def test_http_spoken_to_a_server_of_https_proposes_https(answer):
    sentence = at("http://t.example:8443", {"/api/v1/": answer}).failure.sentence
    assert sentence.startswith("t.example:8443 ")
    assert sentence.endswith(" If it speaks https, type https:// in front of the address.")
    assert "type https://" not in at("https://t.example:8443", {"/api/v1/": answer}).failure.sentence


@given(
    status=st.sampled_from([200, 301, 302, 307, 308, 400, 401, 403, 404, 407, 429, 500]),
    name=st.sampled_from(["location", "www-authenticate", "retry-after"]),
    value=st.text() | st.from_regex(r"(https?:)?//[a-z.:\[\]@%]*(/[a-z%#?.]*)*", fullmatch=True),
    body=st.binary(),
)
def test_whatever_answers_it_is_refused_in_a_sentence_that_can_be_read(status, name, value, body):
    headers = {"content-type": "text/html", name: value.encode("utf-8", "replace")}
    answer = httpx.Response(status, headers=headers, content=b"<title>" + body + b"</title>")
    sentence = at("https://t.example", {"/api/v1/": answer, "/": answer}).failure.sentence
    assert sentence.isprintable()
    assert sentence.endswith(".")
