"""How long a key works: read as people write it, proposed for a job, and said in words.

Tiled's client reads "2months" as two minutes and "1d12h" as one day, and its server takes a negative number
and makes a key that is dead at once. Here such a text gets a sentence instead. Knows no clock.
"""

from __future__ import annotations

import re

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
    """Say a duration with its two largest units, rounded down: a key works at least that long."""
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
