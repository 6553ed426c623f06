"""Which server a command for API keys means, and as whom it acts.

A key that the command names comes first, then the one it is about and the environment's, where they may do what is
asked; then the sign-in that is saved on this computer; then a person at a terminal, who is asked as Tiled asks.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from ..address import host_of
from ..errors import KeysUnavailable
from ..kernel import front_end
from ..keys.api_keys import ApiKeys
from ..keys.choice import fault, key_for
from ..keys.rotation import may
from ..oauth.audience import require_private
from ..oauth.exchange import ask, bearing, explain, within
from ..session import key_files, known_servers
from ..session.context import SessionContext, ask_at_terminal
from ..session.identity import full_name, who_is
from ..session.key_files import KeyFile
from ..settings import settings
from ..sign_in.server import open_context
from ..sign_in.target import find_target
from ..text import Masked, legible

DONE, FAILED, WRONG_LINE, NOBODY, AWAY, STOPPED = 0, 1, 2, 3, 4, 130
PROGRAM = "python -m tiled_jupyter key"
FIRST_EIGHT = re.compile(r"[0-9a-f]{8}")
ANY_KEY = re.compile(r"[0-9A-Fa-f]{72}")
_PATIENCE = 12.0  # seconds for a saved sign-in; Tiled itself asks again for 25
NOT_HERE = (
    "A key does not belong on a command line, where others can read it. Name it by its file or its first eight "
    "characters, and revoke this one."
)
_NOBODY = (
    "Nobody is signed in to {host}, and nobody can be asked here. Sign in at a terminal: {program} list --server "
    "{address}. Or name the file of a key that may do this: --with-key FILE."
)


class Ended(Exception):
    """The command ends here.

    Parameters
    ----------
    sentence : str
        Why, and what to do.
    status : int
        The exit status.
    """

    def __init__(self, sentence: str, status: int = FAILED) -> None:
        super().__init__(sentence)
        self.status = status


def named_file(text: str) -> KeyFile:
    """Return the key's file that a command line names, by its path or by the key's first eight characters.

    Raises
    ------
    Ended
        The line holds a key itself, or no file here is of that key.
    ValueError
        It is no key file.
    OSError
        It cannot be read.
    """
    if ANY_KEY.search(text):
        raise Ended(NOT_HERE, WRONG_LINE)
    if not FIRST_EIGHT.fullmatch(text):
        return key_files.read(Path(text).expanduser().absolute())
    found = [file for file in key_files.saved() if file.first_eight == text]
    if len(found) != 1:
        raise Ended(f"There is no file of key {text} in {key_files.directory()}. Name its file.")
    return found[0]


@dataclass(frozen=True)
class Account:
    """Whose keys they are.

    Parameters
    ----------
    context : SessionContext
        Signed in.
    words : str
        Whose account it is and where.
    """

    context: SessionContext
    words: str


def sign_in(server: str | None, with_key: str | None, needed: set[str], file: KeyFile | None = None) -> Account:
    """Sign in to where the command acts, as whom it may.

    A key that may not do what is needed is passed over, but for one that was named.

    Parameters
    ----------
    server : str or None
        An address or the name of a profile. None: that of the files, or the only one that is known.
    with_key : str or None
        The file of the key to act with, or its first eight characters.
    needed : set of str
        The scopes that the command needs.
    file : KeyFile, optional
        The key that the command is about.

    Returns
    -------
    Account
        Signed in.

    Raises
    ------
    Ended
        There is no such server, key or account, or it may not do this.
    KeysUnavailable
        The server refuses, or cannot be reached.
    """
    named = None if with_key is None else named_file(with_key)
    server = server or _server_of(file, named)
    target = find_target(server, settings())
    if target.address is not None and target.address.api_key is not None and target.profile is None:
        raise Ended(NOT_HERE, WRONG_LINE)
    context, _ = open_context(target)
    uri = str(context.api_uri)
    for one in (named, file):
        if one is not None and one.api_uri != uri:
            raise Ended(f"The key in {one.path} is for {host_of(one.api_uri)}, and for no other server.", WRONG_LINE)
    if context.server_info.authentication.links is not None:
        if named is not None:
            _use_named(context, named, needed)
        elif not _use_any(context, _found(uri, file), needed):
            _use_sign_in(context, server)
    return Account(context, _whose(context))


def _server_of(*files: KeyFile | None) -> str:
    """Return the server that is meant where none is named: its address, or the name of a profile."""
    of_files = {one.api_uri: one.path for one in files if one is not None}
    if len(of_files) > 1:
        raise Ended(" and ".join(f"{path} is for {host_of(uri)}" for uri, path in of_files.items()) + ".", WRONG_LINE)
    if of_files:
        return next(iter(of_files))
    listed, known = settings().servers, known_servers.addresses()
    if listed or len(known) == 1:
        return (listed or known)[0]
    which = f" You have used {', '.join(known)}." if known else ""
    raise Ended(f"Say which server: --server ADDRESS.{which}", WRONG_LINE)


def _use_named(context: SessionContext, file: KeyFile, needed: set[str]) -> None:
    key = key_files.secret_in(file.path)
    scopes = _scopes(context, key)
    if scopes is None:
        over = f"It expired on {file.expires:%Y-%m-%d}." if file.expired() else "It may have been revoked."
        raise Ended(f"{host_of(str(context.api_uri))} refuses the key in {file.path}. {over}")
    if not may(scopes, frozenset(needed)):
        lacking = ", ".join(sorted(needed - scopes))
        raise Ended(f"The key in {file.path} may not do this: it lacks {lacking}.")
    context.api_key = key


def _found(uri: str, file: KeyFile | None) -> Iterator[str]:
    """Yield the keys that nobody has named and that may do it: the one concerned, and the environment's."""
    if file is not None:
        yield key_files.secret_in(file.path)
    key, _ = key_for(uri)
    if key is not None:
        yield key


def _use_any(context: SessionContext, keys: Iterable[str], needed: set[str]) -> bool:
    for key in keys:
        scopes = _scopes(context, key)
        if scopes is not None and may(scopes, frozenset(needed)):
            context.api_key = key
            return True
    return False


def _scopes(context: SessionContext, key: str) -> frozenset[str] | None:
    """Return what a key may do; None where the server refuses it."""
    uri = str(context.api_uri)
    require_private(uri, "the API key")
    wrong = fault(key)
    if wrong is not None:
        raise Ended(f"The API key {wrong}.")
    with context.bare_client() as http:
        answer = ask(http, "GET", f"{uri}auth/apikey", headers=bearing("Apikey", Masked(key)))
    if answer.passing:
        raise KeysUnavailable(f"{host_of(uri)} answers with an error ({answer.status}).", passing=True)
    scopes = answer.fields.get("scopes")
    return frozenset(map(str, scopes)) if answer.status == httpx.codes.OK and isinstance(scopes, list) else None


def _use_sign_in(context: SessionContext, server: str) -> None:
    """Use the saved sign-in; where there is none, ask."""
    uri, about = str(context.api_uri), context.server_info.authentication
    host = host_of(uri)
    if _resumes(context, host) or not about.providers:
        return
    # A cell's `!command` has a terminal too, at which nobody can type.
    if not front_end.has_terminal() or "JPY_PARENT_PID" in os.environ:
        why = f"{context.unsent} " if context.unsent else ""
        raise Ended(f"{why}{_NOBODY.format(host=host, program=PROGRAM, address=server)}", NOBODY)
    sys.stderr.write(f"Sign in to {legible(host, 200)}.\n")
    context.authenticate(
        remember_me=settings().remember != "never",
        prompt_for_reauthentication=lambda http, providers: ask_at_terminal(http, providers, context),
    )
    known_servers.remember(uri)


def _resumes(context: SessionContext, host: str) -> bool:
    try:
        return within(_PATIENCE, context.resume_saved) is not None
    except (httpx.HTTPError, TimeoutError) as error:
        failure = explain(error, host)
    raise KeysUnavailable(failure.sentence, passing=failure.kind == "unreachable")


def _whose(context: SessionContext) -> str:
    host, links = host_of(str(context.api_uri)), context.server_info.authentication.links
    principal = None if links is None or not context.authenticated else ApiKeys(context).ask("GET", links.whoami)
    return f"{full_name(who_is(principal, context)) or 'this account'} on {host}"
