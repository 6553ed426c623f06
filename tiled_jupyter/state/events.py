"""What moves a login from one state to the next: events, and one pure function.

Knows no clock and does no input or output; `session.LoginSession` feeds it. Every attempt has a number,
and what an older attempt reports changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from .account import Account
from .states import (
    AwaitingAuthorization,
    Connecting,
    Disconnected,
    Failure,
    Identity,
    KeyNotice,
    Method,
    Server,
    SignedIn,
    SignedOut,
    State,
    UserCode,
    Verifying,
)


@dataclass(frozen=True)
class ConnectStarted:
    """An address is being asked."""

    attempt: int
    address: str
    since: float


@dataclass(frozen=True)
class ServerFound:
    """The address is a Tiled server, and nobody is signed in."""

    attempt: int
    server: Server
    reason: str | None = None
    expected: Identity | None = None
    key: KeyNotice | None = None


@dataclass(frozen=True)
class SignInStarted:
    """Credentials are on their way, or a user code is asked for."""

    attempt: int
    since: float
    method: Method = "password"


@dataclass(frozen=True)
class CodeIssued:
    """The person can authorize this device now."""

    attempt: int
    provider: str
    code: UserCode


@dataclass(frozen=True)
class Delayed:
    """An attempt goes on in spite of trouble; None when that is over."""

    attempt: int
    trouble: str | None


@dataclass(frozen=True)
class SignInDone:
    """The server accepted credentials, typed or saved."""

    attempt: int
    state: SignedIn


@dataclass(frozen=True)
class Failed:
    """The attempt has ended without a sign-in."""

    attempt: int
    failure: Failure


@dataclass(frozen=True)
class Cancelled:
    """The person said no: Cancel, the stop button, or a deadline."""

    failure: Failure


@dataclass(frozen=True)
class SavedFound:
    """Somebody signed in from another notebook of this computer account."""

    state: SignedIn


@dataclass(frozen=True)
class ReasonChanged:
    """Why the panel is there has become clearer, where it still says `instead_of`, if that is given."""

    reason: str | None
    instead_of: str | None = None


@dataclass(frozen=True)
class AccountChanged:
    """Something about the keys and sign-ins of who is signed in."""

    account: Account


@dataclass(frozen=True)
class SignInReplaced:
    """Who is signed in is so by other credentials from now on."""

    state: SignedIn


@dataclass(frozen=True)
class SignedOff:
    """The person signed out, or the session is known to be over; `key` is an API key that is in the way since then."""

    reason: str | None
    key: KeyNotice | None = None


@dataclass(frozen=True)
class ServerDropped:
    """The person wants another server."""


Event: TypeAlias = (
    ConnectStarted
    | ServerFound
    | SignInStarted
    | CodeIssued
    | Delayed
    | SignInDone
    | SavedFound
    | ReasonChanged
    | AccountChanged
    | SignInReplaced
    | Failed
    | Cancelled
    | SignedOff
    | ServerDropped
)

LOCKOUT_WARNING = "More wrong passwords may lock your facility account."
_WARN_AFTER = 3


def transition(state: State, event: Event) -> State:
    """Return the state after an event.

    Parameters
    ----------
    state : State
    event : Event

    Returns
    -------
    State
        `state` itself where the event is late or makes no sense: nothing is raised.
    """
    match event:
        case ConnectStarted(attempt, address, since):
            return Connecting(attempt, address, since)
        case SignInStarted(attempt, since, method) if isinstance(state, SignedOut):
            return Verifying(state, attempt, since, method)
        case ServerDropped() if not isinstance(state, Disconnected | Connecting):
            return Disconnected(state.server.uri)
        case SignedOff(reason, key) if isinstance(state, SignedIn):
            return SignedOut(replace(state.server, new=False), reason=reason, key=key)
        case SavedFound(found) if isinstance(state, SignedOut | Verifying | AwaitingAuthorization):
            return found
        case ReasonChanged(reason, instead_of) if isinstance(state, SignedOut):
            is_news = state.reason != reason and instead_of in (None, state.reason)
            return replace(state, reason=reason) if is_news else state
        case ReasonChanged() if isinstance(state, Verifying | AwaitingAuthorization):
            form = transition(state.form, event)
            return replace(state, form=form) if isinstance(form, SignedOut) and form is not state.form else state
        case AccountChanged(account) if isinstance(state, SignedIn):
            return replace(state, account=account)
        case SignInReplaced(other) if isinstance(state, SignedIn):
            return replace(other, account=state.account)
        case Cancelled(failure):
            return _without_result(state, failure)
        case ServerFound() | CodeIssued() | Delayed() | SignInDone() | Failed() if not _current(state, event.attempt):
            return state
        case ServerFound(_, server, why, expected, key):
            return SignedOut(server, reason=why, expected=expected, key=key)
        case CodeIssued(attempt, provider, code) if isinstance(state, Verifying):
            return AwaitingAuthorization(state.form, attempt, state.since, provider, code)
        case Delayed(_, trouble) if isinstance(state, Connecting | Verifying | AwaitingAuthorization):
            return state if state.trouble == trouble else replace(state, trouble=trouble)
        case SignInDone(_, done):
            return done
        case Failed(_, failure):
            return _without_result(state, failure)
        case _:
            return state


def _current(state: State, attempt: int) -> bool:
    return isinstance(state, Connecting | Verifying | AwaitingAuthorization) and state.attempt == attempt


def _without_result(state: State, failure: Failure) -> State:
    """Land where the person can act, keeping what they gave."""
    match state:
        case Disconnected() | SignedOut():
            return replace(state, failure=failure)
        case Connecting(_, address):
            return Disconnected(address, failure)
        case Verifying(form, method=method):
            wrong_password = failure.kind == "credentials" and method == "password"
            rejections = form.rejections + wrong_password
            if wrong_password and rejections >= _WARN_AFTER:
                failure = Failure("credentials", f"{failure.sentence} {LOCKOUT_WARNING}")
            return replace(form, failure=failure, rejections=rejections)
        case AwaitingAuthorization(form):
            return replace(form, failure=failure)
        case SignedIn():
            return state
