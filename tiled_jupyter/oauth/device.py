"""Device authorization (RFC 8628): one request each, over an `httpx.Client`. It keeps no time and asks nobody.

Three dialects are translated here, and known nowhere else. Tiled's own has no ``client_id`` in its links,
is polled with JSON at ``verification_uri`` and shows ``authorization_uri``; a provider's is the RFC's form;
Entra's differs in a few names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from ..address import host_of, is_loopback, same_origin
from ..text import Masked
from .exchange import Refused, Tokens, ask, tokens_in

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
EXPIRED = "The code has expired. Get a new one."
_TELL = "Tell the people who run the server."
_ASK = "Try again, or ask the people who run the server."
DEFAULT_INTERVAL = 5.0  # RFC 8628 section 3.5
SLOW_DOWN = 5.0
_LONGEST_INTERVAL, _LONGEST_LIFE = 60.0, 3600.0
_LONGEST_CODE, _LONGEST_ADDRESS = 64, 2000
_DENIED = ("access_denied", "authorization_declined")  # the second is Entra's
_OVER = ("expired_token", "invalid_grant", "bad_verification_code", "code_expired")


@dataclass(frozen=True)
class DeviceGrant:
    """A device authorization under way; it is a secret through its device code, which no repr shows.

    Parameters
    ----------
    device_code : str
    user_code : str
    verification_uri : str
        ``https:``, or ``http:`` on this computer.
    verification_uri_complete : str or None
        The same with the code filled in.
    expires_in, interval : float
        Seconds, within reason.
    poll_uri : str
        Where the answer is.
    client_id : str or None
        None in Tiled's own dialect.
    """

    device_code: str = field(repr=False)
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_in: float
    interval: float
    poll_uri: str
    client_id: str | None

    @property
    def host(self) -> str:
        """Who is polled."""
        return host_of(self.poll_uri)


@dataclass(frozen=True)
class Pending:
    """The person has not decided yet; `slow_down` where that was asked too often."""

    slow_down: bool = False


def is_the_providers(links: Mapping[str, Any]) -> bool:
    """Whether the links of a provider lead to the provider itself, and not to Tiled's own device flow."""
    return bool(links.get("client_id") and links.get("token_endpoint"))


def endpoints(links: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where an identity provider is asked, by a provider's links; nothing for Tiled's own device flow."""
    return (str(links.get("auth_endpoint")), str(links["token_endpoint"])) if is_the_providers(links) else ()


def scopes(extra: Iterable[str] | None) -> str:
    """Return the scopes to ask for, as Tiled's client does: a session that can be refreshed, and what Tiled adds."""
    return " ".join(sorted({"openid", "offline_access", *(extra or ())}))


def start(http: httpx.Client, links: Mapping[str, Any], extra_scopes: Iterable[str] | None = None) -> DeviceGrant:
    """Ask for a user code (RFC 8628 section 3.1).

    Parameters
    ----------
    http : httpx.Client
        For a provider, one that carries nothing of Tiled.
    links : mapping
        Of Tiled's ``AboutAuthenticationProvider``.
    extra_scopes : iterable of str, optional
        Of the same.

    Raises
    ------
    Refused
        ``server``, ``not_sent`` or ``unreachable``.
    """
    endpoint = str(links.get("auth_endpoint"))
    host = host_of(endpoint)
    theirs = is_the_providers(links)
    form = {"client_id": str(links.get("client_id")), "scope": scopes(extra_scopes)}
    answer = ask(http, "POST", endpoint, **({"data": form} if theirs else {}))
    said = answer.fields
    if answer.status != httpx.codes.OK:
        raise Refused("server", f"{host} gives no code to sign in with ({answer.status}){_reason(said)}. {_ASK}")
    shown = ("verification_uri", "verification_url") if theirs else ("authorization_uri",)
    device_code, user_code = said.get("device_code"), said.get("user_code")
    poll_uri = links.get("token_endpoint") if theirs else said.get("verification_uri")
    if not (isinstance(device_code, str) and device_code and isinstance(poll_uri, str)):
        raise Refused("server", f"{host} gives no code to sign in with{_reason(said)}. {_TELL}")
    if not (isinstance(user_code, str) and user_code.isprintable() and 0 < len(user_code) <= _LONGEST_CODE):
        raise Refused("server", f"{host} gives no code to sign in with. {_TELL}")
    if not theirs and not same_origin(poll_uri, endpoint):
        raise Refused(
            "not_sent",
            f"{host} keeps the result at another address, so it was not asked. {_TELL}",
        )
    page = _page(next((said[name] for name in shown if said.get(name)), None), host)
    complete = said.get("verification_uri_complete") if theirs else None
    complete = _page(complete, host) if complete else None
    return DeviceGrant(
        Masked(device_code),
        user_code,
        page,
        complete if complete and same_origin(complete, page) else None,  # what is opened is where it says
        _seconds(said.get("expires_in"), 900.0, _LONGEST_LIFE),
        _seconds(said.get("interval"), DEFAULT_INTERVAL, _LONGEST_INTERVAL),
        poll_uri,
        str(links["client_id"]) if theirs else None,
    )


def poll(http: httpx.Client, grant: DeviceGrant) -> Tokens | Pending:
    """Ask once whether the person has decided (RFC 8628 section 3.4).

    Parameters
    ----------
    http : httpx.Client
        As for `start`.
    grant : DeviceGrant

    Returns
    -------
    dict or Pending
        Tokens, with an ``access_token``.

    Raises
    ------
    Refused
        ``denied``, ``expired``, or something that asking again may mend (`Refused.passing`) or not.
    """
    body = {"device_code": grant.device_code, "grant_type": GRANT_TYPE}
    if grant.client_id is None:
        answer = ask(http, "POST", grant.poll_uri, json=body)
    else:
        answer = ask(http, "POST", grant.poll_uri, data={**body, "client_id": grant.client_id})
    error = _error(answer.fields)
    if answer.passing:
        sentence = f"{grant.host} cannot answer at the moment ({answer.status})."
        raise Refused("server", sentence, passing=True, retry_after=answer.retry_after)
    tokens = tokens_in(answer.body) if answer.status == httpx.codes.OK else None
    if tokens is not None:
        return tokens
    # Some providers say with a 200 what the RFC has them say with a 400.
    if error in ("authorization_pending", "slow_down"):
        return Pending(error == "slow_down")
    if error in _DENIED:
        raise Refused("denied", "The sign-in was denied in the web page. If that was a mistake, try again.")
    if error in _OVER or (grant.client_id is None and answer.status == httpx.codes.NOT_FOUND):
        raise Refused("expired", EXPIRED)
    if answer.status == httpx.codes.OK and error is None:
        raise Refused("server", f"{grant.host} accepted the sign-in and gave no token. {_TELL}")
    raise Refused("server", f"{grant.host} refused to sign you in ({answer.status}){_reason(answer.fields)}. {_ASK}")


def _error(said: Mapping[str, Any]) -> str | None:
    """The error code: Tiled wraps it in ``detail``."""
    detail = said.get("detail")
    error = said.get("error", detail.get("error") if isinstance(detail, dict) else None)
    return error if isinstance(error, str) else None


def _reason(said: Mapping[str, Any]) -> str:
    reason = said.get("error_description") or _error(said) or said.get("detail")
    return f": {reason[:300].rstrip('.')}" if isinstance(reason, str) and reason.isprintable() else ""


def _page(address: object, host: str) -> str:
    """Return an address if a person may be sent there."""
    if isinstance(address, str) and address.isprintable() and len(address) <= _LONGEST_ADDRESS:
        try:
            url = httpx.URL(address)
            safe = url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))
        except (httpx.InvalidURL, ValueError):
            safe = False
        if safe and url.host and not url.userinfo:
            return address
    raise Refused("server", f"{host} sends people to a page that is not safe to open. {_TELL}")


def _seconds(value: object, default: float, longest: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return default
    return min(max(seconds, 1.0), longest) if math.isfinite(seconds) else default
