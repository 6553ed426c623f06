"""What a person gives, an address or the name of a profile, and whether the settings let it be used. Asks nobody."""

from __future__ import annotations

import contextlib
import inspect
from dataclasses import dataclass, field
from typing import Any

from ..address import Address, BadAddress, parse_address, unquoted
from ..settings import TiledJupyter
from . import profiles


@dataclass(frozen=True)
class Target:
    """What to connect to.

    Parameters
    ----------
    shown : str
        What the person reads meanwhile.
    address : Address or None
        None for a profile with a server of its own.
    profile : str or None
    context_options, client_options : dict
        What a profile wants of the Context and of the client.
    """

    shown: str
    address: Address | None
    profile: str | None = None
    context_options: dict[str, Any] = field(default_factory=dict, repr=False)
    client_options: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def host(self) -> str:
        """Whom to name."""
        return self.shown if self.address is None else self.address.host


def find_target(text: str, settings: TiledJupyter) -> Target:
    """Read what a person gives: an address, or the name of a profile.

    Raises
    ------
    BadAddress
        With a sentence that says what to do; also where the settings do not allow it.
    """
    target = _read(text)
    uri = target.address.api_uri if target.address is not None else None
    refusal = refusal_of_server(uri, target.profile or target.host, settings)
    if refusal is not None:
        raise BadAddress(refusal)
    return target


def _read(text: str) -> Target:
    name = unquoted(text)
    if not profiles.is_profile(name):
        address = parse_address(text)
        return Target(address.uri, address)
    if profiles.address_of(name) is None:
        return Target(name, None, name)
    # Here, because an address is read before Tiled's client is imported.
    from tiled.client.context import Context

    from .context import ClientContext

    of_a_context = tuple(inspect.signature(Context.__init__).parameters)
    try:
        _, options = profiles.resolve(name, ClientContext)
    except Exception as error:  # noqa: BLE001 - a profile's text may hold a key
        wrong = type(error).__name__
        raise BadAddress(f"The profile {name} cannot be used ({wrong}). Correct it, or type the address.") from None
    address = parse_address(options.pop("uri"))
    for_context = {key: value for key, value in options.items() if key in of_a_context}
    for_client = {key: value for key, value in options.items() if key not in (*of_a_context, "remember_me", "auth")}
    return Target(address.uri, address, name, for_context, for_client)


def refusal_of_server(uri: str | None, name: str, settings: TiledJupyter) -> str | None:
    """Return why the settings want nobody to sign in to a server.

    Parameters
    ----------
    uri : str or None
        Root of its API; None for a profile with a server of its own.
    name : str
        Of the profile, or what people call it.
    settings : TiledJupyter

    Returns
    -------
    str or None
        A sentence; None if it may be used.
    """
    if settings.allow_unlisted_servers or name in settings.servers:
        return None
    for listed in settings.servers:
        with contextlib.suppress(BadAddress):
            if parse_address(profiles.address_of(listed) or listed).api_uri == uri:
                return None
    among = f"only to {' and '.join(settings.servers)}" if settings.servers else "to no server yet"
    whom = f" {settings.help_url} says more." if settings.help_url else ""
    return f"The settings of this site let people sign in {among}, so nothing was sent to {name}.{whom}"
