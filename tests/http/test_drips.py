"""A server that sends a byte now and then holds nobody longer than a request may take."""

from __future__ import annotations

import socket
import threading
import time

import httpx
import pytest

from tiled_jupyter.oauth import exchange
from tiled_jupyter.oauth import password as grants
from tiled_jupyter.oauth.exchange import Refused, ask
from tiled_jupyter.oauth.refresh import NotNow, refresh

QUICK = httpx.Timeout(0.5, connect=0.5)


@pytest.fixture(params=["headers", "body"])
def dripping(request):
    """Yield the address of a server that never comes to the end of its headers, or of its body."""
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n" + (b"X-Slow: " if request.param == "headers" else b"\r\n")
    ended, connections = threading.Event(), []

    def drip(connection):
        try:
            connection.recv(65536)
            connection.sendall(begun)
            while not ended.wait(0.1):
                connection.sendall(b"a")
        except OSError:  # it was hung up on
            pass
        finally:
            connection.close()

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(threading.Thread(target=drip, args=(connection,)))
            connections[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
    for one in (thread, *connections):
        one.join(20)


def test_a_request_has_an_end(dripping):
    begun = time.monotonic()
    with httpx.Client(trust_env=False) as http, pytest.raises(Refused, match="did not answer in time") as caught:
        ask(http, "GET", dripping, timeout=QUICK)
    assert time.monotonic() - begun < 15
    assert caught.value.passing


def test_a_refresh_has_an_end(dripping, monkeypatch):
    class Session:
        refresh_url, csrf_token, client_id, scopes = httpx.URL(dripping), "", None, None

    monkeypatch.setattr("tiled_jupyter.oauth.refresh._TIMEOUT", QUICK)
    with httpx.Client(trust_env=False) as http, pytest.raises(NotNow):
        refresh(http, Session(), "r")


def test_a_process_that_ends_still_asks(monkeypatch):
    def no_more_threads(self):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", no_more_threads)
    asked = []

    def answer(request):
        asked.append(request.url.path)
        return httpx.Response(204)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        grants.revoke_session(http, "https://t.example/api/v1/", "r")
    assert asked == ["/api/v1/auth/session/revoke"]


def test_what_goes_wrong_is_raised_where_it_is_waited_for():
    def wrong():
        raise KeyError("x")

    with pytest.raises(KeyError):
        exchange.within(5, wrong)
