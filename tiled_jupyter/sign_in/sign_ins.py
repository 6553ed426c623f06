"""The sign-ins of an account: where one is signed in, and how to end one.

A server knows only ids and dates of its sessions; where one was made is remembered here, for those of this
computer account.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ..address import host_of
from ..errors import KeysUnavailable
from ..keys.account_requests import AccountRequests, understanding
from ..session import known_servers
from ..session.context import SessionContext
from ..session.known_servers import Place
from ..session.lifetime import claims, moment
from ..session.tokens import tokens_of
from ..state.account import ListedSignIn

_ELSEWHERE = "somewhere else"
_NOBODY = "Sign in first: sign-ins belong to an account."
_NO_SUCH = "There is no such sign-in any more."
_WHICH = "This server does not say which sign-in is this one, so none was ended."


def here(tokens: Mapping[str, Any]) -> Place | None:
    """Return where a session is made, to be remembered; None where it has no id."""
    session = _own(tokens)
    return known_servers.here(session) if session is not None else None


def listed(context: SessionContext) -> tuple[ListedSignIn, ...]:
    """Read the living sign-ins of the account, this one first and then those that last longest.

    Returns
    -------
    tuple of ListedSignIn
        Empty where the server lists none.

    Raises
    ------
    KeysUnavailable
        If the server does not say.
    """
    links = context.server_info.authentication.links
    if links is None:
        return ()
    principal = AccountRequests(context).ask("GET", links.whoami)
    if not isinstance(principal, dict):
        raise KeysUnavailable(_NOBODY)
    with understanding(host_of(str(context.api_uri))):
        return _read(principal, context)


def _read(principal: dict[str, Any], context: SessionContext) -> tuple[ListedSignIn, ...]:
    places = known_servers.places(str(context.api_uri))
    own, rows = _own(tokens_of(context)), []
    for session in principal.get("sessions") or ():
        end, name = moment(session.get("expiration_time")), _plain(session.get("uuid"))
        if name is None or session.get("revoked") or (end is not None and end < time.time()):
            continue
        place = places.get(name)
        where = place.where if place is not None else _ELSEWHERE
        rows.append(ListedSignIn(name, end, name == own, where, place.since if place is not None else None))
    return tuple(sorted(rows, key=lambda row: (not row.this, -(row.expires or 0.0))))


def end(context: SessionContext, session: str) -> None:
    """Revoke one sign-in: it cannot be renewed, and what it has goes on for some minutes.

    Raises
    ------
    ValueError
        If this is no session's id.
    KeysUnavailable
        If the server does not revoke it.
    """
    name, links = _plain(session), context.server_info.authentication.links
    if name is None or links is None:
        raise ValueError(_NO_SUCH)
    AccountRequests(context).delete(links.revoke_session.format(session_id=name))


def end_others(context: SessionContext) -> None:
    """Revoke every sign-in but the one of this Context, each that can be; see `end`."""
    rows = listed(context)
    if context.api_key is None and not any(row.this for row in rows):
        raise KeysUnavailable(_WHICH)
    others, failures = [row for row in rows if not row.this], []
    for row in others:
        try:
            end(context, row.id)
        except KeysUnavailable as error:
            failures.append(str(error))
    left = {row.id for row in listed(context)} & {row.id for row in others} if failures else ()
    if left:  # more than ended by themselves meanwhile
        raise KeysUnavailable(f"{len(left)} of {len(others)} sign-ins were not ended. {failures[0]}")


def _own(tokens: Mapping[str, Any]) -> str | None:
    return _plain(claims(tokens.get("refresh_token")).get("sid"))


def _plain(text: object) -> str | None:
    """Return an id as servers print it; Tiled's tokens hold it without dashes."""
    try:
        return str(UUID(str(text)))
    except ValueError:
        return None
