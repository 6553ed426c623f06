"""A real nginx before a Tiled server as a facility has it: TLS of its own authority, HTTP/2, a prefix."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx

from tests.server.nginx import BEGINNING, Nginx
from tests.server.tiled_server import HOST

if TYPE_CHECKING:
    from .authority import Authority

PREFIX = "/tiled"
#: One sign-in in ten seconds; who tries more often is asked to wait for three.
LIMITED = "limit_req zone=signing_in; error_page 429 = @wait;"
_CONFIGURATION = (
    BEGINNING
    + """
  ssl_certificate CERTIFICATE;
  ssl_certificate_key KEY;
  map $request_uri $signing_in {{ ~/token$ $binary_remote_addr; }}
  limit_req_zone $signing_in zone=signing_in:1m rate=6r/m;
  limit_req_status 429;
  server {{
    listen {host}:{port} ssl http2;
    location = /which {{ default_type text/plain; include {directory}/which.conf; }}
    location PREFIX/ {{
      include {directory}/location.conf;
      proxy_pass http://{host}:{upstream}/;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
    location @wait {{
      add_header Retry-After 3 always;
      return 429;
    }}
  }}
  server {{
    listen {host}:{portal} ssl http2;
    location / {{ return 200 "<html><title>Portal</title>Please accept our terms.</html>"; }}
  }}
}}
"""
)


class Front(Nginx):
    """nginx as it stands before Tiled at facilities.

    Parameters
    ----------
    upstream : int
        Port of the server behind it.
    authority : Authority
        Signs its certificate, for this computer and for `name`.
    name : str
        How people call it.
    """

    def __init__(self, upstream: int, authority: Authority, name: str = HOST) -> None:
        super().__init__(upstream)
        certificate, key = authority.sign(f"IP:{HOST}", *([] if name == HOST else [f"DNS:{name}"]))
        self._authority, self._name = authority, name
        mine = {"CERTIFICATE": str(certificate), "KEY": str(key), "PREFIX": PREFIX}
        for word, value in mine.items():
            self.configuration = self.configuration.replace(word, value)

    configuration = _CONFIGURATION

    @property
    def uri(self) -> str:
        """The address people type."""
        return f"https://{self._name}:{self.port}{PREFIX}"

    @property
    def portal_uri(self) -> str:
        """Another address, where there is nothing but a page."""
        return f"https://{self._name}:{self.portal}"

    def _client(self) -> httpx.Client:
        trusted = ssl.create_default_context(cafile=str(self._authority.certificate))
        return httpx.Client(base_url=f"https://{HOST}:{self.port}", verify=trusted, trust_env=False)
