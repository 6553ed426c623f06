"""A session is ended with who made it, and what belongs to the one never goes to the other."""

from __future__ import annotations

import base64
import json
import time
from contextlib import nullcontext

import httpx
import pytest

from tiled_jupyter.session.revocation import Outcome, end_session

API = "https://t.example/api/v1/"
LINKS = {
    "auth_endpoint": "https://id.example/realms/x/device",
    "token_endpoint": "https://id.example/realms/x/protocol/token",
    "client_id": "tiled-cli",
}
CONFIGURATION = "/realms/x/.well-known/openid-configuration"


def token(**claims):
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def end(answer, tokens, links=LINKS):
    return told(answer, tokens, links)[0]


def told(answer, tokens, links=LINKS):
    """Return the requests, and what was made of the answers."""
    seen = []

    def handler(request):
        seen.append(request)
        return answer(request)

    def client(*places):
        assert bool(places) == ("client_id" in links)
        return nullcontext(httpx.Client(transport=httpx.MockTransport(handler)))

    return seen, end_session(client, API, links, tokens)


def provider(endpoint="https://id.example/realms/x/revoke", revoked=None):
    def answer(request):
        if request.url.path == CONFIGURATION:
            return httpx.Response(200, json={"revocation_endpoint": endpoint})
        return (revoked or httpx.Response(200)) if request.method == "POST" else httpx.Response(404)

    return answer


def test_a_providers_session_is_revoked_at_its_revocation_endpoint():
    seen = end(provider(), {"access_token": "a", "refresh_token": "r"})
    assert str(seen[-1].url) == "https://id.example/realms/x/revoke"
    form = dict(httpx.QueryParams(seen[-1].content.decode()))
    assert form == {"token": "r", "token_type_hint": "refresh_token", "client_id": "tiled-cli"}
    assert {request.url.host for request in seen} == {"id.example"}


def test_without_a_refresh_token_the_access_token_is_revoked():
    seen = end(provider(), {"access_token": "a"})
    assert dict(httpx.QueryParams(seen[-1].content.decode()))["token_type_hint"] == "access_token"


def test_the_issuer_of_a_token_says_where_to_look_but_only_at_the_same_origin():
    here = {"id_token": token(iss="https://id.example/realms/x"), "refresh_token": "r"}
    assert len(end(provider(), here)) == 2
    seen = end(provider(), {"id_token": token(iss="https://evil.example"), "refresh_token": "r"})
    assert {request.url.host for request in seen} == {"id.example"}


def test_a_token_does_not_go_to_another_origin():
    seen = end(provider("https://evil.example/revoke"), {"refresh_token": "r"})
    assert [request for request in seen if request.method == "POST"] == []


def test_a_provider_that_is_gone_or_knows_no_revocation_is_left_alone_soon():
    def gone(request):
        raise httpx.ConnectError("x")

    assert len(end(gone, {"refresh_token": "r"})) == 1
    assert len(end(lambda request: httpx.Response(404), {"refresh_token": "r"})) <= 5


def test_tileds_session_is_revoked_at_tiled():
    (request,) = end(lambda request: httpx.Response(204), {"access_token": "a", "refresh_token": "r"}, {})
    assert str(request.url) == f"{API}auth/session/revoke"
    assert json.loads(request.content) == {"refresh_token": "r"}


# -- what came of it -------------------------------------------------------------------------------------


def gone(request):
    raise httpx.ReadTimeout("x")


def silent_when_told(request):
    if request.method == "POST":
        raise httpx.ReadTimeout("x")
    return httpx.Response(200, json={"revocation_endpoint": "https://id.example/revoke"})


PAGE = httpx.Response(200, text="<html>Welcome to the guest network</html>", headers={"content-type": "text/html"})


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (provider(), "ended", "id.example has ended this sign-in, and nothing can renew it."),
        (provider(revoked=httpx.Response(204)), "ended", "id.example has ended"),
        (
            provider(revoked=httpx.Response(401)),
            "not_ended",
            "has not ended this sign-in: it refused (401).",
        ),
        (provider(revoked=httpx.Response(400, json={"error": "unsupported_token_type"})), "not_ended", "refused (400)"),
        (provider(revoked=httpx.Response(503)), "not_ended", "could not do so now (503)"),
        (provider(revoked=httpx.Response(302, headers={"location": "/x"})), "not_ended", "something else (302)"),
        (provider(revoked=PAGE), "not_ended", "something else (200)"),
        (lambda request: httpx.Response(404), "not_ended", "it offers no way to do so"),
        (lambda request: httpx.Response(200, json={"issuer": "x"}), "not_ended", "it offers no way to do so"),
        (lambda request: httpx.Response(503), "not_ended", "could not do so now (503)"),
        (gone, "not_ended", "it did not answer"),
        (silent_when_told, "unknown", "Whether id.example has ended this sign-in is not known: it did not answer."),
    ],
)
def test_what_a_provider_made_of_it_is_said(answer, kind, says):
    _, outcome = told(answer, {"refresh_token": "r"})
    assert outcome.kind == kind
    assert says in outcome.sentence()
    assert "When it ends by itself is not known." in outcome.sentence() or outcome.is_over


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (httpx.Response(204), "ended", "t.example has ended this sign-in"),
        (
            httpx.Response(409, json={"detail": "No session 1"}),
            "over",
            "t.example does not know this sign-in any more.",
        ),
        (httpx.Response(401, json={"detail": "Could not validate credentials"}), "over", "does not know"),
        (httpx.Response(401, text="<html>"), "not_ended", "it refused (401)"),
        (httpx.Response(403, json={"detail": "No"}), "not_ended", "it refused (403)"),
        (httpx.Response(503), "not_ended", "it could not do so now (503)"),
        (httpx.Response(429), "not_ended", "it could not do so now (429)"),
        (PAGE, "not_ended", "something else (200)"),
        (gone, "unknown", "Whether t.example has ended this sign-in is not known"),
    ],
)
def test_what_tiled_made_of_it_is_said(answer, kind, says):
    later = time.time() + 3600
    tokens = {"access_token": "a", "refresh_token": token(exp=later, sid="1")}
    _, outcome = told(answer if callable(answer) else lambda request: answer, tokens, {})
    assert outcome.kind == kind
    assert says in outcome.sentence()
    if not outcome.is_over:
        assert f"it ends by itself on {time.strftime('%a %d %b', time.localtime(later))}" in outcome.sentence()
        assert "use the tab Sign-ins" in outcome.sentence()


def test_a_session_that_cannot_be_renewed_is_not_said_to_have_been_ended():
    seen, outcome = told(lambda request: httpx.Response(204), {"access_token": token(exp=time.time() + 60)}, {})
    assert seen == []
    assert outcome.sentence().startswith("t.example has not ended this sign-in: it offers no way to do so. If nothing")


def test_by_its_own_date_a_session_may_be_over_where_nobody_says_so():
    tokens = {"refresh_token": token(exp=time.time() - 60)}
    _, outcome = told(lambda request: httpx.Response(500), tokens, {})
    assert outcome.sentence().endswith("By its own date it is over.")


def test_no_outcome_holds_a_token():
    _, outcome = told(provider(revoked=httpx.Response(401)), {"refresh_token": "r3fresh"})
    assert "r3fresh" not in f"{outcome!r}{outcome.sentence()}"


def test_a_year_is_said_where_it_is_another():
    end = time.time() + 400 * 86400
    sentence = Outcome("not_ended", "t.example", "it refused (403)", end).sentence("bob's sign-in")
    assert time.strftime("%a %d %b %Y at %H:%M", time.localtime(end)) in sentence
    assert sentence.startswith("t.example has not ended bob's sign-in: ")
