"""One refresh of a session, in one request (RFC 6749 section 6; Tiled's ``build_refresh_request``)."""

from __future__ import annotations

from typing import Any

import httpx
from tiled.client.auth import TiledAuth, build_refresh_request

from .bounded import within
from .exchange import Refused, longest, read_bounded, tokens_in

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_LATER = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_EARLY, httpx.codes.TOO_MANY_REQUESTS)


class NotNow(Exception):
    """Whether the session lives cannot be known at the moment; holds on to nothing of the request."""

    def __init__(self, why: str, answer: tuple[int, dict[str, str]] | None, kind: type[httpx.RequestError]) -> None:
        super().__init__(f"The Tiled session cannot be refreshed at the moment ({why}).")
        self._answer = answer
        self._kind = kind

    def about(self, request: httpx.Request) -> httpx.HTTPError:
        """Give the same as an error of the interrupted request, which Tiled sends again where that can help."""
        if self._answer is None:
            return self._kind(str(self), request=request)
        status, headers = self._answer
        return httpx.HTTPStatusError(
            str(self), request=request, response=httpx.Response(status, headers=headers, request=request)
        )


def refresh(http: httpx.Client, auth: TiledAuth, refresh_token: str) -> dict[str, Any] | None:
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
        With an ``access_token``; None where the session is over.

    Raises
    ------
    NotNow
        Where the server did not answer, or answered that it cannot.
    """
    request = build_refresh_request(auth.refresh_url, refresh_token, auth.csrf_token, auth.client_id, auth.scopes)
    http.timeout = _TIMEOUT
    try:
        response = within(longest(_TIMEOUT), lambda: _send(http, request))
    except httpx.RequestError as error:
        trouble = NotNow(type(error).__name__, None, type(error))
    except Refused:
        trouble = NotNow("it says too much", None, httpx.ReadError)
    except TimeoutError:
        trouble = NotNow("TimeoutError", None, httpx.ReadTimeout)
    else:
        status = response.status_code
        if status < 500 and status not in _LATER:
            return _tokens(response) if status == httpx.codes.OK else None
        wait = response.headers.get("retry-after")
        headers = {} if wait is None else {"retry-after": wait}
        trouble = NotNow(f"the server answers {status}", (status, headers), httpx.ConnectError)
    raise trouble  # here, where the error that has the refresh token in its request is not its context


def _send(http: httpx.Client, request: httpx.Request) -> httpx.Response:
    response = http.send(request, auth=None, follow_redirects=False, stream=True)
    try:
        read_bounded(response)
    finally:
        response.close()
    return response


def _tokens(response: httpx.Response) -> dict[str, Any] | None:
    try:
        return tokens_in(response.json())
    except (ValueError, RecursionError):
        return None
