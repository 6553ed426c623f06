"""The magic ``%tiled_api_key``, and the words for a cell that has a key written in it. Shows no key."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments

from ..background import in_background
from ..errors import BadSetting, KeyNotMade, KeysUnavailable
from ..kernel import front_end
from ..keys.api_keys import ApiKeys
from ..keys.leaks import Leak
from ..keys.listing import ApiKey, KeyList
from ..keys.new_key import NewApiKey
from ..keys.request import READ, USUAL, scope
from ..session.context import SessionContext
from ..session.prompts import quietly
from ..sign_in.api_key import revoke_key
from . import servers
from .key_warning import KeyWarning
from .magic_line import arguments

_WHOSE_TIMEOUT = 3.0  # seconds after which it is not said whether a key in a cell is one's own
_HEADINGS = ("key", "expires in", "last used", "may", "note", "made", "")


@magics_class
class KeyMagics(Magics):
    """Making, listing and revoking API keys."""

    @magic_arguments()
    @argument("--server", metavar="URI|PROFILE", help="Which server; needed where there are several.")
    @argument("action", choices=("create", "list", "revoke"), help="What to do.")
    @argument("first_eight", nargs="?", help="For revoke: the first eight characters of the key.")
    @argument(
        "--expires-in",
        metavar="7d",
        help="A number and a unit, y d h m or s; or never. By default what the job needs, or a week.",
    )
    @argument("--runs-for", metavar="48h", help="How long the job runs; the key then works long enough for it.")
    @argument("--may-wait", metavar="7d", help="With --runs-for: how long the job may wait in a queue before.")
    @argument("--note", metavar="TEXT", help="What the key is for; by default computer, notebook and date.")
    @argument("--scopes", nargs="+", metavar="SCOPE", help="What it may do; by default read:metadata read:data.")
    @argument("--tags", nargs="+", metavar="TAG", help="Read only data with these tags, if the server enforces it.")
    @argument("--save", nargs="?", const="", metavar="PATH", help="Save it to a file that only you can read.")
    @argument("--use", action="store_true", help="Use it in this kernel, for its server.")
    @line_magic
    def tiled_api_key(self, line: str) -> NewApiKey | None:
        """Make an API key for a job, list your keys, or revoke one; gives the key it made, which shows no secret."""
        args = arguments(self.tiled_api_key, line)
        if (args.first_eight is not None) != (args.action == "revoke"):
            raise UsageError("Say which key: %tiled_api_key revoke FIRST_EIGHT" if args.action == "revoke" else _HOW)
        contexts = servers.signed_in(args.server)
        if not contexts:
            raise UsageError("Nobody is signed in here. Run %tiled_login first: API keys belong to an account.")
        context = servers.the_one(contexts, f"%tiled_api_key --server ADDRESS {args.action}")
        try:
            if args.action == "create":
                return _create(context, args)
            if args.action == "list":
                front_end.say(_table(ApiKeys(context).list()))
            else:
                front_end.say(revoke_key(context, args.first_eight))
        except (KeysUnavailable, KeyNotMade, ValueError) as error:
            sentence = str(error)
        else:
            return None
        raise UsageError(sentence)


_HOW = "%tiled_api_key takes create, list, or revoke FIRST_EIGHT."


def _create(context: SessionContext, args: Any) -> NewApiKey:
    key = ApiKeys(context).create(
        args.expires_in or USUAL,
        args.note,
        args.scopes or READ,
        args.tags or None,
        runs_for=args.runs_for,
        may_wait=args.may_wait,
    )
    said = []
    try:
        if args.save is not None:
            said.append(f"Saved to {key.save(args.save or None)}")
        if args.use:
            said.append(key.use())
    except (OSError, ValueError) as error:
        why = str(error) if isinstance(error, ValueError) else f"The file could not be written ({error.strerror})."
        said.append(f"{why} The key was made all the same; it is the value of this cell.")
    if said:
        front_end.say("\n".join(said))
    return key


def _table(keys: KeyList) -> str:
    rows = [_HEADINGS] + [
        (
            key.first_eight,
            key.expires_in(),
            f"{key.last_used:%Y-%m-%d}" if key.last_used is not None else "never",
            ", ".join(scope(name).words for name in key.scopes),
            _shortened(key.note or ""),
            _shortened(key.made or ""),
            ", ".join(("in use here", *key.marks()) if key.in_use else key.marks()),
        )
        for key in keys
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*(lines if len(rows) > 1 else ()), f"{keys.of_limit} keys", *filter(None, [keys.unavailable])])


def _shortened(text: str) -> str:
    """Keep a note of another program's on its line."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= 60 else f"{plain[:59]}…"


# -- a key written in a cell ---------------------------------------------------------------------------


def warn_of_keys(sentence: str, leaks: list[Leak]) -> None:
    """Warn that keys stand in a cell, and show how to end those that are the person's own."""
    mine = _mine({leak.first_eight for leak in leaks if leak.first_eight is not None})
    several = len(servers.signed_in()) > 1
    commands = [
        f"%tiled_api_key {f'--server {servers.name_of(context)} ' if several else ''}revoke {key.first_eight}"
        for context, key in mine
    ]
    front_end.say("\n".join([sentence, *(f"This one is yours. To end it now: {command}" for command in commands)]))
    if front_end.is_somebody_there() and not front_end.has_console():
        for context, key in mine:
            with suppress(BadSetting):  # the sentence does without the button
                front_end.show(KeyWarning(context, servers.name_of(context), key))


def _mine(first_eights: set[str]) -> list[tuple[SessionContext, ApiKey]]:
    """Find those keys which are of who is signed in, if servers say so soon enough."""
    found, done = list[tuple[SessionContext, ApiKey]](), threading.Event()
    contexts = servers.signed_in() if first_eights else []

    def look() -> None:
        with quietly():
            for context in contexts:
                try:
                    listed = ApiKeys(context).list()
                except Exception:  # noqa: BLE001, S112 - it is asked for a courtesy
                    continue
                found.extend((context, key) for key in listed if key.first_eight in first_eights)
        done.set()

    if contexts:
        in_background(look)
        done.wait(_WHOSE_TIMEOUT)
    return list(found)
