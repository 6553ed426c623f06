"""From an address or a profile to a Context: one bounded question first, because Tiled itself retries for long."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ..address import host_of
from ..oauth.exchange import Refused, within
from ..session import known_servers
from ..session.bare import client_for
from ..session.identity import count, identity_of
from ..session.lifetime import session_end
from ..session.registry import signed_in_context
from ..session.tokens import tokens_of
from ..state.states import Identity, Server, SignedIn
from . import probing, profiles
from .context import ClientContext
from .target import Target

_PATIENCE = 12.0  # seconds; Tiled itself asks again for 25, and reads without end


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
