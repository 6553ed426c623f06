"""Tiled's Context with a login that can be given from outside, and a session that holds.

The prompt is known here only as a callable, ``prompt(http_client, providers) -> tokens``; what it looks
like is nobody's business below the panel. Nothing here knows a notebook.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from tiled.client import context as tiled_context
from tiled.client.auth import CannotRefreshAuthentication, TiledAuth

from .errors import LoginFailed
from .tls import tls_context
from .tokens import TOKENS, SessionAuth, private_directory, read_token

Prompt: TypeAlias = Callable[[httpx.Client, list[Any]], dict[str, Any]]
KEY_WINS = (
    "An API key is set for this server, and it wins over a login. Unset TILED_API_KEY or leave api_key= out, "
    "and connect again."
)


@dataclass
class Occasion:
    """Why a prompt is called, which its signature cannot say.

    Parameters
    ----------
    context : Context
        Whose session is wanted.
    remember : bool
        What was asked for; the prompt writes the person's choice back.
    """

    context: Context
    remember: bool


occasion: ContextVar[Occasion | None] = ContextVar("tiled_jupyter_occasion", default=None)

_live: weakref.WeakSet[Context] = weakref.WeakSet()
_live_lock = threading.Lock()
_signed_out: set[str] = set()  # servers a person signed out of here, where a saved session is left to others


def live_contexts() -> list[Context]:
    """Every Context of ours in this kernel, in no order."""
    with _live_lock:
        return list(_live)


def signed_in_context(api_uri: str) -> Context | None:
    """Give a Context of this kernel that is signed in to the server, if there is one."""
    for context in live_contexts():
        if str(context.api_uri) == api_uri and context.http_client.auth is not None:
            return context
    return None


class Context(tiled_context.Context):  # type: ignore[misc]  # Tiled's client is not typed
    """A Tiled Context whose prompt can be given, now and for later.

    Parameters are those of `tiled.client.context.Context`.

    Attributes
    ----------
    prompt : callable or None
        Called as ``prompt(http_client, providers) -> tokens``. None: ask as Tiled does.
    remembered : bool
        Whether the present session lies on disk for the next kernel.
    """

    prompt: Prompt | None = None
    remembered: bool = False

    def __init__(self, uri: str, *, verify: Any = True, **options: Any) -> None:
        shared = verify is True and options.get("trust_env", True)  # an option Tiled has since 0.2.17
        super().__init__(uri, verify=tls_context() if shared else verify, **options)
        self._verify = verify  # what travels in a pickle; a TLS context could not
        with _live_lock:
            _live.add(self)

    def authenticate(self, *, remember_me: bool = True, prompt_for_reauthentication: Prompt | None = None) -> None:
        """Log in to the server.

        Parameters
        ----------
        remember_me : bool
            Next time, try to sign in with this session.
        prompt_for_reauthentication : callable, optional
            ``prompt(http_client, providers) -> tokens``, called now and kept for later. Tokens are a
            dictionary with ``access_token``, and ``refresh_token`` where the server gives one.

        Raises
        ------
        LoginFailed
            If an API key is set, or the prompt fails or gives no access token.
        """
        if prompt_for_reauthentication is not None:
            self.prompt = prompt_for_reauthentication
        if self.api_key is not None:  # before anybody types a password
            raise LoginFailed(KEY_WINS, "credentials")
        prompt = self.prompt
        if prompt is None:
            super().authenticate(remember_me=remember_me)
            return
        wish = Occasion(self, remember_me)
        token = occasion.set(wish)
        try:
            with self.bare_client() as http_client:
                tokens: Any = prompt(http_client, self.server_info.authentication.providers)
        finally:
            occasion.reset(token)
        if not isinstance(tokens, dict) or not isinstance(tokens.get("access_token"), str):
            raise LoginFailed("The prompt gave no access token. Try to sign in again.")
        self.configure_auth(tokens, remember_me=wish.remember)

    login = authenticate

    def configure_auth(self, tokens: dict[str, Any], remember_me: bool = True) -> None:  # noqa: FBT001, FBT002 - Tiled's signature
        """Use `tokens` from now on; see `tiled.client.context.Context.configure_auth`.

        Tiled's own writes files in place and with their old mode, and a session that is not to be remembered
        cannot be refreshed; otherwise this does the same.

        Parameters
        ----------
        tokens : dict
            With ``access_token``; ``refresh_token`` and ``id_token`` where there are any.
        remember_me : bool
            False removes what lies there for this server and keeps the session in memory.
        """
        self.http_client.auth = None
        if self.api_key is not None:
            raise LoginFailed(KEY_WINS, "credentials")
        if not remember_me:
            self.forget_saved()
        auth = self._session_auth(private_directory(self._token_directory()) if remember_me else None)
        auth.sync_tokens(tokens)
        self.remembered = auth.token_directory is not None
        self.http_client.auth = auth
        _signed_out.discard(str(self.api_uri))

    def use_cached_tokens(self) -> bool:
        """Sign in with what an earlier login left; never asks anybody.

        Returns
        -------
        bool
            Whether there was a session, and it lives.
        """
        return self.resume_saved() is not None

    def resume_saved(self) -> dict[str, Any] | None:
        """Say who is signed in, if need be with what an earlier login left on disk.

        Returns
        -------
        dict or None
            The principal as ``whoami`` gives it; None where there is no living session, or the person
            signed out of it in this kernel.
        """
        if self.http_client.auth is not None:
            return self._whoami_or_none()
        directory = self._token_directory()
        if str(self.api_uri) in _signed_out or not any(read_token(directory / name) for name in TOKENS):
            return None
        self.http_client.auth = self._session_auth(private_directory(directory))
        self.remembered = True
        return self._whoami_or_none()

    def _whoami_or_none(self) -> dict[str, Any] | None:
        """Ask who is signed in; where the session is over, be signed out."""
        try:
            principal: dict[str, Any] | None = self.whoami()
        except CannotRefreshAuthentication:
            principal = None
        if principal is None:
            self.http_client.auth = None
        return principal

    def forget(self) -> str | None:
        """Stop being signed in, in this kernel only: here, and in every other Context of this server.

        Returns
        -------
        str or None
            The refresh token, for who wants to revoke the session.
        """
        _signed_out.add(str(self.api_uri))
        refresh_token = None
        for context in live_contexts():
            if context is self or (context.api_uri == self.api_uri and context.api_key is None):
                if isinstance(context.http_client.auth, TiledAuth):
                    refresh_token = context.http_client.auth.sync_get_token("refresh_token") or refresh_token
                context.http_client.auth = None
                context.api_key = None
        return refresh_token

    def forget_saved(self) -> None:
        """Remove the token files of this server."""
        for name in TOKENS:
            (self._token_directory() / name).unlink(missing_ok=True)

    def saved_at(self) -> float | None:
        """When the saved access token was last written (seconds since the epoch), if there is one."""
        with contextlib.suppress(OSError):
            written: float = (self._token_directory() / "access_token").stat().st_mtime
            return written
        return None

    def bare_client(self) -> httpx.Client:
        """Make a client for the same network that carries nothing of the session.

        Returns
        -------
        httpx.Client
            With its own connections (the Context's may all be waiting for this login), no Authorization
            header, no cookies, and following no redirect.
        """
        headers = {
            name: value
            for name, value in self.http_client.headers.items()
            if name.lower() not in ("authorization", "cookie", "accept-encoding", "x-csrf")
        }
        return self._client_with(headers)

    def provider_client(self) -> httpx.Client:
        """Make a client for an identity provider: the same network, and nothing that Tiled's server knows or sets.

        Returns
        -------
        httpx.Client
            Without the headers, cookies, API key and tokens of the Context.
        """
        return self._client_with({})

    def _client_with(self, headers: dict[str, str]) -> httpx.Client:
        trust_env: bool = getattr(self, "_trust_env", True)
        verify = tls_context() if self._verify is True and trust_env else self._verify
        return httpx.Client(headers=headers, verify=verify, trust_env=trust_env, follow_redirects=False)

    def _session_auth(self, directory: Path | None) -> SessionAuth:
        links, csrf_token = self.server_info.authentication.links, self.http_client.cookies.get("tiled_csrf", "")
        return SessionAuth(links.refresh_session, csrf_token, directory, self.client_id, self.scopes)
