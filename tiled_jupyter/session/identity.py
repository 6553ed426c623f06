"""Who somebody is, as ``whoami`` says it. The same id at two providers is two principals. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from ..state.parts import Identity
from ..text import LONGEST_NAME, legible
from . import tokens as files

_MOST = 100
_TYPES = ("user", "service")
LONGEST_ID = 255  # in Tiled's database
_FOR_PEOPLE = ("preferred_username", "name", "email")  # OpenID Connect Core 1.0, section 5.1


def identity_of(principal: object, tokens: Mapping[str, Any] | None = None) -> Identity | None:
    """Who a principal (``whoami``) or a token answer's ``identity`` is; by the first name, where there are several.

    Parameters
    ----------
    principal : object
    tokens : mapping, optional
        Of the session, by name. They may have a name for people where the principal's is their subject.
    """
    identity = next(iter(identities_of(principal)), None) if isinstance(principal, Mapping) else None
    return identity if identity is None or tokens is None else _called(identity, tokens)


def who_is(principal: object, context: Any) -> Identity | None:
    """Return who a principal (``whoami``) of a Context is, with the name for people that its tokens may have."""
    return identity_of(principal, files.tokens_of(context))


def _called(identity: Identity, tokens: Mapping[str, Any]) -> Identity:
    """Return them with the name for people that their own tokens have, if there is one."""
    for kind in ("id_token", "access_token"):
        said = files.claims(tokens.get(kind))
        if said.get("sub") == identity.id and identity.kind == "named":
            names = (said.get(claim) for claim in _FOR_PEOPLE)
            name = next((name for name in names if isinstance(name, str) and name.strip()), identity.id)
            if name != identity.id:
                return replace(identity, name=legible(name.strip(), LONGEST_NAME))
    return identity


def identities_of(principal: Mapping[str, Any]) -> list[Identity]:
    """All that a principal is known as, names first. A service account, say, has none and is known by its own id."""
    listed = principal.get("identities")
    one_by_one = listed[:_MOST] if isinstance(listed, list) and listed else [principal]
    own = _by_its_own_id(principal)
    return [identity for identity in (*map(one_identity, one_by_one), own) if identity is not None]


def _by_its_own_id(principal: Mapping[str, Any]) -> Identity | None:
    own, kind = principal.get("uuid"), principal.get("type")
    if not isinstance(own, str | UUID) and kind not in _TYPES:
        return None
    return Identity(_plain(own), None, "service" if kind == "service" else "unnamed")


def _plain(own: object) -> str:
    """Return a principal's own id as servers print it; Tiled's tokens hold it without dashes."""
    try:
        return str(UUID(str(own)))
    except ValueError:
        return legible(own, LONGEST_ID) if isinstance(own, str) else ""


def one_identity(said: object) -> Identity | None:
    """Read one of a principal's identities; Tiled's own access tokens say ``idp`` for the provider."""
    if not isinstance(said, Mapping) or not isinstance(said.get("id"), str) or not said["id"].strip():
        return None
    provider = said.get("provider", said.get("idp"))
    return Identity(
        legible(said["id"], LONGEST_ID), legible(provider, LONGEST_NAME) if isinstance(provider, str) else None
    )


def is_same(principal: Mapping[str, Any], expected: Identity) -> bool:
    """Whether a principal is who is expected; a provider that is not known is not compared."""
    return any(are_same(one, expected) for one in identities_of(principal))


def are_same(one: Identity, other: Identity) -> bool:
    """Whether two are known to be the same principal."""
    providers = {one.provider, other.provider}
    return bool(one.id) and (one.id, one.kind) == (other.id, other.kind) and (len(providers) == 1 or None in providers)


def clearer(new: Identity | None, known: Identity | None) -> Identity | None:
    """Return what says more of somebody: a name, where there is one, and the newer."""
    if new is None or (new.kind != "named" and known is not None and known.kind == "named"):
        return known
    return new


def full_name(identity: Identity | None) -> str | None:
    """How to call somebody with their provider, where the same name is somebody else; None where there is no word."""
    if identity is None or identity.kind == "unnamed":
        return None
    return identity.words if identity.provider is None else f"{identity.words} ({identity.provider})"


def who_may_resume(expected: Identity | None) -> str:
    """How to call whom an interrupted request waits for."""
    if expected is None or expected.kind == "unnamed":
        return "the person whose session has ended"
    return expected.words


def count(principal: Mapping[str, Any], what: str) -> int | None:
    """How many ``api_keys`` or ``sessions`` a principal has, where it says so."""
    listed = principal.get(what)
    return len(listed) if isinstance(listed, list) else None
