"""Tiled's Context with a prompt that can be given, now and for later, and a session that is shared and holds.

Nothing here knows a notebook: a prompt is a callable, and what it looks like is the affair of who gives it.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from tiled.client import context as tiled_context
from tiled.client.auth import CannotRefreshAuthentication, TiledAuth

from ..address import host_of, is_loopback
from ..errors import LoginFailed
from ..oauth.answers import stay
from ..oauth.audience import Audience, NotSent, is_here, maker_of, require_private, sendable
from ..oauth.exchange import Tokens, read_bounded, tls_context
from ..state.parts import Identity
from ..text import Masked, masked
from . import bare, key_files, registry, showing
from . import tokens as files
from .auth import SessionAuth
from .identity import clearer, identities_of, identity_of, one_identity
from .pickling import reduced
from .prompts import Occasion, Prompt, ask, quietly
from .resuming import ask_for, saved_elsewhere
from .tokens import NOT_WRITABLE, SHORT, one_kernel_at_a_time, say_unsaved

_log = logging.getLogger(__name__)


_HAS_PROXIES = "trust_env" in inspect.signature(tiled_context.Context.__init__).parameters  # Tiled >= 0.2.17
KEY_WINS = (
    "An API key is set for this server, and it is used instead of a sign-in. Unset TILED_API_KEY or leave api_key= "
    "out, and connect again."
)


class SessionContext(tiled_context.Context):  # type: ignore[misc]  # Tiled's client is not typed
    """A Tiled Context whose prompt can be given, now and for later.

    Parameters are those of `tiled.client.context.Context`.

    Attributes
    ----------
    prompt : callable or None
        Called as ``prompt(http_client, providers) -> tokens``. None: ask as Tiled does.
    wants_saving : bool
        Whether the last login was to be remembered.
    unsent : str or None
        Why a saved sign-in was not sent where the server wants it now.
    is_key_over : bool
        Whether the server has refused the API key in use.
    """

    prompt: Prompt | None = None
    wants_saving: bool = True
    unsent: str | None = None
    is_key_over = False
    _was: SessionAuth | None = None  # the session that a sign-out in this kernel has taken
    _is_asking = False  # what a server is, while it is made: what is read then is bounded

    def __init__(self, uri: str, *, verify: Any = True, **options: Any) -> None:
        shared = verify is True and (options.get("trust_env", True) or is_loopback(httpx.URL(uri).host))
        options = on_this_computer(uri, options)
        self._is_asking = True
        try:
            super().__init__(uri, verify=tls_context() if shared else verify, **options)
        except BaseException:
            if "http_client" in self.__dict__:
                self.http_client.close()
            raise
        self._is_asking = False
        self.http_client.event_hooks["response"].remove(read_bounded)
        self._verify = verify  # what travels in a pickle; a TLS context could not
        self._begin()

    @property
    def http_client(self) -> Any:  # its `auth` is ours, which httpx's types do not know
        """The client that Tiled's Context makes, and asks with at once."""
        return self.__dict__["http_client"]

    @http_client.setter
    def http_client(self, client: httpx.Client) -> None:
        self.__dict__["http_client"] = client
        if self._is_asking:
            client.event_hooks["response"].append(read_bounded)

    @classmethod
    def from_any_uri(cls, uri: str, **options: Any) -> tuple[Any, list[str]]:
        """Return a Context for the server of an address, and the segments of the node it points to.

        As `tiled.client.context.Context.from_any_uri`, whose first question is not sent a key in the address.
        """
        uri, options = without_key(uri, options)
        made: tuple[Any, list[str]] = super().from_any_uri(uri, **on_this_computer(uri, options))
        return made

    def _begin(self) -> None:
        """Begin to be one of ours: reached by logins, heard, and kept from sending credentials elsewhere."""
        if not is_here(self.http_client):  # what a server in this process is sent, leaves it not
            self.http_client.event_hooks["request"].append(Audience([str(self.api_uri)], only=False).check)
        self.http_client.event_hooks["response"].append(stay)
        registry.add(self)
        registry.watch(self)

    def take_over(self) -> None:
        """Begin to be one of ours, for a Context that Tiled itself has made, with the session it has."""
        self._begin()
        if is_loopback(self.api_uri.host):
            self._trust_env = False  # what travels
            proxies = getattr(self.http_client._transport, "_mounts", {})  # of the environment; Tiled >= 0.2.17
            while proxies:
                transport = proxies.popitem()[1]
                if transport is not None:
                    transport.close()
        auth = self.http_client.auth
        if type(auth) is TiledAuth:
            tokens = {name: auth.sync_get_token(name) for name in files.TOKENS}
            self._use(tokens, auth.token_directory, proven=False, refresh_url=auth.refresh_url)

    # -- signing in ------------------------------------------------------------------------------------

    def authenticate(self, *, remember_me: bool = True, prompt_for_reauthentication: Prompt | None = None) -> None:
        """Log in to the server.

        Parameters
        ----------
        remember_me : bool
            Next time, try to sign in with this session.
        prompt_for_reauthentication : callable, optional
            ``prompt(http_client, providers) -> tokens``, called now, and again when the session has ended.
            Tokens are a dictionary with ``access_token``, and ``refresh_token`` where the server gives one.

        Raises
        ------
        LoginFailed
            If an API key is set, or the prompt fails or gives no access token.
        TypeError
            If `prompt_for_reauthentication` cannot be called.
        """
        if prompt_for_reauthentication is not None:
            self.prompt = require_prompt(prompt_for_reauthentication)
        if self.api_key is not None:  # before anybody types a password
            raise LoginFailed(KEY_WINS, "credentials")
        if self.prompt is None:
            with self.prompt_client() as http_client:
                tokens = ask_at_terminal(http_client, self.server_info.authentication.providers, self)
            self.configure_auth(tokens, remember_me=remember_me)
            return
        wish = Occasion(self, remember_me, reason=self.unsent)
        tokens = ask(self.prompt, wish)
        self.configure_auth(tokens, remember_me=wish.remember)

    login = authenticate

    def configure_auth(self, tokens: Tokens, remember_me: bool = True) -> None:  # noqa: FBT001, FBT002 - Tiled's signature
        """Use `tokens` from now on; see `tiled.client.context.Context.configure_auth`.

        Whatever waits in this kernel for the same principal's session goes on.

        Parameters
        ----------
        tokens : dict
            With ``access_token``; ``refresh_token`` and ``id_token`` where there are any.
        remember_me : bool
            False removes what lies there for this server and keeps the session in memory.
        """
        tokens = masked(tokens)
        say_unsaved(self.accept(tokens, remember=remember_me))

    def accept(self, tokens: Tokens, *, remember: bool) -> str | None:
        """Configure authentication as `configure_auth` does, and leave it to who calls to say what it returns.

        Returns
        -------
        str or None
            Why the tokens could not be saved though they should be.
        """
        maker_of(self.server_info, str(self.api_uri))  # before the present session is let go of
        self.http_client.auth = None
        if self.api_key is not None:
            raise LoginFailed(KEY_WINS, "credentials")
        with one_kernel_at_a_time(self.token_directory if remember else None, SHORT):
            place = self.place_for_tokens(remember=remember)
            why = self._use(tokens, place, proven=True)
        showing.look_again()
        registry.living().signed_out.discard(str(self.api_uri))
        return NOT_WRITABLE if remember and place is None else why

    def use_cached_tokens(self) -> bool:
        """Sign in with what an earlier login left; never asks anybody.

        Returns
        -------
        bool
            Whether there was a session, and it lives.
        """
        return self.resume_saved() is not None

    def resume_saved(self) -> dict[str, Any] | None:
        """Return who is signed in, if need be with what an earlier login left on disk; never asks anybody.

        Returns
        -------
        dict or None
            The principal as ``whoami`` gives it; None where there is no living session, or the person
            signed out of it in this kernel.
        """
        had_one = self.http_client.auth is not None
        if not had_one:
            saved = files.read_tokens(self.token_directory)
            if not saved or str(self.api_uri) in registry.living().signed_out:
                return None
            self._use(saved, self.place_for_tokens(remember=True), proven=False)
        principal, self.unsent = None, None
        try:
            with quietly():
                principal = self.whoami()
        except CannotRefreshAuthentication:
            self.unsent = self.http_client.auth.moved()
        except NotSent as refused:
            self.unsent = str(refused)
        lives = principal is not None
        _log.debug("%s: the saved session %s", host_of(str(self.api_uri)), "lives" if lives else "is over or not sent")
        if not lives and not had_one:  # or its clients, whose requests are to fail, would read as nobody
            self.http_client.auth = None
        return principal

    def take_saved(self) -> bool:
        """Go on with what another kernel has left on disk since this session has ended, if it is the same person's.

        Returns
        -------
        bool
            Whether there was something.
        """
        auth = self.http_client.auth
        saved = saved_elsewhere(self, auth) if isinstance(auth, SessionAuth) else None
        if saved is not None:
            self._use(saved, self.place_for_tokens(remember=True), proven=False)
            showing.look_again()
        return saved is not None

    def force_auth_refresh(self) -> Tokens:
        """Renew the session now; see `tiled.client.context.Context.force_auth_refresh`."""
        auth = self.http_client.auth
        if not isinstance(auth, SessionAuth):
            raise LoginFailed("Nobody is signed in, so there is nothing to renew.", "credentials")
        auth.refresh_now()
        return dict(auth.tokens)

    def whoami(self) -> dict[str, Any]:
        """Return who is signed in; see `tiled.client.context.Context.whoami`."""
        principal: dict[str, Any] = super().whoami()
        auth = self.http_client.auth
        if isinstance(auth, SessionAuth):  # a provider's tokens need not name anybody
            auth.identity = clearer(auth.identity, identity_of(principal, auth.tokens))
        return principal

    @property
    def remembered(self) -> bool:
        """Whether the present session lies on disk for the next kernel."""
        return getattr(self.http_client.auth, "token_directory", None) is not None

    def _use(
        self, tokens: Tokens, directory: Path | None, *, proven: bool, refresh_url: str | None = None
    ) -> str | None:
        """Use the session of these tokens: the one that others of this process have, if there is one.

        Tokens of a new login (`proven`) were made by whom the server names now, found ones by whom is noted with them.
        """
        refresh_url = refresh_url or str(self.server_info.authentication.links.refresh_session)
        if proven or directory is None:
            made_by = maker_of(self.server_info, str(self.api_uri))
        else:
            made_by = str(files.made_by(directory))
        auth = registry.session_of(self.api_uri, files.subject(tokens.get("access_token")))
        if auth is None:
            auth = SessionAuth(
                refresh_url,
                self.http_client.cookies.get("tiled_csrf", ""),
                self.client_id,
                self.scopes,
                client=functools.partial(bare.refreshing_client, self),
                made_by=made_by,
                ask=ask_for,
            )
        elif proven:
            auth.start_anew(refresh_url, self.client_id, self.scopes, made_by)
        self.wants_saving = directory is not None
        auth.identity = clearer(_identity_in(tokens), auth.identity)
        why = auth.renewed(tokens, directory, proven=proven)
        registry.keep(self.api_uri, auth)
        for context in registry.contexts(self.api_uri):
            if context is self or context._was is auth:  # signed out of it before
                context.http_client.auth, context._was = auth, None
        return why

    def place_for_tokens(self, *, remember: bool) -> Path | None:
        """Return where tokens may lie, for this user alone; where they may not, remove what lies there."""
        if not remember:
            self.forget_saved()
        return files.private_directory(self.token_directory) if remember else None

    @property
    def token_directory(self) -> Path:
        """Where Tiled keeps the tokens of this server."""
        return Path(self._token_directory())

    # -- signing out -----------------------------------------------------------------------------------

    def forget(self) -> None:
        """Stop being signed in, in this kernel only: here, and in every other Context that shares the session."""
        _log.debug("%s: signed out in this kernel", host_of(str(self.api_uri)))
        registry.living().signed_out.add(str(self.api_uri))
        for context in registry.sharing(self):
            auth = context.http_client.auth
            if isinstance(auth, TiledAuth):
                context._was = auth
            context.http_client.auth = None
            context.api_key = None

    def forget_saved(self) -> None:
        """Remove the token files of this server."""
        files.remove_tokens(self.token_directory)

    def saved_at(self) -> float | None:
        """When the saved access token was last written (seconds since the epoch), if there is one."""
        with contextlib.suppress(OSError):
            written: float = (self.token_directory / "access_token").stat().st_mtime
            return written
        return None

    # -- clients ---------------------------------------------------------------------------------------

    def bare_client(self) -> httpx.Client:
        """Make a client for the same network that carries nothing of the session.

        Returns
        -------
        httpx.Client
            With its own connections (the Context's may all be waiting for this login), no Authorization
            header, no cookies, and following no redirect.
        """
        return bare.bare_client(self)

    def prompt_client(self) -> httpx.Client:
        """Return the client that a prompt is given: as `bare_client`, for the server's identity providers too."""
        return bare.prompt_client(self)

    # -- what is not to be seen or sent ----------------------------------------------------------------

    def __repr__(self) -> str:
        """Return who is signed in, as Tiled does, without asking anybody to be."""
        name = type(self).__name__
        if not self.authenticated:
            return f"<{name} (unauthenticated)>"
        try:
            with quietly():
                who = _whom(self.whoami()) if self.server_info.authentication.links else ""
        except CannotRefreshAuthentication:
            return f"<{name} (session ended)>"
        except httpx.HTTPError:
            return f"<{name} (server not reached)>"
        by = f" with API key '{self.api_key[: min(len(self.api_key) // 2, 8)]}...'" if self.api_key is not None else ""
        return f"<{name} authenticated{who}{by}>"

    def __copy__(self) -> SessionContext:
        """Return a Context with connections of its own and the same sign-in, which stays in this process."""
        twin = type(self).__new__(type(self))
        twin.__setstate__(super().__getstate__())
        kept = {name: value for name, value in vars(self).items() if name not in vars(twin)}
        twin.__dict__.update({**kept, "admin": tiled_context.Admin(twin), "show_progress": self.show_progress})
        twin._begin()
        return twin

    def __deepcopy__(self, _memo: object) -> SessionContext:
        return self.__copy__()

    @property
    def api_key(self) -> Any:
        """The API key in use, as Tiled's; other processes have it only while a client here uses it."""
        return super().api_key

    @api_key.setter
    def api_key(self, key: str | None) -> None:
        before = self.api_key
        tiled_context.Context.api_key.fset(self, key)
        self.is_key_over = False
        if before is not None and before not in (one.api_key for one in registry.contexts(self.api_uri)):
            key_files.take_from_workers(before, str(self.api_uri))

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as Tiled's own Context, without secrets; see `travel.reduced`."""
        return reduced(self, super().__getstate__())

    def __dask_tokenize__(self) -> tuple[str, ...]:
        """Return which Context this is, so that Dask need not pickle it to know."""
        auth = self.http_client.auth
        return (
            type(self).__name__,
            str(self.api_uri),
            str(getattr(auth, "subject", None)),
            str(self.api_key is not None),
        )


def require_prompt(prompt: Any) -> Prompt:
    """Return a prompt, if it can be one.

    Raises
    ------
    TypeError
        If it cannot be called.
    """
    if not callable(prompt):
        wanted = "prompt_for_reauthentication= wants a callable, prompt(http_client, providers) -> tokens"
        raise TypeError(f"{wanted}, not a {type(prompt).__name__}.")
    called: Prompt = prompt
    return called


def on_this_computer(uri: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a Context such that requests to this computer use no proxy of the environment's."""
    return {**options, "trust_env": False} if _HAS_PROXIES and is_loopback(httpx.URL(uri).host) else options


def without_key(uri: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return an address less the API key in it, and the options of a Context with that key.

    Raises
    ------
    NotSent
        Where others could read the key on its way.
    """
    url = httpx.URL(uri)  # a str or an `httpx.URL`, as Tiled takes them
    keys = url.params.get_list("api_key")
    if len(keys) != 1 or options.get("api_key") is not None:  # for Tiled to refuse
        return uri, options
    require_private(uri, "the API key")
    return str(url.copy_remove_param("api_key")), {**options, "api_key": Masked(keys[0])}


def ask_at_terminal(http_client: httpx.Client, providers: list[Any], context: SessionContext | None) -> Tokens:
    """Ask as Tiled does, but for no password that would go to another server than the Context's, if that is known."""
    offered = providers if context is None else sendable(providers, context)
    tokens: Tokens = tiled_context.prompt_for_credentials(http_client, offered)
    return tokens


def _whom(principal: object) -> str:
    """Return whom a principal names, as the rest of what Tiled's Context says of itself."""
    known = identities_of(principal) if isinstance(principal, Mapping) else []
    names = [f"'{one.id}'" for one in known if one.kind == "named"]
    if isinstance(principal, Mapping) and principal.get("type") == "service":
        return f" as service '{known[-1].id}'"
    return f" as {','.join(names)}" if names else "; the server does not say who you are"


def _identity_in(tokens: Tokens) -> Identity | None:
    """Who tokens belong to, by the answer that brought them or by Tiled's own access token."""
    claims = files.claims(tokens.get("access_token"))
    claimed = {"identities": claims.get("ids")}
    if "sub_typ" in claims:
        claimed |= {"type": claims["sub_typ"], "uuid": claims.get("sub")}
    return one_identity(tokens.get("identity")) or identity_of(claimed)
