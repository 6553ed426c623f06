"""One login: its state, one Context, one lock, and a worker thread for each attempt.

Knows nothing of widgets and cells. Whoever shows it is told of every new state, in order and from
whatever thread. What an attempt brings back after it was cancelled is thrown away, and revoked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx

from . import grants, known_servers, sign_out
from .address import BadAddress, parse_address, without_secrets
from .attempts import Attempts, in_background
from .connection import describe, identity_of, key_sign_in, open_context, saved_sign_in
from .errors import LoginFailed
from .events import (
    Cancelled,
    ConnectStarted,
    SavedFound,
    ServerDropped,
    ServerFound,
    SignedOff,
    SignInDone,
    SignInStarted,
)
from .grants import Refused, Tokens
from .prompts import Prompt
from .reauthentication import Context
from .settings import TiledJupyter
from .states import Disconnected, Failure, Identity, Server, SignedIn, SignedOut, State

CANCELLED = Failure("cancelled", "Cancelled. Run the cell again, or sign in here.")
_TYPED = "Signed in with your password."
_NOT_SAVED = "Signed in with your password. It could not be saved, so it lasts as long as this notebook's kernel."


class LoginSession(Attempts):
    """Sign in to a Tiled server, step by step.

    Parameters
    ----------
    on_change : callable
        Called with every new state, under the session's lock.
    settings : TiledJupyter
    prompt : callable, optional
        Given to the Context for when it must ask by itself.
    use_saved : bool
        Whether a sign-in that lies on disk will do.
    """

    def __init__(
        self,
        on_change: Callable[[State], None],
        settings: TiledJupyter,
        prompt: Prompt | None = None,
        *,
        use_saved: bool = True,
    ) -> None:
        super().__init__(Disconnected(), on_change)
        self._settings = settings
        self._prompt = prompt
        self._use_saved = use_saved
        self._saved_at: float | None = None
        self._specs: list[Any] = []
        self.context: Context | None = None
        self.node_path_parts: list[str] = []
        self._client: tuple[State, Any] | None = None
        sign_out.notify(self)

    def connect(self, text: str) -> None:
        """Ask an address what it is; whoever is signed in there already, is.

        Parameters
        ----------
        text : str
            As a person writes it. A key in it becomes the sign-in and is removed from sight.
        """
        since = time.time()
        try:
            address = parse_address(text)
        except BadAddress as error:
            sentence, shown = str(error), without_secrets(text)

            def refuse(_: int) -> None:
                raise Refused("bad_address", sentence)

            self.start(lambda attempt: ConnectStarted(attempt, shown, since), refuse, shown)
            return

        def ask(attempt: int) -> None:
            context = open_context(address)
            context.prompt = context.prompt or self._prompt
            about = context.server_info.authentication
            uri, specs = str(context.api_uri), about.providers
            server = describe(uri, specs, required=about.required, allow_http=self._settings.allow_http)
            done = (
                saved_sign_in(context, server, use_saved=self._use_saved)
                if context.api_key is None
                else key_sign_in(context, server, in_address=address.api_key is not None)
            )
            with self.lock:
                if self.is_current(attempt):
                    self.context, self.node_path_parts, self._specs = context, address.node_path_parts, specs
                    self._saved_at = context.saved_at()
                    self.apply(ServerFound(attempt, server) if done is None else SignInDone(attempt, done))

        self.start(lambda attempt: ConnectStarted(attempt, address.uri, since), ask, address.host)

    def sign_in(self, provider: str, username: str, password: str, *, remember: bool) -> None:
        """Send a password to the server, once.

        Parameters
        ----------
        provider : str
            Name of one of the server's providers.
        username, password : str
        remember : bool
            Whether the next notebook is to be signed in too.
        """
        server = self.state.server if isinstance(self.state, SignedOut) else None
        if server is None:
            return

        def send(attempt: int) -> None:
            endpoint = self._endpoint(server, provider)
            with self._http() as http:
                tokens = grants.password_grant(http, endpoint, username, password)
                kept = False
                try:
                    identity, keys = self._who(http, server, tokens)
                    with self.lock:
                        if self.is_current(attempt):
                            remembered = self._accept(tokens, remember=remember)
                            kept = True
                            known_servers.remember(server.uri)
                            how = _TYPED if remembered == remember else _NOT_SAVED
                            self.apply(
                                SignInDone(attempt, SignedIn(server, identity, "password", how, remembered, keys))
                            )
                finally:
                    # An account may hold 200 sessions, and forgotten ones count.
                    if not kept and tokens.get("refresh_token"):
                        grants.revoke_session(http, server.uri, tokens["refresh_token"])

        self.start(lambda attempt: SignInStarted(attempt, time.time()), send, server.host)

    def cancel(self, failure: Failure = CANCELLED) -> None:
        """End whatever is going on; a late answer changes nothing."""
        self.apply(Cancelled(failure))

    def drop_server(self) -> None:
        """Go back to the question which server."""
        self.apply(ServerDropped())

    def sign_out(self, *, everywhere: bool) -> None:
        """End being signed in.

        Parameters
        ----------
        everywhere : bool
            False forgets the session in this kernel. True also revokes it on the server, and removes the
            saved tokens.
        """
        if self.context is not None and isinstance(self.state, SignedIn):
            sign_out.sign_out_of(self.context, everywhere=everywhere)

    def signed_out(self, reason: str) -> None:
        """Take note that the session this login made is over."""
        with self.lock:
            self._saved_at = self.context.saved_at() if self.context is not None else None
            self.apply(SignedOff(reason))

    def look_for_saved(self) -> None:
        """See whether somebody signed in from another notebook in the meantime; cheap, to be called often."""
        with self.lock:
            context, state = self.context, self.state
            if not self._use_saved or context is None or not isinstance(state, SignedOut):
                return
            if context.saved_at() in (None, self._saved_at):
                return
            self._saved_at = context.saved_at()

        def adopt() -> None:
            try:
                done = saved_sign_in(context, state.server, use_saved=True)
            except Exception:  # noqa: BLE001 - another notebook's affair; the person still can sign in here
                return
            if done is not None:
                with self.lock:
                    self._accept_saved(context)
                    self.apply(SavedFound(done))

        in_background(adopt)

    def client(self) -> Any:
        """Give the Tiled client for the node of the address.

        Raises
        ------
        LoginFailed
            Where nobody is signed in and the server wants that.
        """
        from tiled.client import from_context

        state = self.state
        is_public = isinstance(state, SignedOut) and not state.server.required
        if self.context is None or not (is_public or isinstance(state, SignedIn)):
            raise LoginFailed("Nobody is signed in. Sign in with the panel, or run %tiled_login.", "credentials")
        if self._client is None or self._client[0] is not state:
            self._client = state, from_context(self.context, node_path_parts=self.node_path_parts)
        return self._client[1]

    # -- what differs where a hook's caller takes the tokens -----------------------------------------

    def _http(self) -> AbstractContextManager[httpx.Client]:
        assert self.context is not None  # noqa: S101 - there is no server without one
        return self.context.bare_client()

    def _accept(self, tokens: Tokens, *, remember: bool) -> bool:
        """Use the tokens from now on; say whether they could be saved."""
        assert self.context is not None  # noqa: S101
        self.context.configure_auth(tokens, remember_me=remember)
        return self.context.remembered

    def _accept_saved(self, context: Context) -> None:
        """Nothing to do: the Context has found the tokens itself."""

    # -- attempts --------------------------------------------------------------------------------------

    def _endpoint(self, server: Server, name: str) -> str:
        """Where the password goes; asked again here, because anybody on the kernel can send a command."""
        for provider, spec in zip(server.providers, self._specs, strict=True):
            if provider.name == name and provider.mode in ("internal", "password"):
                if provider.refusal is not None:
                    raise Refused("not_sent", provider.refusal)
                return str(spec.links["auth_endpoint"])
        raise Refused("not_sent", f"{server.host} has no such way to sign in.")

    @staticmethod
    def _who(http: httpx.Client, server: Server, tokens: Tokens) -> tuple[Identity | None, int]:
        """Ask who that is and how many API keys they have, before anything is kept: it must work to be worth it."""
        principal = grants.whoami(http, f"{server.uri}auth/whoami", tokens["access_token"])
        return identity_of(tokens.get("identity") or principal), len(principal.get("api_keys") or [])
