"""End a session with who made it: Tiled, or the identity provider (RFC 7009). Best effort, and bounded in time.

A provider's logout page is never opened: it ends the person's session in the browser, and revokes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

import httpx

from . import grants
from .address import is_loopback, same_origin
from .device_grant import endpoints, is_the_providers
from .exchange import PROBE_TIMEOUT, Refused, ask
from .lifetimes import claims
from .prompts import SignsIn

_MOST_TRIES = 5
_WELL_KNOWN = "/.well-known/openid-configuration"


def end_session(
    client: Callable[..., AbstractContextManager[httpx.Client]],
    api_uri: str,
    links: Mapping[str, Any],
    tokens: Mapping[str, Any],
    timeout: httpx.Timeout = PROBE_TIMEOUT,
) -> None:
    """Make tokens useless; where that fails, they were so already or will be with time.

    Parameters
    ----------
    client : callable
        Makes a client without credentials, for an identity provider at the places it is given, else for Tiled's server.
    api_uri : str
        Root of the API.
    links : mapping
        Of the provider the session was made with.
    tokens : mapping
    timeout : httpx.Timeout
        For each request.
    """
    if is_the_providers(links):
        with client(*endpoints(links)) as http:
            _at_provider(http, links, tokens, timeout)
    elif tokens.get("refresh_token"):
        with client() as http:
            grants.revoke_session(http, api_uri, tokens["refresh_token"], timeout)


def end_session_of(
    context: SignsIn, tokens: Mapping[str, Any], made_by: str, timeout: httpx.Timeout = PROBE_TIMEOUT
) -> None:
    """Make tokens of a Context's server useless at the origin that made them (`made_by`); see `end_session`."""
    api_uri = str(context.api_uri)
    links = _links_of(made_by, [spec.links for spec in context.server_info.authentication.providers], api_uri)
    if links is None:  # nobody whom the server names today has made them
        return
    end_session(
        lambda *places: context.provider_client(*places) if places else context.bare_client(),
        api_uri,
        links,
        tokens,
        timeout,
    )


def _links_of(made_by: str, providers: list[Mapping[str, Any]], api_uri: str) -> Mapping[str, Any] | None:
    """Return the links of the provider that has made tokens; none are needed for those of Tiled's own making."""
    theirs = [links for links in providers if is_the_providers(links)]
    theirs = [links for links in theirs if same_origin(str(links["token_endpoint"]), made_by)]
    if same_origin(made_by, api_uri) and not (theirs and len(providers) == 1):
        return {}
    return next(iter(theirs), None)


def _at_provider(
    http: httpx.Client, links: Mapping[str, Any], tokens: Mapping[str, Any], timeout: httpx.Timeout
) -> None:
    kind = "refresh_token" if tokens.get("refresh_token") else "access_token"
    token_endpoint = str(links["token_endpoint"])
    with suppress(Refused):
        for place in _configurations(token_endpoint, tokens):
            endpoint = ask(http, "GET", place, timeout=timeout).fields.get("revocation_endpoint")
            if isinstance(endpoint, str) and _may_have_it(endpoint, token_endpoint):
                form = {"token": tokens[kind], "token_type_hint": kind, "client_id": str(links["client_id"])}
                ask(http, "POST", endpoint, data=form, timeout=timeout)
                return


def _may_have_it(endpoint: str, token_endpoint: str) -> bool:
    url = httpx.URL(token_endpoint)
    return same_origin(endpoint, token_endpoint) and (url.scheme == "https" or is_loopback(url.host))


def _configurations(token_endpoint: str, tokens: Mapping[str, Any]) -> list[str]:
    """Give the addresses of the provider's OpenID configuration, the likeliest first; all at its own origin."""
    issuers = [claims(tokens.get(name)).get("iss") for name in ("id_token", "access_token")]
    url = httpx.URL(token_endpoint)
    parts = [part for part in url.path.split("/") if part]
    parents = [str(url.copy_with(path="/" + "/".join(parts[:n]), query=None)) for n in range(len(parts) - 1, -1, -1)]
    candidates = [str(issuer) for issuer in issuers if same_origin(str(issuer), token_endpoint)] + parents
    return list(dict.fromkeys(f"{one.rstrip('/')}{_WELL_KNOWN}" for one in candidates))[:_MOST_TRIES]
