"""What is asked for when a key is made: the note it gets, and what is refused before any request."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from .expiry import parse_expiry
from .scopes import INHERIT, changes_something
from .settings import settings

_USUAL_DAYS = 7
LONGEST_NOTE = 255  # a longer one is accepted by Tiled's server, which then cannot list this account's keys any more


def default_note() -> str:
    """Say what a key is for: host, notebook, date, and something random that tells it from its siblings."""
    notebook = Path(os.environ.get("JPY_SESSION_NAME", "")).stem
    words = [socket.gethostname(), notebook, date.today().isoformat()]
    suffix = secrets.token_hex(2)
    note = ", ".join("".join(filter(str.isprintable, word)) for word in words if word)
    return f"{note[: LONGEST_NOTE - len(suffix) - 2]}, {suffix}"


def usual_expiry() -> str:
    """Say how long a key works if nobody says otherwise: a week, or less where the settings want that."""
    longest = settings().max_key_days
    return f"{_USUAL_DAYS if longest is None else min(_USUAL_DAYS, longest)}d"


def checked(
    expires_in: int | str | None, note: str, scopes: Iterable[str] | None, access_tags: Sequence[str] | None
) -> dict[str, Any]:
    """Give the body of a request for a key; parameters are those of `tiled_jupyter.api_keys.ApiKeys.create`.

    Raises
    ------
    ValueError
        With a sentence, if this would make no key, or one that the settings or the server do not allow.
    """
    chosen = settings()
    if expires_in is None and chosen.max_key_days is not None:
        raise ValueError(f"Keys must expire here. They may work for {chosen.max_key_days} days at most.")
    if len(note) > LONGEST_NOTE:
        raise ValueError(f"A note has at most {LONGEST_NOTE} characters.")
    if isinstance(scopes, str) or isinstance(access_tags, str):
        raise ValueError("Scopes and tags are lists of names.")  # noqa: TRY004 - one kind of error for the form
    names = [INHERIT] if scopes is None else [str(getattr(name, "value", name)) for name in scopes]
    if not names:
        raise ValueError("Choose at least one thing that the key may do.")
    if not chosen.allow_write_keys and any(map(changes_something, names)):
        raise ValueError("Keys that may change something are not made here. Choose what only reads.")
    if access_tags is not None and not access_tags:
        raise ValueError("Name at least one tag, or none by leaving them out.")
    if access_tags is not None and {INHERIT, "admin:apikeys"} & set(names):
        raise ValueError("A key that is limited to tags cannot do everything you may. Choose what it may do.")
    seconds = None if expires_in is None else parse_expiry(expires_in, longest_days=chosen.max_key_days)
    tags = None if access_tags is None else list(access_tags)
    return {"expires_in": seconds, "note": note, "scopes": names, "access_tags": tags}
