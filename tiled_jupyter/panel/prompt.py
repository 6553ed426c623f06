"""The panel as a prompt: asks for a login, waits in the cell, and gives the tokens."""

from __future__ import annotations

from typing import Any

import httpx

from ..errors import LoginFailed
from ..kernel import cells, front_end
from ..session import ending
from ..session.prompts import occasion
from ..settings import settings
from ..sign_in.hook import Caller, without_asking
from ..state.states import SignedIn
from .panel import LoginPanel
from .words import require_somebody

_KEY_INSTEAD = "The API key you typed is used from now on, so there was no sign-in. Run the cell again."


def prompt_for_login(http_client: httpx.Client, providers: list[Any]) -> dict[str, Any]:
    """Ask in a panel: the default hook of ``Context.authenticate(prompt_for_reauthentication=…)``.

    Parameters
    ----------
    http_client : httpx.Client
        Reaches the server without a session.
    providers : list of tiled.schemas.AboutAuthenticationProvider

    Returns
    -------
    dict
        Tokens, with ``access_token``.

    Raises
    ------
    LoginCancelled, LoginFailed, CannotPrompt
    """
    wish = occasion.get()
    remember_me = False if wish is not None and not wish.remember else None
    given = without_asking(http_client, providers, wish)
    if given is not None:
        if wish is not None:
            wish.remember = False
            ending.outlive_kernel(wish.context)
        return given
    who = wish.identity.words if wish is not None and wish.identity is not None else None
    require_somebody(str(wish.context.api_uri) if wish is not None else "the Tiled server", who)
    caller = Caller(http_client, wish)
    panel = LoginPanel(
        remember_me=remember_me, _session=lambda on_change: caller.login(on_change, settings(), providers)
    )
    panel.resuming = wish is not None and wish.resuming
    cells.in_its_output(lambda: front_end.show(panel))
    try:
        panel.barrier.hold(None)
        tokens = caller.take_tokens()
    finally:
        caller.leave()
    if tokens is None:
        by_key = isinstance(panel.session.state, SignedIn) and panel.session.state.method == "api_key"
        raise LoginFailed(_KEY_INSTEAD if by_key else "The sign-in gave no tokens. Try again.")
    if wish is not None:
        wish.remember = caller.remember
        if not caller.remember:
            ending.end_with_kernel(wish.context)
    return tokens
