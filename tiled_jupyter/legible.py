"""Make a text that somebody else wrote fit to be read: in one line, of bearable length, and in the order it is in.

It stays text: that it is no markup is the affair of who shows it.
"""

from __future__ import annotations

LONGEST_NAME = 100


def legible(text: str, longest: int = 1000) -> str:
    """Give a text less what is not to be seen in it.

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
