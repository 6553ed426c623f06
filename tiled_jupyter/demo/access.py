"""Who may read what on the demo server: an access policy of tags, a signed-in person's own among them.

A container names its tag in its metadata (see `data`); what stands below it is as visible as it is.
Knows no writing: the demo's data can only be read.
"""

from __future__ import annotations

from typing import Any

from tiled.access_control.protocols import AccessPolicy
from tiled.queries import KeysFilter

READ = frozenset({"read:metadata", "read:data"})


class DemoAccessPolicy(AccessPolicy):  # type: ignore[misc]
    """Show ``public`` to everybody, ``staff`` to the signed in, ``user:NAME`` to that person."""

    async def init_node(
        self,
        principal: Any,
        authn_access_tags: set[str] | None,
        authn_scopes: set[str],
        access_tags: set[str] | None = None,
    ) -> tuple[bool, frozenset[str]]:
        """Refuse new nodes."""
        raise ValueError("The demo's data can only be read.")

    async def allowed_scopes(
        self, node: Any, principal: Any, authn_access_tags: set[str] | None, authn_scopes: set[str]
    ) -> frozenset[str]:
        """Allow reading what this principal's tags reach."""
        return READ if _visible(node, _tags(principal, authn_access_tags)) else frozenset()

    async def filters(
        self, node: Any, principal: Any, authn_access_tags: set[str] | None, authn_scopes: set[str], scopes: set[str]
    ) -> list[KeysFilter]:
        """Hide the children that this principal's tags do not reach."""
        tags = _tags(principal, authn_access_tags)
        visible = [key for key, child in node.items() if _visible(child, tags)]
        return [] if len(visible) == len(node) else [KeysFilter(visible)]


def _tags(principal: Any, key_tags: set[str] | None) -> set[str]:
    tags = {"public"}
    if principal is not None:
        tags |= {"staff", *(f"user:{identity.id}" for identity in principal.identities)}
    return tags if key_tags is None else tags & set(key_tags)


def _visible(node: Any, tags: set[str]) -> bool:
    tag = (node.metadata() or {}).get("access_tag")
    return tag is None or tag in tags
