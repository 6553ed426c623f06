"""End a session with who made it: Tiled, or the identity provider (RFC 7009). Bounded in time; says what came of it.

A provider's logout page is never opened: it ends the person's session in the browser, and revokes nothing.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Literal, NamedTuple

import httpx

from ..address import host_of, is_private, same_origin
from ..oauth import password as grants
from ..oauth.device import endpoints, is_the_providers
from ..oauth.exchange import PROBE_TIMEOUT, Answer, Refused, ask
from . import bare
from .lifetime import claims, expiry
from .prompts import SignsIn

_MOST_TRIES = 5
_WELL_KNOWN = "/.well-known/openid-configuration"
_NO_WAY = "it offers no way to do so"
_NOT_NAMED = "the server does not name it as its provider any more"


class Outcome(NamedTuple):
    """What has become of a session that was to end.

    Parameters
    ----------
    kind : str
        ``ended``; ``over`` where it was already; ``not_ended``; ``unknown`` where no answer came.
    host : str
        Who was asked.
    why : str
        Why it has not ended, as the rest of a sentence.
    until : float or None
        When it ends by itself, in seconds since the epoch, if nothing renews it; None where that is not known.
    listed : bool
        Whether the host lists sign-ins, of which each can be ended there.
    """

    kind: Literal["ended", "over", "not_ended", "unknown"]
    host: str
    why: str = ""
    until: float | None = None
    listed: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing can come of the session any more."""
        return self.kind in ("ended", "over")

    def sentence(self, session: str = "this sign-in") -> str:
        """Return it as a sentence; `session` says whose it is."""
        match self.kind:
            case "ended":
                return f"{self.host} has ended {session}, and nothing can renew it."
            case "over":
                return f"{self.host} does not know {session} any more."
            case "not_ended":
                said = f"{self.host} has not ended {session}: {self.why}."
            case "unknown":
                said = f"Whether {self.host} has ended {session} is not known: it did not answer."
        return f"{said} {self._by_itself(time.time())}"

    def _by_itself(self, now: float) -> str:
        if self.until is not None and self.until <= now:
            return "By its own date it is over."
        sooner = " To end it sooner, sign in again and use the tab Sign-ins." if self.listed else ""
        if self.until is None:
            return f"When it ends by itself is not known.{sooner}"
        end = datetime.fromtimestamp(self.until)
        year = "" if end.year == datetime.fromtimestamp(now).year else f" {end.year}"
        return f"If nothing renews it, it ends by itself on {end:%a %d %b}{year} at {end:%H:%M}.{sooner}"


def end_session(
    client: Callable[..., AbstractContextManager[httpx.Client]],
    api_uri: str,
    links: Mapping[str, Any],
    tokens: Mapping[str, Any],
    timeout: httpx.Timeout = PROBE_TIMEOUT,
) -> Outcome:
    """Make tokens useless, if who made them will.

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
            return _at_provider(http, links, tokens, timeout)
    with client() as http:
        return _at_tiled(http, api_uri, tokens, timeout)


def end_session_of(
    context: SignsIn, tokens: Mapping[str, Any], made_by: str, timeout: httpx.Timeout = PROBE_TIMEOUT
) -> Outcome:
    """Make tokens of a Context's server useless at the origin that made them (`made_by`); see `end_session`."""
    api_uri = str(context.api_uri)
    try:
        links = _links_of(made_by, [spec.links for spec in context.server_info.authentication.providers], api_uri)
        if links is None:
            return Outcome("not_ended", host_of(made_by), _NOT_NAMED, _end_of(tokens))
        return end_session(functools.partial(bare.login_client, context), api_uri, links, tokens, timeout)
    except Exception:  # noqa: BLE001 - signing out succeeds on whatever computer this is; the error may hold a token
        return Outcome("unknown", host_of(made_by), until=_end_of(tokens))


def _at_tiled(http: httpx.Client, api_uri: str, tokens: Mapping[str, Any], timeout: httpx.Timeout) -> Outcome:
    host, until = host_of(api_uri), _end_of(tokens)
    if not tokens.get("refresh_token"):
        return Outcome("not_ended", host, _NO_WAY, until)
    try:
        answer = grants.revoke_session(http, api_uri, tokens["refresh_token"], timeout)
    except Refused:
        return Outcome("unknown", host, until=until, listed=True)
    if answer.status == httpx.codes.NO_CONTENT:
        return Outcome("ended", host)
    # What Tiled says of a session that has gone, and of one that it did not make.
    if answer.detail and answer.status in (httpx.codes.CONFLICT, httpx.codes.UNAUTHORIZED):
        return Outcome("over", host)
    return Outcome("not_ended", host, _why(answer), until, listed=True)


def _links_of(made_by: str, providers: list[Mapping[str, Any]], api_uri: str) -> Mapping[str, Any] | None:
    """Return the links of the provider that has made tokens; none are needed for those of Tiled's own making."""
    theirs = [links for links in providers if is_the_providers(links)]
    theirs = [links for links in theirs if same_origin(str(links["token_endpoint"]), made_by)]
    if same_origin(made_by, api_uri) and not (theirs and len(providers) == 1):
        return {}
    return next(iter(theirs), None)


def _at_provider(
    http: httpx.Client, links: Mapping[str, Any], tokens: Mapping[str, Any], timeout: httpx.Timeout
) -> Outcome:
    kind = "refresh_token" if tokens.get("refresh_token") else "access_token"
    token_endpoint = str(links["token_endpoint"])
    host, until, why = host_of(token_endpoint), _end_of(tokens), _NO_WAY
    for place in _configurations(token_endpoint, tokens):
        try:
            answer = ask(http, "GET", place, timeout=timeout)
        except Refused:
            return Outcome("not_ended", host, "it did not answer", until)
        if answer.passing:
            why = _why(answer)
        endpoint = answer.fields.get("revocation_endpoint")
        if isinstance(endpoint, str) and _may_have_it(endpoint, token_endpoint):
            form = {"token": tokens[kind], "token_type_hint": kind, "client_id": str(links["client_id"])}
            try:
                answer = ask(http, "POST", endpoint, data=form, timeout=timeout)
            except Refused:
                return Outcome("unknown", host, until=until)
            # A body means nothing here (RFC 7009 section 2.2), but a page is somebody else's.
            ended = answer.status in (httpx.codes.OK, httpx.codes.NO_CONTENT) and answer.page is None
            return Outcome("ended", host) if ended else Outcome("not_ended", host, _why(answer), until)
    return Outcome("not_ended", host, why, until)


def _why(answer: Answer) -> str:
    if answer.passing:
        return f"it could not do so now ({answer.status})"
    if answer.status < httpx.codes.BAD_REQUEST:
        return f"it answered with something else ({answer.status})"
    return f"it refused ({answer.status})"


def _end_of(tokens: Mapping[str, Any]) -> float | None:
    return expiry(tokens.get("refresh_token") or tokens.get("access_token"))


def _may_have_it(endpoint: str, token_endpoint: str) -> bool:
    return same_origin(endpoint, token_endpoint) and is_private(token_endpoint, allow_http=False)


def _configurations(token_endpoint: str, tokens: Mapping[str, Any]) -> list[str]:
    """Return the addresses of the provider's OpenID configuration, the likeliest first; all at its own origin."""
    issuers = [claims(tokens.get(name)).get("iss") for name in ("id_token", "access_token")]
    url = httpx.URL(token_endpoint)
    parts = [part for part in url.path.split("/") if part]
    parents = [str(url.copy_with(path="/" + "/".join(parts[:n]), query=None)) for n in range(len(parts) - 1, -1, -1)]
    candidates = [str(issuer) for issuer in issuers if same_origin(str(issuer), token_endpoint)] + parents
    return list(dict.fromkeys(f"{one.rstrip('/')}{_WELL_KNOWN}" for one in candidates))[:_MOST_TRIES]
