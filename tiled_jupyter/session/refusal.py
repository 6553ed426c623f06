"""How renewing a session fails: kept once as data, and raised into each request that waited.

The errors are Tiled's `CannotRefreshAuthentication` as well: existing `except` clauses go on to work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import httpx
from tiled.client.auth import CannotRefreshAuthentication

from ..address import host_of
from ..errors import CannotPrompt, IdentityChanged, LoginCancelled, LoginFailed, TiledJupyterError
from ..oauth.exchange import Unclear
from ..oauth.refresh import NotNow
from ..text import legible
from . import tiled_errors
from .prompts import answer_counts


class ReauthenticationFailed(LoginFailed, CannotRefreshAuthentication):  # type: ignore[misc]  # Tiled's are untyped
    """The session is over, and no new one came of asking."""


class ReauthenticationCancelled(LoginCancelled, CannotRefreshAuthentication):  # type: ignore[misc]
    """The session is over, and the person said no."""


class NobodyToAsk(tiled_errors.CannotPrompt, CannotRefreshAuthentication):  # type: ignore[misc]
    """The session is over, and there is nobody to ask."""


class SomebodyElse(IdentityChanged, CannotRefreshAuthentication):  # type: ignore[misc]
    """Somebody else signed in; the interrupted request was not sent as them."""


@dataclass(frozen=True)
class Refusal:
    """How renewing a session failed: data, of which each waiting thread makes an error of its own.

    Parameters
    ----------
    error : TiledJupyterError or NotNow
    flight : int
        In which attempt to renew it.
    at : float
        When, on the monotonic clock.
    """

    error: TiledJupyterError | NotNow
    flight: int
    at: float

    def __post_init__(self) -> None:
        """Drop where it was raised: the frames hold tokens, and what runs in the cell."""
        self.error.__traceback__ = self.error.__context__ = self.error.__cause__ = None

    def is_an_answer(self) -> bool:
        """Whether somebody has decided, and is not asked again for a while."""
        return not isinstance(self.error, NotNow | CannotPrompt) and answer_counts(self.at)

    def raised(self, request: httpx.Request) -> Exception:
        """Return a fresh error for a thread whose `request` waited."""
        error, sentence = self.error, str(self.error)
        if isinstance(error, NotNow):
            return error.about(request)
        if isinstance(error, LoginCancelled):
            return ReauthenticationCancelled(sentence)
        if isinstance(error, CannotPrompt):
            return NobodyToAsk(sentence)
        if isinstance(error, IdentityChanged):
            return SomebodyElse(sentence)
        return ReauthenticationFailed(sentence, getattr(error, "reason", "server"))


def stopped() -> LoginCancelled:
    """Return what others hear whose login the stop button has ended."""
    return LoginCancelled("The stop button ended the sign-in. Run %tiled_login to go on.")


def not_sent_again() -> ReauthenticationFailed:
    """Return what is raised where a body cannot be replayed."""
    return ReauthenticationFailed(
        "The sign-in had ended while data was being sent that cannot be read a second time, so it was not sent again. "
        "Run the cell again."
    )


def not_from_tiled(request: httpx.Request, response: httpx.Response) -> Unclear:
    """Return what is raised where a page came that Tiled's client would take for data."""
    host, other = host_of(str(request.url)), host_of(str(response.extensions.get("led_to", response.url)))
    did = "answered with a page" if other == host else f"led to {legible(other, 255)}"
    sentence = f"{host} {did} instead of giving data: perhaps a portal or maintenance. Try again later."
    return Unclear(sentence, request=request, response=response)


def nobody_in_a_fork(_auth: object) -> NoReturn:
    """Refuse to ask: what a forked process inherits of a notebook reaches nobody."""
    raise CannotPrompt(
        "The Tiled sign-in has ended, and this process was forked: it cannot ask anybody. Sign in from the notebook, "
        "or give this process an API key in TILED_API_KEY."
    )
