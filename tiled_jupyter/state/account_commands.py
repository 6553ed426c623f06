"""What the page may ask about the account that is signed in: the part of `wire` that concerns keys and sign-ins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class ShowKeys:
    """Read the keys of the account, now or again."""


@dataclass(frozen=True)
class ProposeExpiry:
    """Say how long a key has to work for a job that runs and may wait in a queue so long, as the person writes it."""

    runs_for: str
    may_wait: str


@dataclass(frozen=True)
class CreateKey:
    """Make an API key.

    `expires_in` is as in ``7d``, ``never``, or ``usual`` for what the job needs; `runs_for` and `may_wait` are empty
    where it is for no certain job. Without tags it is not limited to any.
    """

    note: str
    expires_in: str
    runs_for: str
    may_wait: str
    scopes: list[str]
    access_tags: list[str]


@dataclass(frozen=True)
class SaveKey:
    """Save the key that was just made to a file of this user's."""


@dataclass(frozen=True)
class UseKeyHere:
    """Use the key that was just made in this kernel; on wish also in the environment."""

    environment: bool


@dataclass(frozen=True)
class KeyCopied:
    """The key that was just made is on the clipboard."""


@dataclass(frozen=True)
class DismissKey:
    """Forget the secret of the key that was just made; it goes on to work."""


@dataclass(frozen=True)
class DeleteMadeKey:
    """Revoke the key that was just made."""


@dataclass(frozen=True)
class DeleteKeys:
    """Revoke keys of the account."""

    first_eights: list[str]


@dataclass(frozen=True)
class DeleteStaleFiles:
    """Delete the files of this server's keys that work no longer."""


@dataclass(frozen=True)
class ExplainAccess:
    """Say why something cannot be seen."""


@dataclass(frozen=True)
class ShowSignIns:
    """Read the sign-ins of the account, now or again."""


@dataclass(frozen=True)
class EndSignIn:
    """Revoke one sign-in, by its `session`; for the one that is shown this is signing out everywhere."""

    session: str


@dataclass(frozen=True)
class EndOtherSignIns:
    """Revoke every sign-in of the account but the one that is shown."""


AccountCommand: TypeAlias = (
    ShowKeys
    | ProposeExpiry
    | CreateKey
    | SaveKey
    | UseKeyHere
    | KeyCopied
    | DismissKey
    | DeleteMadeKey
    | DeleteKeys
    | DeleteStaleFiles
    | ExplainAccess
    | ShowSignIns
    | EndSignIn
    | EndOtherSignIns
)
