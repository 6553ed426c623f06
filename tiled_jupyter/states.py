"""What a login can be. The browser renders a state, and `events.transition` gives the next.

Nothing here does input or output, or holds a secret: device codes, passwords, tokens and API keys cannot
be said in this vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
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
]
Method: TypeAlias = Literal["password", "api_key", "saved"]


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


@dataclass(frozen=True)
class Provider:
    """One way a server offers to sign in (Tiled's ``AboutAuthenticationProvider``).

    Parameters
    ----------
    name : str
        As the server gives it.
    mode : str
        ``internal`` for a password form; other modes are named but not offered.
    refusal : str, optional
        Why this panel will not send anything to it.
    """

    name: str
    mode: str
    refusal: str | None = None


@dataclass(frozen=True)
class Server:
    """A Tiled server that has answered.

    Parameters
    ----------
    uri : str
        Address of its API, without user, query or fragment.
    host : str
        Host and, where unusual, port: what the person compares.
    required : bool
        False where anonymous use is allowed.
    providers : tuple of Provider
        In the server's order.
    new : bool
        True if nobody signed in to it from this computer account before.
    """

    uri: str
    host: str
    required: bool
    providers: tuple[Provider, ...]
    new: bool = False


@dataclass(frozen=True)
class Identity:
    """Who is signed in: the same id at two providers is two principals."""

    id: str
    provider: str | None = None


@dataclass(frozen=True)
class Disconnected:
    """No server yet, or it could not be used."""

    address: str = ""
    failure: Failure | None = None
    kind: Literal["disconnected"] = "disconnected"


@dataclass(frozen=True)
class Connecting:
    """Asking an address what it is."""

    attempt: int
    address: str
    since: float
    kind: Literal["connecting"] = "connecting"


@dataclass(frozen=True)
class SignedOut:
    """A server that waits for the person; failed and expired are this, with a reason."""

    server: Server
    reason: str | None = None
    failure: Failure | None = None
    rejections: int = 0
    kind: Literal["signed_out"] = "signed_out"


@dataclass(frozen=True)
class Verifying:
    """Credentials are with the server."""

    server: Server
    attempt: int
    since: float
    rejections: int = 0
    kind: Literal["verifying"] = "verifying"


@dataclass(frozen=True)
class SignedIn:
    """Done: who, and where the credentials come from.

    Parameters
    ----------
    server : Server
    identity : Identity or None
        None where the server does not say (an API key of a single-user server).
    method : str
    provenance : str
        One sentence: where the credentials come from.
    remembered : bool
        Whether the next notebook is signed in too.
    api_keys : int or None
        How many API keys the account has, where known.
    """

    server: Server
    identity: Identity | None
    method: Method
    provenance: str
    remembered: bool
    api_keys: int | None = None
    kind: Literal["signed_in"] = "signed_in"


State: TypeAlias = Disconnected | Connecting | SignedOut | Verifying | SignedIn
