"""What a login asks of a Tiled server: no user interface, no disk, no waiting, one attempt each.

Every failure is a `Refused` that carries a sentence, and nothing of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx

from ..address import host_of
from .exchange import PROBE_TIMEOUT, Answer, Refused, Tokens, ask, bearing, tokens_in

# A second factor is answered on a phone, and the server holds the request until then.
_ASK = "Ask the people who run the server."
PASSWORD_TIMEOUT = httpx.Timeout(120.0, connect=5.0)


def password_grant(http: httpx.Client, endpoint: str, username: str, password: str) -> Tokens:
    """Exchange a password for tokens (RFC 6749 section 4.3; Tiled's ``password_grant`` without its retries).

    Parameters
    ----------
    http : httpx.Client
        Without credentials.
    endpoint : str
        The provider's ``auth_endpoint``. Who calls has checked that it may have the password.
    username, password : str

    Returns
    -------
    dict
        With an ``access_token``.

    Raises
    ------
    Refused
        ``credentials``, ``server`` or ``unreachable``.
    """
    host = host_of(endpoint)
    form = {"grant_type": "password", "username": username, "password": password}
    answer = ask(http, "POST", endpoint, data=form, timeout=PASSWORD_TIMEOUT)
    if answer.status in (httpx.codes.UNAUTHORIZED, httpx.codes.UNPROCESSABLE_ENTITY):
        raise Refused(
            "credentials", "User name or password not recognised, or the second factor was refused. Try again."
        )
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        raise Refused(
            "server",
            f"{host} asks to wait before the next try (429). Try again in a minute.",
            passing=answer.retry_after is not None,
            retry_after=answer.retry_after,
        )
    if answer.status == httpx.codes.GATEWAY_TIMEOUT:
        raise Refused(
            "server",
            f"The sign-in took longer than a proxy in front of {host} waits (504). Sign in again and confirm a second "
            "factor at once. If that does not help, ask the people who run the server to let the proxy wait longer.",
        )
    if answer.status >= 500:
        raise Refused("server", f"{host} cannot sign anybody in right now ({answer.status}). Try again in a minute.")
    if answer.status != httpx.codes.OK:
        raise Refused("server", f"{host} refused to sign you in ({answer.status}){answer.detail}. {_ASK}")
    tokens = tokens_in(answer.body)
    if tokens is None:
        raise Refused("server", f"{host} accepted the password and gave no token. Tell the people who run the server.")
    return tokens


def whoami(http: httpx.Client, endpoint: str, access_token: str) -> Answer:
    """Ask for the principal that a fresh token stands for (Tiled's ``/auth/whoami``).

    Returns
    -------
    Answer
        Its fields are the principal.

    Raises
    ------
    Refused
        Where the server does not say.
    """
    answer = ask(http, "GET", endpoint, headers=bearing("Bearer", access_token))
    if answer.status != httpx.codes.OK or not answer.fields:
        raise Refused(
            "server",
            f"{host_of(endpoint)} accepted the sign-in and did not say who you are ({answer.status}). Try again.",
            passing=answer.passing,
            retry_after=answer.retry_after,
        )
    return answer


def require_served(client: Callable[[], AbstractContextManager[httpx.Client]], api_uri: str, access_token: str) -> None:
    """Read something once: a server that knows who somebody is may still fail at every request of theirs.

    Parameters
    ----------
    client : callable
        Makes a client without credentials: a server that fails may close the connection.
    api_uri, access_token : str

    Raises
    ------
    Refused
        ``server``, where it fails at this account and not at everybody. What cannot be known now is no reason.
    """
    endpoint, fails = f"{api_uri}metadata/", httpx.codes.INTERNAL_SERVER_ERROR
    try:
        with client() as http:
            if ask(http, "GET", endpoint, headers=bearing("Bearer", access_token)).status != fails:
                return
        with client() as http:
            if ask(http, "GET", endpoint).status == fails:
                return
    except Refused:
        return
    raise Refused(
        "server",
        f"{host_of(api_uri)} accepted the sign-in, and then failed at a request of this account (500). Tell the people "
        "who run the server: it may not be able to use the identifier (sub) that the provider gives you.",
    )


def revoke_session(
    http: httpx.Client, api_uri: str, refresh_token: str, timeout: httpx.Timeout = PROBE_TIMEOUT
) -> Answer:
    """Ask the server to end a session; where it does, the answer has status 204.

    Raises
    ------
    Refused
        Where no answer came.
    """
    endpoint = f"{api_uri}auth/session/revoke"
    return ask(http, "POST", endpoint, json={"refresh_token": refresh_token}, timeout=timeout)
