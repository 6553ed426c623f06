"""How long a sign-in is good for, read from what tokens and servers say. Pure: asks nobody, and knows no clock.

A token is not verified here: that is the server's affair, and the worst that a wrong one can do is a wrong date.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from . import tokens as files


def session_end(
    tokens: Mapping[str, Any], principal: Mapping[str, Any], now: float, server_now: float | None = None
) -> tuple[float | None, bool]:
    """Return until when a session is good.

    Parameters
    ----------
    tokens : mapping
        ``access_token``, and ``refresh_token`` where there is one.
    principal : mapping
        As ``whoami`` gives it; it may list the session.
    now, server_now : float
        The clock here and, where known, the server's: tokens are dated by the latter.

    Returns
    -------
    float or None
        What is certain, on the clock here; None where nobody can know.
    bool
        Whether use may make it later.
    """
    ahead = (server_now - now) if server_now is not None else 0.0
    refresh_token = tokens.get("refresh_token")
    if not refresh_token:
        end = expiry(tokens.get("access_token"))
        return (end - ahead, False) if end is not None else (_from_now(tokens, "expires_in", now), False)
    refresh_end = expiry(refresh_token)
    end = refresh_end - ahead if refresh_end is not None else _from_now(tokens, "refresh_token_expires_in", now)
    last = _listed(principal, claims(refresh_token).get("sid"))
    last = last - ahead if last is not None else None
    if last is None:
        return end, True
    # A refreshed session moves on until its last day, and no further.
    return (last, False) if end is None or last <= end else (end, True)


def claims(token: object) -> dict[str, Any]:
    """Read what a JSON Web Token says (RFC 7519), unverified; empty where it is none."""
    return files.claims(token if isinstance(token, str) else None)


def expiry(token: object) -> float | None:
    """Return when a token expires by its own word, in seconds since the epoch."""
    return _number(claims(token).get("exp"))


def moment(value: object) -> float | None:
    """Read a server's date: a `datetime` (msgpack), or ISO 8601 (JSON), which Tiled sends in UTC without saying so."""
    try:
        date = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        return date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None


def _from_now(tokens: Mapping[str, Any], name: str, now: float) -> float | None:
    seconds = _number(tokens.get(name))
    return None if seconds is None else now + seconds


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and 0 <= number < 1e11 else None


def _listed(principal: Mapping[str, Any], session_id: object) -> float | None:
    sessions = principal.get("sessions")
    for session in sessions if isinstance(sessions, list) else []:
        if isinstance(session, dict) and session_id and _plain(session.get("uuid")) == _plain(session_id):
            return moment(session.get("expiration_time"))
    return None


def _plain(uuid: object) -> str:
    return str(uuid).replace("-", "").lower()
