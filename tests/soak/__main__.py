"""``python -m tests.soak [PART...]``: an hour of work and a day of waiting, compressed.

Parts are deaths, kills, logins, kernels, restart, day and panels; all of them, if none is named.
Ends with an error where a request failed, somebody was asked more often than a session died, or something grows.
Linux only: it counts the file handles in ``/proc``.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.server.killed_kernels import kill_kernels, kill_kernels_that_ask
from tests.server.sessions import Hook, signed_in
from tests.server.tiled_server import TiledServer
from tiled_jupyter import Context, from_context
from tiled_jupyter.oauth.password import revoke_session

from . import day, kernels, logins, panels, restart

SECONDS = 60.0
THREADS = 12  # for each of two Contexts
LIFETIME = 3  # seconds, of access tokens
NOTICED_WITHIN = 20.0  # seconds


class Workers:
    """Threads that read all the time."""

    def __init__(self, clients) -> None:
        self.done, self.errors, self.ended = Counter(), [], threading.Event()
        self.threads = [
            threading.Thread(target=self._work, args=(client,)) for client in clients for _ in range(THREADS)
        ]

    def _work(self, client) -> None:
        reads = {
            "list": lambda: list(client),
            "array": lambda: client["alice/heating_scan/images"].read(slice=0),
            "table": lambda: client["alice/heating_scan/readings"].read(),
            "who": lambda: client.context.whoami(),
        }
        while not self.ended.is_set():
            name = random.choice([*reads])
            try:
                reads[name]()
            except Exception as error:  # noqa: BLE001 - counted
                self.errors.append(f"{name}: {error!r}")
            self.done[name] += 1

    def __enter__(self) -> Workers:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()


def held() -> tuple[int, int]:
    """Count threads and open file handles."""
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def deaths(server: TiledServer, hook: Hook, seconds: float, *, remember_me: bool) -> None:
    """Revoke the session of two Contexts again and again."""
    one = signed_in(server, hook, remember_me=remember_me)
    other, _ = Context.from_any_uri(server.uri)
    other.configure_auth(dict(one.http_client.auth.tokens), remember_me=remember_me)
    assert other.http_client.auth is one.http_client.auth
    asked = hook.calls
    died, before, end = 0, None, time.monotonic() + seconds
    with one, other, Workers([from_context(one), from_context(other)]) as workers:
        while time.monotonic() < end:
            with one.bare_client() as http:
                revoke_session(http, str(one.api_uri), one.http_client.auth.tokens["refresh_token"])
            died += 1
            noticed = time.monotonic() + NOTICED_WITHIN
            while hook.calls - asked < died and time.monotonic() < noticed:
                workers.ended.wait(0.05)
            workers.ended.wait(random.uniform(0, LIFETIME))
            if died == 2:
                before = held()
        after = held()
    asked = hook.calls - asked
    print(
        f"{'remembered' if remember_me else 'in memory'}: {died} deaths, {asked} prompts, "
        f"{sum(workers.done.values())} operations, {len(workers.errors)} errors; "
        f"threads and handles {before} -> {after}"
    )
    assert workers.errors == [], workers.errors[:5]
    assert asked == died
    assert after[0] <= before[0] + 2, "threads grow"
    assert after[1] <= before[1] + 8, "file handles grow"


def main() -> None:
    """Run all."""
    parts = sys.argv[1:] or ["deaths", "kills", "logins", "kernels", "restart", "day", "panels"]
    with (
        tempfile.TemporaryDirectory() as cache,
        TiledServer(allow_anonymous_access=False, access_token_max_age=LIFETIME) as server,
    ):
        os.environ["TILED_CACHE_DIR"] = cache
        os.environ.pop("TILED_API_KEY", None)
        if "deaths" in parts:
            hook = Hook()  # one person: a Context of the first half may still be there to ask in the second
            for remember_me in (True, False):
                deaths(server, hook, SECONDS / 2, remember_me=remember_me)
        if "kills" in parts:
            print(kill_kernels(signed_in(server), seconds=SECONDS / 2, kernels=3))
            print(kill_kernels_that_ask(signed_in(server), deaths=10, kernels=4))
        if "logins" in parts:
            logins.soak()
        if "kernels" in parts:
            kernels.soak()
        if "restart" in parts:
            restart.soak()
    if "day" in parts:
        day.soak()
    if "panels" in parts:
        panels.soak()


if __name__ == "__main__":
    main()
