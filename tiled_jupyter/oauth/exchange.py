"""One bounded request to a server, and a sentence for whatever goes wrong with it. It tries nothing twice.

Every failure leaves here as a `Refused` that carries a sentence, and nothing of the request: an httpx
error would hold the form with the password in it.
"""

from __future__ import annotations

import contextvars
import functools
import html
import queue
import re
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Literal, TypeAlias, TypeVar

import httpx

from ..address import BadAddress, host_of
from ..errors import TiledJupyterError
from ..state.parts import Failure, FailureKind
from ..text import LONGEST_NAME, Masked, legible
from .causes import refused_by, why
from .environment import broken, proxy_for

_Result = TypeVar("_Result")


def within(seconds: float, work: Callable[[], _Result]) -> _Result:
    """Do `work` on a thread of its own, and give what it gives.

    Raises
    ------
    TimeoutError
        Where it takes longer; what comes of it then is nobody's.
    BaseException
        Whatever `work` raises.
    """
    done: queue.SimpleQueue[tuple[_Result] | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(),))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            done.put(error)

    try:
        threading.Thread(target=contextvars.copy_context().run, args=(run,), name="tiled-bounded", daemon=True).start()
    except RuntimeError:  # the process ends, and begins no threads any more
        return work()
    try:
        result = done.get(timeout=seconds)
    except queue.Empty:
        result = TimeoutError()
    try:
        if isinstance(result, BaseException):
            raise result
        return result[0]
    finally:
        del result  # else an error, and what its frames hold, would hold itself


PROBE_TIMEOUT = httpx.Timeout(8.0, connect=5.0)
TOKENS = ("access_token", "refresh_token", "id_token")
_LARGEST_ANSWER = 2_000_000  # bytes
_TITLE = re.compile(rb"<title[^>]*>([^<]*)</title>", re.IGNORECASE)
_WHERE_TITLES_ARE = 20_000  # bytes
_LONGEST_BODY = 30.0  # seconds
_OF_THE_NETWORK = (httpx.NetworkError, httpx.TimeoutException, TimeoutError)
_LONGEST_PAUSE = 600.0  # seconds

Tokens: TypeAlias = dict[str, Any]


class Refused(Exception):
    """A request did not give what was asked for.

    Parameters
    ----------
    kind : str
        One of `tiled_jupyter.state.states.FailureKind`.
    sentence : str
        For the person.
    passing : bool
        Whether the same may succeed a little later: it is the network, or the server is busy.
    retry_after : float, optional
        In how many seconds, where the server says.
    hung_up : bool
        Whether somebody was there, and ended the connection without an answer.
    """

    def __init__(
        self,
        kind: FailureKind,
        sentence: str,
        *,
        passing: bool = False,
        retry_after: float | None = None,
        hung_up: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.failure = Failure(kind, sentence)
        self.passing = passing
        self.retry_after = retry_after
        self.hung_up = hung_up


class Unclear(httpx.HTTPStatusError):
    """An answer that is not the server's own word; its text is a sentence for people."""


@dataclass(frozen=True)
class Answer:
    """What a server sent.

    Parameters
    ----------
    status : int
    body : object
        JSON; None where it is none.
    location : str or None
        Where it redirects to.
    date : float or None
        The server's clock, in seconds since the epoch.
    retry_after : float or None
        Seconds.
    challenge : str or None
        How to authenticate, by its name: ``Basic``.
    page : str or None
        The title of a page of HTML, as of a portal that answers in place of the server; it may be empty. None where it
        is no page.
    """

    status: int
    body: Any = field(repr=False)
    location: str | None = None
    date: float | None = None
    retry_after: float | None = None
    challenge: str | None = None
    page: str | None = field(default=None, repr=False)

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON object; empty where the answer is none."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def passing(self) -> bool:
        """Whether the server is busy or being restarted, rather than refusing."""
        return self.status >= 500 or self.status in (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)

    @property
    def detail(self) -> str:
        """The reason a Tiled server gives, to be added to a sentence."""
        detail = self.fields.get("detail")
        return f": {detail[:300].rstrip('.')}" if isinstance(detail, str) and detail.isprintable() else ""


def tokens_in(said: object) -> Tokens | None:
    """Return an answer that brings tokens, less what is no token; None where it has no access token.

    A token goes into a header and a file: one with a line break in it, say, would be quoted by the error of either.
    """
    if not isinstance(said, dict):
        return None
    tokens = {key: value for key, value in said.items() if key not in TOKENS}
    tokens |= {key: Masked(said[key]) for key in TOKENS if _is_token(said.get(key))}
    return tokens if "access_token" in tokens else None


def bearing(kind: Literal["Bearer", "Apikey"], secret: str) -> dict[str, str]:
    """Return the header that authorizes a request with a token or a key."""
    return {"Authorization": Masked(f"{kind} {secret}")}


def _is_token(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable() and bool(value) and " " not in value


def ask(http: httpx.Client, method: str, url: str, **options: Any) -> Answer:
    """Send one request, with nothing of a session and following no redirect.

    Parameters
    ----------
    http : httpx.Client
    method, url : str
    **options
        As for `httpx.Client.request`.

    Raises
    ------
    Refused
        Where no answer came; it holds on to nothing of the request.
    """
    options = {"timeout": PROBE_TIMEOUT, **options}
    try:
        answer = within(longest(options["timeout"]), lambda: _read(http, method, url, **options))
        if answer.status != httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
            return answer
        proxy = proxy_for(url) if http.trust_env else None
        failure = Failure("unreachable", refused_by(proxy, answer.status, host_of(url)))
        passing = hung_up = False
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as error:  # ValueError: a link is no address
        failure, passing = explain(error, host_of(url), url, proxies=http.trust_env), isinstance(error, _OF_THE_NETWORK)
        passing = passing or isinstance(error, httpx.ProtocolError)  # a server that is being stopped
        hung_up = isinstance(error, httpx.ProtocolError | httpx.ReadError | httpx.WriteError)
    # Here, and not above: the error would be its context.
    raise Refused(failure.kind, failure.sentence, passing=passing, hung_up=hung_up)


def longest(timeout: httpx.Timeout) -> float:
    """How long a whole request may take; httpx bounds each read alone."""
    return (timeout.connect or 0.0) + (timeout.read or 0.0)


def _read(http: httpx.Client, method: str, url: str, **options: Any) -> Answer:
    """Read the status, some headers and at most 2 MB of JSON."""
    options["headers"] = {"Accept": "application/json", **options.get("headers", {})}
    # For a client that is signed in `auth=None` leaves the session out of it.
    with http.stream(method, url, auth=None, follow_redirects=False, **options) as response:
        read_bounded(response)
        try:
            parsed = httpx.Response(200, content=response.content).json()
        except (ValueError, RecursionError):  # no JSON, or JSON made to hurt
            parsed = None
        headers = response.headers
        return Answer(
            response.status_code,
            parsed,
            headers.get("location") if response.has_redirect_location else None,
            _date(headers.get("date")),
            _seconds(headers.get("retry-after"), _date(headers.get("date"))),
            (headers.get("www-authenticate") or "").partition(" ")[0] or None,
            _title(response.content) if headers.get("content-type", "").lower().startswith("text/html") else None,
        )


def read_bounded(response: httpx.Response) -> None:
    """Read the body of an answer, decompressed, to a size and for a time that suffice for what servers say.

    Raises
    ------
    Refused
        Where it is longer.
    httpx.ReadTimeout
        Where it takes longer: a byte now and then is in time for each read.
    """
    until, body = time.monotonic() + _LONGEST_BODY, bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            host = host_of(str(response.request.url))
            raise Refused("not_a_server", f"{host} sends far more than a Tiled server would. Check the address.")
        if time.monotonic() > until:
            raise httpx.ReadTimeout("The body takes too long.", request=response.request)
    response._content = bytes(body)  # what httpx's own `read` does


def _title(page: bytes) -> str:
    found = _TITLE.search(page[:_WHERE_TITLES_ARE])
    return legible(" ".join(html.unescape(found[1].decode("utf-8", "replace")).split()), LONGEST_NAME) if found else ""


def _date(text: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(text or "")
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _seconds(text: str | None, date: float | None) -> float | None:
    """Read Retry-After, which is seconds or a date (RFC 9110 section 10.2.3)."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return min(float(text[:9]), _LONGEST_PAUSE)
    until = _date(text)
    if until is None:
        return None
    return min(max(until - (date or datetime.now(timezone.utc).timestamp()), 0.0), _LONGEST_PAUSE)


def explain(error: Exception, host: str, url: str | None = None, *, proxies: bool = True) -> Failure:
    """Return the sentence for whatever went wrong while talking to `host`; it quotes nothing of the error.

    Parameters
    ----------
    error : Exception
    host : str
    url : str, optional
        What was asked for; by default the error knows.
    proxies : bool
        Whether those of the environment were used.
    """
    if isinstance(error, Refused):
        return error.failure
    if isinstance(error, Unclear):
        return Failure("server", str(error))
    if isinstance(error, TiledJupyterError):  # says itself what happened
        return Failure(getattr(error, "reason", "server"), str(error))
    if isinstance(error, BadAddress):
        return Failure("bad_address", str(error))
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        return Failure("server", f"{host} answers with an error ({status}). Try again in a minute.")
    if isinstance(error, httpx.RequestError | TimeoutError):
        asked = url or _asked(error)
        proxy = proxy_for(asked) if asked and proxies else None
        return Failure("unreachable", (broken() if proxy is not None else None) or why(error, host, proxy))
    wrong = broken()
    if wrong is not None:
        return Failure("unreachable", wrong)
    if isinstance(error, httpx.HTTPError | httpx.InvalidURL):
        return Failure("unreachable", why(error, host, None))
    return Failure("server", f"Something went wrong with {host} ({type(error).__name__}). Try again.")


def _asked(error: Exception) -> str | None:
    request = getattr(error, "_request", None)  # `request` raises where there is none
    return str(request.url) if request is not None else None


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the context that trusts what httpx trusts, ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` included."""
    return httpx.create_ssl_context()
