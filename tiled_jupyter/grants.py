"""What a login asks of a server, over an `httpx.Client`: no user interface, no disk, no waiting, one attempt each.

Every failure leaves here as a `Refused` that carries a sentence, and nothing of the request: an httpx
error would hold the form with the password in it.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import Any

import httpx

from .address import host_of
from .states import Failure, FailureKind

PROBE_TIMEOUT = httpx.Timeout(8.0, connect=5.0)
# A second factor is answered on a phone, and the server holds the request until then.
PASSWORD_TIMEOUT = httpx.Timeout(120.0, connect=5.0)
_LARGEST_ANSWER = 2_000_000  # bytes

Tokens = dict[str, Any]


class Refused(Exception):
    """A request did not give what was asked for.

    Parameters
    ----------
    kind : str
        One of `tiled_jupyter.states.FailureKind`.
    sentence : str
        For the person.
    """

    def __init__(self, kind: FailureKind, sentence: str) -> None:
        super().__init__(sentence)
        self.failure = Failure(kind, sentence)


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
    host = host_of(api_uri)
    status, location, body = _ask(http, "GET", api_uri, timeout=PROBE_TIMEOUT)
    if location is not None:
        target = httpx.URL(api_uri).join(location)
        if target.scheme == "https" and target.host == httpx.URL(api_uri).host and api_uri.startswith("http:"):
            return probe(http, str(target.copy_with(query=None, fragment=None)))
    if status >= 500:
        raise Refused("server", f"{host} answers with an error ({status}). Try again in a minute.")
    about = body if isinstance(body, dict) else {}
    if status != httpx.codes.OK or not isinstance(about.get("authentication"), dict) or "api_version" not in about:
        raise Refused("not_a_server", f"{host} answers, but not as a Tiled server. Check the address.")
    return api_uri


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
    status, _, body = _ask(http, "POST", endpoint, data=form, timeout=PASSWORD_TIMEOUT)
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.UNPROCESSABLE_ENTITY):
        raise Refused(
            "credentials", "User name or password not recognised, or the second factor was refused. Try again."
        )
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise Refused("server", f"{host} asks to wait before the next try (429). Try again in a minute.")
    if status >= 500:
        raise Refused("server", f"{host} cannot sign anybody in right now ({status}). Try again in a minute.")
    if status != httpx.codes.OK:
        raise Refused("server", f"{host} refused to sign you in ({status}){_detail(body)}.")
    if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
        raise Refused("server", f"{host} accepted the password and gave no token. Tell who runs the server.")
    return body


def whoami(http: httpx.Client, endpoint: str, access_token: str) -> dict[str, Any]:
    """Ask for the principal that a fresh token stands for (Tiled's ``/auth/whoami``).

    Raises
    ------
    Refused
        Where the server does not say.
    """
    host = host_of(endpoint)
    headers = {"Authorization": f"Bearer {access_token}"}
    status, _, body = _ask(http, "GET", endpoint, headers=headers, timeout=PROBE_TIMEOUT)
    if status != httpx.codes.OK or not isinstance(body, dict):
        raise Refused("server", f"{host} signed you in and then did not know you ({status}). Try again.")
    return body


def revoke_session(http: httpx.Client, api_uri: str, refresh_token: str) -> None:
    """End a session on the server. Best effort: where it fails, the session was over or runs out by itself."""
    with suppress(Refused):
        _ask(
            http, "POST", f"{api_uri}auth/session/revoke", json={"refresh_token": refresh_token}, timeout=PROBE_TIMEOUT
        )


def _ask(http: httpx.Client, method: str, url: str, **options: Any) -> tuple[int, str | None, Any]:
    """Send one request; what goes wrong becomes a `Refused` that holds on to nothing of it."""
    try:
        return _read(http, method, url, **options)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        failure = explain(error, host_of(url))
    raise Refused(failure.kind, failure.sentence)  # here and not above, where it would have the error as context


def _read(http: httpx.Client, method: str, url: str, **options: Any) -> tuple[int, str | None, Any]:
    """Send one request, and read the status, the redirect and at most 2 MB of JSON."""
    options["headers"] = {"Accept": "application/json", **options.get("headers", {})}
    # For a client that is signed in `auth=None` leaves the session out of it.
    with http.stream(method, url, auth=None, follow_redirects=False, **options) as response:
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _LARGEST_ANSWER:
                raise Refused("not_a_server", f"{host_of(url)} sends far more than a Tiled server would.")
        location = response.headers.get("location") if response.has_redirect_location else None
        try:
            return response.status_code, location, httpx.Response(200, content=body).json()
        except (ValueError, RecursionError):  # no JSON, or JSON made to hurt
            return response.status_code, location, None


def _detail(body: object) -> str:
    detail = body.get("detail") if isinstance(body, dict) else None
    return f": {detail[:300].rstrip('.')}" if isinstance(detail, str) and detail.isprintable() else ""


def explain(error: Exception, host: str) -> Failure:
    """Give the sentence for whatever went wrong while talking to `host`; it quotes nothing of the error."""
    if isinstance(error, Refused):
        return error.failure
    if isinstance(error, httpx.TimeoutException):
        return Failure("unreachable", f"{host} did not answer in time. Try again, or ask who runs the server.")
    if isinstance(error, httpx.HTTPError | httpx.InvalidURL):
        return Failure("unreachable", _why(error, host))
    return Failure("server", f"Something went wrong with {host} ({type(error).__name__}). Try again.")


def _why(error: BaseException, host: str) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
            return f"The name {name} cannot be found. Check the spelling of the address."
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {host} is not trusted, so nothing was sent. For a certificate of your "
                "facility, set SSL_CERT_FILE to its file before the kernel starts."
            )
        if isinstance(cause, ssl.SSLError):
            return f"{host} does not speak https. If it is a test server on this computer, type http:// in front."
        if isinstance(cause, ConnectionRefusedError):
            return f"Cannot reach {host}: nothing answers there. Is the server running? Check the address and port."
        cause = cause.__cause__ or cause.__context__
    return f"Cannot reach {host}. Check the network and the address."
