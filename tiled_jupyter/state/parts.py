"""What states are made of and a Context needs too; a batch job imports these, and no state.

Nothing here does input or output, or holds a secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

FailureKind: TypeAlias = Literal[
    "bad_address",
    "unreachable",
    "not_a_server",
    "credentials",
    "not_sent",
    "server",
    "deadline",
    "cancelled",
    "denied",
    "expired",
    "identity",
]

_SHORT = 12  # characters of an id that stands behind a name


@dataclass(frozen=True)
class Failure:
    """Why the last attempt ended, in one sentence that says what to do.

    Parameters
    ----------
    kind : str
        What programs may decide by.
    sentence : str
        What the person reads.
    """

    kind: FailureKind
    sentence: str


#: The person does not want to sign in.
CANCELLED = Failure("cancelled", "Cancelled. Run the cell again, or sign in here.")
#: Or not in the way that they began.
ATTEMPT_CANCELLED = Failure("cancelled", "Cancelled.")


@dataclass(frozen=True)
class Identity:
    """Who is signed in: the same id at two providers is two principals.

    Parameters
    ----------
    id : str
        A name; where the server gives none, what the principal is in its database.
    provider : str or None
    kind : str
        ``named``; ``service`` for a service account without a name, ``unnamed`` for anybody else without one.
    name : str or None
        What a provider calls them for people, where the id is the subject of its tokens. People may choose it, so it
        stands beside the id and is never compared.
    """

    id: str
    provider: str | None = None
    kind: Literal["named", "service", "unnamed"] = "named"
    name: str | None = field(default=None, compare=False)

    @property
    def words(self) -> str:
        """How to call them in a sentence."""
        match self.kind:
            case "named":
                return self.id if self.name is None else f"{self.name} ({_short(self.id)})"
            case "service":
                return f"a service account ({self.id[:8]}…)" if self.id else "a service account"
            case "unnamed":
                return "somebody whom the server does not name"


def _short(subject: str) -> str:
    return subject if len(subject) <= _SHORT else f"{subject[:8]}…"


@dataclass(frozen=True)
class KeyNotice:
    """An API key that is set and would win over a login: it is dealt with before anybody types a password.

    Parameters
    ----------
    sentence : str
        Which key, and why it is not simply used.
    usable : bool
        Whether the person may choose to use it here; it can always be set aside.
    """

    sentence: str
    usable: bool
