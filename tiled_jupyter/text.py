"""Texts that need care: what somebody else wrote and a person is to read, and what must not show itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST_NAME = 100


def legible(text: str, longest: int = 1000) -> str:
    """Return a text of somebody else, fit to be read: in one line, of bearable length, in the order it is in.

    It stays text: that it is no markup is the affair of who shows it.

    Parameters
    ----------
    text : str
        Of a server, say.
    longest : int
        How much of it to keep.

    Returns
    -------
    str
        Every kind of space is a space; what cannot be printed is shown as �: half characters, control characters,
        and those that turn the direction of what follows, by which one name is made to look like another.
    """
    kept = "".join(_one(character) for character in text[: longest + 1])
    return kept if len(kept) <= longest else f"{kept[: longest - 1]}…"


def _one(character: str) -> str:
    return character if character.isprintable() else " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


class Masked(str):
    """A password, token, key or device code: not shown in a repr, and so in no traceback with locals or crash report.

    It hides from who looks, not from who asks: in a header, a form, a file or a ``print`` it is whole. What is cut from
    it is an ordinary text.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Return what it is, and how to see it."""
        return "<secret: print() shows it>"

    def __copy__(self) -> Masked:
        return self

    def __deepcopy__(self, _memo: object) -> Masked:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Travel as what it is a text of, so that nobody needs this class."""
        return str, (str(self),)


def masked(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping whose texts do not show themselves."""
    return {name: Masked(value) if isinstance(value, str) else value for name, value in texts.items()}
