"""What this kernel knows for as long as it lives: one object, in which each module keeps a part of its own.

Tests make it anew, and so each of them is a kernel of its own.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

_Part = TypeVar("_Part")


class Memory:
    """Parts, each made when it is first wanted."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._parts: dict[tuple[type[Any], str], Any] = {}

    def part(self, kind: type[_Part], subject: str) -> _Part:
        """Return the one instance of a class that is about a subject; the class takes no arguments."""
        with self._lock:
            if (kind, subject) not in self._parts:
                self._parts[kind, subject] = kind()
            found: _Part = self._parts[kind, subject]
            return found


_kernel = Memory()


def of_kernel(kind: type[_Part], subject: str = "") -> _Part:
    """Return what this kernel knows of one subject.

    Parameters
    ----------
    kind : type
        A class made for it, or ``set[str]``, ``dict[str, float]`` and such.
    subject : str
        Tells sets and dictionaries apart.
    """
    return _kernel.part(kind, subject)
