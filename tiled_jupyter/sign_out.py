"""Sign out of a server, and let everything that shows the sign-in know."""

from __future__ import annotations

import threading
import weakref
from typing import Protocol

from . import grants
from .attempts import in_background
from .reauthentication import Context

_FORGOTTEN = "Signed out of this notebook. Other notebooks and terminals are not."
_ENDED = "Signed out. This sign-in has ended everywhere on this account."


class Shows(Protocol):
    """What shows a sign-in."""

    context: Context | None

    def signed_out(self, reason: str) -> None:
        """Take note that it is over."""


_shown_by: weakref.WeakSet[Shows] = weakref.WeakSet()
_lock = threading.Lock()


def notify(shows: Shows) -> None:
    """Have `shows` told when its server is signed out of; it is held weakly."""
    with _lock:
        _shown_by.add(shows)


def sign_out_of(context: Context, *, everywhere: bool) -> None:
    """Sign out of a server in this kernel.

    Parameters
    ----------
    context : Context
        Any of the server's.
    everywhere : bool
        Also remove the saved tokens and, in the background, revoke the session on the server.
    """
    uri = str(context.api_uri)
    refresh_token = context.forget()
    if everywhere:
        context.forget_saved()
    with _lock:
        concerned = [shows for shows in _shown_by if shows.context is not None and str(shows.context.api_uri) == uri]
    for shows in concerned:
        shows.signed_out(_ENDED if everywhere else _FORGOTTEN)
    if everywhere and refresh_token:

        def revoke() -> None:
            with context.bare_client() as http:
                grants.revoke_session(http, uri, refresh_token)

        in_background(revoke)
