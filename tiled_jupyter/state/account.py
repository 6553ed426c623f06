"""What a panel knows of the account that is signed in: its keys, its sign-ins, and the key that was just made.

Plain data for the page, as in `states`; no secret can be said in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Scope:
    """Something a key may do.

    Parameters
    ----------
    name : str
        In Tiled, for example ``read:data``.
    words : str
        For people.
    description : str
        Tiled's own; the words, for a scope that this Tiled does not know.
    dangerous : bool
        Whether who finds the key can break something with it.
    """

    name: str
    words: str
    description: str
    dangerous: bool


@dataclass(frozen=True)
class ListedKey:
    """A row of the list of keys.

    Parameters
    ----------
    first_eight : str
        Names it.
    note : str or None
    may : tuple of str
        What it may do, in words.
    access_tags : tuple of str or None
        What it is limited to, where the server enforces that.
    expires, last_used : float or None
        In seconds since the epoch; None for never.
    marks : tuple of str
        What deserves a look: ``never expires``, ``expired``, ``unused for 30 days``.
    in_use : bool
        Whether this notebook is signed in with it.
    made : str or None
        Computer and notebook where it was made, where that is known.
    since : float or None
        When that was, in seconds since the epoch.
    file : str or None
        Path of its file on this computer, if it has one and works.
    """

    first_eight: str
    note: str | None
    may: tuple[str, ...]
    access_tags: tuple[str, ...] | None
    expires: float | None
    last_used: float | None
    marks: tuple[str, ...]
    in_use: bool
    made: str | None
    since: float | None
    file: str | None


@dataclass(frozen=True)
class Keys:
    """The keys of the account, the one made last and then those that expire first, and what a new one may be.

    Parameters
    ----------
    rows : tuple of ListedKey
    of_limit : str
        Such as ``97 of 100``.
    full : bool
        Whether there can be no more.
    scopes : tuple of Scope
        To be offered, the harmless ones first and ``inherit`` last.
    unavailable : str or None
        Why none can be made; None if one can.
    note, expires_in : str
        What the form begins with.
    max_days : int or None
        How long a key may work at most; then it must expire.
    allow_copy : bool
        Whether a new key may be copied to the clipboard.
    stale_files : tuple of str
        Paths of files on this computer whose keys work no longer.
    """

    rows: tuple[ListedKey, ...]
    of_limit: str
    full: bool
    scopes: tuple[Scope, ...]
    unavailable: str | None
    note: str
    expires_in: str
    max_days: int | None
    allow_copy: bool
    stale_files: tuple[str, ...]


@dataclass(frozen=True)
class Snippet:
    """How one kind of job gets its key: a text that names the key's file and holds no key.

    Parameters
    ----------
    kind, name : str
        Such as ``slurm``, and what people call it.
    text : str
    save_as : str or None
        Name of the file that the text is saved to; None for what belongs in a cell.
    """

    kind: str
    name: str
    text: str
    save_as: str | None


@dataclass(frozen=True)
class SavedScript:
    """What came of saving a script: it lies at `path`, or, where `exists`, something else did before."""

    kind: str
    path: str
    exists: bool = False


@dataclass(frozen=True)
class Scripts:
    """The scripts for a key that has a file.

    Parameters
    ----------
    first_eight : str
    note : str or None
    file : str
        Path of the key's file.
    snippets : tuple of Snippet
    saved : SavedScript or None
        The one that was saved last.
    """

    first_eight: str
    note: str | None
    file: str
    snippets: tuple[Snippet, ...]
    saved: SavedScript | None = None


@dataclass(frozen=True)
class MadeKey:
    """The key that was just made, whose secret the kernel holds until it is dismissed.

    Parameters
    ----------
    first_eight : str
    note : str or None
    expires : float or None
        In seconds since the epoch; None for never.
    saved_to : str or None
        Path of its file.
    copied : bool
        Whether the page has put it on the clipboard.
    in_use : str or None
        Who receives it, once it is used in this kernel.
    """

    first_eight: str
    note: str | None
    expires: float | None
    saved_to: str | None = None
    copied: bool = False
    in_use: str | None = None


@dataclass(frozen=True)
class Proposal:
    """How long a key has to work for a job, in answer to what the person wrote.

    Parameters
    ----------
    runs_for, may_wait : str
        What they wrote.
    expires_in : str
        Such as ``10d``; empty where nothing can be proposed.
    sentence : str or None
        Why that is so, or why it is shorter than it should be.
    """

    runs_for: str
    may_wait: str
    expires_in: str
    sentence: str | None


@dataclass(frozen=True)
class KeyInCell:
    """An API key of the person's own that is written in a cell. No state of a login: it has a panel of its own.

    Parameters
    ----------
    first_eight, host : str
    note : str or None
    busy : bool
        Whether it is being revoked.
    revoked : str or None
        Says so, once it is.
    refusal : str or None
        Why it could not be.
    """

    first_eight: str
    host: str
    note: str | None
    busy: bool = False
    revoked: str | None = None
    refusal: str | None = None
    kind: Literal["key_in_cell"] = "key_in_cell"


@dataclass(frozen=True)
class ListedSignIn:
    """A row of the list of sign-ins.

    Parameters
    ----------
    id : str
        Of the session, at the server.
    expires : float or None
        In seconds since the epoch.
    this : bool
        Whether it is the one that this panel shows.
    where : str
        Computer and notebook, or ``somewhere else``.
    since : float or None
        When it began, where that is known.
    """

    id: str
    expires: float | None
    this: bool
    where: str
    since: float | None


@dataclass(frozen=True)
class Account:
    """What the person has asked to see, and how the last thing they did there ended.

    Parameters
    ----------
    keys : Keys or None
    sign_ins : tuple of ListedSignIn or None
        None until asked for. Empty where the server lists none.
    made : MadeKey or None
    scripts : Scripts or None
        Of the key that was made, or of the one whose scripts were asked for.
    proposal : Proposal or None
        The last one.
    busy : bool
        Whether something asked for here is under way.
    keys_failure, sign_ins_failure : str or None
        Why the last of it did not work.
    access : str or None
        Why something cannot be seen, one sentence a line.
    """

    keys: Keys | None = None
    sign_ins: tuple[ListedSignIn, ...] | None = None
    made: MadeKey | None = None
    scripts: Scripts | None = None
    proposal: Proposal | None = None
    busy: bool = False
    keys_failure: str | None = None
    sign_ins_failure: str | None = None
    access: str | None = None


class Plain(Enum):
    """Commands that are no more than their name."""

    SHOW_KEYS = "show_keys"
    """Read the keys of the account, now or again."""

    SAVE_KEY = "save_key"
    """Save the key that was just made to a file of this user's."""

    KEY_COPIED = "key_copied"
    """The key that was just made is on the clipboard."""

    DISMISS_KEY = "dismiss_key"
    """Forget the secret of the key that was just made, which goes on to work, and put its scripts away."""

    DELETE_MADE_KEY = "delete_made_key"
    """Revoke the key that was just made."""

    DELETE_STALE_FILES = "delete_stale_files"
    """Delete the files of this server's keys that work no longer."""

    EXPLAIN_ACCESS = "explain_access"
    """Ask why something cannot be seen."""

    SHOW_SIGN_INS = "show_sign_ins"
    """Read the sign-ins of the account, now or again."""

    END_OTHER_SIGN_INS = "end_other_sign_ins"
    """Revoke every sign-in of the account but the one that is shown."""


@dataclass(frozen=True)
class ProposeExpiry:
    """Propose how long a key has to work for a job that runs so long and may wait in a queue so long."""

    runs_for: str
    may_wait: str


@dataclass(frozen=True)
class CreateKey:
    """Make an API key.

    `expires_in` is as in ``7d``, ``never``, or ``usual`` for what the job needs; `runs_for` and `may_wait` are empty
    where it is for no certain job. Without tags it is not limited to any. `keep_in` is what becomes of it at once: it
    is saved to a ``file``, used in this ``kernel``, or held for the page, which copies it.
    """

    note: str
    expires_in: str
    runs_for: str
    may_wait: str
    scopes: list[str]
    access_tags: list[str]
    keep_in: str


@dataclass(frozen=True)
class ShowScripts:
    """Show the scripts for a key that has a file."""

    first_eight: str


@dataclass(frozen=True)
class SaveScript:
    """Save the script of one kind, of those that are shown; what has its name is replaced only on wish."""

    kind: str
    replace: bool


@dataclass(frozen=True)
class UseKeyHere:
    """Use the key that was just made in this kernel; on wish also in the environment."""

    environment: bool


@dataclass(frozen=True)
class DeleteKeys:
    """Revoke keys of the account."""

    first_eights: list[str]


@dataclass(frozen=True)
class EndSignIn:
    """Revoke one sign-in, by its `session`; for the one that is shown this is signing out everywhere."""

    session: str


WithMore: TypeAlias = ProposeExpiry | CreateKey | ShowScripts | SaveScript | UseKeyHere | DeleteKeys | EndSignIn
Command: TypeAlias = Plain | WithMore

#: What the page says of the account, by the name that it has on the wire.
COMMANDS: dict[str, Plain | type[WithMore]] = {
    "propose_expiry": ProposeExpiry,
    "create_key": CreateKey,
    "show_scripts": ShowScripts,
    "save_script": SaveScript,
    "use_key_here": UseKeyHere,
    "delete_keys": DeleteKeys,
    "end_sign_in": EndSignIn,
    **{command.value: command for command in Plain},
}
