"""Tokens from the site, before anybody is asked: ``c.TiledJupyter.token_source``, for a hub's single sign-on."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import httpx

from ..oauth.exchange import Refused, Tokens, tokens_in, within

_PATIENCE = 4.5  # seconds


def ask_source(name: str, http_client: httpx.Client, providers: list[Any]) -> Tokens | None:
    """Call the function that the settings name.

    Parameters
    ----------
    name : str
        ``module:function``; the function's signature is that of a prompt, ``(http_client, providers) -> tokens``.
    http_client : httpx.Client
        Without credentials.
    providers : list of tiled.schemas.AboutAuthenticationProvider

    Returns
    -------
    dict or None
        None where it wants the person to be asked.

    Raises
    ------
    Refused
        Where it fails, takes too long, or gives something else: nobody is then signed in behind its back.
    """

    def call() -> Any:
        try:
            module, _, function = name.partition(":")
            return getattr(import_module(module), function)(http_client, providers)
        except BaseException as error:  # noqa: BLE001 - the site's code; only its kind is told, the rest may be secret
            return error

    try:
        tokens = within(_PATIENCE, call)
    except TimeoutError as error:
        tokens = error
    if tokens is None:
        return None
    if isinstance(tokens, BaseException):
        what = f"failed ({type(tokens).__name__})"
    elif (usable := tokens_in(tokens)) is not None:
        return usable
    else:
        what = "gave no access token"
    del tokens
    failed = f"The single sign-on of this site (token_source {name}) {what}"
    raise Refused("server", f"{failed}. Tell the people who run it.")
