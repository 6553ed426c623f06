"""The device's half of a login with a code, in plain requests: what the panel has to do, without the panel.

login = ProvidersFlow(http, server)
approve_without_a_page(login.page, user_code=login.user_code)  # tests.approval
tokens = login.poll().json()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from .tiled_server import TiledServer

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def providers(http: httpx.Client, server: TiledServer) -> list[dict[str, Any]]:
    """List what the server offers."""
    listed: list[dict[str, Any]] = http.get(f"{server.uri}/api/v1/").json()["authentication"]["providers"]
    return listed


class OwnFlow:
    """Begin Tiled's own device flow: JSON, and the names of two addresses the other way round.

    Attributes
    ----------
    begun : dict
        Tiled's answer.
    page, user_code : str
        Where a person goes, and what is to be typed there.
    """

    def __init__(self, http: httpx.Client, server: TiledServer) -> None:
        self.http = http
        (links,) = (provider["links"] for provider in providers(http, server) if provider["mode"] == "external")
        self.begun: dict[str, Any] = http.post(links["auth_endpoint"]).json()
        self.page, self.user_code = self.begun["authorization_uri"], self.begun["user_code"]

    def poll(self) -> httpx.Response:
        """Ask once."""
        grant = {"device_code": self.begun["device_code"], "grant_type": DEVICE_GRANT}
        return self.http.post(self.begun["verification_uri"], json=grant)


class ProvidersFlow:
    """Begin the provider's device flow, RFC 8628: forms.

    Attributes
    ----------
    begun : dict
        The provider's answer.
    page, user_code : str
        Where a person goes, and what is to be typed there.
    """

    def __init__(self, http: httpx.Client, server: TiledServer, scope: str = "openid offline_access") -> None:
        self.http = http
        (provider,) = providers(http, server)
        self.links = provider["links"]
        client = {"client_id": self.links["client_id"]}
        self.begun: dict[str, Any] = http.post(self.links["auth_endpoint"], data=client | {"scope": scope}).json()
        self.page, self.user_code = self.begun["verification_uri"], self.begun["user_code"]

    def poll(self) -> httpx.Response:
        """Ask once."""
        return self._ask(grant_type=DEVICE_GRANT, device_code=self.begun["device_code"])

    def refresh(self, refresh_token: str) -> httpx.Response:
        """Ask for the next tokens (RFC 6749 section 6)."""
        return self._ask(grant_type="refresh_token", refresh_token=refresh_token)

    def _ask(self, **fields: str) -> httpx.Response:
        return self.http.post(self.links["token_endpoint"], data={"client_id": self.links["client_id"]} | fields)
