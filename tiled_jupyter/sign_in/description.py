"""What a server says of itself, as the panel shows it, and what nothing may be sent to. Asks nobody."""

from __future__ import annotations

from typing import Any

from ..address import host_of, is_private, refusal_to_send, same_origin
from ..oauth.device import is_the_providers
from ..session import known_servers
from ..settings import TiledJupyter
from ..state.states import Provider, Server
from ..text import LONGEST_NAME, legible

PASSWORD_MODES = ("internal", "password")  # the second is an older Tiled's word
_NOT_PRIVATE = (
    "This connection is not encrypted (http://), so nobody can sign in over it safely. "
    "Use the server's https:// address."
)
_NO_PASSWORDS = "This site does not want passwords typed in notebooks. Sign in another way."
_ELSEWHERE = (
    "This server keeps its sign-ins at another address ({}). Nothing was sent. Tell the people who run the server."
)
_MOST_PROVIDERS = 20


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
