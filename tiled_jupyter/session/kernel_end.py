"""Sessions that only this kernel knows: they end with it, or earlier, where nothing uses them any more."""

from __future__ import annotations

import atexit
import contextlib
import os

import httpx

from ..background import in_background
from . import revocation
from .context import Context
from .tokens import tokens_made_by, tokens_of

_AT_THE_END = httpx.Timeout(2.0)

_ending: set[Context] = set()  # held, so that a session is ended whose client nobody holds any more
_process = os.getpid()


def end_with_kernel(context: Context) -> None:
    """Revoke a session that is kept in memory only when this process ends, in two seconds or not at all."""
    atexit.unregister(_end_all)
    atexit.register(_end_all)
    _ending.add(context)


def outlive_kernel(context: Context) -> None:
    """Leave a session alone when this process ends: it belongs to who gave it."""
    _ending.discard(context)


def ends_with_kernel(context: Context) -> bool:
    """Whether nobody else has the session of a Context."""
    return context in _ending and not context.remembered


def end_early(context: Context) -> None:
    """Revoke, in the background, a session that nobody else has, before something takes its place."""
    tokens = tokens_of(context) if ends_with_kernel(context) else {}
    _ending.discard(context)
    if any(tokens.values()):
        made_by = tokens_made_by(context)
        in_background(lambda: revocation.end_session_of(context, tokens, made_by))


def _end_all() -> None:
    if os.getpid() != _process:  # a fork's end is not the kernel's
        return
    ended = set()
    for context in tuple(_ending):
        tokens = {} if context.remembered else tokens_of(context)
        if any(tokens.values()) and tokens.get("refresh_token") not in ended:
            ended.add(tokens.get("refresh_token"))
            with contextlib.suppress(Exception):  # the process ends, and nobody would read it
                revocation.end_session_of(context, tokens, tokens_made_by(context), _AT_THE_END)
