"""Many threads on a session that is over: what waiting for one another costs, and what Tiled's own client does."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx

from tests.server.sessions import Hook, get
from tests.server.tiled_server import TiledServer

from .figures import Figure
from .people import Person, Sessions, grow_old, our_context, plain_context, requests_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_THREADS = 64
_ROUNDS = 9
_RESUMPTIONS = 15


@dataclass
class _Run:
    took: float
    failed: int
    refreshes: int
    refused: int


class _Crowd:
    """Threads that make the same request at the same moment."""

    def __init__(self, server: TiledServer, pool: ThreadPoolExecutor) -> None:
        self._server = server
        self._pool = pool

    def warm(self, context: Any) -> None:
        """Open connections, which the server closes after five seconds: perhaps at this very moment."""

        def request(_: int) -> None:
            with contextlib.suppress(httpx.TransportError):
                context.http_client.get(f"{self._server.uri}/healthz", auth=None)

        list(self._pool.map(request, range(_THREADS)))

    def __call__(self, context: Any, first: Callable[[], None] = lambda: None) -> _Run:
        """Do something first, then let all go; how long it took, and what became of it."""
        before = len(self._server.log)
        barrier = threading.Barrier(_THREADS + 1)

        def request(_: int) -> bool:
            barrier.wait()
            try:
                return bool(get(context).status_code == httpx.codes.OK)
            except Exception:  # noqa: BLE001 - Tiled's own client is expected to fail
                return False

        results = [self._pool.submit(request, number) for number in range(_THREADS)]
        begun = time.perf_counter()
        try:
            first()
        except BaseException:
            barrier.abort()
            raise
        barrier.wait()
        failed = sum(not result.result() for result in results)
        took = time.perf_counter() - begun
        written = self._server.log[before:]
        return _Run(
            took, failed, requests_in(written).count("POST /api/v1/auth/session/refresh"), written.count('1.1" 401')
        )


def measure() -> Iterator[Figure]:
    """Measure dead sessions and expired tokens, and one request that resumes."""
    server = TiledServer(allow_anonymous_access=False)
    try:
        sessions = Sessions(server)
        with ThreadPoolExecutor(_THREADS) as pool:
            yield from _crowds(server, sessions, _Crowd(server, pool))
        yield from _one_request(server, sessions)
    finally:
        server.close()


def _crowds(server: TiledServer, sessions: Sessions, crowd: _Crowd) -> Iterator[Figure]:
    ours, plain, floor = our_context(server), plain_context(server), plain_context(server)
    for name, context in (("ours", ours), ("plain", plain), ("floor", floor)):
        context._token_cache = f"{context._token_cache}-{name}"  # as on three computers
    ours.prompt = hook = Hook()
    runs: dict[str, list[_Run]] = {}

    def log_in_again() -> None:
        with ours.bare_client() as http:
            floor.configure_auth(hook(http, floor.server_info.authentication.providers))

    def once(name: str, context: Any, tokens: dict[str, str] | None, first: Callable[[], Any] = lambda: None) -> None:
        if tokens is not None:
            context.configure_auth(tokens)
        if context is ours and "the server" not in name:
            grow_old(ours, tokens)
        crowd.warm(context)
        runs.setdefault(name, []).append(crowd(context, first))

    for _ in range(_ROUNDS + 1):
        once("dead", ours, sessions.dead())
        once("live, one login", floor, None, log_in_again)
        once("dead, Tiled", plain, sessions.dead())
        once("dead, known to the server alone", ours, sessions.dead())
        once("expired", ours, sessions.expired())
        once("live, one refresh", floor, sessions.live(), floor.force_auth_refresh)
        once("expired, Tiled", plain, sessions.expired())
    for series in runs.values():
        del series[0]  # it made what is made once

    def figure(words: str, name: str, reference: str, goal: str) -> Figure:
        figure = Figure(f"{_THREADS} threads, {words}", _took(runs[name]), _took(runs[reference]), goal)
        figure.notes += [f"{each}: {_summary(runs[each])}" for each in (name, reference)]
        return figure

    yield figure("dead session / live session and one login", "dead", "live, one login", "<= 1.5")
    yield figure("dead session / the same in Tiled's own client", "dead", "dead, Tiled", "Tiled's fails")
    yield figure(
        "dead session, which the server alone knows / live session and one login",
        "dead, known to the server alone",
        "live, one login",
        "for information",
    )
    yield figure("expired token / live session and one refresh", "expired", "live, one refresh", "<= 1.5")
    yield figure("expired token / the same in Tiled's own client", "expired", "expired, Tiled", "for information")
    ours.close()


def _took(runs: list[_Run]) -> list[float]:
    return [run.took for run in runs]


def _summary(runs: list[_Run]) -> str:
    def span(values: list[int]) -> str:
        low, high = min(values), max(values)
        return str(low) if low == high else f"{low} to {high}"

    return (
        f"{span([run.failed for run in runs])} of {_THREADS} fail, {span([run.refreshes for run in runs])} refreshes, "
        f"{span([run.refused for run in runs])} answers of 401 in a round"
    )


def _one_request(server: TiledServer, sessions: Sessions) -> Iterator[Figure]:
    context, plain = our_context(server), plain_context(server)
    context.prompt = person = Person()
    plain.configure_auth(sessions.live(), remember_me=False)
    figure = Figure("dead session to resumed request, without the person's time", [], [], "for information")
    parts: dict[str, list[float]] = {"found dead": [], "signed in": [], "sent again": []}
    plainly = []
    for count in range(_RESUMPTIONS + 1):
        context.configure_auth(tokens := sessions.dead())
        grow_old(context, tokens)
        begun = time.perf_counter()
        assert get(context).status_code == httpx.codes.OK
        ended = time.perf_counter()
        get(plain)
        if count:
            plainly.append(time.perf_counter() - ended)
            figure.ours.append(ended - begun)
            parts["found dead"].append(person.asked - begun)
            parts["signed in"].append(person.done - person.asked)
            parts["sent again"].append(ended - person.done)
    words = {
        "found dead": "a refresh that is refused",
        "signed in": "password and whoami",
        "sent again": "tokens saved, and the request",
    }
    for name, series in parts.items():
        figure.notes.append(f"{name} {1000 * median(series):.0f} ms ({words[name]})")
    figure.notes.append(f"that request with a live session takes {1000 * median(plainly):.0f} ms")
    yield figure
    context.close()
