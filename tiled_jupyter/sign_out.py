"""Sign out of a server, and let everything that shows the sign-in know."""

from __future__ import annotations

import threading
import weakref
from typing import Any, Protocol

from . import kernel_end, revocation, which_key
from . import tokens as files
from .api_keys import ApiKeys
from .attempts import in_background
from .reauthentication import Context

_FORGOTTEN = "Signed out of this notebook. Other notebooks and terminals are not."
_ENDED = "Signed out. This sign-in has ended everywhere on this account."


class Shows(Protocol):
    """What shows a sign-in."""

    context: Context | None

    def signed_out(self, reason: str) -> None:
        """Take note that it is over."""


_KEY_LEFT_OUT = "Signed out. The API key is left out on this server, in this notebook's kernel."

_shown_by: weakref.WeakSet[Shows] = weakref.WeakSet()
_lock = threading.Lock()


def notify(shows: Shows) -> None:
    """Have `shows` told when its server is signed out of; it is held weakly."""
    with _lock:
        _shown_by.add(shows)


def sign_out_of(context: Context, *, everywhere: bool) -> None:
    """Sign out of a server in this kernel; it succeeds whatever the server says, and waits for nobody.

    Parameters
    ----------
    context : Context
        Any of the server's.
    everywhere : bool
        Also remove the saved tokens and, in the background, revoke the session on the server. A session that
        only this kernel knows is revoked in any case.
    """
    uri = str(context.api_uri)
    by_key = context.api_key is not None
    tokens, made_by = _newest_tokens(context), files.tokens_made_by(context)
    revoked = everywhere or kernel_end.ends_with_kernel(context)
    refresh_token = None
    try:
        refresh_token = context.forget()
        if everywhere:
            context.forget_saved()
    finally:
        if by_key:
            which_key.set_aside(uri)
            context.api_key = None
        kernel_end.outlive_kernel(context)
        with _lock:
            concerned = [one for one in _shown_by if one.context is not None and str(one.context.api_uri) == uri]
        reason = _KEY_LEFT_OUT if by_key else _ENDED if everywhere else _FORGOTTEN
        for shows in concerned:
            shows.signed_out(reason)
    tokens["refresh_token"] = tokens.get("refresh_token") or refresh_token
    if revoked and any(tokens.values()):
        in_background(lambda: revocation.end_session_of(context, tokens, made_by))


def revoke_key(context: Context, first_eight: str) -> str:
    """Revoke an API key of the account, and sign out here if it is the one in use; says what was done.

    Raises
    ------
    ValueError, KeysUnavailable
        As `ApiKeys.revoke` does.
    """
    in_use = (context.api_key or "")[:8] == first_eight
    ApiKeys(context).revoke(first_eight)
    if in_use:
        sign_out_of(context, everywhere=False)
    more = " It was the key in use here. Run %tiled_login to go on." if in_use else ""
    return f"Revoked {first_eight}. It works no longer.{more}"


def _newest_tokens(context: Context) -> dict[str, Any]:
    """Give the tokens of a session, as another kernel may have renewed them."""
    ours = files.tokens_of(context)
    saved = files.read_tokens(context.token_directory) if context.remembered else {}
    is_ours = files.subject(saved.get("access_token")) == files.subject(ours.get("access_token"))
    return {**ours, **saved} if is_ours else ours
