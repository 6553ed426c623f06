"""Before a long run: will the sign-in last? If not, renew it or ask now, rather than at three in the morning."""

from __future__ import annotations

import time
from datetime import datetime

import httpx

from ..address import host_of
from ..errors import LoginFailed
from ..oauth import password as grants
from ..oauth.exchange import Refused, ask, bearing
from .auth import SessionAuth
from .context import SessionContext
from .lifetime import moment, session_end
from .resuming import ask_the_same_person

_FOR_JOBS = "For unattended work use an API key: %tiled_api_key create."


def ensure(context: SessionContext, hours: float) -> datetime:
    """Make sure of a sign-in that is good for so many hours.

    Parameters
    ----------
    context : Context
        Somebody has signed in to it.
    hours : float

    Returns
    -------
    datetime
        Until when it is good at least, in local time.

    Raises
    ------
    LoginFailed
        Where that cannot be promised.
    LoginCancelled, CannotPrompt, IdentityChanged
        Where the person is asked, and this comes of it.
    """
    try:
        return _ensured(context, hours)
    except Refused as refused:
        failure = refused.failure
    raise LoginFailed(f"{failure.sentence} Nothing can be promised.", failure.kind)  # here, far from any token


def _ensured(context: SessionContext, hours: float) -> datetime:
    host, needed = host_of(str(context.api_uri)), time.time() + 3600 * hours
    auth = context.http_client.auth
    if context.api_key is not None:
        end = _end_of_key(context, needed)
    elif isinstance(auth, SessionAuth):
        end = _renewed(context, auth)
        if end is None or end < needed:
            reason = f"Your sign-in on {host} {_until(end)}, and you want {hours:g} h. Sign in again."
            _sign_in_again(context, auth, reason)
            end = _end_of_session(context)
    else:
        raise LoginFailed(f"Nobody is signed in to {host}. Run %tiled_login first.", "credentials")
    if end is None or end < needed:
        raise LoginFailed(f"{host} does not promise {hours:g} h: this sign-in {_until(end)}. {_FOR_JOBS}", "deadline")
    return datetime.fromtimestamp(end).astimezone()


def _until(end: float | None) -> str:
    if end is None:
        return "may end at any time"
    return f"ends {datetime.fromtimestamp(end).astimezone():%a %d %b at %H:%M}"


def _renewed(context: SessionContext, auth: SessionAuth) -> float | None:
    """Refresh, which moves the end of most sessions, and give it; None where the session is over."""
    try:
        if auth.tokens.get("refresh_token"):
            auth.refresh_now()
        return _end_of_session(context)
    except Refused as refused:
        if refused.passing:  # it may well live
            raise
        return None
    except LoginFailed:
        return None
    except httpx.HTTPError:
        host = host_of(str(context.api_uri))
        failure = f"{host} cannot be reached at the moment, so nothing can be promised. Try again later."
    raise LoginFailed(failure, "unreachable")


def _sign_in_again(context: SessionContext, auth: SessionAuth, reason: str) -> None:
    tokens, directory = ask_the_same_person(context, auth, reason)
    context.configure_auth(tokens, remember_me=directory is not None)


def _end_of_session(context: SessionContext) -> float | None:
    tokens = dict(context.http_client.auth.tokens)
    with context.bare_client() as http:
        answer = grants.whoami(http, f"{context.api_uri}auth/whoami", tokens["access_token"])
    return session_end(tokens, answer.fields, time.time(), answer.date)[0]


def _end_of_key(context: SessionContext, needed: float) -> float | None:
    """Return when the key expires; one that never does is good for what is needed."""
    links = context.server_info.authentication.links
    if links is None:  # a single-user server's
        return needed
    with context.bare_client() as http:
        answer = ask(http, "GET", str(links.apikey), headers=bearing("Apikey", context.api_key))
    if answer.status != httpx.codes.OK:
        return None
    expires = answer.fields.get("expiration_time")
    return needed if expires is None else moment(expires)
