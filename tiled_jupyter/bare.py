"""Clients for the network of a Context that carry nothing of its session; no redirect is followed."""

from __future__ import annotations

import httpx

from .prompts import SignsIn
from .tls import tls_context

_SESSIONS_OWN = frozenset(("authorization", "cookie", "accept-encoding", "x-csrf"))


def bare_client(context: SignsIn) -> httpx.Client:
    """Make a client for the Context's server: its headers, and no Authorization, cookie or key."""
    headers = {name: value for name, value in context.http_client.headers.items() if name not in _SESSIONS_OWN}
    return _client(context, headers)


def provider_client(context: SignsIn) -> httpx.Client:
    """Make a client for an identity provider: nothing that Tiled's server knows or sets."""
    return _client(context, {})


def refreshing_client(context: SignsIn) -> httpx.Client:
    """Make the client for whoever refreshes the Context's session: its server, or a provider."""
    endpoint = httpx.URL(context.server_info.authentication.links.refresh_session)
    here = (endpoint.scheme, endpoint.netloc) == (context.api_uri.scheme, context.api_uri.netloc)
    return bare_client(context) if here else provider_client(context)


def _client(context: SignsIn, headers: dict[str, str]) -> httpx.Client:
    trust_env: bool = getattr(context, "_trust_env", True)  # an option Tiled has since 0.2.17
    verify = tls_context() if context._verify is True and trust_env else context._verify
    return httpx.Client(headers=headers, verify=verify, trust_env=trust_env, follow_redirects=False)
