"""Existing code, unchanged: Contexts that Tiled makes itself sign in and resume as ours do.

Nothing of ours is imported before it is used: this may happen while somebody, we too, imports Tiled. `enable` touches
Tiled in three places, and `disable` leaves them as they were: what happens after a
`tiled.client.context.Context` is made, what an address is asked before that, and ``create_api_key`` of clients, which
Tiled's documentation shows and its code lacks.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

_lock = threading.RLock()
_enabled = False
_plain_init: Any = None  # Tiled's own, while ours is in its place
_plain_from_any_uri: Any = None


def attach(context: Any) -> Any:
    """Make a Context of Tiled behave as ours does: asking in the panel, resuming, one prompt.

    Parameters
    ----------
    context : tiled.client.context.Context
        For example ``client.context``.

    Returns
    -------
    Context
        The same object.

    Raises
    ------
    TypeError
        If it is a Context of somebody else's.
    """
    from .enabling import Context

    if not isinstance(context, Context):
        if not _is_tileds(type(context)):
            raise TypeError(f"Cannot attach to a {type(context).__name__}; it must be a Context of Tiled.")
        context.__class__ = Context
        context.take_over()
    return context


def enable() -> None:
    """Make plain Tiled ask in the panel: ``from_uri``, ``from_profile``, ``client.login()`` and the rest.

    Clients that exist already are left alone (see `attach`). More than once is once.
    """
    global _enabled, _plain_init, _plain_from_any_uri
    theirs, client = _tileds_classes()
    with _lock:
        _enabled = True
        if _plain_init is None:
            _plain_init, theirs.__init__ = theirs.__init__, _attaching(theirs.__init__)
        if _plain_from_any_uri is None:
            _plain_from_any_uri = vars(theirs)["from_any_uri"]
            theirs.from_any_uri = classmethod(_keeping_the_key(_plain_from_any_uri.__func__))
        if not hasattr(client, "create_api_key"):
            client.create_api_key = _create_api_key


def disable() -> None:
    """Undo `enable`, and leave what others have put in its place meanwhile."""
    global _enabled, _plain_init, _plain_from_any_uri
    theirs, client = _tileds_classes()
    with _lock:
        _enabled = False
        if getattr(theirs.__init__, "attaches", False):
            theirs.__init__, _plain_init = _plain_init, None
        if getattr(theirs.from_any_uri, "keeps_the_key", False):
            theirs.from_any_uri, _plain_from_any_uri = _plain_from_any_uri, None
        if vars(client).get("create_api_key") is _create_api_key:
            del client.create_api_key


def _tileds_classes() -> tuple[Any, Any]:
    """Return Tiled's Context and the class of its clients."""
    from tiled.client.base import BaseClient
    from tiled.client.context import Context

    return Context, BaseClient


def _attaching(plain: Any) -> Any:
    @functools.wraps(plain)
    def __init__(self: Any, uri: Any, *args: Any, **options: Any) -> None:  # noqa: N807 - it is one
        if not _enabled or not _is_tileds(type(self)):
            plain(self, uri, *args, **options)
            return
        from ..keys.choice import NO_KEY, choose_key
        from ..session.context import on_this_computer

        own_server = options.get("app") is not None
        key = choose_key(uri, options.get("api_key"), own_server=own_server)
        plain(self, uri, *args, **on_this_computer(uri, {**options, "api_key": key}))
        if key == NO_KEY:
            self.api_key = None
        attach(self)

    __init__.attaches = True  # type: ignore[attr-defined]
    return __init__


def _keeping_the_key(plain: Any) -> Any:
    @functools.wraps(plain)
    def from_any_uri(cls: Any, uri: Any, **options: Any) -> Any:
        if _enabled and _is_tileds(cls):
            from ..session.context import on_this_computer, without_key

            uri, options = without_key(uri, options)
            options = on_this_computer(uri, options)
        return plain(cls, uri, **options)

    from_any_uri.keeps_the_key = True  # type: ignore[attr-defined]
    return from_any_uri


def _is_tileds(cls: type) -> bool:
    """Whether a class is Tiled's Context itself, and none that inherits from it."""
    return (cls.__module__, cls.__qualname__) == ("tiled.client.context", "Context")


def _create_api_key(self: Any, **options: Any) -> Any:
    """Make an API key; see ``Context.create_api_key``."""
    return self.context.create_api_key(**options)
