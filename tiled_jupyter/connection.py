"""From an address to a Context: one bounded question first, because Tiled itself retries for up to a minute."""

from __future__ import annotations

from typing import Any

import httpx

from . import grants, known_servers
from .address import KEY_WAS_REMOVED, Address, host_of, refusal_to_send
from .context import Context
from .grants import Refused
from .live import signed_in_context
from .states import Identity, Provider, Server, SignedIn
from .tls import tls_context

_WEB_PAGE_LOGIN = (
    "This server signs people in through a web page, which this version of the panel cannot do yet. "
    "Use an address with an API key."
)


def open_context(address: Address) -> Context:
    """Give a Context for the server at `address`, the one that is signed in already if there is one.

    Raises
    ------
    Refused
        With the cause, within some ten seconds.
    """
    live: Context | None = None if address.api_key else signed_in_context(address.api_uri)
    if live is not None:
        return live
    with httpx.Client(verify=tls_context()) as http:
        uri = grants.probe(http, address.api_uri)
    return Context(uri, api_key=address.api_key)


def describe(uri: str, specs: list[Any], *, required: bool, allow_http: bool) -> Server:
    """Say what the panel shows of a server.

    Parameters
    ----------
    uri : str
        Root of its API.
    specs : list of tiled.schemas.AboutAuthenticationProvider
    required : bool
        Whether it can be used without signing in at all.
    allow_http : bool
        Whether passwords may go over unencrypted connections.
    """
    providers = tuple(Provider(spec.provider, spec.mode, _refusal(spec, uri, allow_http)) for spec in specs)
    return Server(uri, host_of(uri), required, providers, new=not known_servers.is_known(uri))


def saved_sign_in(context: Context, server: Server, *, use_saved: bool) -> SignedIn | None:
    """Find that the Context is signed in already, or sign it in with what lies on disk if that is wanted."""
    may_resume = context.http_client.auth is not None or (use_saved and bool(server.providers))
    principal = context.resume_saved() if may_resume else None
    if principal is None:
        return None
    provenance = "Using your saved sign-in." if context.remembered else "Signed in earlier in this notebook."
    return SignedIn(
        server, identity_of(principal), "saved", provenance, context.remembered, len(principal.get("api_keys") or [])
    )


def key_sign_in(context: Context, server: Server, *, in_address: bool) -> SignedIn:
    """Try the API key a Context has, in one request.

    Raises
    ------
    Refused
        Where the server does not accept it.
    """
    where = "chosen in this notebook" if context.key_is_shared else "in TILED_API_KEY"
    where = "in this address" if in_address else where
    response = context.http_client.get(f"{context.api_uri}metadata/", timeout=grants.PROBE_TIMEOUT)
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise Refused("credentials", f"{server.host} does not accept the API key {where}. Check it, or leave it out.")
    if response.is_error:
        raise Refused("server", f"{server.host} answers with an error ({response.status_code}). Try again in a minute.")
    principal = context.whoami() if server.providers else None
    provenance = KEY_WAS_REMOVED if in_address else f"Using the API key {where}."
    return SignedIn(server, identity_of(principal or {}), "api_key", provenance, remembered=False)


def identity_of(principal: dict[str, Any]) -> Identity | None:
    """Who a principal (``whoami``) or a token answer's ``identity`` is."""
    for identity in principal.get("identities") or [principal]:
        if isinstance(identity, dict) and isinstance(identity.get("id"), str):
            provider = identity.get("provider")
            return Identity(identity["id"], provider if isinstance(provider, str) else None)
    return None


def _refusal(spec: Any, uri: str, allow_http: bool) -> str | None:  # noqa: FBT001 - Tiled's schema
    if spec.mode == "external":
        return _WEB_PAGE_LOGIN
    return refusal_to_send(spec.links.get("auth_endpoint", ""), uri, allow_http=allow_http)
