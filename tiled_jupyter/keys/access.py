"""Signed in, and still no data: who is that here, what may they, what is in the way, and whom to ask.

Asks the server, as who is signed in; asks no person. Tiled answers the same where there is nothing and where
somebody may not see it, so this cannot tell which.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

from ..errors import BadSetting, KeysUnavailable, TiledJupyterError
from ..oauth.answers import detail_of, read_json
from ..oauth.exchange import Refused, explain, within
from ..session.identity import full_name, who_is
from ..session.key_files import VARIABLE
from ..session.prompts import quietly
from ..settings import complaints, settings
from .account_requests import AccountRequests, understanding
from .choice import environment_key
from .request import INHERIT, READ, scope

_LONGEST = 6.0  # seconds; it is several requests


def explain_access(client: Any, path: str = "") -> tuple[str, ...]:
    """Return why something cannot be seen, or not be read.

    Parameters
    ----------
    client : Tiled client or Context
    path : str
        Of the node, from the root of the server, such as ``alice/heating_scan``. By default that of the client.

    Returns
    -------
    tuple of str
        Sentences: who one is, what one may, what is there, whom to ask, and which settings are wrong.

    Raises
    ------
    KeysUnavailable
        If the server does not say, or not within a few seconds.
    """
    context = getattr(client, "context", client)
    parts = [part for part in path.split("/") if part] or list(getattr(client, "path_parts", ()))
    access = _Access(context)
    try:
        with quietly(), understanding(access.host):
            said = within(_LONGEST, lambda: access.explain(parts))
    except TimeoutError:
        late = f"{access.host} has not answered within {_LONGEST:.0f} s, so this cannot be said now. Try again."
        raise KeysUnavailable(late) from None
    except KeysUnavailable:
        raise
    except TiledJupyterError as ended:  # the session has: that is why
        said = (str(ended),)
    return (*said, *complaints())


def may_not(context: Any, detail: str) -> str | None:
    """Return what a server's "Not enough permissions" means; None where it is something else.

    Parameters
    ----------
    context : tiled.client.context.Context
    detail : str
        What the server said.
    """
    if not detail.startswith("Not enough permissions"):
        return None
    required = re.search(r"Requires scopes \[([^\]]*)\]", detail)
    had = re.search(r"had scopes \[([^\]]*)\]", detail)
    names = re.findall(r"'([\w:]+)'", required[1]) if required else []
    have = re.findall(r"'([\w:]+)'", had[1]) if had else []
    missing = [scope(name).words for name in names if name not in have]
    may = " or ".join(missing) if missing else "do this"
    return f"{_subject(context)} may not {may}.{_in_the_way(context)}"


def whom_to_ask(host: str) -> str:
    """Name who can help."""
    try:
        page = settings().help_url
    except BadSetting:  # `complaints` tells of it
        page = ""
    return f"To get access, see {page}" if page else f"To get access, ask the people who run {host}."


def _subject(context: Any) -> str:
    if context.api_key is None:
        return "Your account"
    return f"The API key in {VARIABLE}" if context.api_key == environment_key() else "This API key"


def _in_the_way(context: Any) -> str:
    """Return a sentence where a key is used instead of a sign-in, where there could be one."""
    if context.api_key is None or not context.server_info.authentication.providers:
        return ""
    if context.api_key == environment_key():
        return f" {VARIABLE} replaces your sign-in: %tiled_login can set it aside."
    return " It is used instead of a sign-in."


class _Access(AccountRequests):
    """Ask one server about one node."""

    def explain(self, parts: list[str]) -> tuple[str, ...]:
        who, account = self._who()
        names = self._scopes(account)
        may = self._may(names)
        lines, found = [who, *may], self._count(parts)
        if isinstance(found, str):
            lines.append(found)
        elif found is None:
            lines += self._missing(parts)
        else:
            lines.append(f"{_name(parts)} is there.{'' if found < 0 else f' You see {_entries(found)} in it.'}")
            if found != 0 and not any("may not" in line or "limited" in line for line in may):
                return tuple(lines)
        return (*lines, whom_to_ask(self.host))

    def _who(self) -> tuple[str, dict[str, Any]]:
        """Return a sentence on who that is, and the principal."""
        context = self._context
        links = context.server_info.authentication.links
        if links is None:
            return f"{self.host} has one key for everybody, and no accounts.", {}
        account = self.ask("GET", links.whoami) or {}
        if context.api_key is None and not context.authenticated:
            return f"Nobody is signed in to {self.host}, so only public data is shown. Run %tiled_login.", account
        name = full_name(who_is(account, context))
        if context.api_key is not None:
            whose = f"it is of {name}" if name else "the server does not say whose it is"
            return f"{_subject(context)} is used on {self.host}; {whose}.{_in_the_way(context)}", account
        if name is None:
            return f"Signed in on {self.host}; the server does not say who you are.", account
        return f"Signed in as {name} on {self.host}.", account

    def _scopes(self, account: dict[str, Any]) -> dict[str, Any]:
        """Return what is allowed, of the key where there is one."""
        links = self._context.server_info.authentication.links
        own = {name for role in account.get("roles") or () for name in role.get("scopes") or ()}
        if self._context.api_key is None or links is None or not getattr(links, "apikey", None):
            return {"scopes": own} if account else {}
        key = self.ask("GET", links.apikey) or {}
        scopes = set(key.get("scopes") or ())
        return {"scopes": own if INHERIT in scopes else scopes, "access_tags": key.get("access_tags")}

    def _may(self, about: dict[str, Any]) -> list[str]:
        """Return what one may not read, and to which tags a key is limited."""
        if not about:
            return []
        lines = []
        lacking = [scope(name).words for name in READ if name not in about["scopes"]]
        if lacking:
            lines.append(f"{_subject(self._context)} may not {' or '.join(lacking)}.")
        else:
            lines.append(f"{_subject(self._context)} may read metadata and data.")
        if about.get("access_tags") is not None:
            tags = ", ".join(map(str, about["access_tags"])) or "none at all"
            lines.append(f"Where the server enforces tags, it reads only data with these tags: {tags}.")
        return lines

    def _count(self, parts: list[str]) -> int | str | None:
        """Return how many entries one sees in a node; -1 where it has none, None where one sees no node."""
        url = f"{self._context.api_uri}metadata/{'/'.join(parts)}"
        try:
            response = self.send("GET", url)
        except (httpx.HTTPError, Refused) as error:
            return explain(error, self.host).sentence
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if not response.is_success:
            return may_not(self._context, detail_of(response)) or self.refusal(response)
        attributes = ((read_json(response) or {}).get("data") or {}).get("attributes") or {}
        count = (attributes.get("structure") or {}).get("count")
        return count if isinstance(count, int) else -1

    def _missing(self, parts: list[str]) -> list[str]:
        """Return where on the way to a node sight ends."""
        for length in range(len(parts) - 1, -1, -1):
            found = self._count(parts[:length])
            if isinstance(found, int):
                above = _name(parts[:length])
                there = f"{above} is there, and you see {_entries(found)} in it."
                return [f"{there} {parts[length]} is not among them: it does not exist, or you may not see it."]
            if isinstance(found, str):
                return [found]
        return [f"{_name(parts)} does not exist, or you may not see it."]


def _name(parts: list[str]) -> str:
    return "/".join(parts) or "The root"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{max(count, 0)} entries"
