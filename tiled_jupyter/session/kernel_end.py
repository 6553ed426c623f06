"""Sessions that only this kernel knows: they end with it, or earlier, where nothing uses them any more."""

from __future__ import annotations

import atexit
import contextlib
import os

import httpx

from ..background import in_background
from ..kernel.memory import of_kernel
from . import revocation
from .context import SessionContext
from .tokens import tokens_made_by, tokens_of

_AT_THE_END = httpx.Timeout(2.0)

_process = os.getpid()


class Ending(set[SessionContext]):
    """Contexts whose sessions end with this kernel; held, because one is ended whose client nobody holds any more."""


def end_with_kernel(context: SessionContext) -> None:
    """Revoke a session that is kept in memory only when this process ends, in two seconds or not at all."""
    atexit.unregister(_end_all)
    atexit.register(_end_all)
    of_kernel(Ending).add(context)


def outlive_kernel(context: SessionContext) -> None:
    """Leave a session alone when this process ends: it belongs to who gave it."""
    of_kernel(Ending).discard(context)


def ends_with_kernel(context: SessionContext) -> bool:
    """Whether nobody else has the session of a Context."""
    return context in of_kernel(Ending) and not context.remembered


def end_early(context: SessionContext) -> None:
    """Revoke, in the background, a session that nobody else has, before something takes its place."""
    tokens = tokens_of(context) if ends_with_kernel(context) else {}
    of_kernel(Ending).discard(context)
    if any(tokens.values()):
        made_by = tokens_made_by(context)
        in_background(lambda: revocation.end_session_of(context, tokens, made_by))


def _end_all() -> None:
    if os.getpid() != _process:  # a fork's end is not the kernel's
        return
    ended = set()
    for context in tuple(of_kernel(Ending)):
        tokens = {} if context.remembered else tokens_of(context)
        if any(tokens.values()) and tokens.get("refresh_token") not in ended:
            ended.add(tokens.get("refresh_token"))
            with contextlib.suppress(Exception):  # the process ends, and nobody would read it
                revocation.end_session_of(context, tokens, tokens_made_by(context), _AT_THE_END)
