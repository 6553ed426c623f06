"""Who signs in for the benchmarks, without a page: at once, and with the requests that the panel makes."""

from __future__ import annotations

import time

import httpx
from tiled.client import context as tiled_context

from tests.server.sessions import Hook
from tests.server.shown import asked
from tests.server.tiled_server import PASSWORDS, TiledServer
from tiled_jupyter import Context


class Person(Hook):
    """Signs in with the panel's own login, and notes when it was asked and when it was done."""

    def __init__(self, name: str = "alice") -> None:
        super().__init__(name)
        self.asked = self.done = 0.0

    def __call__(self, http_client, providers):
        self.asked = time.perf_counter()
        self.calls += 1

        shown = asked(http_client, providers)
        shown.sign_in(name=self.name)
        tokens = shown.session.recipient.take_tokens()
        self.done = time.perf_counter()
        return tokens


class Sessions:
    """Live, dead and expired sessions of one person on one server, in no time.

    Parameters
    ----------
    server : TiledServer
        Not started; it is left running with Tiled's own lifetimes.
    """

    def __init__(self, server: TiledServer) -> None:
        with httpx.Client() as self._http:
            server.restart(access_token_max_age=1)
            self.context = plain_context(server)
            self.expired_token = self._new()["access_token"]
            headers = {"Authorization": f"Bearer {self.expired_token}"}
            while self._http.get(f"{self.context.api_uri}metadata/", headers=headers).status_code == 200:
                time.sleep(0.2)
            server.restart(access_token_max_age=None)
        self._http = httpx.Client()

    def _new(self) -> dict[str, str]:
        spec = self.context.server_info.authentication.providers[0]
        form = {"grant_type": "password", "username": "alice", "password": PASSWORDS["alice"]}
        return self._http.post(spec.links["auth_endpoint"], data=form).json()

    def live(self) -> dict[str, str]:
        """Return tokens that work."""
        return self._new()

    def expired(self) -> dict[str, str]:
        """Return tokens of which only the refresh token works."""
        return {**self._new(), "access_token": self.expired_token}

    def dead(self) -> dict[str, str]:
        """Return tokens of which none works."""
        tokens = self.expired()
        url = f"{self.context.api_uri}auth/session/revoke"
        self._http.post(url, json={"refresh_token": tokens["refresh_token"]}).raise_for_status()
        return tokens


def our_context(server: TiledServer) -> Context:
    """Return a Context of ours, nobody signed in."""
    return Context.from_any_uri(server.uri)[0]


def plain_context(server: TiledServer) -> tiled_context.Context:
    """Return a Context of Tiled's own, nobody signed in."""
    return tiled_context.Context.from_any_uri(server.uri)[0]


def grow_old(context: Context, tokens: dict[str, str]) -> None:
    """Use tokens that were good once; an expired one that just came would say that our clock is wrong."""
    auth = context.http_client.auth
    auth.renewed(tokens, auth.token_directory, proven=False)


def requests_in(log: str) -> list[str]:
    """Return the requests in a server's log, such as ``GET /api/v1/``."""
    quoted = (line.split('"')[1] for line in log.splitlines() if 'HTTP/1.1"' in line)
    return [request.removesuffix(" HTTP/1.1").partition("?")[0] for request in quoted]
