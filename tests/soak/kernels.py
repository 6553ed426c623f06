"""30 kernels of one person, each with a panel, wait on a session that is dead; one sign-in frees them all."""

from __future__ import annotations

import functools
import os
import statistics
from collections.abc import Callable
from typing import Any

from tests.server.herd import Herd, Notebook, freed
from tests.server.sessions import signed_in
from tests.server.tiled_server import TiledServer

from .table import busy, head, row

KERNELS, ROUNDS = 30, 5
WITHIN = 2.0  # seconds


def soak() -> None:
    """Sign in beside them, and in one of their panels, in turn."""
    with TiledServer(allow_anonymous_access=False) as server:
        signed_in(server)
        with Herd(KERNELS, server.uri) as herd:
            ways: dict[str, Callable[[Any], object]] = {
                "in another notebook": lambda _: signed_in(server),
                "in one of their panels": lambda shown: herd.notebooks[0].sign_in(shown[0]),
            }
            seen: dict[str, list[list[float]]] = {way: [] for way in ways}
            work = 0.0

            def at_first(sign_in: Callable[[Any], object], shown: Any) -> None:
                nonlocal work
                work -= sum(herd.each(Notebook.worked))
                sign_in(shown)

            for _ in range(ROUNDS):
                for way, sign_in in ways.items():
                    server.restart(secret_key=os.urandom(32).hex())  # every session is over
                    seen[way].append(freed(herd, functools.partial(at_first, sign_in)))
                    work += sum(herd.each(Notebook.worked))
    print(f"{KERNELS} kernels wait; seconds from the sign-in to the ends of their cells ({busy()}):")
    head("the person signs in", "the first", "the middle one", "the last", "the last, at worst")
    for way, rounds in seen.items():
        middle = statistics.median(statistics.median(times) for times in rounds)
        first, last = (statistics.median(times[which] for times in rounds) for which in (0, -1))
        row(way, *(f"{seconds:.2f}" for seconds in (first, middle, last, max(times[-1] for times in rounds))))
    print(f"Each kernel worked for {work / ROUNDS / len(ways) / KERNELS * 1000:.0f} ms of that.")
    slow = [times[-1] for rounds in seen.values() for times in rounds if times[-1] >= WITHIN]
    assert not slow, f"waited for longer than {WITHIN} s, which a quiet machine does not: {slow}"
