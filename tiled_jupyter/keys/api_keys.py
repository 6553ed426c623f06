"""Make, list and revoke the API keys of who is signed in, with one request for one key.

Tiled's own ``create_api_key`` repeats its request where an answer is lost, and so leaves keys behind that
nobody knows; here the list is read instead, and what was made in vain is revoked. Asks no person, and shows
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import httpx

from ..background import in_background
from ..errors import KeyNotMade, KeysUnavailable
from ..oauth.answers import read_json, reason_of
from ..oauth.exchange import Refused, explain
from ..session import key_files, known_servers
from ..session.tiled_errors import KeyRefused
from ..settings import settings
from ..text import Masked
from .account_requests import AccountRequests, understanding
from .listing import LIMIT, KeyList, read_keys, time_of
from .new_key import NewApiKey
from .request import INHERIT, READ, USUAL, changes_something, checked, default_note, expiry_of, length_of, offered

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_SINGLE_USER = "This server has one key for everybody and makes no others, so there are no keys to manage."
_DISABLED = "This server makes no API keys."
_NOBODY = "Sign in first: API keys belong to an account."
_KEY_MAY_NOT = "You are signed in with an API key that may not make keys. Sign in with your account to make one."
_KEY_MAY_NOT_REVOKE = "You are signed in with an API key that may not delete keys. Sign in with your account to do it."
_ACCOUNT_MAY_NOT = "Your account may not make API keys on this server. Ask the people who run it."
_FULL = f"This account has {LIMIT} API keys, and no more are allowed. Revoke one that is not needed first."


class ApiKeys(AccountRequests):
    """The API keys of who is signed in.

    Parameters
    ----------
    context : tiled.client.context.Context
        Tiled's or ours, signed in.

    Examples
    --------
    >>> key = ApiKeys(client.context).create(expires_in="10d", note="overnight fit")
    >>> key.save()
    """

    def create(
        self,
        expires_in: int | str | None = USUAL,
        note: str | None = None,
        scopes: Iterable[str] | None = READ,
        access_tags: Sequence[str] | None = None,
        *,
        runs_for: int | str | None = None,
        may_wait: int | str | None = None,
    ) -> NewApiKey:
        """Make a key. One call makes one key, or none.

        Parameters
        ----------
        expires_in : int, str or None
            Seconds, or a number and a unit, such as ``7d``. None: never. By default what the job needs, or a week.
        note : str, optional
            What it is for; by default host, notebook, date and something random.
        scopes : iterable of str or None
            What it may do. None or ``inherit``: everything that the account may do.
        access_tags : sequence of str, optional
            Reach only what bears these tags. Only some servers enforce this.
        runs_for, may_wait : int or str, optional
            How long the job runs, and how long it may wait in a queue before, such as ``48h`` and ``7d``.

        Returns
        -------
        NewApiKey
            The only copy of the secret.

        Raises
        ------
        ValueError
            Before any request, if this is no key that could be made, or one that its job would outlast.
        KeysUnavailable
            Where there are no keys, or none for this sign-in.
        KeyNotMade
            If the server refuses, or its answer is lost; then a key made in vain has been revoked if it was found.
        """
        seconds = expiry_of(expires_in, runs_for, may_wait)
        request = checked(seconds, default_note() if note is None else note, scopes, access_tags)
        before = self.overview()
        if before.unavailable is not None:
            raise KeysUnavailable(before.unavailable)
        if before.full:
            raise KeyNotMade(_FULL)
        known = {key.first_eight for key in before.keys}
        try:
            answer = self._post(request)
        except KeyboardInterrupt:  # after which there may be a key all the same
            in_background(lambda: self._clean_up(request["note"], known))
            raise
        if answer is None:
            raise KeyNotMade(self._clean_up(request["note"], known))
        known_servers.remember(str(self._context.api_uri), place=known_servers.here(answer["first_eight"]))
        expires = time_of(answer.get("expiration_time"))
        length = None if runs_for is None else length_of(runs_for)
        return NewApiKey(answer, expires, self._context, length, {"account": before.account, **request})

    def overview(self) -> KeyList:
        """Read all that is to be known of this account's keys, in one or two requests.

        Returns
        -------
        KeyList
            The keys, the scopes to offer, and why none can be made, if so.

        Raises
        ------
        KeysUnavailable
            If the server does not say.
        """
        links = self._context.server_info.authentication.links
        if links is None:
            return KeyList(unavailable=_SINGLE_USER)
        if not getattr(links, "apikey", None):
            return KeyList(unavailable=_DISABLED)
        principal = self.ask("GET", links.whoami)
        if principal is None:
            return KeyList(unavailable=_NOBODY)
        with understanding(self.host):
            return self._read(principal, links)

    def _read(self, principal: Any, links: Any) -> KeyList:
        may = {name for role in principal.get("roles") or () for name in role.get("scopes") or ()}
        unavailable = None if "create:apikeys" in may else _ACCOUNT_MAY_NOT
        if unavailable is None and self._context.api_key is not None:
            granted = (self.ask("GET", links.apikey) or {}).get("scopes") or ()
            if not {"create:apikeys", INHERIT} & set(granted):
                unavailable = _KEY_MAY_NOT
        allowed = [scope for scope in offered(may) if settings().allow_write_keys or not changes_something(scope.name)]
        in_use = (self._context.api_key or "")[:8]
        api_uri = str(self._context.api_uri)
        keys = read_keys(
            principal.get("api_keys") or (),
            in_use,
            known_servers.places(api_uri),
            api_uri=api_uri,
            files=key_files.of_server(api_uri),
        )
        account = None if principal.get("uuid") is None else str(principal["uuid"])
        return KeyList(keys, tuple(allowed), unavailable, account)

    def list(self) -> KeyList:
        """Return the keys; see `overview`. A `KeyList` is a sequence of `ApiKey`.

        Raises
        ------
        KeysUnavailable
            Where there are none, or the server does not say.
        """
        keys = self.overview()
        if keys.unavailable in (_SINGLE_USER, _DISABLED, _NOBODY):
            raise KeysUnavailable(keys.unavailable)
        return keys

    def revoke(self, first_eight: str) -> None:
        """Revoke a key at once and for good, and delete its file from the default directory.

        Parameters
        ----------
        first_eight : str
            The first eight characters of the key.

        Raises
        ------
        ValueError
            If these are not the first eight characters of a key.
        KeysUnavailable
            If there is no such key, or the server does not revoke it.
        """
        if len(first_eight) != 8 or not set(first_eight) <= set("0123456789abcdef"):
            raise ValueError("A key is named by its first eight characters, such as 1a2b3c4d.")
        links = self._context.server_info.authentication.links
        if links is None or not getattr(links, "apikey", None):
            raise KeysUnavailable(_SINGLE_USER if links is None else _DISABLED)
        self.delete(links.apikey, params={"first_eight": first_eight})
        key_files.delete(str(self._context.api_uri), first_eight)

    def _post(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Ask for a key once; None where the answer is lost, and there may be one or not."""
        url = self._context.server_info.authentication.links.apikey
        try:
            response = self.send("POST", url, json=request)
        except _NOT_SENT as error:
            sentence = explain(error, self.host).sentence
        except (httpx.HTTPError, Refused):  # an answer without end is none
            return None
        else:
            if response.status_code >= 500:
                return None
            if response.is_success:
                answer = read_json(response)
                parts = (answer.get("secret"), answer.get("first_eight")) if isinstance(answer, dict) else (None,)
                whole = all(map(_is_key, parts))
                return answer | {"secret": Masked(answer["secret"])} if whole else None
            raise KeyRefused(self.refusal(response), response)
        raise KeyNotMade(sentence)

    def _clean_up(self, note: str, known: set[str]) -> str:
        """Look for a key that was not there before, revoke it, and say how it is."""
        lost = f"The answer of {self.host} was lost on the way"
        try:
            principal = self._context.whoami() or {}  # Tiled's, which is patient with a server that is just coming back
            found = [key for key in principal.get("api_keys") or () if key["note"] == note]
            orphans = [key["first_eight"] for key in found if key["first_eight"] not in known]
            for first_eight in orphans:
                self.revoke(first_eight)
        except (httpx.HTTPError, KeysUnavailable):
            return f"{lost}. If “{note}” appears in the list of your keys later, revoke it: nobody has that key."
        if orphans:
            return f"{lost}. The key that had been made was revoked: nobody has it. Try again."
        return f"{lost}. No new key is in the list; should “{note}” appear there later, revoke it. Try again."

    def refusal(self, response: httpx.Response) -> str:
        """Return what was refused; see `AccountRequests.refusal`."""
        said = reason_of(response)
        if "no such API key" in said:
            return "There is no such key on this account. It may have expired, or been revoked elsewhere."
        if "already has" in said:
            return _FULL
        if "Requires scopes" in said:
            if self._context.api_key is None:
                return _ACCOUNT_MAY_NOT
            return _KEY_MAY_NOT_REVOKE if response.request.method == "DELETE" else _KEY_MAY_NOT
        return super().refusal(response)


def create_as_in_tiled(
    context: Any,
    scopes: Iterable[str] | None,
    expires_in: int | str | None,
    note: str | None,
    access_tags: Sequence[str] | None,
) -> NewApiKey:
    """Make a key as Tiled's own call does, with its defaults; it reads only, unless the settings allow more."""
    if scopes is None:
        scopes = [INHERIT] if settings().allow_write_keys else READ
    return ApiKeys(context).create(expires_in, note, scopes, access_tags)


def _is_key(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isalnum()
