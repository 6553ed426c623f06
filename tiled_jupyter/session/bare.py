"""Clients that carry nothing of a session and go nowhere but to whom they are made for; no redirect is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from ..address import is_loopback, origin_of, same_origin
from ..oauth.audience import Audience, direct_mounts, is_here
from ..oauth.device import endpoints
from ..oauth.exchange import tls_context

if TYPE_CHECKING:
    from .prompts import SignsIn

_SESSIONS_OWN = frozenset(("authorization", "cookie", "accept-encoding", "x-csrf"))


class _ThisProcess(httpx.BaseTransport):
    """The way to a server in this process, which its Context closes and nobody else."""

    def __init__(self, way: httpx.BaseTransport) -> None:
        self.handle_request = way.handle_request  # type: ignore[method-assign]


def client_for(
    *places: str,
    headers: dict[str, str] | None = None,
    verify: Any = True,
    trust_env: bool = True,
    here: dict[str, httpx.BaseTransport] | None = None,
) -> httpx.Client:
    """Return a client for the servers of these addresses, which sends nothing anywhere else.

    Parameters
    ----------
    *places : str
        Any address of each server.
    headers, verify, trust_env
        As in `httpx.Client`; requests to this computer never use a proxy.
    here : dict, optional
        For each of `places` that is served in this process, the way there.
    """
    here = here or {}
    return httpx.Client(
        headers=headers,
        verify=tls_context() if verify is True and trust_env else verify,
        trust_env=trust_env,
        mounts=direct_mounts(places) | {str(origin_of(place)): way for place, way in here.items()},
        event_hooks={"request": [Audience(places, only=True, here=here).check]},
        follow_redirects=False,
    )


def bare_client(context: SignsIn) -> httpx.Client:
    """Return a client for the Context's server: its headers, and no Authorization, cookie or key."""
    return _client(context, str(context.api_uri))


def prompt_client(context: SignsIn) -> httpx.Client:
    """Return the client that a prompt is given: for the Context's server, and for the providers that it names."""
    providers = context.server_info.authentication.providers
    return _client(context, str(context.api_uri), *(place for spec in providers for place in endpoints(spec.links)))


def provider_client(context: SignsIn, *places: str) -> httpx.Client:
    """Return a client for an identity provider: nothing that Tiled's server knows or sets, and always verified."""
    verify = True if context._verify is False else context._verify
    return client_for(*places, verify=verify, trust_env=_trusts_environment(context))


def login_client(context: SignsIn, *places: str) -> httpx.Client:
    """Return a client for an identity provider at the places it is given, else for the Context's server."""
    return provider_client(context, *places) if places else bare_client(context)


def refreshing_client(context: SignsIn, maker: str) -> httpx.Client:
    """Return the client for who makes and renews a session: the Context's server, or a provider."""
    own = same_origin(maker, str(context.api_uri))
    return bare_client(context) if own else provider_client(context, maker)


def _client(context: SignsIn, *places: str) -> httpx.Client:
    headers = {name: value for name, value in context.http_client.headers.items() if name not in _SESSIONS_OWN}
    here: dict[str, httpx.BaseTransport] = {}
    if is_here(context.http_client):
        here[str(context.api_uri)] = _ThisProcess(context.http_client._transport.transport)
    trust_env = _trusts_environment(context)
    return client_for(*places, headers=headers, verify=context._verify, trust_env=trust_env, here=here)


def _trusts_environment(context: SignsIn) -> bool:
    """Whether certificates and proxies of the environment count; on this computer only the former can."""
    trusts: bool = getattr(context, "_trust_env", True)  # an option Tiled has since 0.2.17
    return trusts or is_loopback(context.api_uri.host)
