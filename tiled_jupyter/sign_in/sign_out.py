"""Sign out of a server, and let every login to it know: at once, and again what has become of the session.

Nothing is said of the server that it has not answered. An API key is no session: to sign out of one leaves the
sessions of its server, and what lies on disk, alone.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import TypeAlias

from ..background import begun
from ..keys import choice as which_key
from ..session import ending, showing
from ..session.context import SessionContext
from ..session.showing import Shows

PATIENCE = 5.0  # seconds that a cell waits to hear what has become of a session
_FORGOTTEN = "Signed out of this notebook. Other notebooks and terminals stay signed in."
_NOTHING_TO_END = "Signed out here. This sign-in has no session that could be ended elsewhere."
_TELLING = "Signed out here. Telling {hosts} …"
_KEY_LEFT_OUT = "Signed out. The API key is left out on this server, in this notebook's kernel. The key keeps working."
_KEY_OF_ONE = "Signed out. This client no longer uses its API key. The key keeps working; other clients stay signed in."

# A sentence on what has become of a sign-in, and whether all of it has ended that was to end.
Farewell: TypeAlias = tuple[str, bool]
_NOT_YET = (
    "Signed out here. Whether this sign-in has ended elsewhere is not known: no answer has come yet.",
    False,
)


def sign_out_of(context: SessionContext, *, everywhere: bool) -> Future[Farewell]:
    """Sign out of a server in this kernel; it succeeds at once, whatever the server says.

    Parameters
    ----------
    context : Context
        Any of the server's.
    everywhere : bool
        Also end what others have of the session; see `session.ending.leave`. An API key is left out here, either way.

    Returns
    -------
    Future of Farewell
        There at once, or in some seconds where somebody has to be asked.
    """
    if context.api_key is not None:
        return leave_key_out(context)
    hosts, end = ending.leave(context, everywhere=everywhere)
    if not hosts:
        return _said(context, _NOTHING_TO_END if everywhere else _FORGOTTEN)
    before = _TELLING.format(hosts=" and ".join(hosts))
    concerned = _tell(context, before)

    def tell_what_came_of_it() -> Farewell:
        outcome = end()
        reason = f"Signed out{'' if outcome.is_over else ' here'}. {outcome.sentence()}"
        for login in concerned:
            login.heard_more(before, reason)
        return reason, outcome.is_over

    return begun(tell_what_came_of_it)


def so_far(said: Future[Farewell]) -> Farewell:
    """Return what is known by now of a sign-in that is being ended."""
    return said.result() if said.done() else _NOT_YET


def leave_key_out(context: SessionContext, reason: str | None = None, *, of_kernel: bool = True) -> Future[Farewell]:
    """Take its API key from a Context; sessions, and what lies on disk, stay.

    Parameters
    ----------
    context : Context
    reason : str, optional
        What to say instead of what was done.
    of_kernel : bool
        Whether a key that is for the whole kernel, typed or in the environment, is left out by all of it.
    """
    if of_kernel and which_key.is_of_kernel(context):
        which_key.set_aside(str(context.api_uri))
        usual = _KEY_LEFT_OUT
    else:
        usual = _KEY_OF_ONE
    context.api_key = None
    return _said(context, reason or usual)


def _said(context: SessionContext, reason: str) -> Future[Farewell]:
    """Return what is known already."""
    _tell(context, reason)
    said: Future[Farewell] = Future()
    said.set_result((reason, True))
    return said


def _tell(context: SessionContext, reason: str) -> list[Shows]:
    """Tell what shows a sign-in to the server that is none any more."""
    concerned = [one for one in showing.of_server(str(context.api_uri)) if not one.context.authenticated]
    for shows in concerned:
        shows.signed_out(reason)
    return concerned
