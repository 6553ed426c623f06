"""Requests about an account, signed in as who asks: one each, bounded in time, and a sentence for what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from ..address import host_of
from ..errors import KeysUnavailable, TiledJupyterError
from ..oauth.answers import read_json, reason_of
from ..oauth.exchange import Refused, explain, read_bounded

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class AccountRequests:
    """Ask a server about the account of a Context.

    Parameters
    ----------
    context : tiled.client.context.Context
        Tiled's or ours, signed in.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self.host = host_of(str(context.api_uri))

    def ask(self, method: str, url: str, **options: Any) -> Any:
        """Send one request and give what is in the answer.

        Raises
        ------
        KeysUnavailable
            With a sentence, and nothing of the request.
        """
        try:
            response = self.send(method, url, **options)
        except (httpx.HTTPError, Refused) as error:
            failure = explain(error, self.host)
            sentence, passing = failure.sentence, failure.kind == "unreachable"
        else:
            if response.is_success:
                return read_json(response)
            sentence, passing = self.refusal(response), response.status_code >= 500
        # Here, where it has no httpx error as context: that has the request's headers.
        raise KeysUnavailable(sentence, passing=passing)

    def delete(self, url: str, **options: Any) -> None:
        """Delete something; see `ask`."""
        jar = self._context.http_client.cookies.jar
        token = next((cookie.value for cookie in jar if cookie.name == "tiled_csrf"), "")
        self.ask("DELETE", url, headers={"x-csrf": token or ""}, **options)

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send one request; a question is asked again where the connection turns out to be dead."""
        headers = {"Accept": "application/json", **options.pop("headers", {})}
        try:
            return self._send_once(method, url, headers, options)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            if method != "GET":
                raise
        # Tiled's server hangs up after an error of its own, which the next request on that connection finds out.
        return self._send_once(method, url, headers, options)

    def _send_once(self, method: str, url: str, headers: dict[str, str], options: dict[str, Any]) -> httpx.Response:
        http: httpx.Client = self._context.http_client
        with http.stream(method, url, headers=headers, timeout=_TIMEOUT, **options) as response:
            read_bounded(response)
            return response

    def refusal(self, response: httpx.Response) -> str:
        """Return what a server refused, and why if it says so."""
        reason = reason_of(response).rstrip(".")
        said = f": {reason}" if reason else ""
        if response.status_code >= 500:
            return f"{self.host} cannot say more about this account ({response.status_code}). Try again in a minute."
        return f"{self.host} refused ({response.status_code}){said}."


@contextmanager
def understanding(host: str) -> Iterator[None]:
    """Make a sentence of an answer that is JSON, and of no shape that could be understood."""
    try:
        yield
    except TiledJupyterError:  # a setting's is a ValueError, too, and says something else
        raise
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError, RecursionError):
        answer = f"{host} sent an answer about this account that cannot be understood"
        sentence = f"{answer}. Tell the people who run the server."
    else:
        return
    raise KeysUnavailable(sentence)
