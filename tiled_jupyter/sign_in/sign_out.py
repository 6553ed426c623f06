"""Sign out of a server, and let everything that shows the sign-in know: at once, and again what has become of it.

A session is forgotten here whatever the server says, and nothing is said of the server that it has not answered. An
API key is no session: to sign out of one leaves the sessions of its server, and what lies on disk, alone.
"""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..address import host_of
from ..background import in_background
from ..kernel.memory import of_kernel
from ..keys import choice as which_key
from ..keys.api_keys import ApiKeys
from ..session import kernel_end, registry, revocation
from ..session import tokens as files
from ..session.context import SessionContext

PATIENCE = 5.0  # seconds that a cell waits to hear what has become of a session
KEY_REVOKED = "Signed out. The API key that was in use here has been revoked."
_FORGOTTEN = "Signed out of this notebook. Other notebooks and terminals are not."
_NOTHING_TO_END = "Signed out here. This sign-in has no session that could be ended elsewhere."
_TELLING = "Signed out here. Telling {host} …"
_KEY_LEFT_OUT = "Signed out. The API key is left out on this server, in this notebook's kernel. The key keeps working."
_KEY_OF_ONE = "Signed out. This client uses its API key no more. The key keeps working, and nobody else was signed out."


@dataclass(frozen=True)
class Farewell:
    """What has become of a sign-in.

    Parameters
    ----------
    sentence : str
    is_complete : bool
        Whether all of it has ended that was to end.
    """

    sentence: str
    is_complete: bool = True


_NOT_YET = Farewell(
    "Signed out here. Whether this sign-in has ended elsewhere is not known: no answer has come yet.", is_complete=False
)


class Shows(Protocol):
    """What shows a sign-in."""

    @property
    def context(self) -> SessionContext | None:
        """Whose sign-in it is."""

    def signed_out(self, reason: str) -> None:
        """Take note that it is over."""

    def heard_more(self, before: str, reason: str) -> None:
        """Take note of what has become of it since `before` was said."""


class _ShownBy:
    """What shows sign-ins in this kernel, held weakly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.all: weakref.WeakSet[Shows] = weakref.WeakSet()


def notify(shows: Shows) -> None:
    """Tell `shows` when its server is signed out of; it is held weakly."""
    here = of_kernel(_ShownBy)
    with here.lock:
        here.all.add(shows)


def sign_out_of(context: SessionContext, *, everywhere: bool) -> Future[Farewell]:
    """Sign out of a server in this kernel; it succeeds at once, whatever the server says.

    Parameters
    ----------
    context : Context
        Any of the server's.
    everywhere : bool
        Also remove the saved tokens and, in the background, have who made the session end it. One that only this
        kernel knows is ended in any case. An API key is left out here, either way.

    Returns
    -------
    Future of Farewell
        There at once, or in some seconds where somebody has to be asked.
    """
    if context.api_key is not None:
        return leave_key_out(context)
    leaving = registry.sharing(context)
    ends = everywhere or any(kernel_end.ends_with_kernel(one) for one in leaving)
    ours, saved = _Session.of(context), _Session.saved_for(context)
    sessions = _to_end(context, ours, saved, everywhere=everywhere) if ends else []
    try:
        context.forget()
        if everywhere and not saved.is_anothers(ours):
            context.forget_saved()
    finally:
        for one in leaving:
            kernel_end.outlive_kernel(one)
    if not sessions:
        return _said(context, _NOTHING_TO_END if everywhere else _FORGOTTEN)
    before = _TELLING.format(host=" and ".join(dict.fromkeys(host_of(one.made_by) for one in sessions)))
    concerned = _tell(context, before)
    said: Future[Farewell] = Future()

    def end() -> None:
        outcomes = [revocation.end_session_of(context, one.tokens, one.made_by) for one in sessions]
        outcome = next((one for one in outcomes if not one.is_over), outcomes[0])
        reason = f"Signed out{'' if outcome.is_over else ' here'}. {outcome.sentence()}"
        said.set_result(Farewell(reason, outcome.is_over))
        for shows in concerned:
            shows.heard_more(before, reason)

    in_background(end)
    return said


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


def revoke_key(context: SessionContext, first_eight: str) -> str:
    """Revoke an API key of the account, and leave it out here if it is the one in use; says what was done.

    Raises
    ------
    ValueError, KeysUnavailable
        As `ApiKeys.revoke` does.
    """
    in_use = (context.api_key or "")[:8] == first_eight
    ApiKeys(context).revoke(first_eight)
    if in_use:
        leave_key_out(context, KEY_REVOKED)
    more = " It was the key in use here. Run %tiled_login to go on." if in_use else ""
    return f"Revoked {first_eight}. It works no longer.{more}"


def _said(context: SessionContext, reason: str) -> Future[Farewell]:
    """Return what is known already."""
    _tell(context, reason)
    said: Future[Farewell] = Future()
    said.set_result(Farewell(reason))
    return said


def _tell(context: SessionContext, reason: str) -> list[Shows]:
    """Tell what shows a sign-in to the server that is none any more."""
    uri = str(context.api_uri)
    here = of_kernel(_ShownBy)
    with here.lock:
        concerned = [
            one
            for one in here.all
            if one.context is not None and str(one.context.api_uri) == uri and not one.context.authenticated
        ]
    for shows in concerned:
        shows.signed_out(reason)
    return concerned


@dataclass(frozen=True)
class _Session:
    """Tokens, and the origin that made them."""

    tokens: dict[str, Any] = field(repr=False)
    made_by: str

    @classmethod
    def of(cls, context: SessionContext) -> _Session:
        """Return that of a Context, without tokens where it has none of ours."""
        tokens = {name: token for name, token in files.tokens_of(context).items() if token}
        return cls(tokens, files.tokens_made_by(context))

    @classmethod
    def saved_for(cls, context: SessionContext) -> _Session:
        """Return what lies on disk for the server of a Context."""
        directory = context.token_directory
        return cls(files.read_tokens(directory), files.made_by(directory) or "")

    def is_anothers(self, other: _Session) -> bool:
        """Whether both are known to be of different people."""
        subjects = {files.subject(one.tokens.get("access_token")) for one in (self, other)}
        return len(subjects) == 2 and None not in subjects


def _to_end(context: SessionContext, ours: _Session, saved: _Session, *, everywhere: bool) -> list[_Session]:
    """Return the session of a Context, as another kernel may have renewed it, and, `everywhere`, one that is saved."""
    usable = {} if saved.is_anothers(ours) else saved.tokens
    if context.remembered and saved.made_by == ours.made_by:
        found = [_Session({**ours.tokens, **usable}, ours.made_by)]
    else:
        found = [ours, _Session(usable if everywhere else {}, saved.made_by)]
    return [one for one in found if one.tokens]
