"""The line behind a magic, as people write it: with quotes around an argument, and a comment behind the last."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import parse_argstring

from ..address import unquoted


def arguments(magic: Callable[..., Any], line: str) -> Namespace:
    """Return the arguments of a magic, without the quotes that IPython leaves around them.

    Raises
    ------
    UsageError
        Where the line cannot be read.
    """
    try:
        args = vars(parse_argstring(magic, _without_comment(line)))
    except ValueError:
        args = None
    if args is None:
        raise UsageError("A quote in this line is not closed. Close it, and run the line again.")
    return Namespace(**{name: _unquoted(value) for name, value in args.items()})


def _unquoted(value: Any) -> Any:
    if isinstance(value, list):
        return [_unquoted(one) for one in value]
    return unquoted(value) if isinstance(value, str) else value


def _without_comment(line: str) -> str:
    quote, before = "", " "
    for at, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'" and before.isspace():  # as IPython reads them: don't opens none
            quote = letter
        elif letter == "#" and before.isspace():  # one within an address is a part of it
            return line[:at]
        before = letter
    return line
