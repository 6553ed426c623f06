"""What a traceback with locals would show, and what is held on to: no token, and nothing of the cell."""

from __future__ import annotations

import threading

import pytest

from tests.canaries import frames, leaks
from tests.patience import PATIENCE
from tiled_jupyter import IdentityChanged, LoginCancelled, LoginFailed, from_uri
from tiled_jupyter.oauth.exchange import Refused
from tiled_jupyter.session.ensure import ensure

from .sessions import Hook, get, kill, signed_in
from .tiled_server import TiledServer


def cancel(http_client, providers):
    raise LoginCancelled("No.")


def test_the_tokens_of_somebody_else_are_shown_by_nothing(short_server):
    context = signed_in(short_server, hook := Hook())
    kill(context)
    theirs = []

    def bob(http_client, providers):
        theirs.append(Hook("bob")(http_client, providers))
        return dict(theirs[0])

    context.prompt = bob
    for wrong in (lambda: ensure(context, 48), lambda: get(context)):
        theirs.clear()
        with pytest.raises(IdentityChanged) as caught:
            wrong()
        assert leaks({"our frames": frames(caught.value)}, {"bob's": theirs[0]["access_token"]}) == []
    assert hook.calls == 1


def test_a_prompt_that_gives_half_of_the_tokens_is_not_quoted(short_server):
    context = signed_in(short_server, Hook())
    with pytest.raises(LoginFailed) as caught:
        context.authenticate(prompt_for_reauthentication=lambda *_: {"refresh_token": "s3cr3t-refresh"})
    assert leaks({"our frames": frames(caught.value)}, {"theirs": "s3cr3t-refresh"}) == []


def test_a_refusal_that_is_remembered_holds_no_frames(short_server):
    context = signed_in(short_server, Hook())
    kill(context)
    context.prompt = cancel
    with pytest.raises(LoginCancelled):
        get(context)
    assert context.http_client.auth._refusal.error.__traceback__ is None


def test_a_server_in_trouble_promises_nothing_and_asks_nobody(monkeypatch):
    monkeypatch.setattr("tiled.client.utils.TILED_RETRY_ATTEMPTS", 2)  # of ten, which take half a minute
    with TiledServer(allow_anonymous_access=False) as server:
        context = signed_in(server, hook := Hook())
        context.http_client.auth.tokens.pop("refresh_token")
        key = context.create_api_key(expires_in="9h")["secret"]
        by_key = from_uri(server.uri, api_key=key).context
        known = {**context.http_client.auth.tokens, "the key": key}
        server.stop()
        for one in (context, by_key):
            with pytest.raises(LoginFailed, match="othing can be promised") as caught:
                ensure(one, 8)
            assert not isinstance(caught.value, Refused)
            assert leaks({"our frames": frames(caught.value)}, known) == []
        assert hook.calls == 1


def test_a_repr_waits_for_no_person(short_server):
    context = signed_in(short_server, Hook())
    kill(context)
    asked, answered = threading.Event(), threading.Event()

    def slow(http_client, providers):
        asked.set()
        answered.wait(PATIENCE)
        raise LoginCancelled("No.")

    def interrupted():
        with pytest.raises(LoginCancelled):
            get(context)

    context.prompt = slow
    thread = threading.Thread(target=interrupted)
    thread.start()
    try:
        assert asked.wait(PATIENCE)
        said = []
        looking = threading.Thread(target=lambda: said.append(repr(context)), daemon=True)
        looking.start()
        looking.join(PATIENCE / 2)
        assert said == ["<Context (session ended)>"]
    finally:
        answered.set()
        thread.join(PATIENCE)
