"""The Context that clients are made of: it takes the API key that belongs there, and makes one for one call.

Whom it asks for a login is the affair of who makes it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from ..keys.choice import NO_KEY, choose_key
from ..session.context import SessionContext

if TYPE_CHECKING:
    from ..keys.new_key import NewApiKey


class ClientContext(SessionContext):
    """A Context that takes a key from the environment only where that key belongs.

    Parameters are those of `tiled.client.context.Context`, and one more.

    Parameters
    ----------
    keyless : bool
        Take no key at all, whatever the environment holds.

    Raises
    ------
    LoginFailed
        Where the key is no key, or known to be another server's; before anything is sent.
    """

    def __init__(self, uri: str, *, api_key: str | None = None, keyless: bool = False, **options: Any) -> None:
        own_server = options.get("app") is not None
        chosen = NO_KEY if keyless else choose_key(uri, api_key, own_server=own_server)
        # Tiled's own code, whose frames a traceback may show, is not given the key; it makes its first request without.
        super().__init__(uri, api_key=None if chosen is None else NO_KEY, **options)
        if chosen is not None:
            self.api_key = chosen or None

    def create_api_key(
        self,
        scopes: Any = None,
        expires_in: int | str | None = None,
        note: str | None = None,
        access_tags: Any = None,
    ) -> NewApiKey:
        """Make an API key; see `tiled.client.context.Context.create_api_key`, whose parameters and defaults these are.

        Returns
        -------
        NewApiKey
            With ``["secret"]``, like Tiled's dictionary, and a representation that does not show it.
        """
        from ..keys.api_keys import create_as_in_tiled  # which brings traitlets, for the settings

        subscription = _beginning()
        if subscription is not None:
            with _ended_with(subscription):
                # A dictionary, which has all that Tiled asks of it.
                return cast("NewApiKey", super().create_api_key(scopes, expires_in, note, access_tags))
        return create_as_in_tiled(self, scopes, expires_in, note, access_tags)


def _beginning() -> Any:
    """Return the subscription that begins in this thread, or None: it makes and revokes a key for a minute."""
    subscription = getattr(getattr(threading.current_thread(), "_target", None), "__self__", None)
    connected = getattr(subscription, "_connected_event", None)
    return subscription if isinstance(connected, threading.Event) and not connected.is_set() else None


@contextlib.contextmanager
def _ended_with(subscription: Any) -> Iterator[None]:
    """Where the block fails, disconnect the subscription and let go of who waits for it."""
    try:
        yield
    except BaseException:
        subscription.disconnect(wait=False)
        subscription._connected_event.set()
        raise
