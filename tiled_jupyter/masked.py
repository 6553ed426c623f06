"""A text that does not show itself: not in a repr, and so in no traceback with locals, debugger or crash report.

It hides from who looks, not from who asks: in a header, a form, a file or a ``print`` it is whole. It keeps nobody
from copying it, and what is cut from it is an ordinary text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Masked(str):
    """A password, token, key or device code."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Say what it is, and how to see it."""
        return "<secret: print() shows it>"

    def __copy__(self) -> Masked:
        return self

    def __deepcopy__(self, _memo: object) -> Masked:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Travel as what it is a text of, so that nobody needs this class."""
        return str, (str(self),)


def masked(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Give a mapping whose texts do not show themselves."""
    return {name: Masked(value) if isinstance(value, str) else value for name, value in texts.items()}
