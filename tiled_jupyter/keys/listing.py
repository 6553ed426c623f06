"""What a server says of the API keys of an account, as a list for people. Asks nothing; holds no secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, overload

from ..session import key_files
from ..session.known_servers import Place
from ..settings import TiledJupyter
from ..state.account import Keys, ListedKey, MadeKey, Scope, Scripts, Snippet
from . import jobs
from .new_key import NewApiKey
from .request import default_note, in_words, place_in, scope, usual_expiry

LIMIT = 100  # of Tiled's server, for one account
_UNUSED = timedelta(days=30)


@dataclass(frozen=True)
class ApiKey:
    """A key in the list.

    Parameters
    ----------
    first_eight : str
        Its first eight characters, which name it.
    note : str or None
    scopes : tuple of str
        What it may do.
    access_tags : tuple of str or None
        What it is limited to. Only some servers enforce this.
    expires, last_used : datetime or None
        None for never.
    in_use : bool
        Whether the sign-in that read the list is this key.
    made : str or None
        Computer and notebook where it was made, where that is known.
    since : datetime or None
        When that was.
    api_uri : str
        The server it is for.
    saved_to : Path or None
        Its file in the default directory of this computer account, if there is one.
    """

    first_eight: str
    note: str | None
    scopes: tuple[str, ...]
    access_tags: tuple[str, ...] | None
    expires: datetime | None
    last_used: datetime | None
    in_use: bool = False
    made: str | None = None
    since: datetime | None = None
    api_uri: str = ""
    saved_to: Path | None = None

    def snippet(self, kind: jobs.Kind) -> str:
        """Write down how a job gets the key from its file; see `tiled_jupyter.keys.jobs.snippet`.

        Raises
        ------
        ValueError
            If there is no such kind, or no file that it could name.
        """
        if self.saved_to is None:
            raise ValueError(f"There is no file of key {self.first_eight} here. Make another key, and save it.")
        return jobs.snippet(kind, self.saved_to, self.api_uri, note=self.note, expires=self.expires)

    def expires_in(self, now: datetime | None = None) -> str:
        """Return how long it works, such as ``6 d 4 h``, ``never`` or ``expired``."""
        if self.expires is None:
            return "never"
        left = (self.expires - (now or _now())).total_seconds()
        return in_words(left) if left > 0 else "expired"

    def marks(self, now: datetime | None = None) -> tuple[str, ...]:
        """Return what deserves a look."""
        now = now or _now()
        marks = []
        if self.expires is None:
            marks.append("never expires")
        elif self.expires <= now:
            marks.append("expired")
        if self.last_used is not None and now - self.last_used > _UNUSED:
            marks.append("unused for 30 days")
        return tuple(marks)


@dataclass(frozen=True)
class KeyList(Sequence[ApiKey]):
    """The keys of an account, those first that expire first.

    Parameters
    ----------
    keys : tuple of ApiKey
    scopes : tuple of Scope
        What a new key may be given.
    unavailable : str or None
        Why no key can be made; None if one can.
    account : str or None
        Whose keys they are, by the id that the server gives it.
    """

    keys: tuple[ApiKey, ...] = ()
    scopes: tuple[Scope, ...] = ()
    unavailable: str | None = None
    account: str | None = None

    @property
    def of_limit(self) -> str:
        """How many there are, such as ``97 of 100``."""
        return f"{len(self.keys)} of {LIMIT}"

    @property
    def full(self) -> bool:
        """Whether there can be no more."""
        return len(self.keys) >= LIMIT

    @overload
    def __getitem__(self, index: int) -> ApiKey: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[ApiKey, ...]: ...

    def __getitem__(self, index: int | slice) -> ApiKey | tuple[ApiKey, ...]:
        return self.keys[index]

    def __len__(self) -> int:
        return len(self.keys)


def read_keys(
    answers: Iterable[Mapping[str, Any]],
    in_use: str = "",
    places: Mapping[str, Place] | None = None,
    *,
    api_uri: str = "",
    files: Mapping[str, Path] | None = None,
) -> tuple[ApiKey, ...]:
    """Read the ``api_keys`` of a principal (``whoami``).

    Parameters
    ----------
    answers : iterable of dict
    in_use : str
        First eight characters of the key that asked, if it was one.
    places : mapping, optional
        Where keys were made, by their first eight characters.
    api_uri : str
        Of the server.
    files : mapping, optional
        Where keys are saved, by their first eight characters.
    """
    places, files = places or {}, files or {}
    keys = [
        ApiKey(
            str(answer["first_eight"]),
            None if answer.get("note") is None else str(answer["note"]),
            tuple(map(str, answer.get("scopes") or ())),
            None if answer.get("access_tags") is None else tuple(map(str, answer["access_tags"])),
            time_of(answer.get("expiration_time")),
            time_of(answer.get("latest_activity")),
            answer["first_eight"] == in_use,
            *_made(answer, places.get(answer["first_eight"])),
            api_uri,
            files.get(answer["first_eight"]),
        )
        for answer in answers
    ]
    return tuple(sorted(keys, key=lambda key: (key.expires is None, key.expires or _now(), key.first_eight)))


def _made(answer: Mapping[str, Any], place: Place | None) -> tuple[str | None, datetime | None]:
    if place is None:
        return place_in(answer.get("note")), None
    return place.where, datetime.fromtimestamp(place.since, timezone.utc)


def time_of(answer: datetime | str | None) -> datetime | None:
    """Read a time of Tiled's: UTC, which its JSON does not say and its msgpack does."""
    if answer is None:
        return None
    time = datetime.fromisoformat(answer.replace("Z", "+00:00")) if isinstance(answer, str) else answer
    return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def shown(keys: KeyList, api_uri: str, settings: TiledJupyter, newest: str | None = None) -> Keys:
    """Return the list, with the `newest` on top, and what the form for a new key begins with."""
    rows = [
        ListedKey(
            key.first_eight,
            key.note,
            tuple(scope(name).words for name in key.scopes),
            key.access_tags,
            _seconds(key.expires),
            _seconds(key.last_used),
            ("new", *key.marks()) if key.first_eight == newest else key.marks(),
            key.in_use,
            key.made,
            _seconds(key.since),
            str(key.saved_to) if key.saved_to is not None and "expired" not in key.marks() else None,
        )
        for key in keys
    ]
    return Keys(
        tuple(sorted(rows, key=lambda row: row.first_eight != newest)),
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
    """Return the key that was just made, without its secret."""
    return MadeKey(key.first_eight, key.note, _seconds(key.expires))


def scripts(key: NewApiKey | ApiKey) -> Scripts:
    """Return a script for each kind of job, for a key that has a file."""
    snippets = [Snippet(kind, jobs.NAMES[kind], key.snippet(kind), jobs.FILES[kind]) for kind in jobs.KINDS]
    return Scripts(key.first_eight, key.note, str(key.saved_to), tuple(snippets))


def _seconds(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
