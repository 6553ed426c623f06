"""What the log tells at DEBUG of sessions, refreshes and prompts: enough to know why, and no secret."""

from __future__ import annotations

import logging

import pytest

from tests.canaries import leaks
from tiled_jupyter import LoginCancelled

from .sessions import Hook, another_kernel, get, kill, let_expire, signed_in


@pytest.fixture
def story(caplog):
    """Return ``story()``: the lines so far, without the host that each begins with; then there are none."""
    caplog.set_level(logging.DEBUG, "tiled_jupyter")

    def lines():
        found = [record.getMessage().partition(": ")[2] for record in caplog.records if "tiled_jup" in record.name]
        caplog.clear()
        return found

    return lines


def in_order(lines, *expected):
    rest = iter(lines)
    return [line for line in expected if line not in rest] == []


def test_a_session_is_renewed_asked_for_and_left(short_server, story):
    context = signed_in(short_server, Hook())
    assert in_order(story(), "new tokens, kept on disk")
    let_expire(context)
    assert get(context).status_code == 200
    assert in_order(story(), "refreshing", "new tokens, kept on disk")
    kill(context)
    assert get(context).status_code == 200
    said = story()
    asked = ("refreshing", "the session is over, and its person is asked", "the prompt is called")
    assert in_order(said, *asked, "the prompt gave tokens; is it the same person? True", "new tokens, kept on disk"), (
        said
    )
    context.logout()
    assert in_order(story(), "signed out in this kernel")


def test_why_not_is_said_too(short_server, story):
    context = signed_in(short_server, Hook())

    def no(http_client, providers):
        raise LoginCancelled("No.")

    context.prompt = no
    kill(context)
    story()
    with pytest.raises(LoginCancelled):
        get(context)
    assert "the session is not renewed (LoginCancelled)" in story()
    assert not signed_in_again(context)
    assert "the saved session is over or not sent" in story()


def signed_in_again(context):
    """Return whether another kernel is signed in by what lies on disk."""
    another_kernel()
    other, _ = type(context).from_any_uri(str(context.api_uri))
    return other.use_cached_tokens()


def test_no_secret_is_in_it(short_server, caplog):
    caplog.set_level(logging.DEBUG)  # of others too
    context = signed_in(short_server, hook := Hook())
    known = {}

    def note():
        known.update(
            {f"{name} {len(known)}": token for name, token in context.http_client.auth.tokens.items() if token}
        )

    note()
    let_expire(context)
    get(context)
    note()
    kill(context)
    get(context)
    note()
    assert hook.calls == 2
    assert len(known) == 6
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("tiled_jupyter"))
    assert "refreshing" in ours
    assert leaks({"our log": ours}, known) == []


def test_nobody_hears_it_who_has_not_asked(short_server, capfd):
    context = signed_in(short_server, Hook())
    kill(context)
    get(context)
    assert capfd.readouterr().err == ""
    assert logging.getLogger("tiled_jupyter").level == logging.NOTSET
