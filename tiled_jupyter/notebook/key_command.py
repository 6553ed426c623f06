"""The command line for API keys, ``python -m tiled_jupyter key …``: for people at a terminal, and for services.

Keys are as those of the notebook: they may read, work for a week, and lie in a file for this user alone. Who makes them
is who is signed in on this computer; where nobody is, a person at a terminal is asked as Tiled asks, and a script fails
at once. A service that has nothing but a key uses that.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn

import httpx
from traitlets.config import Application

from ..address import BadAddress
from ..background import finish
from ..errors import CannotPrompt, KeysUnavailable, TiledJupyterError
from ..kernel import cells
from ..keys import jobs
from ..keys.api_keys import ApiKeys
from ..keys.listing import ApiKey
from ..keys.new_key import NewApiKey
from ..keys.request import READ, USUAL, in_words, length_of, scope
from ..keys.rotation import CREATE, REVOKE, or_revoked, rotate
from ..oauth.exchange import Refused, explain
from ..session import key_files
from ..session.key_files import KeyFile
from ..text import legible
from . import startup
from .key_account import (
    ANY_KEY,
    AWAY,
    DONE,
    FAILED,
    FIRST_EIGHT,
    NOBODY,
    NOT_HERE,
    PROGRAM,
    STOPPED,
    WRONG_LINE,
    Ended,
    named_file,
    sign_in,
)

STATUSES = {
    DONE: "done",
    FAILED: "refused, or a file could not be used",
    WRONG_LINE: "the command line is wrong",
    NOBODY: "nobody is signed in, and nobody can be asked",
    AWAY: "the server cannot be reached now; try again later",
    STOPPED: "stopped with Ctrl-C, or by SIGTERM",
}
_UNTIL_ITS_END = "end"
_CLEAN_UP = 30.0  # seconds for a key made in vain to be revoked

Say = Callable[[str], bool]  # whether somebody reads it


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, and repeats no key."""

    def error(self, message: str) -> NoReturn:
        said = NOT_HERE if ANY_KEY.search(message) else f"{message[:1].upper()}{message[1:]}. See {self.prog} --help"
        raise Ended(said, WRONG_LINE)


def main(arguments: Sequence[str], write: Callable[[str], None]) -> int:
    """Do what the command line says.

    Parameters
    ----------
    arguments : sequence of str
        What stands behind ``key``.
    write : callable
        Writes a line on stdout, at once.

    Returns
    -------
    int
        The exit status. What went wrong stands on stderr, in one sentence.
    """
    status, sentence = DONE, ""

    def say(text: str) -> bool:
        try:
            write(text)
        except BrokenPipeError:  # who reads has had enough; what is to be done is done all the same
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return False
        return True

    try:
        options = parser().parse_args(arguments)
        _read_settings()
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: _complain(str(message))
            options.run(options, say)
    except KeyboardInterrupt:
        status, sentence = STOPPED, "Stopped."
        if sys.stderr.isatty():  # behind a question, and a ^C
            sys.stderr.write("\n")
        with contextlib.suppress(KeyboardInterrupt):
            finish(_CLEAN_UP)
    except Exception as error:  # noqa: BLE001 - a person reads this, or a script's log
        status, sentence = _status(error), _sentence(error)
    if sentence:
        _complain(sentence)
    return status


def _complain(sentence: str) -> None:
    sys.stderr.write(f"{legible(sentence, 2000)}\n")


def _status(error: Exception) -> int:
    match error:
        case Ended():
            return error.status
        case CannotPrompt():
            return NOBODY
        case BadAddress():
            return WRONG_LINE
        case Refused() | KeysUnavailable() if getattr(error, "passing", False):
            return AWAY
        case Refused() if error.failure.kind == "unreachable":
            return AWAY
        case TimeoutError() | httpx.TransportError():
            return AWAY
    return FAILED


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The file could not be used'}: {error.strerror}."
    if isinstance(error, Ended | Refused | TiledJupyterError | ValueError):
        return str(error)
    return explain(error, "the server").sentence


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    statuses = f"Exit status: {', '.join(f'{status} {meaning}' for status, meaning in STATUSES.items())}."
    keys = _Parser(prog=PROGRAM, description="API keys for jobs and services.", epilog=statuses, allow_abbrev=False)
    actions = keys.add_subparsers(metavar="ACTION", required=True)
    at_a_server = _Parser(add_help=False)
    at_a_server.add_argument("--server", metavar="URI|PROFILE", help="which server; needed where there are several")
    at_a_server.add_argument("--with-key", metavar="FILE", help="act with the key in this file, and with no sign-in")
    at_a_server.add_argument("--json", action="store_true", help="for programs")

    def add(name: str, run: Callable[[Any, Say], None], words: str, *, server: bool = True) -> argparse.ArgumentParser:
        parents = [at_a_server] if server else []
        action = actions.add_parser(name, help=words, description=words, parents=parents, allow_abbrev=False)
        action.set_defaults(run=run)
        return action

    create = add("create", _create, "make a key that may read, for a week, and save it to a file")
    create.add_argument("--expires-in", metavar="7d", help="a number and a unit, y d h m or s; or never")
    create.add_argument("--runs-for", metavar="48h", help="how long the job runs; the key then works long enough")
    create.add_argument("--may-wait", metavar="7d", help="with --runs-for: how long it may wait in a queue before")
    create.add_argument("--note", metavar="TEXT", help="what the key is for; by default computer and date")
    create.add_argument("--scopes", nargs="+", metavar="SCOPE", help="by default read:metadata read:data")
    create.add_argument(
        "--tags", nargs="+", metavar="TAG", help="read only what has these tags, if the server enforces it"
    )
    create.add_argument("--file", metavar="PATH", type=Path, help="by default a new file in your state directory")
    create.add_argument(
        "--show-secret",
        action="store_true",
        help="DANGEROUS: print the key itself, and save no file unless --file says so. A terminal, a log or a "
        "notebook that shows it keeps it. For a pipe into a store of secrets",
    )
    add("list", _list, "show the keys of the account")
    snippet = add("snippet", _snippet, "print the script of a job for a key that is in a file", server=False)
    snippet.add_argument("kind", metavar="KIND", choices=jobs.KINDS, help=", ".join(jobs.KINDS))
    _key_argument(snippet)
    snippet.add_argument("--runs-for", metavar="48h", help="how long the job runs, for its time limit")
    renewed = add("rotate", _rotate, "put a new key like the old one in its file, and revoke the old one")
    _key_argument(renewed)
    renewed.add_argument("--expires-in", metavar="7d", help="by default as long as the old one was made for")
    renewed.add_argument(
        "--keep-old",
        metavar="TIME",
        nargs="?",
        const=_UNTIL_ITS_END,
        help="leave the old key to what still uses it for so long, such as 1h, before it is revoked; without a time, "
        "leave it until it expires",
    )
    _key_argument(add("revoke", _revoke, "revoke a key, and delete its file"))
    return keys


def _key_argument(action: argparse.ArgumentParser) -> None:
    action.add_argument("key", metavar="FILE|FIRST_EIGHT", help="the key's file, or its first eight characters")


# -- what is done --------------------------------------------------------------------------------------


def _create(options: Any, say: Say) -> None:
    path: Path | None = options.file
    if path is not None and os.path.lexists(path.expanduser()) and not path.expanduser().is_dir():
        raise Ended(f"{path} is there already. To put a new key in it: {PROGRAM} rotate {path}")
    account = sign_in(options.server, options.with_key, {CREATE})
    keys = ApiKeys(account.context)
    wish = _usable(lambda: _wish(options))
    key = _usable(lambda: keys.create(**wish))
    with or_revoked(keys, key):
        if path is not None or not options.show_secret:
            key.save(path, beside_notebook=True)
        about = _about(key) | ({"secret": str(key.secret)} if options.show_secret else {})
        text = f"{key.saved_to}\nA key of {account.words} is in this file, for you alone. {_what_it_may(key)}"
        if not say(json.dumps(about) if options.json else about.get("secret", text)) and key.saved_to is None:
            raise Ended("Nobody has read the key, so it was revoked.")


def _wish(options: Any) -> dict[str, Any]:
    return {
        "expires_in": options.expires_in or USUAL,
        "note": options.note,
        "scopes": options.scopes or READ,
        "access_tags": options.tags,
        "runs_for": options.runs_for,
        "may_wait": options.may_wait,
    }


def _list(options: Any, say: Say) -> None:
    account = sign_in(options.server, options.with_key, set())
    keys = ApiKeys(account.context).list()
    if options.json:
        say(json.dumps([_listed(key) for key in keys], indent=2))
        return
    headings = ("key", "expires in", "last used", "scopes", "note", "file")
    rows = [headings, *(_row(key) for key in keys)] if len(keys) else []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    say(f"{keys.of_limit} keys of {account.words}")


def _snippet(options: Any, say: Say) -> None:
    file = named_file(options.key)
    note = None if file.made_as is None else str(file.made_as["note"])
    runs_for = None if options.runs_for is None else _usable(lambda: length_of(options.runs_for))
    text = jobs.snippet(options.kind, file.path, file.api_uri, note=note, expires=file.expires, runs_for=runs_for)
    say(text.removesuffix("\n"))


def _rotate(options: Any, say: Say) -> None:
    file = named_file(options.key)
    grace = options.keep_old
    if grace is not None and grace != _UNTIL_ITS_END:
        grace = timedelta(seconds=_usable(lambda: length_of(options.keep_old)))
    needed = {CREATE} if grace == _UNTIL_ITS_END else {CREATE, REVOKE}
    account = sign_in(options.server, options.with_key, needed, file)
    keys = ApiKeys(account.context)
    new = _usable(lambda: rotate(keys, file, options.expires_in))
    with _saying_of_the_old(file, new):
        end = _end_of_old(file, grace)
        if options.json:
            say(json.dumps({**_about(new), "old": {"first_eight": file.first_eight, "ends": _time(end)}}))
        else:
            say(f"{new.saved_to}\nA new key of {account.words} is in this file. {_what_it_may(new)}")
        if grace is not None and not options.json:
            say(f"The old key, {file.first_eight}, works {_until(end)}.")
        if grace != _UNTIL_ITS_END:
            _end_old(keys, file, end)
            if not options.json:
                say(f"The old key, {file.first_eight}, no longer works.")


def _end_of_old(file: KeyFile, grace: Any) -> datetime | None:
    """Return when the old key ends: by itself, or after the time that it is given."""
    if grace == _UNTIL_ITS_END:
        return file.expires
    end = _now() + (grace or timedelta())
    return end if file.expires is None else min(end, file.expires)


def _end_old(keys: ApiKeys, file: KeyFile, end: datetime | None) -> None:
    """Wait until the old key's time has come, and revoke it where it has not ended by itself."""
    wait = (end - _now()).total_seconds() if end is not None else 0.0
    if wait > 0:
        cells.pause(wait)
    if file.expired():
        return
    _revoke_unless_gone(keys, file.first_eight)


@contextlib.contextmanager
def _saying_of_the_old(file: KeyFile, new: NewApiKey) -> Iterator[None]:
    """Where the block is stopped, or fails, say that the old key works, and how to end it."""
    try:
        yield
    except KeyboardInterrupt:
        why, status = "Stopped.", STOPPED
    except KeysUnavailable as error:
        why, status = str(error), _status(error)
    else:
        return
    raise Ended(
        f"{why} {new.saved_to} has the new key, and the old one, {file.first_eight}, works {_until(file.expires)}. "
        f"To end it: {PROGRAM} revoke {file.first_eight} --server {file.api_uri}",
        status,
    )


def _revoke(options: Any, say: Say) -> None:
    first_eight, file = options.key, None
    if not FIRST_EIGHT.fullmatch(first_eight):
        file = named_file(first_eight)
        first_eight = file.first_eight
    account = sign_in(options.server, options.with_key, {REVOKE}, file)
    keys = ApiKeys(account.context)
    if file is None:
        keys.revoke(first_eight)
    elif not file.expired():
        _revoke_unless_gone(keys, first_eight)
    if file is not None:
        file.path.unlink(missing_ok=True)
    if options.json:
        say(json.dumps({"first_eight": first_eight, "server": str(account.context.api_uri)}))
    else:
        say(f"{first_eight} no longer works.{f' {file.path} was deleted.' if file is not None else ''}")


def _revoke_unless_gone(keys: ApiKeys, first_eight: str) -> None:
    """Revoke a key; one that the account no longer has is as good as revoked."""
    try:
        keys.revoke(first_eight)
    except KeysUnavailable:
        if not _is_gone(keys, first_eight):
            raise


def _is_gone(keys: ApiKeys, first_eight: str) -> bool:
    try:
        return all(key.first_eight != first_eight for key in keys.list())
    except KeysUnavailable:
        return False


def _usable(work: Callable[[], Any]) -> Any:
    """Do something with what the command line says; where that is no good, the line is wrong."""
    try:
        return work()
    except ValueError as error:
        if isinstance(error, TiledJupyterError | key_files.UnsafePlace):  # a setting, or a place
            raise
        sentence = str(error)
    raise Ended(sentence, WRONG_LINE)


# -- settings, and words -------------------------------------------------------------------------------


def _read_settings() -> None:
    """Take the settings of this site and this user, as their notebooks do."""
    try:
        startup.configured("default", Application.instance(log_level="ERROR"))
    except startup.CannotChange:  # a service may have no home
        startup.configured(None, Application.instance())


def _what_it_may(key: NewApiKey) -> str:
    end = "It never ends." if key.expires is None else f"It works until {_local(key.expires)}."
    return f"It may {', '.join(scope(name).words for name in key.scopes)}. {end}"


def _until(end: datetime | None) -> str:
    return "for ever" if end is None else f"until {_local(end)} ({in_words((end - _now()).total_seconds())})"


def _local(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d %H:%M}"


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _about(key: NewApiKey) -> dict[str, Any]:
    return {
        "first_eight": key.first_eight,
        "server": key.api_uri,
        "note": key.note,
        "scopes": list(key.scopes),
        "access_tags": key.get("access_tags"),
        "expires": _time(key.expires),
        "file": None if key.saved_to is None else str(key.saved_to),
    }


def _listed(key: ApiKey) -> dict[str, Any]:
    return {
        "first_eight": key.first_eight,
        "server": key.api_uri,
        "note": key.note,
        "scopes": list(key.scopes),
        "access_tags": None if key.access_tags is None else list(key.access_tags),
        "expires": _time(key.expires),
        "last_used": _time(key.last_used),
        "file": None if key.saved_to is None else str(key.saved_to),
    }


def _row(key: ApiKey) -> tuple[str, ...]:
    return (
        key.first_eight,
        key.expires_in(),
        "never" if key.last_used is None else f"{key.last_used:%Y-%m-%d}",
        " ".join(key.scopes),
        legible(key.note or "", 60),
        "" if key.saved_to is None else str(key.saved_to),
    )
