"""From an address or a profile to a Context: one bounded question first, because Tiled itself retries for long."""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tiled.client.context import Context as TiledContext

from ..address import Address, BadAddress, host_of, is_private, parse_address, refusal_to_send, same_origin, unquoted
from ..oauth.device import is_the_providers
from ..oauth.exchange import Refused, within
from ..session import known_servers
from ..session.bare import client_for
from ..session.identity import count, identity_of
from ..session.lifetime import session_end
from ..session.registry import signed_in_context
from ..session.tokens import tokens_of
from ..settings import TiledJupyter
from ..state.states import Identity, Provider, Server, SignedIn
from ..text import LONGEST_NAME, legible
from . import probing, profiles
from .context import ClientContext

PASSWORD_MODES = ("internal", "password")  # the second is an older Tiled's word
_NOT_PRIVATE = (
    "This connection is not encrypted (http://), so nobody can sign in over it safely. "
    "Use the server's https:// address."
)
_NO_PASSWORDS = "This site does not want passwords typed in notebooks. Sign in another way."
_ELSEWHERE = (
    "This server keeps its sign-ins at another address ({}). Nothing was sent. Tell the people who run the server."
)
_PATIENCE = 12.0  # seconds; Tiled itself asks again for 25, and reads without end
_MOST_PROVIDERS = 20
_OF_A_CONTEXT = tuple(inspect.signature(TiledContext.__init__).parameters)


@dataclass(frozen=True)
class Target:
    """What to connect to.

    Parameters
    ----------
    shown : str
        What the person reads meanwhile.
    address : Address or None
        None for a profile with a server of its own.
    profile : str or None
    context_options, client_options : dict
        What a profile wants of the Context and of the client.
    """

    shown: str
    address: Address | None
    profile: str | None = None
    context_options: dict[str, Any] = field(default_factory=dict, repr=False)
    client_options: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def host(self) -> str:
        """Whom to name."""
        return self.shown if self.address is None else self.address.host


def find_target(text: str, settings: TiledJupyter) -> Target:
    """Read what a person gives: an address, or the name of a profile.

    Raises
    ------
    BadAddress
        With a sentence that says what to do; also where the settings do not allow it.
    """
    target = _read(text)
    uri = target.address.api_uri if target.address is not None else None
    refusal = refusal_of_server(uri, target.profile or target.host, settings)
    if refusal is not None:
        raise BadAddress(refusal)
    return target


def _read(text: str) -> Target:
    name = unquoted(text)
    if not profiles.is_profile(name):
        address = parse_address(text)
        return Target(address.uri, address)
    if profiles.address_of(name) is None:
        return Target(name, None, name)
    try:
        _, options = profiles.resolve(name, ClientContext)
    except Exception as error:  # noqa: BLE001 - a profile's text may hold a key
        wrong = type(error).__name__
        raise BadAddress(f"The profile {name} cannot be used ({wrong}). Correct it, or type the address.") from None
    address = parse_address(options.pop("uri"))
    for_context = {key: value for key, value in options.items() if key in _OF_A_CONTEXT}
    for_client = {key: value for key, value in options.items() if key not in (*_OF_A_CONTEXT, "remember_me", "auth")}
    return Target(address.uri, address, name, for_context, for_client)


def open_context(target: Target) -> tuple[ClientContext, dict[str, Any]]:
    """Return a Context for a target, the one that is signed in already if there is one, and options for a client.

    Raises
    ------
    Refused
        With the cause, within some ten seconds.
    """
    address, options = target.address, target.context_options
    if address is None:
        return profiles.resolve(target.profile or "", ClientContext)
    live: ClientContext | None = None if address.api_key else signed_in_context(address.api_uri)
    if live is not None and not options:
        return live, target.client_options
    with client_for(address.api_uri, **probing.network_of(options)) as http:
        uri = probing.probe(http, address.api_uri)
    context = _made(uri, options)
    if live is not None:
        context.http_client.auth = live.http_client.auth
    return context, target.client_options


def _made(uri: str, options: dict[str, Any]) -> ClientContext:
    """Make a Context, for which Tiled asks again: that it was a server a moment ago says nothing of its answer."""
    try:
        return within(_PATIENCE, lambda: ClientContext(uri, keyless=True, **options))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):  # pydantic's and msgpack's, too
        sentence = f"{host_of(uri)} answers, but not as a Tiled server does, so it is not used. Check the address."
    raise Refused("not_a_server", sentence)


def refusal_of_server(uri: str | None, name: str, settings: TiledJupyter) -> str | None:
    """Return why the settings want nobody to sign in to a server.

    Parameters
    ----------
    uri : str or None
        Root of its API; None for a profile with a server of its own.
    name : str
        Of the profile, or what people call it.
    settings : TiledJupyter

    Returns
    -------
    str or None
        A sentence; None if it may be used.
    """
    if settings.allow_unlisted_servers or name in settings.servers:
        return None
    for listed in settings.servers:
        with contextlib.suppress(BadAddress):
            if parse_address(profiles.address_of(listed) or listed).api_uri == uri:
                return None
    among = f"only to {' and '.join(settings.servers)}" if settings.servers else "to no server yet"
    whom = f" {settings.help_url} says more." if settings.help_url else ""
    return f"The settings of this site let people sign in {among}, so nothing was sent to {name}.{whom}"


def describe(
    uri: str,
    specs: list[Any],
    *,
    required: bool,
    settings: TiledJupyter,
    preferred: str | None = None,
    links: Any = None,
    verify: Any = True,
    here: bool = False,
) -> Server:
    """Return what the panel shows of a server.

    Parameters
    ----------
    uri : str
        Root of its API.
    specs : list of tiled.schemas.AboutAuthenticationProvider
    required : bool
        Whether it can be used without signing in at all.
    settings : TiledJupyter
    preferred : str, optional
        Name of the provider to choose, instead of that of last time.
    links : tiled.schemas.AboutAuthenticationLinks, optional
        Where the server keeps sign-ins.
    verify : bool, str or ssl.SSLContext
        As of the Context.
    here : bool
        Whether it runs in this process.
    """
    providers = tuple(
        Provider(
            legible(spec.provider, LONGEST_NAME),
            spec.mode,
            _refusal(spec, uri, settings, here=here) or _strange(spec, uri, links),
            settings.provider_texts.get(spec.provider) or None,
        )
        for spec in specs[:_MOST_PROVIDERS]
    )
    known = known_servers.known(uri)
    chosen = preferred or (known.provider if known is not None else None)
    return Server(
        uri,
        host_of(uri),
        required,
        providers,
        new=known is None,
        preferred=chosen if any(provider.name == chosen for provider in providers) else None,
        sign_ins=known.sign_ins if known is not None else None,
        unverified=verify is False and uri.startswith("https:"),
    )


def saved_sign_in(context: ClientContext, server: Server, *, use_saved: bool) -> SignedIn | None:
    """Find that the Context is signed in already, or sign it in with what lies on disk if that is wanted."""
    may_resume = context.http_client.auth is not None or (use_saved and bool(server.providers))
    principal = within(_PATIENCE, context.resume_saved) if may_resume else None
    if principal is None:
        return None
    provenance = "Using your saved sign-in." if context.remembered else "Signed in earlier in this notebook."
    return session_sign_in(server, principal, tokens_of(context), "saved", provenance, remembered=context.remembered)


def session_sign_in(
    server: Server,
    principal: Mapping[str, Any],
    tokens: Mapping[str, Any],
    method: Any,
    provenance: str,
    *,
    remembered: bool,
    server_now: float | None = None,
) -> SignedIn:
    """Return who is signed in with a session, and for how long; note how many the account has."""
    good_until, renews = session_end(tokens, principal, time.time(), server_now)
    known_servers.remember(server.uri, sign_ins=count(principal, "sessions"))
    identity = identity_of(tokens.get("identity") or principal, tokens) or identity_of(principal, tokens)
    keys = count(principal, "api_keys")
    return SignedIn(server, identity, method, provenance, remembered, keys, good_until, renews)


def found_elsewhere(
    server: Server, identity: Identity | None, tokens: Mapping[str, Any], provenance: str, *, remembered: bool
) -> SignedIn:
    """Return who is signed in with a session that somebody else began, asking the server nothing."""
    good_until, renews = session_end(tokens, {}, time.time())
    return SignedIn(server, identity, "saved", provenance, remembered, None, good_until, renews)


def _refusal(spec: Any, uri: str, settings: TiledJupyter, *, here: bool) -> str | None:
    endpoint = str(spec.links.get("auth_endpoint", ""))
    if spec.mode in PASSWORD_MODES:
        if not settings.password_form:
            return _NO_PASSWORDS
        return refusal_to_send(endpoint, uri, allow_http=settings.allow_http or here)
    if spec.mode != "external":
        return None  # it is not offered
    theirs = is_the_providers(spec.links)
    if not theirs and not same_origin(endpoint, uri):
        return f"This server asks people to sign in at another address ({host_of(endpoint)}), so nobody can do so here."
    places = (uri, endpoint, str(spec.links["token_endpoint"])) if theirs else (uri, endpoint)
    leaving = [place for place in places if not (here and same_origin(place, uri))]
    return None if all(is_private(place, allow_http=settings.allow_http) for place in leaving) else _NOT_PRIVATE


def _strange(spec: Any, uri: str, links: Any) -> str | None:
    """Refuse where tokens would go to who is neither the server nor the provider that makes them."""
    if links is None:
        return None
    maker = str(spec.links["token_endpoint"]) if is_the_providers(spec.links) else uri
    owners = {"whoami": uri, "apikey": uri, "revoke_session": uri, "refresh_session": maker}
    places = ((str(getattr(links, name, None) or owner), owner) for name, owner in owners.items())
    strange = next((place for place, owner in places if not same_origin(place, owner)), None)
    return None if strange is None else _ELSEWHERE.format(f"{strange.partition(':')[0]}://{host_of(strange)}")
