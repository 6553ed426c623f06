"""The form of a server that was asked one question, before Tiled's client is imported, which takes longer than a page.

It is what `session.LoginSession` shows a moment later. Where that may come to anything else, nothing is said here.
"""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx

from ..oauth.exchange import Answer, Refused, ask
from ..session import tokens as files
from ..session.bare import client_for
from ..session.key_files import VARIABLE
from ..settings import TiledJupyter
from ..state.states import Connecting, SignedOut
from .description import describe
from .target import find_target

# Of Tiled's ``AboutAuthenticationProvider`` and ``AboutAuthenticationLinks``.
_MODES = ("internal", "external", "password")
_LINKS = ("whoami", "apikey", "refresh_session", "revoke_session", "logout")


def first_states(
    text: str, settings: TiledJupyter, *, provider: str | None = None, use_saved: bool = True
) -> Iterator[Connecting | SignedOut]:
    """Yield what to show of an address: that it is asked, and then its form, if it is certain that there will be one.

    Parameters
    ----------
    text, settings, provider, use_saved
        As of `session.LoginSession` and its `connect`.
    """
    try:
        target = find_target(text, settings)
    except Exception:  # noqa: BLE001 - as in `connect`, which says what is wrong
        return
    yield Connecting(0, target.shown, time.time())
    address = target.address
    if address is None or target.profile or address.api_key or VARIABLE in os.environ or settings.token_source:
        return
    uri = address.api_uri
    if use_saved and files.read_tokens(files.directory_of(uri)):
        return
    try:
        with client_for(uri, verify=True if uri.startswith("https:") else _trusts_nobody()) as http:
            about = _authentication(ask(http, "GET", uri))
    except Refused:
        return
    if about is not None and (provider is None or provider in [each.provider for each in about.providers]):
        yield SignedOut(
            describe(
                uri, about.providers, required=about.required, settings=settings, preferred=provider, links=about.links
            )
        )


def _trusts_nobody() -> ssl.SSLContext:
    """Return what verifies where there is nothing to verify: to read all authorities takes longer than the rest."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _authentication(answer: Answer) -> SimpleNamespace | None:
    """Return what Tiled's ``AboutAuthentication`` would hold; None where not all of it is as Tiled sends it."""
    match answer.fields:
        case {"api_version": _, "authentication": {"required": bool(required), "providers": [*each]} as about}:
            providers, links = [_provider(one) for one in each], about.get("links")
        case _:
            return None
    is_whole = links is None or (_is_of_texts(links) and all(name in links for name in _LINKS))
    if answer.status != httpx.codes.OK or None in providers or not is_whole:
        return None
    named = None if links is None else SimpleNamespace(**{name: links[name] for name in _LINKS})
    return SimpleNamespace(required=required, providers=providers, links=named)


def _provider(said: Any) -> SimpleNamespace | None:
    match said:
        case {"provider": str(name), "mode": mode, "links": links} if mode in _MODES and _is_of_texts(links):
            message, scopes = said.get("confirmation_message"), said.get("extra_scopes")
            if isinstance(message, str | None) and _is_texts(scopes or []):
                return SimpleNamespace(provider=name, mode=mode, links=links)
    return None


def _is_of_texts(links: object) -> bool:
    return isinstance(links, dict) and _is_texts(list(links.values()))


def _is_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
