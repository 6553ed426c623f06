"""The form of a server that was asked one question, before Tiled's client is imported, which takes longer than a page.

It is what `session.LoginSession` shows a moment later. Where that may come to anything else, nothing is said here.
"""

from __future__ import annotations

import contextlib
import os
import ssl
from types import SimpleNamespace
from typing import Any

import httpx

from ..address import Address, BadAddress, unquoted
from ..oauth.environment import broken
from ..oauth.exchange import Answer, ask
from ..session import tokens as files
from ..session.bare import client_for
from ..session.key_files import VARIABLE
from ..settings import TiledJupyter
from ..state.states import SignedOut
from . import profiles
from .description import PASSWORD_MODES, describe
from .target import Target, find_target

# Of Tiled's ``AboutAuthenticationProvider`` and ``AboutAuthenticationLinks``.
_MODES = (*PASSWORD_MODES, "external")
_LINKS = ("whoami", "apikey", "refresh_session", "revoke_session", "logout")


def target_of(text: str, settings: TiledJupyter) -> Target | None:
    """Return what a text leads to; None where profiles must be read for it, or the login has to say what is wrong.

    Parameters
    ----------
    text, settings
        As of `session.LoginSession` and its `connect`.
    """
    if profiles.would_be_read((unquoted(text), *settings.servers)):
        return None
    try:
        return find_target(text, settings)
    except BadAddress:
        return None


def first_form(target: Target, settings: TiledJupyter, *, provider: str | None, use_saved: bool) -> SignedOut | None:
    """Ask a server what it is, and return its form if nothing else can come of it.

    Parameters
    ----------
    target : Target
    settings, provider, use_saved
        As of `session.LoginSession`.
    """
    address = target.address
    with contextlib.suppress(Exception):  # of what is wrong, the login says it
        if address is not None and not _is_more_than_a_form(address, settings, use_saved=use_saved):
            return _form(address.api_uri, settings, provider)
    return None


def _is_more_than_a_form(address: Address, settings: TiledJupyter, *, use_saved: bool) -> bool:
    """Whether something may serve instead of a login (a key, a single sign-on, a saved sign-in), or nothing can."""
    is_saved = use_saved and bool(files.read_tokens(files.directory_of(address.api_uri)))
    has_key = address.api_key is not None or VARIABLE in os.environ
    return is_saved or has_key or bool(settings.token_source) or broken() is not None


def _form(uri: str, settings: TiledJupyter, provider: str | None) -> SignedOut | None:
    with client_for(uri, verify=True if uri.startswith("https:") else _trusts_nobody()) as http:
        about = authentication(ask(http, "GET", uri))
    if about is None or (provider is not None and provider not in [each.provider for each in about.providers]):
        return None
    required, links = about.required, about.links
    return SignedOut(
        describe(uri, about.providers, required=required, settings=settings, preferred=provider, links=links)
    )


def _trusts_nobody() -> ssl.SSLContext:
    """Return what verifies where there is nothing to verify: to read all authorities takes longer than the rest."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def authentication(answer: Answer) -> SimpleNamespace | None:
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
