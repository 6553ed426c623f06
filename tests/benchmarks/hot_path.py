"""What our session costs a request that simply works: nothing, or it would cost everybody all day."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import httpx

from tests.server.tiled_server import TiledServer
from tiled_jupyter.session.auth import SessionAuth

from .figures import Count, Figure
from .people import Sessions, our_context, plain_context, requests_in

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS = 600
_FLOWS = 20000


def measure() -> Iterator[Figure | Count]:
    """Measure GETs over warm connections by turns, and the auth objects alone."""
    server = TiledServer(allow_anonymous_access=False)
    try:
        tokens = Sessions(server).live()
        ours, reference = our_context(server), plain_context(server)
        ours.configure_auth(tokens)
        reference.configure_auth(tokens)
        assert isinstance(ours.http_client.auth, SessionAuth)
        clients = {"ours": ours.http_client, "reference": reference.http_client}
        url = f"{ours.api_uri}metadata/"
        figure = Figure("authenticated GET, SessionAuth / TiledAuth", [], [], "<= 1.02")
        for count in range(_ROUNDS):
            for name in sorted(clients, reverse=bool(count % 2)):  # each goes first as often
                begun = time.perf_counter()
                response = clients[name].get(url)
                took = time.perf_counter() - begun
                assert response.status_code == httpx.codes.OK
                if count > 20:
                    getattr(figure, name).append(took)
        yield figure
        made = {}
        for name, client in clients.items():
            before = len(server.log)
            client.get(url)
            made[name] = requests_in(server.log[before:])
        yield Count("requests of that GET", made["ours"], made["reference"], "none added")
        yield _alone(url, ours.http_client.auth, reference.http_client.auth)
        ours.close()
        reference.close()
    finally:
        server.close()


def _alone(url: str, ours: httpx.Auth, reference: httpx.Auth) -> Figure:
    figure = Figure("the two auth flows alone, a thousand requests", [], [], "for information")
    answer = httpx.Response(httpx.codes.OK)
    request = httpx.Request("GET", url)
    for _ in range(_FLOWS // 1000):
        for auth, series in ((ours, figure.ours), (reference, figure.reference)):
            begun = time.process_time()
            for _ in range(1000):
                flow = auth.sync_auth_flow(request)
                next(flow)
                with contextlib.suppress(StopIteration):
                    flow.send(answer)
            series.append(time.process_time() - begun)
    return figure
