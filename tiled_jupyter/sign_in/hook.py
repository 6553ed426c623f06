"""The login of a prompt hook, ``prompt(http_client, providers) -> tokens``: its caller takes the tokens."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import httpx

from ..address import host_of
from ..errors import LoginFailed
from ..oauth.audience import is_here
from ..oauth.exchange import Refused, Tokens
from ..session.bare import client_for
from ..session.context import SessionContext
from ..session.prompts import Occasion
from ..settings import TiledJupyter, settings
from ..state.events import ReasonChanged, SavedFound
from ..state.states import SignedIn, SignedOut, State, open_form
from .attempts import Attempts
from .description import describe
from .recipient import ContextRecipient
from .server import found_elsewhere
from .session import LoginSession
from .site_tokens import ask_source
from .target import refusal_of_server

_NOBODY_WAITS = "What asked for this sign-in has ended, so nothing was sent. Run its cell again."


class Caller:
    """Who called a hook and takes the tokens, as long as they wait for them; afterwards the Context takes them.

    Parameters
    ----------
    http_client : httpx.Client
        What the hook was given.
    occasion : Occasion or None
        Whose login it is; None where somebody calls the hook by hand.

    Attributes
    ----------
    context : Context or None
        Of the occasion.
    waits : bool
        Whether they still wait for them.
    remember : bool
        Whether the person wants the sign-in to be kept.
    """

    is_given_server = True

    def __init__(self, http_client: httpx.Client, occasion: Occasion | None) -> None:
        self._http_client = http_client
        self._occasion = occasion
        self._tokens: Tokens | None = None
        self.waits = True
        self._attempts: Attempts | None = None
        self.context = occasion.context if occasion is not None else None
        self.remember: bool = occasion is None or occasion.remember

    @property
    def context(self) -> SessionContext | None:
        """The Context of the occasion."""
        return self._context()

    @context.setter
    def context(self, context: SessionContext | None) -> None:
        self._context: Callable[[], SessionContext | None] = lambda: context

    def login(self, on_change: Callable[[State], None], settings: TiledJupyter, providers: list[Any]) -> LoginSession:
        """Return a login to the server that wants it, with the form open.

        Parameters
        ----------
        on_change, settings
            As in `LoginSession`.
        providers : list of tiled.schemas.AboutAuthenticationProvider
        """
        occasion = self._occasion
        links = occasion.context.server_info.authentication.links if occasion is not None else None
        verify = occasion.context._verify if occasion is not None else True
        uri = _address_of(occasion, providers)
        here = is_here(self._http_client if occasion is None else occasion.context.http_client)
        server = describe(uri, providers, required=True, settings=settings, links=links, verify=verify, here=here)
        form = SignedOut(server)
        if occasion is not None:
            form = SignedOut(server, occasion.reason, expected=occasion.identity if occasion.resuming else None)
        login = LoginSession(on_change, settings, use_saved=self.remember, recipient=self, state=form)
        login.methods.specs = providers
        self._attempts = login.attempts
        return login

    def take_tokens(self) -> Tokens | None:
        """Return the tokens, once."""
        tokens, self._tokens = self._tokens, None
        return tokens

    def leave(self) -> None:
        """Wait no longer: whoever signs in here now, does so for the Context."""
        attempts = self._attempts
        assert attempts is not None  # noqa: S101 - nobody waits for what was not begun
        with attempts.lock:
            self.waits = False
            tokens = self.take_tokens()  # of a sign-in that came at the same moment
        if tokens is not None and self.context is not None:
            self.accept(tokens, remember=self.remember)
        if self._occasion is not None and self._occasion.resuming and isinstance(attempts.state, SignedIn):
            # The panel has folded to a line, and lives as long as ipywidgets' registry: let the Context go before that.
            self._context = weakref.ref(self.context) if self.context is not None else lambda: None
            self._occasion = None

    # -- what a login needs of its recipient ---------------------------------------------------------

    def place(self) -> Path | None:
        """Return where the tokens will lie: the caller sees to that; see `Recipient`."""
        return None if self.waits else ContextRecipient(self.context).place()

    def client(self, *places: str) -> AbstractContextManager[httpx.Client]:
        """Return a client without a session; see `Recipient`."""
        if self.context is not None:
            # The hook's client is closed with the hook; a panel lives longer.
            return ContextRecipient(self.context).client(*places)
        return client_for(*places) if places else nullcontext(self._http_client)

    def require_wanted(self) -> None:
        """Raise `Refused` where nobody wants the tokens any more."""
        if self.context is None and not self.waits:
            raise Refused("not_sent", _NOBODY_WAITS)

    def accept(self, tokens: Tokens, *, remember: bool) -> bool:
        """Keep the tokens for the caller, or give them to the Context; see `Recipient`."""
        if not self.waits:
            return ContextRecipient(self.context).accept(tokens, remember=remember)
        self._tokens, self.remember = tokens, remember
        return remember

    def accept_saved(self, context: SessionContext) -> None:
        """Take what a Context has found on disk."""
        self.accept(dict(context.http_client.auth.tokens), remember=True)

    def look(self, attempts: Attempts) -> bool:
        """Look whether the session that is waited for lives by other means, or after all."""
        interrupted = self._occasion
        if interrupted is None or not interrupted.resuming:
            return False
        with attempts.lock:
            form = open_form(attempts.state)
            if form is None:
                return True
            tokens, seen = interrupted.elsewhere(), interrupted.meanwhile()
            if tokens is None:
                attempts.apply(ReasonChanged(" ".join(filter(None, (interrupted.reason, seen))) or None))
                return True
            self.accept(tokens, remember=self.remember)
            how = seen or "Somebody signed in elsewhere, so the request goes on."
            found = found_elsewhere(form.server, form.expected, tokens, how, remembered=self.remember)
            attempts.apply(SavedFound(found))
        return True


def without_asking(http_client: httpx.Client, providers: list[Any], occasion: Occasion | None) -> Tokens | None:
    """Return the tokens of the site's own source, if the settings name one.

    Raises
    ------
    LoginFailed
        Where it fails, or the settings leave this server out.
    """
    here, uri = settings(), _address_of(occasion, providers)
    refusal = refusal_of_server(uri, host_of(uri), here)
    if refusal is not None:
        raise LoginFailed(refusal, "not_sent")
    try:
        return ask_source(here.token_source, http_client, providers) if here.token_source else None
    except Refused as refused:
        failure = refused.failure
    raise LoginFailed(failure.sentence, failure.kind)


def _address_of(occasion: Occasion | None, providers: list[Any]) -> str:
    """Return the root of the API of the server that a hook is to sign in to."""
    if occasion is not None:
        return str(occasion.context.api_uri)
    return next((spec.links.get("auth_endpoint", "").partition("auth/")[0] for spec in providers), "")
