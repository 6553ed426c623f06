"""The login of a prompt hook, ``prompt(http_client, providers) -> tokens``: its caller takes the tokens."""

from __future__ import annotations

import time
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
from ..session.context import Context
from ..session.lifetime import session_end
from ..session.prompts import Occasion
from ..settings import TiledJupyter, settings
from ..state.events import ReasonChanged, SavedFound
from ..state.states import SignedIn, SignedOut, State, open_form
from .server import describe, refusal_of_server
from .session import LoginSession
from .site_tokens import ask_source

_NOBODY_WAITS = "What asked for this sign-in has ended, so nothing was sent. Run its cell again."


class PromptSession(LoginSession):
    """The login of a prompt hook: the server is given, and who called the hook takes the tokens.

    Parameters
    ----------
    on_change, settings
        As in `LoginSession`.
    http_client : httpx.Client
        What the hook was given.
    providers : list of tiled.schemas.AboutAuthenticationProvider
    occasion : Occasion or None
        Whose login it is; None where somebody calls the hook by hand.
    """

    def __init__(
        self,
        on_change: Callable[[State], None],
        settings: TiledJupyter,
        http_client: httpx.Client,
        providers: list[Any],
        occasion: Occasion | None,
    ) -> None:
        super().__init__(on_change, settings, use_saved=occasion is None or occasion.remember)
        self._http_client = http_client
        self._specs = providers
        self._tokens: Tokens | None = None
        self._is_waited_for = True
        self.remember: bool = occasion is None or occasion.remember
        if occasion is not None:
            self.context = occasion.context
            self._saved_at = occasion.context.saved_at()
        links = occasion.context.server_info.authentication.links if occasion is not None else None
        verify = occasion.context._verify if occasion is not None else True
        uri = _address_of(occasion, providers)
        here = is_here(http_client if occasion is None else occasion.context.http_client)
        server = describe(uri, providers, required=True, settings=settings, links=links, verify=verify, here=here)
        self._interrupted = occasion if occasion is not None and occasion.resuming else None
        if occasion is None:
            self.state = SignedOut(server)
        else:
            expected = occasion.identity if occasion.resuming else None
            self.state = SignedOut(server, occasion.reason, expected=expected)

    def connect(self, text: str) -> None:
        """Do nothing: the tokens of another server are not what is waited for."""

    def drop_server(self) -> None:
        """Do nothing: the server is given by what waits."""

    def take_tokens(self) -> Tokens | None:
        """Return the tokens, once."""
        tokens, self._tokens = self._tokens, None
        return tokens

    def abandon(self) -> None:
        """Nobody waits any more: whoever signs in here now, does so for the Context."""
        with self.lock:
            self._is_waited_for = False
            tokens = self.take_tokens()  # of a sign-in that came at the same moment
        if tokens is not None and self.context is not None:
            self._accept(tokens, remember=self.remember)
        if self._interrupted is not None and isinstance(self.state, SignedIn):
            # The panel has folded to a line, and lives as long as ipywidgets' registry: let the Context go before that.
            self.context = self._interrupted = None

    def look_for_saved(self) -> None:
        """See whether the session that is waited for lives by other means, or after all; cheap."""
        interrupted = self._interrupted
        if interrupted is None:
            super().look_for_saved()
            return
        with self.lock:
            form = open_form(self.state)
            if form is None:
                return
            tokens, seen = interrupted.elsewhere(), interrupted.meanwhile()
            if tokens is None:
                self.apply(ReasonChanged(" ".join(filter(None, (interrupted.reason, seen))) or None))
                return
            self._accept(tokens, remember=self.remember)
            good_until, renews = session_end(tokens, {}, time.time())
            self.apply(
                SavedFound(
                    SignedIn(
                        form.server,
                        form.expected,
                        "saved",
                        seen or "Signed in elsewhere, and this goes on with it.",
                        self.remember,
                        good_until=good_until,
                        renews=renews,
                    )
                )
            )

    def _place(self) -> Path | None:
        return None if self._is_waited_for else super()._place()

    def _client(self, *places: str) -> AbstractContextManager[httpx.Client]:
        if self.context is not None:
            return super()._client(*places)  # the hook's is closed with the hook; a panel lives longer
        return client_for(*places) if places else nullcontext(self._http_client)

    def _spec(self, form: SignedOut, name: str, modes: tuple[str, ...]) -> Any:
        if self.context is None and not self._is_waited_for:
            raise Refused("not_sent", _NOBODY_WAITS)
        return super()._spec(form, name, modes)

    def _accept(self, tokens: Tokens, *, remember: bool) -> bool:
        if not self._is_waited_for:
            return super()._accept(tokens, remember=remember)
        self._tokens, self.remember = tokens, remember
        return remember

    def _accept_saved(self, context: Context) -> None:
        self._accept(dict(context.http_client.auth.tokens), remember=True)


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
