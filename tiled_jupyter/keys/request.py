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
from ..state.account import Proposal, Scope

READ = ("read:metadata", "read:data")
INHERIT = "inherit"
_REVOKE = "revoke:apikeys"
_WORDS = {
    "read:metadata": "read metadata",
    "read:data": "read data",
    "write:metadata": "change metadata",
    "write:data": "change data",
    "create:node": "add entries",
    "delete:node": "delete entries",
    "delete:revision": "delete old versions of metadata",
    "register": "register files as entries",
    "metrics": "read the server's metrics",
    _REVOKE: "revoke itself, and your other keys",
    "create:apikeys": "make other keys, also ones that may do everything you may",
    "admin:apikeys": "make and revoke anybody's keys",
    "read:principals": "see all users and services",
    "write:principals": "change users and services",
    "read:webhooks": "see webhooks",
    "write:webhooks": "change webhooks",
    INHERIT: "everything I may do",
}
_HARMLESS = frozenset({*READ, "metrics", "read:principals", "read:webhooks"})


def offered(names: Iterable[str]) -> tuple[Scope, ...]:
    """Describe the scopes of a principal, the harmless ones first and `inherit`, which means all of them, last."""
    order = [name for name in _WORDS if name != INHERIT]
    known = sorted(set(names) - {INHERIT}, key=lambda name: (order.index(name) if name in order else len(order), name))
    described = [scope(name) for name in known]
    return (*sorted(described, key=lambda one: one.dangerous), scope(INHERIT)) if described else ()


def scope(name: str) -> Scope:
    """Describe one scope; an unknown one is taken for dangerous."""
    words = _WORDS.get(name, name)
    return Scope(name, words, _descriptions().get(name, words), name not in _HARMLESS)


def changes_something(name: str) -> bool:
    """Whether a key with this scope can do more than look, itself or through keys it makes."""
    return name not in _HARMLESS and name != _REVOKE


def _descriptions() -> dict[str, str]:
    try:
        from tiled.access_control.scopes import SCOPES
    except ImportError:  # an older Tiled
        return {}
    return {str(getattr(name, "value", name)): about["description"] for name, about in SCOPES.items()}


SECONDS = {"y": 31_536_000, "d": 86_400, "h": 3_600, "m": 60, "s": 1}  # as `tiled.utils.parse_time_string` has them
LONGEST_YEARS = 100
_NUMBER_AND_UNIT = re.compile(r"([0-9]+)([ydhms]?)")
# How long something takes is written more freely than an expiry, and never without a unit.
_LENGTH = re.compile(
    r"([0-9]+) *(?:(y)(?:ears?)?|(d)(?:ays?)?|(h)(?:ours?)?|(m)(?:in(?:ute)?s?)?|(s)(?:ec(?:ond)?s?)?)", re.IGNORECASE
)
_HOW = "Write a whole number and one unit (y, d, h, m or s), for example 7d or 36h."
_LENGTH_HOW = "Write how long as a whole number and a unit, for example 48 h or 7 d."


def parse_expiry(text: int | str, *, longest_days: int | None = None) -> int:
    """Read how long a key shall work.

    Parameters
    ----------
    text : int or str
        Whole seconds, or a whole number and one of the units ``y d h m s``, such as ``7d``.
    longest_days : int, optional
        What the settings allow at most (``max_key_days``).

    Returns
    -------
    int
        Seconds.

    Raises
    ------
    ValueError
        With a sentence that says what to write instead.
    """
    seconds = _seconds(text)
    if seconds <= 0:
        raise ValueError("A key that works for no time at all is of no use. Write for example 7d.")
    if longest_days is not None and seconds > longest_days * SECONDS["d"]:
        raise ValueError(f"Keys may work for {longest_days} days at most here. Write {longest_days}d or less.")
    if seconds > LONGEST_YEARS * SECONDS["y"]:
        raise ValueError(f"A key cannot work for more than {LONGEST_YEARS} years. Write for example 1y.")
    return seconds


def _seconds(text: object) -> int:
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    if not isinstance(text, str):
        raise ValueError(f"How long the key works is not a {type(text).__name__}. {_HOW}")  # noqa: TRY004 - one kind of error for the form
    text = text.strip()
    matched = _NUMBER_AND_UNIT.fullmatch(text)
    if matched is None:
        raise ValueError(_why(text))
    if len(matched[1].lstrip("0")) > 12:  # no reason to compute with it
        return (LONGEST_YEARS + 1) * SECONDS["y"]
    return int(matched[1]) * SECONDS[matched[2] or "s"]


def _why(text: str) -> str:
    if text.startswith("-"):
        return "A key cannot end before it begins. Write for example 7d."
    if re.fullmatch(r"[0-9]+ *mo(nths?)?", text, re.IGNORECASE):
        return "Months differ in length and m means minutes. Write days, for example 60d."
    if re.fullmatch(r"([0-9]+ *[ydhms] *){2,}", text, re.IGNORECASE):
        return "Only one unit can be given. Write for example 36h instead of 1d12h."
    return f"This does not say how long the key works. {_HOW}"


def length_of(text: int | str) -> int:
    """Read how long something takes, such as ``48 h``, ``2 days`` or whole seconds.

    Raises
    ------
    ValueError
        With a sentence, as in `parse_expiry`.
    """
    if not isinstance(text, str):
        return parse_expiry(text)
    matched = _LENGTH.fullmatch(text.strip())
    if matched is None:
        raise ValueError(_LENGTH_HOW)
    return parse_expiry(f"{matched[1]}{matched[matched.lastindex or 0].lower()}")


def needed_by(runs_for: int | str, may_wait: int | str | None = None) -> int:
    """Return the seconds that a job needs its key for, parameters as in `proposed_expiry`."""
    return length_of(runs_for) + (length_of(may_wait) if may_wait is not None else 0)


def proposed_expiry(runs_for: int | str, may_wait: int | str | None = None) -> str:
    """Propose how long the key of a job shall work.

    Parameters
    ----------
    runs_for : int or str
        How long the job runs, as in `length_of`.
    may_wait : int or str, optional
        How long it may wait in the queue before.

    Returns
    -------
    str
        Both and a tenth more, at least an hour, as `parse_expiry` reads it: whole hours up to two days, then
        whole days.
    """
    together = needed_by(runs_for, may_wait)
    with_margin = together + max(together // 10, SECONDS["h"])
    unit = "h" if with_margin <= 2 * SECONDS["d"] else "d"
    return f"{-(-with_margin // SECONDS[unit])}{unit}"


def in_words(seconds: float) -> str:
    """Return a duration with its two largest units, rounded down: a key works at least that long."""
    left = int(seconds)
    if left < SECONDS["m"]:
        return "less than a minute"
    names = {"y": "y", "d": "d", "h": "h", "m": "min"}
    largest = next(unit for unit in names if left >= SECONDS[unit])
    units = list(names)[list(names).index(largest) :][:2]
    words = []
    for unit in units:
        count, left = divmod(left, SECONDS[unit])
        if count:
            words.append(f"{count} {names[unit]}")
    return " ".join(words)


USUAL = "usual"
NEVER = "never"
_OUR_NOTE = re.compile(r"(.+), \d{4}-\d\d-\d\d, [0-9a-f]{4}")
_USUAL_DAYS = 7
LONGEST_NOTE = 255  # a longer one is accepted by Tiled's server, which then cannot list this account's keys any more


def default_note() -> str:
    """Return what a key is for: host, notebook, date, and something random that tells it from its siblings."""
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
    """Return how long a key works if nobody says otherwise: a week, or less where the settings want that."""
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
    return f"This job needs its key for {needed}" + (", waiting included" if may_wait is not None else "")


def checked(
    seconds: int | None, note: str, scopes: Iterable[str] | None, access_tags: Sequence[str] | None
) -> dict[str, Any]:
    """Return the body of a request for a key; parameters are those of `tiled_jupyter.keys.api_keys.ApiKeys.create`.

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
        raise ValueError("Name at least one tag, or leave the tags out.")
    if access_tags is not None and {INHERIT, "admin:apikeys"} & set(names):
        raise ValueError("A key that is limited to tags cannot do everything you may. Choose what it may do.")
    tags = None if access_tags is None else list(access_tags)
    return {"expires_in": seconds, "note": note, "scopes": names, "access_tags": tags}
