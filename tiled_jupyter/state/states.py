"""What a login can be. The browser renders a state, and `events.transition` gives the next.

Nothing here does input or output, or holds a secret: device codes, passwords, tokens and API keys cannot
be said in this vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from .parts import ATTEMPT_CANCELLED as ATTEMPT_CANCELLED
from .parts import CANCELLED as CANCELLED
from .parts import Failure as Failure
from .parts import FailureKind as FailureKind
from .parts import Identity as Identity
from .parts import KeyNotice as KeyNotice

if TYPE_CHECKING:
    from .account import Account

Method: TypeAlias = Literal["password", "device", "api_key", "saved"]


@dataclass(frozen=True)
class Provider:
    """One way a server offers to sign in (Tiled's ``AboutAuthenticationProvider``).

    Parameters
    ----------
    name : str
        As the server gives it.
    mode : str
        ``internal`` for a password form, ``external`` for device authorization in a web page; another mode is
        named but not offered.
    refusal : str, optional
        Why this panel will not send anything to it.
    text : str, optional
        What the site's settings tell people who choose it.
    """

    name: str
    mode: str
    refusal: str | None = None
    text: str | None = None


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
    preferred : str or None
        Name of the provider chosen last time.
    sign_ins : int or None
        How many sessions the account had when that was last seen (a server may allow 200, ended ones included).
    unverified : bool
        True if its certificate is not checked (``verify: false`` in a profile).
    """

    uri: str
    host: str
    required: bool
    providers: tuple[Provider, ...]
    new: bool = False
    preferred: str | None = None
    sign_ins: int | None = None
    unverified: bool = False


@dataclass(frozen=True)
class Disconnected:
    """No server yet, or it could not be used."""

    address: str = ""
    failure: Failure | None = None
    kind: Literal["disconnected"] = "disconnected"


@dataclass(frozen=True)
class Connecting:
    """Asking an address what it is; `trouble` says why it takes longer, if that is known."""

    attempt: int
    address: str
    since: float
    trouble: str | None = None
    kind: Literal["connecting"] = "connecting"


@dataclass(frozen=True)
class SignedOut:
    """A server that waits for the person; failed and expired are this, with a reason.

    Parameters
    ----------
    server : Server
    reason : str or None
        Why the panel is there.
    failure : Failure or None
        What the last attempt ended with.
    rejections : int
        How many passwords were refused.
    expected : Identity or None
        The only person who can resume what waits for this login.
    key : KeyNotice or None
        An API key that is in the way.
    """

    server: Server
    reason: str | None = None
    failure: Failure | None = None
    rejections: int = 0
    expected: Identity | None = None
    key: KeyNotice | None = None
    kind: Literal["signed_out"] = "signed_out"


@dataclass(frozen=True)
class Verifying:
    """Credentials are with the server, or a user code is being asked for.

    Parameters
    ----------
    form : SignedOut
        Where the person comes from, and goes back to if this fails.
    attempt : int
    since : float
        Seconds since the epoch.
    method : str
        ``password``, ``api_key`` or ``device``.
    trouble : str or None
        Why it takes longer.
    """

    form: SignedOut
    attempt: int
    since: float
    method: Method = "password"
    trouble: str | None = None
    kind: Literal["verifying"] = "verifying"

    @property
    def server(self) -> Server:
        """The server of the form."""
        return self.form.server


@dataclass(frozen=True)
class UserCode:
    """What a person needs to authorize this device (RFC 8628 section 3.2); the device code stays out of it.

    Parameters
    ----------
    user_code : str
        To be typed, or compared.
    verification_uri : str
        ``https:``, or ``http:`` on this computer.
    verification_uri_complete : str or None
        The same page with the code filled in.
    deadline : float
        When it expires, in seconds since the epoch.
    qr : str or None
        A picture of the address as a ``data:image/png;base64,`` URI; None where a phone cannot reach it.
    """

    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    deadline: float
    qr: str | None = None


@dataclass(frozen=True)
class AwaitingAuthorization:
    """The person authorizes this device in a web page, here or on a phone.

    Parameters
    ----------
    form : SignedOut
        Where the person comes from, and goes back to if this fails.
    attempt : int
    since : float
        Seconds since the epoch.
    provider : str
        Name of the provider.
    code : UserCode
    trouble : str or None
        Why it takes longer: the server or the provider does not answer at the moment.
    """

    form: SignedOut
    attempt: int
    since: float
    provider: str
    code: UserCode
    trouble: str | None = None
    kind: Literal["awaiting_authorization"] = "awaiting_authorization"

    @property
    def server(self) -> Server:
        """The server of the form."""
        return self.form.server


def _nothing_asked_for() -> Account:
    from .account import Account  # which a panel is shown without

    return Account()


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
    good_until : float or None
        Until when it is good, in seconds since the epoch; None where nobody can know.
    renews : bool
        True where `good_until` is only what is certain, and use may make it later.
    account : Account
        What the person has asked to see of the account.
    """

    server: Server
    identity: Identity | None
    method: Method
    provenance: str
    remembered: bool
    api_keys: int | None = None
    good_until: float | None = None
    renews: bool = True
    account: Account = field(default_factory=_nothing_asked_for)
    kind: Literal["signed_in"] = "signed_in"


State: TypeAlias = Disconnected | Connecting | SignedOut | Verifying | AwaitingAuthorization | SignedIn


def open_form(state: State) -> SignedOut | None:
    """Return the form that waits for a person: theirs to fill in, or to approve in a web page meanwhile."""
    form = state.form if isinstance(state, AwaitingAuthorization) else state
    return form if isinstance(form, SignedOut) else None


def address_of(state: State) -> str:
    """Return the address of the server that a state is about: what was typed, until the server has answered."""
    return state.address if isinstance(state, Disconnected | Connecting) else state.server.uri


def is_same_sign_in(one: State, other: State) -> bool:
    """Whether two states are one sign-in, of whose account perhaps more is shown by now."""
    if not (isinstance(one, SignedIn) and isinstance(other, SignedIn)):
        return False
    return replace(one, account=other.account) == other
