"""One refresh of a session, in one request (RFC 6749 section 6; Tiled's ``build_refresh_request``)."""

from __future__ import annotations

from typing import Any

import httpx
from tiled.client.auth import TiledAuth, build_refresh_request

from ..address import host_of
from ..text import legible
from .answers import is_page, seconds_to_wait
from .audience import NotSent
from .exchange import Refused, Tokens, Unclear, longest, read_bounded, tokens_in, within

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_BUSY = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_EARLY, httpx.codes.TOO_MANY_REQUESTS)
_LATER = "Whether your session is still valid is not known now, so it is kept. Try again later, or run %tiled_login."

# What a provider says where a refresh token will not serve again (RFC 6749 section 5.2, RFC 6750 section 3.1, OpenID
# Connect Core section 3.1.2.6). Others, `temporarily_unavailable` say, pass.
_OVER = frozenset(
    (
        "invalid_grant",
        "invalid_token",
        "invalid_client",
        "unauthorized_client",
        "invalid_request",
        "invalid_scope",
        "unsupported_grant_type",
        "access_denied",
        "expired_token",
        "interaction_required",
        "login_required",
        "consent_required",
    )
)
_SAYS_SO = (httpx.codes.OK, httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


class SessionUnknown(Unclear):
    """Somebody else has answered, and not Tiled or the provider: raised into the interrupted request.

    Attributes
    ----------
    why : str
        A sentence for people.
    """

    why: str


class NotNow(Exception):
    """Whether the session lives cannot be known at the moment; holds on to nothing of the request.

    Parameters
    ----------
    why : str
        A sentence for people.
    kind : type
        What went wrong on the way, where no answer came.
    status : int, optional
        Of the answer.
    retry_after : float, optional
        In how many seconds the server wants to be asked again.

    Attributes
    ----------
    is_an_answer : bool
        False where nobody is there: that is Tiled's to try again, as it is for every other request.
    """

    def __init__(
        self,
        why: str,
        kind: type[httpx.RequestError] = httpx.ConnectError,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{why} {_LATER}")
        self.why = why
        self.retry_after = retry_after
        self.is_an_answer = status is not None
        self._kind = kind
        self._status = status

    def about(self, request: httpx.Request) -> httpx.HTTPError:
        """Return the same as an error of the interrupted request, which Tiled sends again where that can help."""
        if self._status is None:
            return self._kind(str(self), request=request)
        headers = {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}
        response = httpx.Response(self._status, headers=headers, request=request)
        error = SessionUnknown(str(self), request=request, response=response)
        error.why = self.why
        return error


def refresh(http: httpx.Client, auth: TiledAuth, refresh_token: str) -> Tokens | None:
    """Exchange a refresh token for new tokens.

    Parameters
    ----------
    http : httpx.Client
        Carries nothing of the session: where the endpoint is an identity provider's, nothing of Tiled.
    auth : TiledAuth
        Whose session it is.
    refresh_token : str

    Returns
    -------
    dict or None
        With an ``access_token``; None where the session is over by the word of Tiled or of the provider.

    Raises
    ------
    NotNow
        Where nobody answered, or somebody else: a portal, a firewall, a page about maintenance.
    NotSent
        Where the token must not go there.
    """
    request = build_refresh_request(auth.refresh_url, refresh_token, auth.csrf_token, auth.client_id, auth.scopes)
    host = host_of(str(auth.refresh_url))
    http.timeout = _TIMEOUT
    trouble: NotNow | NotSent
    try:
        response = within(longest(_TIMEOUT), lambda: _send(http, request))
    except NotSent as refused:
        trouble = NotSent(str(refused))
    except Refused:
        trouble = NotNow(f"{host} sends far more than a token.", httpx.ReadError)
    except (httpx.TimeoutException, TimeoutError) as error:
        kind = type(error) if isinstance(error, httpx.TimeoutException) else httpx.ReadTimeout
        trouble = NotNow(f"{host} did not answer in time.", kind)
    except httpx.RequestError as error:
        trouble = NotNow(f"{host} cannot be reached ({type(error).__name__}).", type(error))
    else:
        said = _json(response)
        tokens = tokens_in(said) if response.status_code == httpx.codes.OK else None
        if tokens is not None or _is_over(response, said, by_tiled=not auth.client_id):
            return tokens
        wait = seconds_to_wait(response)
        trouble = NotNow(_what_came(host, response), status=response.status_code, retry_after=wait)
    raise trouble  # here, where the error that has the refresh token in its request is not its context


def _send(http: httpx.Client, request: httpx.Request) -> httpx.Response:
    response = http.send(request, auth=None, follow_redirects=False, stream=True)
    try:
        read_bounded(response)
    finally:
        response.close()
    return response


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        said = response.json()
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _is_over(response: httpx.Response, said: dict[str, Any], *, by_tiled: bool) -> bool:
    """Whether Tiled or a provider says that this refresh token will not serve again.

    What stands between speaks another language: pages, redirects, a challenge for a password.
    """
    status, error, detail = response.status_code, said.get("error"), said.get("detail")
    if isinstance(error, str):
        return status in _SAYS_SO and error in _OVER
    if not by_tiled or status not in (httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED):
        return False
    challenge = response.headers.get("www-authenticate", "Bearer")
    return isinstance(detail, str) and bool(detail) and challenge.lower().startswith("bearer")


def _what_came(host: str, response: httpx.Response) -> str:
    """Return a sentence on what came instead of a token, and who has perhaps sent it."""
    status = response.status_code
    if response.has_redirect_location:
        to = legible(host_of(str(response.headers["location"])), 255)
        return f"{host} led to {to or 'another page'} instead of giving a token: perhaps a portal or maintenance."
    if status in _BUSY:
        return f"{host} asks to wait ({status})."
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return f"{host} answers with an error ({status}): perhaps maintenance."
    if status == httpx.codes.UNAUTHORIZED and "www-authenticate" in response.headers:
        return f"{host} asks for another name and password first ({status}): perhaps a proxy in front of it."
    if status == httpx.codes.FORBIDDEN:
        return f"{host} refuses the refresh and does not say that the session is over ({status}): perhaps a firewall."
    if is_page(response):
        of = "" if status == httpx.codes.OK else f" ({status})"
        return f"{host} answered with a page instead of a token{of}: perhaps a portal or maintenance."
    return f"{host} gave no token, and did not say that the session is over ({status})."
