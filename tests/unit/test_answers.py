"""The reason of a refusal: whatever an answer holds, it is read without an error, and shown only where it can be."""

from __future__ import annotations

import httpx
import pytest
from tiled.client.utils import TiledResponse

from tiled_jupyter.oauth.answers import detail_of, read_json, reason_of, said_by, without_secrets


def answered(content: bytes, kind: str | None = "application/json") -> httpx.Response:
    headers = {} if kind is None else {"content-type": kind}
    request = httpx.Request("GET", "https://tiled.example.org/api/v1/?secret=1")
    return httpx.Response(403, content=content, headers=headers, request=request)


@pytest.mark.parametrize(
    ("content", "kind", "detail", "reason"),
    [
        (
            b'{"detail": "Not enough permissions"}',
            "application/json",
            "Not enough permissions",
            "Not enough permissions",
        ),
        (b'{"detail": "two\\nlines"}', "application/json", "two\nlines", ""),
        (b'{"detail": ""}', "application/json", "", ""),
        (b'{"detail": [{"msg": "wrong"}]}', "application/json", "", ""),
        (b'["detail"]', "application/json", "", ""),
        (b"[" * 100_000, "application/json", "", ""),
        (b"<html>", "text/html", "", ""),
        (b"\xc1", "application/x-msgpack", "", ""),
        (b"", "application/json", "", ""),
        (b"", None, "", ""),
    ],
)
@pytest.mark.parametrize("of_tiled", [False, True])
def test_a_reason_is_read_or_there_is_none(content, kind, detail, reason, of_tiled):
    response = answered(content, kind)
    if of_tiled:
        response.__class__ = TiledResponse  # as its transport does
    assert detail_of(response) == detail
    assert reason_of(response) == reason
    assert said_by(response) == (reason or "Forbidden")
    kept = without_secrets(response)
    assert kept.json() == {"detail": reason or "Forbidden"}
    assert kept.request.url == "https://tiled.example.org/api/v1/"


def test_a_long_reason_is_cut():
    assert reason_of(answered(b'{"detail": "' + b"x" * 1000 + b'"}')) == "x" * 300


def test_an_answer_that_was_not_read_gives_none():
    def stream():
        yield b"{}"

    unread = httpx.Response(403, content=stream())
    assert read_json(unread) is None
    assert said_by(unread) == "Forbidden"
