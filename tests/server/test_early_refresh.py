"""A session is renewed a little before its token expires, at a moment of each kernel's own, and once for all."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tiled_jupyter import Context
from tiled_jupyter.oauth.password import revoke_session
from tiled_jupyter.session.auth import _head_start
from tiled_jupyter.session.lifetime import expiry

from .sessions import REFRESH, Hook, another_kernel, get, signed_in


@pytest.fixture
def at(monkeypatch):
    """Replace the session's clock by one that a test sets; return what sets it."""

    def at(moment):
        monkeypatch.setattr("tiled_jupyter.session.auth.time.time", lambda: moment)

    return at


def end_of(context):
    return expiry(context.http_client.auth.tokens["access_token"])


def signed_in_elsewhere(server):
    another_kernel()
    context, _ = Context.from_any_uri(server.uri)
    assert context.use_cached_tokens()
    return context


@pytest.mark.parametrize(
    ("left", "least", "most"),
    [(900, 30, 60), (3600, 30, 60), (300, 15, 30), (60, 3, 6), (math.inf, 30, 60)],
)
def test_a_modest_share_of_a_tokens_life_and_never_the_same(left, least, most):
    drawn = [_head_start(left) for _ in range(200)]
    assert least <= min(drawn) < max(drawn) <= most
    assert max(drawn) - min(drawn) > (most - least) / 2


@pytest.mark.parametrize("left", [-86400, -1, 0, 1, 2, 3, 9])
def test_a_short_token_serves_until_its_end(left):
    assert {_head_start(left) for _ in range(200)} == {0.0}


def test_it_is_renewed_once_and_nobody_is_asked(closed_server, at):
    context = signed_in(closed_server, hook := Hook())
    refreshes, refused = closed_server.log.count(REFRESH), closed_server.log.count('1.1" 401')
    at(end_of(context) - 61)
    assert get(context).status_code == 200
    assert closed_server.log.count(REFRESH) == refreshes
    at(end_of(context) - 29)
    with ThreadPoolExecutor(64) as pool:
        answers = [pool.submit(get, context) for _ in range(64)]
        assert {answer.result().status_code for answer in answers} == {200}
    assert closed_server.log.count(REFRESH) == refreshes + 1
    assert closed_server.log.count('1.1" 401') == refused
    assert hook.calls == 1


def test_another_kernel_adopts_it_and_refreshes_nothing(closed_server, at):
    one = signed_in(closed_server)
    other = signed_in_elsewhere(closed_server)
    old = other.http_client.auth.tokens["access_token"]
    while one.http_client.auth.tokens["access_token"] == old:  # in the same second it is the same again
        one.force_auth_refresh()
    refreshes = closed_server.log.count(REFRESH)
    at(end_of(other) - 29)
    assert get(other).status_code == 200
    assert closed_server.log.count(REFRESH) == refreshes
    assert other.http_client.auth.tokens["access_token"] != old
    assert other.http_client.auth.tokens["access_token"] == one.http_client.auth.tokens["access_token"]
    other.close()


def test_where_it_fails_the_token_serves_on_and_it_is_not_tried_again(closed_server, at, monkeypatch):
    context = signed_in(closed_server, hook := Hook())
    auth, refreshes = context.http_client.auth, closed_server.log.count(REFRESH)
    endpoint, auth.refresh_url = auth.refresh_url, auth.refresh_url.replace("session/refresh", "nowhere")
    at(end_of(context) - 29)
    begun = time.monotonic()
    assert [get(context).status_code for _ in range(5)] == 5 * [200]
    assert time.monotonic() - begun < 20
    auth.refresh_url = endpoint
    assert get(context).status_code == 200
    assert closed_server.log.count(REFRESH) == refreshes
    at(end_of(context) + 1)
    assert get(context).status_code == 200
    assert closed_server.log.count(REFRESH) == refreshes + 1
    assert hook.calls == 1


def test_a_session_that_was_ended_serves_until_its_token_has_expired(closed_server, at):
    context = signed_in(closed_server, hook := Hook())
    with context.bare_client() as http:
        revoke_session(http, str(context.api_uri), context.http_client.auth.tokens["refresh_token"])
    at(end_of(context) - 29)
    assert get(context).status_code == 200
    assert hook.calls == 1
    at(end_of(context) + 1)
    assert get(context).status_code == 200
    assert hook.calls == 2


@pytest.mark.parametrize("ahead", [600, 840, 890])
def test_a_clock_that_is_ahead_does_not_refresh_for_every_request(closed_server, at, ahead):
    now = time.time() + ahead
    at(now)
    context = signed_in(closed_server)
    refreshes = closed_server.log.count(REFRESH)
    assert [get(context).status_code for _ in range(10)] == 10 * [200]
    assert closed_server.log.count(REFRESH) == refreshes
