"""500 sign-ins whose sessions end after seconds: of two people on two servers, each in a Context that goes on."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from contextlib import ExitStack

from tests.server.sessions import Hook, get, signed_in
from tests.server.tiled_server import TiledServer

from .held import grown, held

LIFETIMES = {"access_token_max_age": 1, "refresh_token_max_age": 2, "session_max_age": 2}  # seconds
WARM, LOGINS = 100, 500  # in all
LIMITS = {"threads": 0.01, "file handles": 0.02, "widgets": 0, "contexts": 0, "sessions": 0, "kB of Python": 0.5}


class Person:
    """Reads all the time on one server, and signs in whenever the session has ended."""

    def __init__(self, server: TiledServer, name: str) -> None:
        self.hook = Hook(name)
        self.context = signed_in(server, self.hook, remember_me=name == "alice")
        self.reads, self.errors = 0, []

    def read_until(self, logins: int) -> None:
        """Go on until there were so many sign-ins."""
        try:
            while self.hook.calls < logins:
                assert get(self.context).status_code == 200
                self.reads += 1
        except Exception as error:  # noqa: BLE001 - told at the end
            self.errors.append(repr(error))
        self.hook.occasions.clear()


def soak() -> None:
    """Measure after the first logins and at the end."""
    with ExitStack() as stack:
        servers = [stack.enter_context(TiledServer(allow_anonymous_access=False, **LIFETIMES)) for _ in range(2)]
        people = [Person(server, name) for server in servers for name in ("alice", "bob")]
        tracemalloc.start()
        seen = {}
        for logins in (WARM, LOGINS):
            threads = [threading.Thread(target=one.read_until, args=(logins // len(people),)) for one in people]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            gc.collect()
            seen[logins] = held()
        tracemalloc.stop()
        errors = [error for one in people for error in one.errors]
        print(
            f"{sum(one.hook.calls for one in people)} sign-ins that ended after {LIFETIMES['session_max_age']} s, "
            f"{sum(one.reads for one in people)} requests, {len(errors)} errors"
        )
        assert errors == [], errors[:5]
        grown(seen[WARM], seen[LOGINS], LOGINS - WARM, LIMITS)
        for one in people:
            one.context.close()
