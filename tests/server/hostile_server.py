"""A real HTTP server that says whatever a test wants: the worst that somebody can set up at an address people type.

with HostileServer() as evil:
    evil.about["authentication"]["providers"] = […]
    evil.replies["auth/provider/demo/token"] = Reply(200, {"access_token": 7})

It listens on this computer, speaks enough of Tiled to be taken for it, and keeps what it was sent in `seen`.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

API = "/api/v1/"


@dataclass
class Reply:
    """An answer: `body` is sent as JSON, unless it is bytes; `headers` are added, the last word wins."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def holds(self, secret: str) -> bool:
        """Whether a secret is anywhere in it."""
        return secret in f"{self.path} {self.headers} {self.body.decode('latin-1')}"


class HostileServer:
    """Start on entering, stop on leaving.

    Parameters
    ----------
    tls : ssl.SSLContext, optional
        For an ``https:`` address.
    port : int
        A free one if left out.

    Attributes
    ----------
    about : dict
        What it says at its root; a dictionary as Tiled's, to begin with: one provider for passwords, ``demo``.
    replies : dict
        By path below the root, or ``""`` for the root itself. Each is a `Reply`, or a callable that gets the
        `Seen` request and the handler, and gives a `Reply` or has answered itself.
    seen : list of Seen
    ended : threading.Event
        Set when the server stops, for callables that hold a request.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.uri = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_address[1]}"
        self.api_uri = f"{self.uri}{API}"
        self.about = about(self.api_uri)
        self.replies: dict[str, Reply | Callable[[Seen, BaseHTTPRequestHandler], Reply | None]] = {
            "auth/provider/demo/token": Reply(200, {"access_token": "a", "refresh_token": "r", "expires_in": 900}),
            "auth/whoami": Reply(200, principal()),
            "auth/session/revoke": Reply(204, b""),
        }
        self.seen: list[Seen] = []
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> HostileServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def paths(self) -> list[str]:
        """Return the paths that were asked for, below the root."""
        return [urlsplit(request.path).path.removeprefix(API) for request in self.seen]

    def forget(self) -> None:
        """Begin `seen` anew."""
        self.seen.clear()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        here = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            hostile = here

            def answer(self) -> None:
                length = int(self.headers.get("content-length", 0))
                request = Seen(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
                self.hostile.seen.append(request)
                name = urlsplit(self.path).path.removeprefix(API)
                reply = self.hostile.replies.get(name)
                if reply is None:
                    reply = Reply(200, self.hostile.about) if name == "" else Reply(404, {"detail": "Not Found"})
                if callable(reply):
                    reply = reply(request, self)
                if reply is None:
                    self.close_connection = True
                    return
                body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                headers = {"content-type": "application/json", "content-length": str(len(body))} | reply.headers
                self.send_response_only(reply.status)
                for header, value in headers.items():
                    self.send_header(header, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names are http.server's

            def handle(self) -> None:
                try:
                    super().handle()
                except (OSError, ssl.SSLError):  # it was hung up on
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def untrusted(directory: Path, wrong: str = "-subj /CN=other.example") -> ssl.SSLContext:
    """Make a certificate that nobody trusts, in a directory; `wrong` are the options of openssl that say for whom."""
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -keyout {key} -out {certificate} {wrong}"
    subprocess.run(make.split(), check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls


def about(api_uri: str) -> dict[str, Any]:
    """Return what a Tiled server says of itself."""
    return {
        "api_version": 0,
        "library_version": "0.2.20",
        "formats": {},
        "aliases": {},
        "queries": [],
        "links": {"self": api_uri},
        "meta": {},
        "authentication": {
            "required": True,
            "providers": [password(api_uri)],
            "links": {
                "whoami": f"{api_uri}auth/whoami",
                "apikey": f"{api_uri}auth/apikey",
                "refresh_session": f"{api_uri}auth/session/refresh",
                "revoke_session": f"{api_uri}auth/session/revoke/{{session_id}}",
                "logout": f"{api_uri}auth/logout",
            },
        },
    }


def password(api_uri: str, name: str = "demo", **changes: Any) -> dict[str, Any]:
    """Return a provider for passwords."""
    links = {"auth_endpoint": f"{api_uri}auth/provider/demo/token"}
    return {"provider": name, "mode": "internal", "links": links, "confirmation_message": "Hello {id}."} | changes


def device(api_uri: str, name: str = "demo", **changes: Any) -> dict[str, Any]:
    """Return a provider with Tiled's own device flow."""
    links = {"auth_endpoint": f"{api_uri}auth/provider/demo/authorize"}
    return {"provider": name, "mode": "external", "links": links, "confirmation_message": None} | changes


def code(api_uri: str, **changes: Any) -> dict[str, Any]:
    """Return what Tiled's own device flow begins with."""
    return {
        "authorization_uri": f"{api_uri}auth/provider/demo/authorize",
        "verification_uri": f"{api_uri}auth/provider/demo/poll",
        "interval": 1,
        "device_code": "d3v1ce-c0de",
        "expires_in": 900,
        "user_code": "8365-95F1",
    } | changes


def principal(name: Any = "alice", **changes: Any) -> dict[str, Any]:
    """Return what ``whoami`` says."""
    return {
        "uuid": "0" * 32,
        "type": "user",
        "identities": [{"id": name, "provider": "demo"}],
        "roles": [{"name": "user", "scopes": ["read:metadata", "read:data", "create:apikeys", "revoke:apikeys"]}],
        "api_keys": [],
        "sessions": [],
    } | changes


def drip(started: bytes) -> Callable[[Seen, Any], None]:
    """Return a reply that begins, and then sends a byte now and then for ever."""

    def reply(_request: Seen, handler: Any) -> None:
        handler.wfile.write(started)
        while not handler.hostile.ended.wait(0.1):
            handler.wfile.write(b" ")

    return reply
