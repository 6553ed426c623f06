"""What a traceback with locals would show, and what is held on to: no token, and nothing of the cell."""

from __future__ import annotations

import threading

import pytest

from tiled_jupyter import IdentityChanged, LoginCancelled, LoginFailed, from_uri
from tiled_jupyter.ensuring import ensure
from tiled_jupyter.exchange import Refused

from .sessions import Hook, get, kill, signed_in
from .tiled_server import TiledServer


def shown_by(error):
    """Give what a traceback shows of our frames and the errors behind, locals included."""
    seen = []
    while error is not None:
        seen.append(repr(error))
        traceback = error.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_globals["__name__"].startswith("tiled_jupyter."):
                seen.append(repr(traceback.tb_frame.f_locals))
            traceback = traceback.tb_next
        error = error.__cause__ or error.__context__
    return " ".join(seen)


def secrets(context, *more):
    return [token for token in context.http_client.auth.tokens.values() if token] + list(more)


def cancel(http_client, providers):
    raise LoginCancelled("No.")


def test_an_error_for_an_interrupted_request_shows_no_token(short_server):
    context = signed_in(short_server, Hook())
    kill(context)
    context.prompt = cancel
    with pytest.raises(LoginCancelled) as caught:
        get(context)
    assert [secret for secret in secrets(context) if secret in shown_by(caught.value)] == []


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
        assert theirs[0]["access_token"] not in shown_by(caught.value)
    assert hook.calls == 1


def test_a_prompt_that_gives_half_of_the_tokens_is_not_quoted(short_server):
    context = signed_in(short_server, Hook())
    with pytest.raises(LoginFailed) as caught:
        context.authenticate(prompt_for_reauthentication=lambda *_: {"refresh_token": "s3cr3t-refresh"})
    assert "s3cr3t-refresh" not in shown_by(caught.value)


def test_a_refusal_that_is_remembered_holds_no_frames(short_server):
    context = signed_in(short_server, Hook())
    kill(context)
    context.prompt = cancel
    with pytest.raises(LoginCancelled):
        get(context)
    assert context.http_client.auth._refusal.error.__traceback__ is None


def test_a_server_in_trouble_promises_nothing_and_asks_nobody():
    with TiledServer(allow_anonymous_access=False) as server:
        context = signed_in(server, hook := Hook())
        context.http_client.auth.tokens.pop("refresh_token")
        key = context.create_api_key(expires_in="9h")["secret"]
        by_key = from_uri(server.uri, api_key=key).context
        known = secrets(context, key)
        server.stop()
        for one in (context, by_key):
            with pytest.raises(LoginFailed, match="nothing can be promised") as caught:
                ensure(one, 8)
            assert not isinstance(caught.value, Refused)
            shown = "".join(repr(frame.frame.f_locals) for frame in caught.traceback[1:])
            assert [secret for secret in known if secret in shown] == []
        assert hook.calls == 1


def test_a_repr_waits_for_no_person(short_server):
    context = signed_in(short_server, Hook())
    kill(context)
    asked, answered = threading.Event(), threading.Event()

    def slow(http_client, providers):
        asked.set()
        answered.wait(20)
        raise LoginCancelled("No.")

    def interrupted():
        with pytest.raises(LoginCancelled):
            get(context)

    context.prompt = slow
    thread = threading.Thread(target=interrupted)
    thread.start()
    try:
        assert asked.wait(20)
        said = []
        looking = threading.Thread(target=lambda: said.append(repr(context)), daemon=True)
        looking.start()
        looking.join(5)
        assert said == ["<Context (session ended)>"]
    finally:
        answered.set()
        thread.join(20)
