"""What an API key may do, in plain words, and which of it deserves a second thought. Asks no server."""

from __future__ import annotations

from collections.abc import Iterable

from ..state.account import Scope

READ = ("read:metadata", "read:data")
INHERIT = "inherit"
_REVOKE = "revoke:apikeys"
_WORDS = {
    "read:metadata": "read metadata",
    "read:data": "read data",
    "write:metadata": "change metadata",
    "write:data": "change data",
    "create:node": "add entries",
    "delete:node": "delete entries",
    "delete:revision": "delete old versions of metadata",
    "register": "register files as entries",
    "metrics": "read the server's metrics",
    _REVOKE: "revoke itself, and your other keys",
    "create:apikeys": "make other keys, also ones that may do everything you may",
    "admin:apikeys": "make and revoke keys of anybody",
    "read:principals": "see all users and services",
    "write:principals": "change users and services",
    "read:webhooks": "see webhooks",
    "write:webhooks": "change webhooks",
    INHERIT: "everything I may do",
}
_HARMLESS = frozenset({*READ, "metrics", "read:principals", "read:webhooks"})


def offered(names: Iterable[str]) -> tuple[Scope, ...]:
    """Describe the scopes of a principal, the harmless ones first and `inherit`, which means all of them, last."""
    order = [name for name in _WORDS if name != INHERIT]
    known = sorted(set(names) - {INHERIT}, key=lambda name: (order.index(name) if name in order else len(order), name))
    described = [scope(name) for name in known]
    return (*sorted(described, key=lambda one: one.dangerous), scope(INHERIT)) if described else ()


def scope(name: str) -> Scope:
    """Describe one scope; an unknown one is taken for dangerous."""
    words = _WORDS.get(name, name)
    return Scope(name, words, _descriptions().get(name, words), name not in _HARMLESS)


def changes_something(name: str) -> bool:
    """Whether a key with this scope can do more than look, itself or through keys it makes."""
    return name not in _HARMLESS and name != _REVOKE


def _descriptions() -> dict[str, str]:
    try:
        from tiled.access_control.scopes import SCOPES
    except ImportError:  # an older Tiled
        return {}
    return {str(getattr(name, "value", name)): about["description"] for name, about in SCOPES.items()}
