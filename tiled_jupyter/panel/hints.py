"""Lines that a cell gets unasked: why a request was refused, and that a sign-in ends soon.

One for each cell and reason, one a day for the end of a sign-in; where nobody reads, none.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import httpx

from ..address import host_of
from ..kernel import front_end
from ..kernel.memory import of_kernel
from ..keys.access import may_not
from ..oauth.answers import detail_of
from ..session import registry
from ..session.prompts import is_invited

_SOON = 12 * 3600.0
_HOURS = 24
_REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


class _Said:
    """What was said in this kernel.

    Attributes
    ----------
    warned : dict of str to str
        On which day, by the server whose sign-in ends.
    last : tuple or None
        The cell and the line that were last.
    """

    def __init__(self) -> None:
        self.warned: dict[str, str] = {}
        self.last: tuple[int | None, str] | None = None


def watch() -> None:
    """Begin to listen."""
    registry.listen(heard)


def heard(context: Any, response: httpx.Response) -> None:
    """Write in the cell what an answer calls for, if anything."""
    if response.status_code in _REFUSED:
        response.read()
        sentence = may_not(context, detail_of(response))
        if sentence is not None and _is_read():
            _say_once_a_cell(f"{host_of(str(context.api_uri))}: {sentence} %tiled_why says more.")
    else:
        end = registry.end_of(str(context.api_uri), context.api_key)
        if end is not None:
            _warn(str(context.api_uri), end, by_key=context.api_key is not None)


def _warn(api_uri: str, end: float, *, by_key: bool) -> None:
    now = time.time()
    today = f"{datetime.fromtimestamp(now):%Y-%m-%d}"
    warned = of_kernel(_Said).warned
    if now < end < now + _SOON and warned.get(api_uri) != today and _is_read():
        warned[api_uri] = today
        front_end.say(ending(host_of(api_uri), end, now, by_key=by_key))


def ending(host: str, end: float, now: float, *, by_key: bool) -> str:
    """Return a sentence that a sign-in ends soon, and what to do."""
    then, here = datetime.fromtimestamp(end), datetime.fromtimestamp(now)
    when = f"{'today' if then.date() == here.date() else 'tomorrow'} at {then:%H:%M}"
    if by_key:
        return f"The API key in use on {host} ends {when}. Sign in with your account to make another."
    return f"Your sign-in on {host} ends {when}. Renew it now: %tiled_login {host} --hours {_HOURS}"


def _say_once_a_cell(line: str) -> None:
    said = of_kernel(_Said)
    if (front_end.cell_number(), line) != said.last:
        said.last = front_end.cell_number(), line
        front_end.say(line)


def _is_read() -> bool:
    return is_invited() and front_end.is_somebody_there()
