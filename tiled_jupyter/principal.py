"""Who somebody is, as ``whoami`` says it. The same id at two providers is two principals. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .legible import LONGEST_NAME, legible
from .parts import Identity

_MOST = 100
LONGEST_ID = 255  # in Tiled's database


def identity_of(principal: object) -> Identity | None:
    """Who a principal (``whoami``) or a token answer's ``identity`` is; the first, where there are several."""
    return next(iter(identities_of(principal)), None) if isinstance(principal, Mapping) else None


def identities_of(principal: Mapping[str, Any]) -> list[Identity]:
    """All that a principal is known as."""
    listed = principal.get("identities")
    one_by_one = listed[:_MOST] if isinstance(listed, list) and listed else [principal]
    return [identity for identity in map(one_identity, one_by_one) if identity is not None]


def one_identity(said: object) -> Identity | None:
    """Read one of a principal's identities; Tiled's own access tokens say ``idp`` for the provider."""
    if not isinstance(said, Mapping) or not isinstance(said.get("id"), str):
        return None
    provider = said.get("provider", said.get("idp"))
    return Identity(
        legible(said["id"], LONGEST_ID), legible(provider, LONGEST_NAME) if isinstance(provider, str) else None
    )


def is_same(principal: Mapping[str, Any], expected: Identity) -> bool:
    """Whether a principal is who is expected; a provider that is not known is not compared."""
    return any(
        one.id == expected.id and (one.provider == expected.provider or None in (one.provider, expected.provider))
        for one in identities_of(principal)
    )


def count(principal: Mapping[str, Any], what: str) -> int | None:
    """How many ``api_keys`` or ``sessions`` a principal has, where it says so."""
    listed = principal.get(what)
    return len(listed) if isinstance(listed, list) else None
