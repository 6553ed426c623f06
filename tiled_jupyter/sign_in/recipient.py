"""Who takes the tokens of a sign-in: the Context of a panel, or somebody else who waits for them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import httpx

from ..oauth.exchange import Tokens
from ..session import bare, ending
from ..session.context import SessionContext
from .attempts import Attempts


class Recipient(Protocol):
    """What a login needs of who takes the tokens.

    Attributes
    ----------
    context : Context or None
        Of the server.
    is_given_server : bool
        Whether the server is settled, so that a person cannot choose another.
    """

    context: SessionContext | None
    is_given_server: bool

    @property
    def waits(self) -> bool:
        """Whether somebody waits for the tokens, who looks by themselves whether they need them any more."""

    def place(self) -> Path | None:
        """Return where the tokens will lie, which other kernels write to as well."""

    def client(self, *places: str) -> AbstractContextManager[httpx.Client]:
        """Return a client without a session: for an identity provider at these places, else for Tiled's server."""

    def require_wanted(self) -> None:
        """Raise `Refused` where nobody wants the tokens any more."""

    def accept(self, tokens: Tokens, *, remember: bool) -> bool:
        """Take the tokens; return whether they could be saved. Called under the lock of the attempts."""

    def accept_saved(self, context: SessionContext) -> None:
        """Take what a Context has found on disk."""

    def look(self, attempts: Attempts) -> bool:
        """Look whether what waits needs no sign-in any more; return False where it has no way to tell."""


class ContextRecipient:
    """A Context, which uses the tokens from now on."""

    is_given_server = False
    waits = False

    def __init__(self, context: SessionContext | None = None) -> None:
        self.context = context

    def place(self) -> Path | None:
        """Return where the tokens will lie; see `Recipient`."""
        return self.context.token_directory if self.context is not None else None

    def client(self, *places: str) -> AbstractContextManager[httpx.Client]:
        """Return a client without a session; see `Recipient`."""
        assert self.context is not None  # noqa: S101 - there is no server without one
        return bare.login_client(self.context, *places)

    def require_wanted(self) -> None:
        """Do nothing: a panel can always be signed in to."""

    def accept(self, tokens: Tokens, *, remember: bool) -> bool:
        """Use the tokens from now on; return whether they could be saved."""
        assert self.context is not None  # noqa: S101
        self.context.accept(tokens, remember=remember)
        if not self.context.remembered:
            ending.end_with_kernel(self.context)
        return self.context.remembered

    def accept_saved(self, context: SessionContext) -> None:
        """Do nothing: the Context has found the tokens itself."""

    def look(self, attempts: Attempts) -> bool:  # noqa: ARG002 - see `Recipient`
        """Return False: a saved sign-in is all there is to look for."""
        return False
