"""What shows sign-ins in this kernel, and is told to look again when one may have ended, or live again."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Any, Protocol

from ..background import in_background
from ..kernel.memory import of_kernel


def has_ended(host: str, since: float | None) -> str:
    """Return the sentence for a session that is over: one time for all that show it; see `auth.SessionAuth`."""
    noticed = time.strftime("%H:%M", time.localtime(since))
    return f"Your session on {host} has ended (noticed {noticed}). Sign in to go on."


class Shows(Protocol):
    """What shows a sign-in."""

    @property
    def context(self) -> Any:
        """The `context.SessionContext` whose sign-in it is."""

    def signed_out(self, reason: str) -> None:
        """Be told that its person signed out."""

    def heard_more(self, before: str, reason: str) -> None:
        """Be told what has become of it since `before` was said."""

    def look_at_session(self) -> None:
        """Show what its session is now: over, or alive again."""


class _Showing:
    """What shows sign-ins, held weakly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.all: weakref.WeakSet[Shows] = weakref.WeakSet()
        self.pid = os.getpid()


def notify(shows: Shows) -> None:
    """Tell `shows` from now on; it is held weakly."""
    here = of_kernel(_Showing)
    with here.lock:
        here.all.add(shows)


def of_server(api_uri: str) -> list[Shows]:
    """Return what shows a sign-in to a server."""
    here = of_kernel(_Showing)
    with here.lock:
        return [one for one in here.all if one.context is not None and str(one.context.api_uri) == api_uri]


def look_again() -> None:
    """Make all of them look at their sessions: soon, and on a thread of its own, as who calls may hold locks.

    They look at what is the case then, so that it does not matter in which order two of these threads come.
    """
    here = of_kernel(_Showing)
    with here.lock:
        shown = list(here.all)
    if shown and here.pid == os.getpid():  # what a fork inherits of a page is not its own

        def look() -> None:
            for one in shown:
                one.look_at_session()

        in_background(look)
