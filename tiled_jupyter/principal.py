"""Who somebody is, as ``whoami`` says it. The same id at two providers is two principals. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .parts import Identity


def identity_of(principal: object) -> Identity | None:
    """Who a principal (``whoami``) or a token answer's ``identity`` is; the first, where there are several."""
    return next(iter(identities_of(principal)), None) if isinstance(principal, Mapping) else None


def identities_of(principal: Mapping[str, Any]) -> list[Identity]:
    """All that a principal is known as."""
    found = []
    listed = principal.get("identities")
    for identity in listed if isinstance(listed, list) and listed else [principal]:
        if isinstance(identity, dict) and isinstance(identity.get("id"), str):
            provider = identity.get("provider")
            found.append(Identity(identity["id"], provider if isinstance(provider, str) else None))
    return found


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
