"""Errors of ours that are Tiled's as well, where Tiled raises one: existing `except` clauses go on to work.

None holds anything of a request but where it went.
"""

from __future__ import annotations

import httpx
from tiled.client import context as tiled_context
from tiled.client.utils import ClientError

from .. import errors
from ..errors import KeyNotMade, LoginFailed
from ..oauth.answers import without_secrets


class PasswordRejected(LoginFailed, tiled_context.PasswordRejected):  # type: ignore[misc]  # Tiled's are untyped
    """What was typed at a terminal was not accepted."""


class CannotPrompt(errors.CannotPrompt, tiled_context.CannotPrompt):  # type: ignore[misc]
    """There is nobody to ask."""


class _ServerRefused(ClientError):  # type: ignore[misc]
    """A server refused something, and said why.

    Parameters
    ----------
    sentence : str
        What happened and what to do.
    response : httpx.Response
        What the server said.
    """

    def __init__(self, sentence: str, response: httpx.Response) -> None:
        answer = without_secrets(response)
        ClientError.__init__(self, sentence, answer.request, answer)


class LoginRefused(_ServerRefused, LoginFailed):
    """The server refused a login; parameters are those of `_ServerRefused`."""

    def __init__(self, sentence: str, response: httpx.Response) -> None:
        super().__init__(sentence, response)
        self.reason = "credentials" if response.status_code == httpx.codes.UNAUTHORIZED else "server"


class KeyRefused(_ServerRefused, KeyNotMade):
    """The server refused to make an API key; parameters are those of `_ServerRefused`."""
