"""A Tiled server is away for a minute while 30 kernels read: what it is asked meanwhile, and how they go on."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.server.herd import Herd
from tests.server.nginx import ASKS_TO_WAIT, HANGS_UP, Nginx
from tests.server.sessions import signed_in
from tests.server.tiled_server import TiledServer

from .table import busy, head, row

KERNELS, AWAY = 30, 60.0
SETTLES = 10.0  # seconds after which no two have to do with each other any more
LIFETIME = 20  # seconds, of access tokens: the sessions are to be renewed, too
READS = """
import pathlib, random
end, reads, errors, slowest = pathlib.Path({!r}), 0, [], 0.0
while not end.exists():
    begun = time.monotonic()
    try:
        assert list(client)
    except Exception as error:
        errors.append(type(error).__name__)
    last = time.monotonic()
    slowest = max(slowest, last - begun)
    reads += 1
    time.sleep(random.uniform(1, 3))
{{"reads": reads, "errors": errors, "slowest": slowest, "last": last}}
"""
# What stands where the server was, and how many requests of one kernel there may be at most. A request is sent again
# by this package after 0.25, 0.5, 1, 2, 4 and then each 6 seconds at the earliest. Where nobody is there, Tiled's own
# client sends it ten times, in 21 seconds at the earliest, and then the notebook reads again.
FRONTS: dict[str, tuple[str | None, int]] = {
    "nginx, which says 502": (None, 15),
    "nginx, which says 503 and to wait for 20 s": (ASKS_TO_WAIT, 4),
    "nobody: connections are closed": (HANGS_UP, 30),
}


def soak() -> None:
    """Take the server away behind each front."""
    with (
        TiledServer(allow_anonymous_access=False, access_token_max_age=LIFETIME) as server,
        Nginx(server.port) as nginx,
    ):
        signed_in(nginx)
        with Herd(KERNELS, nginx.uri) as herd:
            seen = {}
            for front, (directives, _) in FRONTS.items():
                nginx.become(directives)
                seen[front] = away(herd, server, nginx)
    print(f"A server that {KERNELS} kernels read from is away for {AWAY:.0f} s ({busy()}):")
    head(
        "in its place",
        "requests of a kernel",
        "at most",
        "of all in a second",
        "reads that failed",
        "all went on within",
    )
    for front, found in seen.items():
        asked, failed, on = f"{found['asked'] / KERNELS:.1f}", found["failed"], f"{found['on']:.1f} s"
        row(front, asked, FRONTS[front][1], found["burst"], f"{failed} of {found['reads']}", on)
    for front, (directives, bound) in FRONTS.items():
        assert seen[front]["asked"] <= bound * KERNELS, front
        if directives != HANGS_UP:
            assert seen[front]["burst"] <= KERNELS / 2, front
            assert seen[front]["failed"] == 0, front


def away(herd: Herd, server: TiledServer, nginx: Nginx) -> dict[str, Any]:
    """Read in all kernels, and stop the server for a while."""
    pause = threading.Event().wait
    with TemporaryDirectory() as directory:
        end = Path(directory, "end")
        herd.begin(READS.format(str(end)))
        pause(5)
        server.stop()
        since = time.time()
        pause(AWAY)
        requests = [moment for moment, _, _ in nginx.requests(since)]
        server.start()
        back = time.monotonic()
        end.touch()
        results = herd.results()
    later = sorted(moment for moment in requests if moment > since + SETTLES)
    return {
        "asked": len(requests),
        "burst": max(sum(begin <= moment < begin + 1 for moment in later) for begin in later),
        "reads": sum(one["reads"] for one in results),
        "failed": sum(len(one["errors"]) for one in results),
        "on": max(one["last"] for one in results) - back,
    }
