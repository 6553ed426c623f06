"""The end of a session: its person signs out, something takes its place, or the kernel that alone knows it ends.

It is forgotten here at once, whatever the server says; who made it is asked to end it after that (`revocation`).
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
from collections.abc import Callable

import httpx

from ..address import host_of
from ..background import in_background
from ..kernel.memory import of_kernel
from ..oauth.exchange import Tokens
from . import registry, revocation
from . import tokens as files
from .context import SessionContext
from .revocation import Outcome
from .tokens import tokens_made_by, tokens_of

_AT_THE_END = httpx.Timeout(2.0)

_process = os.getpid()


def leave(context: SessionContext, *, everywhere: bool) -> tuple[list[str], Callable[[], Outcome]]:
    """Forget the session of a Context, in this kernel; it succeeds at once.

    Parameters
    ----------
    context : Context
        Any of those that share it.
    everywhere : bool
        Also remove the saved tokens, and have the session ended by who made it. One that only this kernel knows is
        to be ended in any case.

    Returns
    -------
    hosts : list of str
        Who has to end it; empty where nobody has.
    end : callable
        Has these end it, which may take seconds, and returns what came of that.
    """
    leaving = registry.sharing(context)
    is_to_end = everywhere or any(ends_with_kernel(one) for one in leaving)
    ours, made_by = {name: token for name, token in tokens_of(context).items() if token}, tokens_made_by(context)
    saved, saved_made_by = files.read_tokens(context.token_directory), files.made_by(context.token_directory) or ""
    is_anothers = _are_of_two_people(ours, saved)
    usable = {} if is_anothers else saved
    if context.remembered and saved_made_by == made_by:  # another kernel may have renewed it
        found = [({**ours, **usable}, made_by)]
    else:
        found = [(ours, made_by), (usable if everywhere else {}, saved_made_by)]
    sessions = [(tokens, maker) for tokens, maker in found if tokens and is_to_end]
    try:
        context.forget()
        if everywhere and not is_anothers:
            context.forget_saved()
    finally:
        for one in leaving:
            outlive_kernel(one)
    return list(dict.fromkeys(host_of(maker) for _, maker in sessions)), functools.partial(_end, context, sessions)


def _are_of_two_people(*sessions: Tokens) -> bool:
    """Whether the tokens of two sessions are known to be of different people."""
    subjects = {files.subject(tokens.get("access_token")) for tokens in sessions}
    return len(subjects) == 2 and None not in subjects


def _end(context: SessionContext, sessions: list[tuple[Tokens, str]]) -> Outcome:
    """Ask the makers of sessions to end them; return what came of it, of one that has not ended if there is any."""
    outcomes = [revocation.end_session_of(context, tokens, made_by) for tokens, made_by in sessions]
    return next((one for one in outcomes if not one.is_over), outcomes[0])


# -- what only this kernel knows -----------------------------------------------------------------------


def held() -> set[SessionContext]:
    """Return the Contexts whose sessions end with this kernel.

    They are held, because one is ended whose client nobody holds any more.
    """
    return of_kernel(set[SessionContext], "end with it")


def end_with_kernel(context: SessionContext) -> None:
    """Revoke a session that is kept in memory only when this process ends, in two seconds or not at all."""
    atexit.unregister(_end_all)
    atexit.register(_end_all)
    held().add(context)


def outlive_kernel(context: SessionContext) -> None:
    """Leave a session alone when this process ends: it belongs to who gave it."""
    held().discard(context)


def ends_with_kernel(context: SessionContext) -> bool:
    """Whether nobody else has the session of a Context."""
    return context in held() and not context.remembered


def end_early(context: SessionContext) -> None:
    """Revoke, in the background, a session that nobody else has, before something takes its place."""
    tokens = tokens_of(context) if ends_with_kernel(context) else {}
    outlive_kernel(context)
    if any(tokens.values()):
        made_by = tokens_made_by(context)
        in_background(lambda: revocation.end_session_of(context, tokens, made_by))


def _end_all() -> None:
    if os.getpid() != _process:  # a fork's end is not the kernel's
        return
    ended = set()
    for context in tuple(held()):
        tokens = {} if context.remembered else tokens_of(context)
        if any(tokens.values()) and tokens.get("refresh_token") not in ended:
            ended.add(tokens.get("refresh_token"))
            with contextlib.suppress(Exception):  # the process ends, and nobody would read it
                revocation.end_session_of(context, tokens, tokens_made_by(context), _AT_THE_END)
