"""What is asked for when a key is made: the note it gets, and what is refused before any request."""

from __future__ import annotations

import os
import re
import secrets
import socket
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ..settings import settings
from ..state.account import Proposal
from .expiry import SECONDS, in_words, needed_by, parse_expiry, proposed_expiry
from .scopes import INHERIT, changes_something

USUAL = "usual"
NEVER = "never"
_OUR_NOTE = re.compile(r"(.+), \d{4}-\d\d-\d\d, [0-9a-f]{4}")
_USUAL_DAYS = 7
LONGEST_NOTE = 255  # a longer one is accepted by Tiled's server, which then cannot list this account's keys any more


def default_note() -> str:
    """Say what a key is for: host, notebook, date, and something random that tells it from its siblings."""
    notebook = Path(os.environ.get("JPY_SESSION_NAME", "")).stem
    words = [socket.gethostname(), notebook, date.today().isoformat()]
    suffix = secrets.token_hex(2)
    note = ", ".join("".join(filter(str.isprintable, word)) for word in words if word)
    return f"{note[: LONGEST_NOTE - len(suffix) - 2]}, {suffix}"


def place_in(note: str | None) -> str | None:
    """Read where a key was made from a note that `default_note` has written; None where it is another's."""
    matched = _OUR_NOTE.fullmatch(note or "")
    return matched[1] if matched is not None else None


def usual_expiry() -> str:
    """Say how long a key works if nobody says otherwise: a week, or less where the settings want that."""
    longest = settings().max_key_days
    return f"{_USUAL_DAYS if longest is None else min(_USUAL_DAYS, longest)}d"


def proposal(runs_for: str, may_wait: str) -> Proposal:
    """Answer the form, where a person writes how long a job runs and waits."""
    try:
        job = runs_for.strip() or may_wait.strip()
        expires_in, sentence = _for_job(runs_for, may_wait if may_wait.strip() else None) if job else "", None
    except ValueError as error:
        expires_in, sentence = "", str(error)
    return Proposal(runs_for, may_wait, expires_in, sentence)


def expiry_of(expires_in: int | str | None, runs_for: int | str | None, may_wait: int | str | None) -> int | None:
    """Read how long a key shall work, in seconds; parameters are those of `tiled_jupyter.keys.api_keys.ApiKeys.create`.

    Raises
    ------
    ValueError
        With a sentence, where that is not said, the settings do not allow it, or the job cannot fit.
    """
    is_for_job = runs_for is not None or may_wait is not None
    job = ("" if runs_for is None else runs_for, may_wait)
    needed = _for_job(*job) if is_for_job else usual_expiry()
    chosen = needed if expires_in == USUAL else expires_in
    longest = settings().max_key_days
    if chosen not in (None, NEVER):
        seconds = parse_expiry(chosen, longest_days=longest)
        if is_for_job and seconds <= needed_by(*job):
            raise ValueError(
                f"{_needs(*job)}, and this key would work for {in_words(seconds)}. Let it work for {needed}."
            )
        return seconds
    if longest is not None:
        raise ValueError(f"Keys must expire here. They may work for {longest} days at most.")
    return None


def _for_job(runs_for: int | str, may_wait: int | str | None) -> str:
    """Return how long the key of a job shall work; refuse a job that no key allowed here outlasts."""
    proposed, longest = proposed_expiry(runs_for, may_wait), settings().max_key_days
    if longest is None or parse_expiry(proposed) <= longest * SECONDS["d"]:
        return proposed
    if needed_by(runs_for, may_wait) < longest * SECONDS["d"]:  # with less to spare
        return f"{longest}d"
    raise ValueError(
        f"{_needs(runs_for, may_wait)}, and keys may work for {longest} days at most here. Split the job in parts."
    )


def _needs(runs_for: int | str, may_wait: int | str | None) -> str:
    needed = in_words(needed_by(runs_for, may_wait))
    return f"This job needs its key for {needed}" + (", its wait included" if may_wait is not None else "")


def checked(
    seconds: int | None, note: str, scopes: Iterable[str] | None, access_tags: Sequence[str] | None
) -> dict[str, Any]:
    """Give the body of a request for a key; parameters are those of `tiled_jupyter.keys.api_keys.ApiKeys.create`.

    Raises
    ------
    ValueError
        With a sentence, if this would make no key, or one that the settings or the server do not allow.
    """
    if len(note) > LONGEST_NOTE:
        raise ValueError(f"A note has at most {LONGEST_NOTE} characters.")
    if isinstance(scopes, str) or isinstance(access_tags, str):
        raise ValueError("Scopes and tags are lists of names.")  # noqa: TRY004 - one kind of error for the form
    names = [INHERIT] if scopes is None else [str(getattr(name, "value", name)) for name in scopes]
    if not names:
        raise ValueError("Choose at least one thing that the key may do.")
    if not settings().allow_write_keys and any(map(changes_something, names)):
        raise ValueError("Keys that may change something are not made here. Choose what only reads.")
    if access_tags is not None and not access_tags:
        raise ValueError("Name at least one tag, or none by leaving them out.")
    if access_tags is not None and {INHERIT, "admin:apikeys"} & set(names):
        raise ValueError("A key that is limited to tags cannot do everything you may. Choose what it may do.")
    tags = None if access_tags is None else list(access_tags)
    return {"expires_in": seconds, "note": note, "scopes": names, "access_tags": tags}
