"""A real OpenID provider (the demo's) in a process of its own, and the Tiled providers that rest on it.

with OpenIDProvider(interval=1) as op, TiledServer(providers=[proxied_provider(op)]) as server:
    approve_without_a_page(...)  # tests.approval
    assert not any(request["cookies"] for request in op.requests() if request["path"] == "/token")

Any account name signs in with any password. What it knows lives as long as the process; `unreachable` keeps it.
"""

from __future__ import annotations

import json
import os
import signal
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx

from tiled_jupyter.demo.lab import clean_environment
from tiled_jupyter.demo.processes import Child
from tiled_jupyter.demo.provider import provider_command
from tiled_jupyter.demo.server import CONFIRMATION, HOST, openid_provider, password_provider

from .rig import Rig
from .tiled_server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OpenIDProvider", "entra_provider", "own_device_provider", "password_provider", "proxied_provider"]


class OpenIDProvider(Rig):
    """Start on entering or by `start`, stop on leaving or by `stop`.

    Parameters
    ----------
    **switches
        What it does differently, as at the top of ``tiled_jupyter/demo/provider/server.mjs``: lifetimes
        (`access_token_max_age`, `renewed_token_max_age`, `refresh_token_max_age`, `device_code_max_age`), `interval`,
        `slow_down`, `rotate`, `refresh_tokens`, `repeat_refresh_token`, `strict`, `revocation`, `user_claim`,
        `uuid_subject`.
    """

    def __init__(self, **switches: Any) -> None:
        self._switches = switches
        super().__init__("openid-provider-")
        self._child: Child | None = None
        self._earlier = ""
        self.port = free_port()

    @property
    def uri(self) -> str:
        """Its address and issuer name, also before it is started."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> str:
        """All that it wrote, restarts included."""
        return self._earlier + (self._child.log if self._child else "")

    def requests(self, path: str | None = None) -> list[dict[str, Any]]:
        """Return what each request so far carried, by name: see the log of ``server.mjs``.

        Parameters
        ----------
        path : str, optional
            Those to this path only, for example ``/device/auth``, ``/token`` or ``/token/revocation``.
        """
        seen = [json.loads(line) for line in self.log.splitlines() if line.startswith('{"at":')]
        return [request for request in seen if path in (None, request["path"])]

    def start(self) -> OpenIDProvider:
        """Start and return when requests are answered."""
        if self._child is not None:
            raise RuntimeError("The provider is running already.")
        command = provider_command(self.port, **self._switches)
        ready = "/.well-known/openid-configuration"
        self._child = Child("provider", command, clean_environment(), Path(self._directory.name), self.uri, ready)
        try:
            self._child.wait_until_ready(Event())
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop; with it goes all it knew: codes, tokens, sessions of browsers."""
        child, self._child = self._child, None
        if child is not None:
            child.stop()
            self._earlier += child.log

    def restart(self, **switches: Any) -> OpenIDProvider:
        """Stop, change switches, start at the same address."""
        self.stop()
        self._switches |= switches
        return self.start()

    @contextmanager
    def unreachable(self) -> Iterator[None]:
        """Refuse connections meanwhile, and forget nothing."""
        self._toggle()
        self._wait_for(reachable=False)
        yield
        self._toggle()
        self._wait_for(reachable=True)

    def _toggle(self) -> None:
        if self._child is None:
            raise RuntimeError("The provider is not running.")
        os.kill(self._child.pid, signal.SIGUSR2)

    def _wait_for(self, *, reachable: bool) -> None:
        for _ in range(100):
            try:
                httpx.get(f"{self.uri}/jwks", trust_env=False)
            except httpx.TransportError:
                if not reachable:
                    return
            else:
                if reachable:
                    return
            Event().wait(0.05)
        raise RuntimeError(f"The provider is still {'un' if reachable else ''}reachable.")


def own_device_provider(op: OpenIDProvider, name: str = "openid") -> dict[str, Any]:
    """Describe a Tiled provider with Tiled's own device flow. Its users have their names."""
    return openid_provider(op.uri, name)


def proxied_provider(op: OpenIDProvider, name: str = "openid", **arguments: Any) -> dict[str, Any]:
    """Describe a Tiled provider whose clients talk to `op`. Tiled wants it to be the only one."""
    known = {
        "audience": "tiled",
        "client_id": "tiled",
        "device_flow_client_id": "tiled-cli",
        "well_known_uri": f"{op.uri}/.well-known/openid-configuration",
        "scopes_map": {"tiled": ["read:metadata", "read:data", "create:apikeys", "revoke:apikeys"]},
        "confirmation_message": CONFIRMATION,
    }
    return {
        "provider": name,
        "authenticator": "tiled.authenticators:ProxiedOIDCAuthenticator",
        "args": known | arguments,
    }


def entra_provider(op: OpenIDProvider, name: str = "entra") -> dict[str, Any]:
    """Describe a Tiled provider as for Entra: as the one before, and it wants `extra_scopes` asked for."""
    described = proxied_provider(op, name, scopes_map=None, extra_scopes=["read:metadata", "read:data"])
    return described | {"authenticator": "tiled.authenticators:EntraAuthenticator"}
