"""Keys as the page shows them. Asks no server, and holds no secret."""

from __future__ import annotations

from datetime import datetime

from ..session import key_files
from ..settings import TiledJupyter
from ..state.account import Keys, ListedKey, MadeKey, Snippet
from . import jobs
from .listing import KeyList
from .new_key import NewApiKey
from .request import default_note, usual_expiry
from .scopes import scope


def shown(keys: KeyList, api_uri: str, settings: TiledJupyter) -> Keys:
    """Give the list, and what the form for a new key begins with."""
    rows = tuple(
        ListedKey(
            key.first_eight,
            key.note,
            tuple(scope(name).words for name in key.scopes),
            key.access_tags,
            _seconds(key.expires),
            _seconds(key.last_used),
            key.marks(),
            key.in_use,
            key.made,
            _seconds(key.since),
        )
        for key in keys
    )
    return Keys(
        rows,
        keys.of_limit,
        keys.full,
        keys.scopes,
        keys.unavailable,
        default_note(),
        usual_expiry(),
        settings.max_key_days,
        settings.allow_copy_key,
        tuple(map(str, key_files.expired(api_uri))),
    )


def made(key: NewApiKey) -> MadeKey:
    """Give the key that was just made, without its secret."""
    return MadeKey(key.first_eight, key.note, _seconds(key.expires))


def snippets(key: NewApiKey) -> tuple[Snippet, ...]:
    """Give what to write in a job's script, for a key that was saved."""
    return tuple(Snippet(jobs.NAMES[kind], key.snippet(kind)) for kind in jobs.KINDS)


def _seconds(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
