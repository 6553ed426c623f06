"""An API key as a way to sign in: does the server accept it, what does it say of it, and its end."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import httpx

from ..keys.api_keys import ApiKeys
from ..keys.request import scope
from ..oauth.audience import is_here, require_private
from ..oauth.exchange import Refused, ask, bearing
from ..session.context import SessionContext
from ..session.identity import count, identity_of
from ..session.key_files import VARIABLE
from ..session.lifetime import moment
from ..state.states import Server, SignedIn
from ..text import legible
from . import sign_out

Source: TypeAlias = Literal["environment", "address", "chosen"]
_WHICH: dict[Source, str] = {
    "environment": f"the API key in {VARIABLE}",
    "address": "the API key in this address",
    "chosen": "this API key",
}
_USED: dict[Source, str] = {
    "environment": f"Using the API key in {VARIABLE}",
    "address": "The key in this address was used and removed from it",
    "chosen": "Using the API key chosen in this notebook, on this server and in this kernel only",
}
_REVOKED = "Signed out. The API key that was in use here has been revoked."
_TIED_TO_NOTHING = "It comes from the environment, is not tied to a server, and is used instead of a sign-in."


def revoke(context: SessionContext, first_eight: str) -> bool:
    """Revoke an API key of the account, and leave it out here if it is the one in use; return whether it was.

    Raises
    ------
    ValueError, KeysUnavailable
        As `ApiKeys.revoke` does.
    """
    in_use = (context.api_key or "")[:8] == first_eight
    ApiKeys(context).revoke(first_eight)
    if in_use:
        sign_out.leave_key_out(context, _REVOKED)
    return in_use


def revoke_key(context: SessionContext, first_eight: str) -> str:
    """Revoke a key as `revoke` does, and return a sentence that says what was done."""
    more = " It was the key in use here. Run %tiled_login to go on." if revoke(context, first_eight) else ""
    return f"Revoked {first_eight}. It no longer works.{more}"


def check(context: SessionContext, server: Server, key: str, source: Source) -> SignedIn:
    """Try a key, in one request; where it is accepted ask, once, whose it is.

    Parameters
    ----------
    context : Context
        Of the server; it stays without the key.
    server : Server
    key : str
    source : str

    Raises
    ------
    Refused
        Where the server does not accept it, or others could read it on its way there.
    """
    if not is_here(context.http_client):
        require_private(str(context.api_uri), "the key")
    links = context.server_info.authentication.links
    headers = bearing("Apikey", key)
    with context.bare_client() as http:
        # Where these are on a Tiled server, whatever its links say: a key goes to nobody else.
        endpoint = f"{context.api_uri}{'auth/apikey' if links is not None else 'metadata/'}"
        answer = ask(http, "GET", endpoint, headers=headers)
        if answer.status == httpx.codes.UNAUTHORIZED:
            raise Refused(
                "credentials",
                f"{server.host} does not accept {_WHICH[source]}. It may be mistyped, expired or revoked.",
            )
        if answer.status != httpx.codes.OK:
            raise Refused(
                "server",
                f"{server.host} answers with an error ({answer.status}){answer.detail}. Try again in a minute.",
            )
        about = answer.fields if links is not None else {}
        principal: dict[str, Any] = {}
        if links is not None:
            try:
                principal = ask(http, "GET", f"{context.api_uri}auth/whoami", headers=headers).fields
            except Refused:  # it is accepted all the same
                principal = {}
    return SignedIn(
        server,
        identity_of(principal),
        "api_key",
        _provenance(about, source),
        remembered=False,
        api_keys=count(principal, "api_keys"),
        good_until=moment(about["expiration_time"]) if about.get("expiration_time") else None,
        renews=False,
    )


def _provenance(about: dict[str, Any], source: Source) -> str:
    """Return where a key comes from, and what the server knows of it."""
    known = []
    if isinstance(about.get("first_eight"), str):
        known.append(f"{legible(about['first_eight'][:8])}…")
    if isinstance(about.get("note"), str) and about["note"].strip():
        known.append(f"“{legible(' '.join(about['note'].split()), 100)}”")
    scopes = about.get("scopes")
    if isinstance(scopes, list) and scopes:
        known.append(f"it may: {', '.join(scope(name).words for name in scopes if isinstance(name, str))}")
    if about and not about.get("expiration_time"):
        known.append("never expires")
    more = f" ({'; '.join(known)})" if known else ""
    sentence = f"{_USED[source]}{more}."
    return f"{sentence} {_TIED_TO_NOTHING}" if source == "environment" else sentence
