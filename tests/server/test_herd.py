"""Many notebooks at once: one sign-in frees all of them, and a server that is restarted is not overrun by them."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.patience import PATIENCE
from tiled_jupyter import from_context

from .herd import Herd, freed
from .nginx import Nginx
from .sessions import Hook, another_kernel, signed_in
from .tiled_server import TiledServer

NOTEBOOKS = 4
AWAY = 4.0  # seconds; soak has a minute
# Of one that reads, after 0.25, 0.75, 1.75 and 3.75 seconds at the earliest.
MOST_REQUESTS = 5


def test_one_sign_in_frees_the_cells_of_all_notebooks():
    with TiledServer(allow_anonymous_access=False) as server:
        signed_in(server)
        with Herd(NOTEBOOKS, server.uri) as herd:
            server.restart(secret_key=os.urandom(32).hex())  # every session is over
            freed(herd, lambda _: signed_in(server))
            server.restart(secret_key=os.urandom(32).hex())
            freed(herd, lambda shown: herd.notebooks[0].sign_in(shown[0]))
            herd.begin("assert list(client)")
            herd.results()


def test_a_server_that_is_restarted_is_asked_now_and_then_by_each_and_all_go_on():
    with (
        TiledServer(allow_anonymous_access=False) as server,
        Nginx(server.port) as nginx,
        ThreadPoolExecutor(NOTEBOOKS) as pool,
    ):
        hooks = [Hook(name) for name in ("alice", "bob") * (NOTEBOOKS // 2)]
        clients = []
        for hook in hooks:
            another_kernel()
            clients.append(from_context(signed_in(nginx, hook, remember_me=False)))
        server.stop()
        begun = time.time()
        reads = [pool.submit(list, client) for client in clients]
        threading.Event().wait(AWAY)
        away = nginx.requests(begun)
        server.start()
        assert [len(read.result(PATIENCE)) > 0 for read in reads] == NOTEBOOKS * [True]
        assert {status for _, _, status in away} == {502}
        assert NOTEBOOKS < len(away) <= NOTEBOOKS * MOST_REQUESTS
        assert [hook.calls for hook in hooks] == NOTEBOOKS * [1]
