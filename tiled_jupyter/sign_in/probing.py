"""Is there a Tiled server at an address, and if not: who answers instead, and where may it be?

Nothing here carries a credential, and no redirect is followed but the one from http to https.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import httpx

from ..address import host_of, same_origin
from ..oauth.answers import without_secrets
from ..oauth.causes import wants_a_certificate
from ..oauth.environment import broken, proxy_for
from ..oauth.exchange import Answer, Refused, ask, explain
from ..session.bare import client_for
from ..text import LONGEST_NAME, legible

_API = "/api/v1/"
_PATIENCE = 5.0  # seconds to look at other addresses of a server that has answered
_ONE = httpx.Timeout(2.0)
_OF_THE_NETWORK = ("verify", "headers", "trust_env")
_OF_AN_ANSWER = (httpx.HTTPStatusError, ValueError, LookupError)  # pydantic's and msgpack's, too
_KINDS = (httpx.InvalidURL, OSError, ImportError, ValueError, LookupError, RuntimeError)


def network_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those options of a Context that say how its server is reached, for a client without a session."""
    return {name: options[name] for name in _OF_THE_NETWORK if name in options}


def explained(error: Exception, api_uri: str, options: Mapping[str, Any]) -> Exception:
    """Return what to raise where Tiled made no Context: of the same kind, so that whoever catches it goes on to do so.

    Parameters
    ----------
    error : Exception
        Tiled's own, or of what it uses.
    api_uri : str
        Root of the API.
    options : mapping
        Of the Context.

    Returns
    -------
    Exception
        With a sentence that names the cause, and nothing of the request. `error` itself where it is no affair of the
        connection: a wrong argument, or what a Tiled server has said.
    """
    trusts = bool(options.get("trust_env", True))
    if isinstance(error, _OF_AN_ANSWER) and broken() is None:
        try:
            with client_for(api_uri, **network_of(options)) as http:
                probe(http, api_uri)
        except Refused as refused:
            sentence = refused.failure.sentence
        else:
            return error
    elif isinstance(error, (httpx.RequestError, *_KINDS)):
        sentence = explain(error, host_of(api_uri), api_uri, proxies=trusts).sentence
    else:
        return error
    if isinstance(error, httpx.HTTPStatusError):
        answer = without_secrets(error.response)
        return type(error)(sentence, request=answer.request, response=answer)
    if isinstance(error, httpx.RequestError):
        return type(error)(sentence, request=httpx.Request("GET", api_uri))
    kind = type(error) if isinstance(error, OSError | ImportError) else None
    return (kind or next(kind for kind in _KINDS if isinstance(error, kind)))(sentence)


def probe(http: httpx.Client, api_uri: str) -> str:
    """Ask an address whether it is a Tiled server, in one bounded request.

    Parameters
    ----------
    http : httpx.Client
        Without credentials, and not following redirects.
    api_uri : str
        Root of the API.

    Returns
    -------
    str
        `api_uri`, or its https: twin where the server redirects there and to no other host.

    Raises
    ------
    Refused
        ``unreachable``, ``not_a_server`` or ``server``.
    """
    try:
        answer = ask(http, "GET", api_uri)
    except Refused as refused:
        if not (refused.hung_up and api_uri.startswith("http:")):
            raise
        answer = None
    if answer is None:
        sentence = f"{host_of(api_uri)} ends the connection without an answer."
        raise Refused("unreachable", f"{sentence} If it speaks https, type https:// in front of the address.")
    there = _led_to(api_uri, answer)
    if there is not None and api_uri.startswith("http:") and there.startswith("https:") and _is_twin(there, api_uri):
        return probe(http, there)
    if _is_tiled(answer):
        return api_uri
    raise _stranger(http, api_uri, answer, there)


def _is_tiled(answer: Answer) -> bool:
    told = isinstance(answer.fields.get("authentication"), dict) and "api_version" in answer.fields
    return answer.status == httpx.codes.OK and told


def _is_twin(there: str, api_uri: str) -> bool:
    return httpx.URL(there).host == httpx.URL(api_uri).host


def _led_to(address: str, answer: Answer) -> str | None:
    """Return where an answer leads to, without user, query and fragment."""
    if answer.location is None:
        return None
    try:
        there = httpx.URL(address).join(answer.location)
        return str(there.copy_with(userinfo=b"", query=None, fragment=None)) if there.host else None
    except (httpx.InvalidURL, ValueError):
        return None


def _stranger(http: httpx.Client, api_uri: str, answer: Answer, there: str | None) -> Refused:
    """Return a sentence on who has answered, and what to do."""
    host, status = host_of(api_uri), answer.status
    if status == httpx.codes.TOO_MANY_REQUESTS:
        sentence = f"{host} gets too many requests and asks to wait (429). Try again {_when(answer)}."
        return Refused("server", sentence, passing=True, retry_after=answer.retry_after)
    if status >= 500:
        proxy = proxy_for(api_uri) if http.trust_env and api_uri.startswith("http:") else None
        who = host if proxy is None else f"{host}, or the {proxy} on the way to it,"
        return Refused("server", f"{who} answers with an error ({status}). Try again {_when(answer)}.")
    if there is not None and not same_origin(there, api_uri):
        place = legible(there.partition(_API)[0].rstrip("/"), 200)
        return Refused("not_a_server", f"{host} redirects to {place}. If you trust that, use it as the address.")
    if status == httpx.codes.UNAUTHORIZED:
        how = f", {legible(answer.challenge, 20)}" if answer.challenge else ""
        sentence = f"{host} asks for another sign-in first (401{how}), which Tiled's client cannot do."
        return Refused("not_a_server", f"{sentence} Ask the people who run it for another address.")
    if status == httpx.codes.BAD_REQUEST and "SSL certificate" in (answer.page or ""):
        return Refused("not_a_server", wants_a_certificate(host))
    if status == httpx.codes.BAD_REQUEST and api_uri.startswith("http:"):
        sentence = f"{host} does not understand http (400)."
        return Refused("not_a_server", f"{sentence} If it speaks https, type https:// in front of the address.")
    found = _elsewhere(http, api_uri, there)
    if found is not None:
        return Refused("not_a_server", f"There is no Tiled server at this address, but one at {found}. Use that.")
    sentence = f"{host} answers, but not as a Tiled server: {_what(api_uri, answer, there)}. Check the address."
    return Refused("not_a_server", sentence)


def _what(api_uri: str, answer: Answer, there: str | None) -> str:
    title = f" (“{answer.page}”)" if answer.page else ""
    if there is not None:
        return f"it leads to its page {legible(httpx.URL(there).path, LONGEST_NAME)}"
    if answer.status == httpx.codes.FORBIDDEN:
        return f"it lets nobody in here (403){title}"
    if answer.status == httpx.codes.NOT_FOUND:
        return f"it has nothing at {legible(httpx.URL(api_uri).path, LONGEST_NAME)} (404)"
    if answer.status != httpx.codes.OK:
        return f"it says {answer.status}{title}"
    return (
        "it sends other data" if answer.page is None else f"it sends a web page{title}, perhaps to sign in there first"
    )


def _elsewhere(http: httpx.Client, api_uri: str, there: str | None) -> str | None:
    """Find a Tiled server at another path of the same origin; to be offered, and not simply used."""
    until, asked = time.monotonic() + _PATIENCE, {api_uri}
    for place in _places(http, api_uri, there):
        if time.monotonic() > until:
            break
        if place in asked or not same_origin(place, api_uri):
            continue
        asked.add(place)
        with suppress(Refused):
            if _is_tiled(ask(http, "GET", place, timeout=_ONE)):
                return place.removesuffix(_API)
    return None


def _places(http: httpx.Client, api_uri: str, there: str | None) -> Iterator[str]:
    """Return roots of an API: of whose data this may be the address, around this page, where the server leads to."""
    root, _, data = api_uri.partition(_API)
    if data:
        yield f"{root}{_API}"
    page = httpx.URL(api_uri).join("../../..") if not data else httpx.URL(root)
    yield _root_of(str(page))
    if there is not None:
        yield _root_of(there)
    front = str(httpx.URL(api_uri).join("/"))
    with suppress(Refused):
        led = _led_to(front, ask(http, "GET", front, timeout=_ONE))
        if led is not None:
            yield _root_of(led)


def _root_of(page: str) -> str:
    """Return the root of the API whose page this may be: Tiled's own are below ``ui``."""
    url = httpx.URL(page)
    before = re.split(rf"{_API}|/ui(?=/|$)", url.raw_path.decode("ascii"), maxsplit=1)[0]
    return str(url.copy_with(raw_path=f"{before.rstrip('/')}{_API}".encode()))


def _when(answer: Answer) -> str:
    seconds = answer.retry_after
    if seconds is None:
        return "in a minute"
    return f"in {seconds:.0f} seconds" if seconds < 100 else f"in {seconds / 60:.0f} minutes"
