"""Secrets, looked for wherever they could have landed and however they could be disguised.

leaks({"the notebook": data, "the log": text}, {"the password": secret})  -> ["the password, as base64, in the log"]
looks(thing)    what formatters, pickles, debuggers and crash reports show of an object
traces(error)   what tracebacks show of an error, locals included; frames(error): of the package's frames alone
files_below(directory)  what lies on disk, a history database in plain text too

Nothing here knows the product, but for the name of its package. What is found is named and never quoted.
"""

from __future__ import annotations

import base64
import html
import json
import pickle
import re
import sqlite3
import traceback
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

PACKAGE = "tiled_jupyter"
_SHORTEST = 12  # shorter ones are found where they are not
_TOO_LARGE = 50_000_000


# -- the search ----------------------------------------------------------------------------------------


def disguises(secret: str) -> dict[str, bytes]:
    """Return the forms in which a secret could be hidden, each once."""
    if len(secret) < _SHORTEST:
        raise ValueError("This is too short to be looked for.")
    secret = str(secret)  # of a text that hides itself, too
    raw = secret.encode()
    json_text = json.dumps(secret)[1:-1]
    forms = {
        "plain": raw,
        "a distinctive part": secret[len(secret) // 4 : len(secret) // 2 + 4].encode(),
        "JSON": json_text.encode(),
        "JSON within JSON": json.dumps(json_text)[1:-1].encode(),
        "Python repr": repr(secret)[1:-1].encode(),
        "bytes repr": repr(raw)[2:-1].encode(),
        "HTML": html.escape(secret).encode(),
        "URL": quote(secret, safe="").encode(),
        "form": quote(secret, safe="").replace("%20", "+").encode(),
        "UTF-16": secret.encode("utf-16-le"),
        "UTF-16, the other way round": secret.encode("utf-16-be"),
        "hexadecimal": raw.hex().encode(),
        "HEXADECIMAL": raw.hex().upper().encode(),
        "list of numbers": ", ".join(map(str, raw)).encode(),
        "compact list of numbers": ",".join(map(str, raw)).encode(),
    }
    for shift in range(3):  # within something longer it may begin at any bit
        encoded = base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4]
        forms[f"base64, shifted by {shift}"] = encoded
        forms[f"base64 in a URL, shifted by {shift}"] = quote(encoded, safe="").encode()
        forms[f"base64url, shifted by {shift}"] = encoded.translate(bytes.maketrans(b"+/", b"-_"))
    return {form: needle for needle, form in {needle: form for form, needle in reversed(forms.items())}.items()}


def leaks(places: Mapping[str, bytes | str], secrets: Mapping[str, str]) -> list[str]:
    """Name the secrets that are somewhere, with place and form; quotes none of them."""
    searched = {place: data.encode() if isinstance(data, str) else data for place, data in places.items()}
    return [
        f"{name}, as {form}, in {place}"
        for name, secret in secrets.items()
        for form, needle in disguises(secret).items()
        for place, data in searched.items()
        if needle in data
    ]


# -- what lies on disk ---------------------------------------------------------------------------------


def files_below(directory: Path) -> dict[str, bytes]:
    """Read all files below a directory, by their path in it."""
    found: dict[str, bytes] = {}
    for file in directory.rglob("*"):
        with suppress(FileNotFoundError):  # a socket, or removed meanwhile
            if not file.is_file():
                continue
            name = str(file.relative_to(directory))
            if file.stat().st_size > _TOO_LARGE:
                raise AssertionError(f"{name} is too large to be searched.")
            found[name] = file.read_bytes()
            if file.suffix == ".sqlite":  # which scatters long texts over its pages
                with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
                    found[f"{name}, as text"] = "\n".join(database.iterdump()).encode()
    return found


# -- what objects show ---------------------------------------------------------------------------------


def looks(thing: Any) -> dict[str, bytes | str]:
    """Return what is shown of an object, by who shows it; a pickle that is refused shows the refusal."""
    from IPython.core.formatters import DisplayFormatter
    from rich.pretty import pretty_repr

    formatter = DisplayFormatter()
    formatter.active_types = list(formatter.formatters)
    return {
        "repr": repr(thing),
        "str": f"{thing!s} {thing}",
        "IPython": str(formatter.format(thing)),
        "rich": pretty_repr(thing, expand_all=True),
        "crash report": "\n".join(_insides(thing, set())),
        **_pickles(thing),
    }


def _pickles(thing: Any) -> dict[str, bytes]:
    import cloudpickle  # which Dask uses

    found = {}
    for name, dumps in (("pickle", pickle.dumps), ("cloudpickle", cloudpickle.dumps)):
        try:
            found[name] = dumps(thing)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is shown
            found[name] = b"".join(str(text).encode() for text in traces(error).values())
    return found


def _insides(thing: Any, seen: set[int]) -> Iterator[str]:
    """Show attributes, and those of what they hold, as far as it is of the package or a container."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    yield f"{type(thing).__name__}: {thing!r}"
    yield from _all_insides(_held_by(thing), seen)


def _all_insides(things: Iterator[Any], seen: set[int]) -> Iterator[str]:
    for thing in things:
        yield from _insides(thing, seen)


def _held_by(thing: Any) -> Iterator[Any]:
    if isinstance(thing, Mapping):
        yield from list(thing.items())
    elif isinstance(thing, (list, tuple, set, frozenset)):
        yield from list(thing)
    if isinstance(thing, BaseException):
        yield from (thing.args, thing.__cause__, thing.__context__)
    if any(kind.__module__.startswith(PACKAGE) for kind in type(thing).__mro__):
        yield from list(getattr(thing, "__dict__", {}).items())
        slots = [slot for kind in type(thing).__mro__ for slot in getattr(kind, "__slots__", ())]
        yield from [(slot, getattr(thing, slot)) for slot in slots if hasattr(thing, slot)]


# -- what tracebacks show ------------------------------------------------------------------------------


def traces(error: BaseException) -> dict[str, str]:
    """Return what is shown of an error, by who shows it: with locals, of every frame and of every cause."""
    from IPython.core.ultratb import VerboseTB
    from rich.traceback import Traceback

    verbose = "\n".join(VerboseTB(include_vars=True, tb_offset=0).structured_traceback(*_parts(error)))
    # What rich shows of locals, without the seconds it takes to colour the sources.
    rich = Traceback.extract(*_parts(error), show_locals=True, locals_max_length=None, locals_max_string=None)
    shown = [
        f"{name}: {node}"
        for stack in rich.stacks
        for frame in stack.frames
        for name, node in (frame.locals or {}).items()
    ]
    return {
        "traceback": "".join(traceback.format_exception(error)),
        "%xmode Verbose": re.sub(r"\x1b\[[\d;]*m", "", verbose),
        "rich with locals": "\n".join([*(f"{stack.exc_type}: {stack.exc_value}" for stack in rich.stacks), *shown]),
        "frames": frames(error),
        "the error itself": "\n".join(_insides(error, set())),
    }


def _parts(error: BaseException) -> tuple[Any, Any, Any]:
    return type(error), error, error.__traceback__


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - as a debugger does
        return f"<{type(error).__name__}>"


def frames(error: BaseException | None) -> str:
    """Show the locals of the package's frames, of an error and of those behind it, also of those not printed."""
    shown = []
    while error is not None:
        step = error.__traceback__
        while step is not None:
            if step.tb_frame.f_globals.get("__name__", "").startswith(f"{PACKAGE}."):
                shown += [f"{name}: {_shown(value)}" for name, value in step.tb_frame.f_locals.items()]
            step = step.tb_next
        error = error.__cause__ or error.__context__
    return "\n".join(shown)
