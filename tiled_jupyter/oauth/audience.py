"""Where a credential may go: to the server it was obtained for, over a connection nobody can read, and nowhere else.

Every client that carries a password, a token, an API key or a device code has `Audience.check` called before each of
its requests, those after a redirect included. Loopback means "does not leave this computer": such requests are kept
from proxies (`direct_mounts`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import httpx

from ..address import host_of, is_loopback, is_private, origin_of, refusal_to_send, unencrypted
from ..errors import LoginFailed
from .exchange import Refused

Origin: TypeAlias = tuple[str, bytes, int | None]

_IN_QUERY = ("api_key", "access_token", "refresh_token", "id_token", "id_token_hint", "token", "device_code")
_ELSEWHERE = "{host} leads to another address ({place}), which does not get your sign-in. Tell the people who run it."


class NotSent(LoginFailed, Refused):
    """A credential that would have gone where it must not; nothing of the request was sent.

    Parameters
    ----------
    sentence : str
        Why, and what to do.
    """

    def __init__(self, sentence: str) -> None:
        Refused.__init__(self, "not_sent", sentence)
        self.reason = "not_sent"


class Audience:
    """The servers that a client's credentials were obtained for.

    Parameters
    ----------
    places : iterable of str
        Any address of each server; its origin counts (RFC 6454).
    only : bool
        Whether the client has no business anywhere else, credential or not.
    here : iterable of str
        Those of `places` that are served in this process, which nothing leaves.
    """

    def __init__(self, places: Iterable[str], *, only: bool, here: Iterable[str] = ()) -> None:
        urls = [httpx.URL(place) for place in places]
        self._only = only
        self._hosts = " or ".join(dict.fromkeys(host_of(str(url)) for url in urls))
        self._origins = {origin for url in urls for origin in _origins(url)}
        self._private = {origin for url in urls if is_private(str(url), allow_http=False) for origin in _origins(url)}
        self._private |= {origin for place in here for origin in _origins(httpx.URL(place))}

    def check(self, request: httpx.Request) -> None:
        """Refuse a request that may not go where it goes, before anything is sent; an event hook of `httpx.Client`.

        Raises
        ------
        NotSent
            Where it would take a credential to another server, or where others can read it.
        """
        url = request.url
        origin = (url.scheme, url.raw_host, url.port)
        if origin in self._private:  # all that happens in daily life
            return
        if origin not in self._origins:
            if self._only or carries_credential(request):
                place = f"{url.scheme}://{host_of(str(url))}"
                raise NotSent(_ELSEWHERE.format(host=self._hosts, place=place))
        elif carries_credential(request) and not _allows_http():
            raise NotSent(unencrypted(str(url), "your sign-in"))


def carries_credential(request: httpx.Request) -> bool:
    """Whether a request may hold a credential: in its headers, its query, or a body of any kind."""
    if "authorization" in request.headers or request.method not in ("GET", "HEAD", "OPTIONS"):
        return True
    return any(name in request.url.params for name in _IN_QUERY)


def direct_mounts(places: Iterable[str]) -> dict[str, Any]:
    """Return ``mounts`` for an `httpx.Client` that keep requests to this computer from the environment's proxies."""
    hosts = {httpx.URL(place).host for place in places}
    return {f"all://{f'[{host}]' if ':' in host else host}": None for host in hosts if is_loopback(host)}


def may_go(uri: str) -> bool:
    """Whether credentials may go to an address: nobody can read along, or the settings say that it does not matter."""
    return is_private(uri, allow_http=False) or (is_private(uri, allow_http=True) and _allows_http())


def _allows_http() -> bool:
    from ..settings import settings  # which needs traitlets: a batch job pays for them only where it asks

    return settings().allow_http


def require_private(uri: str, what: str) -> None:
    """Refuse to send a credential to an address where others can read it.

    Raises
    ------
    NotSent
        With a sentence that says so of `what`, such as "the API key".
    """
    if not may_go(uri):
        raise NotSent(unencrypted(uri, what))


def is_here(http_client: httpx.Client) -> bool:
    """Whether a Context's client leads to a server in this very process (`tiled.client.context.Context.from_app`)."""
    return getattr(http_client, "app", None) is not None


def sendable(providers: list[Any], context: Any) -> list[Any]:
    """Return the ways to sign in whose password would go to the server itself, and those without a password.

    Parameters
    ----------
    providers : list of tiled.schemas.AboutAuthenticationProvider
    context : SessionContext
        Of the server.

    Raises
    ------
    NotSent
        Where there are none; it says why the first one is not used.
    """
    api_uri, allow_http = str(context.api_uri), is_here(context.http_client) or _allows_http()
    refusals = {
        spec.provider: refusal_to_send(str(spec.links.get("auth_endpoint")), api_uri, allow_http=allow_http)
        for spec in providers
        if spec.mode != "external"
    }
    kept = [spec for spec in providers if refusals.get(spec.provider) is None]
    if providers and not kept:
        raise NotSent(str(next(iter(refusals.values()))))
    return kept


def maker_of(server_info: Any, api_uri: str) -> str:
    """Return the origin that makes and renews a server's sign-ins: its own, or that of a provider it names.

    Parameters
    ----------
    server_info : tiled.schemas.About
    api_uri : str
        Root of the server's API.

    Raises
    ------
    NotSent
        Where it is neither: tokens would go to who did not make them.
    """
    about = server_info.authentication
    refresh = origin_of(str(about.links.refresh_session))
    makers = [api_uri, *(str(spec.links.get("token_endpoint")) for spec in about.providers)]
    if refresh is None or refresh not in map(origin_of, makers):
        place = refresh or "no address at all"
        raise NotSent(_ELSEWHERE.format(host=host_of(api_uri), place=place))
    return refresh


def _origins(url: httpx.URL) -> list[Origin]:
    """Return the origin of an address, and its encrypted twin where it has the usual ports."""
    origin = (url.scheme, url.raw_host, url.port)
    return [origin, ("https", url.raw_host, None)] if origin[::2] == ("http", None) else [origin]
