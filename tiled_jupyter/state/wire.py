"""The wire between Python and the page: encode and parse, with the standard library alone.

The twin of ``js/src/wire.ts``; ``tests/wire.json`` holds an example of everything. Secrets are not
part of it: a password, and an address (people paste keys in them), travel beside a message as its one
binary buffer, because a kernel at debug level logs the JSON of a message and not its buffers.
"""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ..text import legible
from .states import State

if TYPE_CHECKING:
    from . import account
    from .account import KeyInCell

Transport: TypeAlias = Literal["shell", "control"]
Remember: TypeAlias = Literal["ask", "never", "always"]
_LONGEST_TEXT = 2000
_LONGEST_LIST = 200
_MOST_SHOWN = 500  # rows, where an account has at most 200 sessions
# Ours, or checked where they come from.
_WHOLE = ("qr", "snippets", "verification_uri", "verification_uri_complete")


@dataclass(frozen=True)
class Surroundings:
    """What the page needs beside the state.

    Parameters
    ----------
    now : float
        The kernel's clock, in seconds since the epoch: the page counts from the difference to its own.
    waiting : bool
        Whether a cell waits for this login.
    transport : str
        The channel Python wants to be answered on.
    comm : str
        Name of the comm, which the page needs to use the control channel.
    servers : list of str
        Addresses and names of profiles to offer.
    remember : str
        ``ask``, ``never`` or ``always``.
    elsewhere : bool
        Whether a cell waits for a sign-in to the same server in another panel, which then has the only form.
    cell : int or None
        The number of the cell that waits, where one is running.
    resuming : bool
        Whether an interrupted request waits; the panel then folds to one line once it goes on.
    exposed : bool
        Whether what is typed travels to the kernel over a network without encryption.
    only_control : bool
        Whether nothing but the control channel is heard while the cell waits: not all pages have it.
    help_url : str
        A page to link to, for who needs help; empty for none.
    """

    now: float
    waiting: bool
    transport: Transport
    comm: str
    servers: list[str]
    remember: Remember
    elsewhere: bool = False
    cell: int | None = None
    resuming: bool = False
    exposed: bool = False
    only_control: bool = False
    help_url: str = ""


@dataclass(frozen=True)
class Alive:
    """The widget manager has made the model. `control`: whether the page could use the control channel."""

    control: bool


@dataclass(frozen=True)
class Ready:
    """The panel is drawn; answered with the state."""

    control: bool


@dataclass(frozen=True)
class Pong:
    """The answer to a ping."""

    control: bool


class Plain(Enum):
    """Commands that are no more than their name."""

    CONNECT = "connect"
    """Ask the address in the buffer what it is."""

    USE_KEY = "use_key"
    """Sign in with the API key in the buffer."""

    ACCEPT_KEY = "accept_key"
    """Use the API key that is in the way."""

    SET_KEY_ASIDE = "set_key_aside"
    """Leave the API key out, on this server and in this kernel, so that a login can be used."""

    CHANGE_SERVER = "change_server"
    """Go back to the server field."""

    CANCEL = "cancel"
    """The person says no."""


@dataclass(frozen=True)
class SignIn:
    """Send the password in the buffer."""

    provider: str
    username: str
    remember: bool


@dataclass(frozen=True)
class Begin:
    """Ask a provider for a user code, and wait until the person has authorized this device."""

    provider: str
    remember: bool


@dataclass(frozen=True)
class SignOut:
    """End the sign-in: here only, or everywhere on this account."""

    everywhere: bool


_WithMore: TypeAlias = Alive | Ready | Pong | SignIn | Begin | SignOut
Command: TypeAlias = "Plain | _WithMore | account.Command"

#: What the page says of a login; of the account that is signed in, see `account.COMMANDS`.
COMMANDS: dict[str, Plain | type[_WithMore]] = {
    "alive": Alive,
    "ready": Ready,
    "pong": Pong,
    "sign_in": SignIn,
    "begin": Begin,
    "sign_out": SignOut,
    **{command.value: command for command in Plain},
}


def _named(kind: object) -> Plain | account.Plain | type[_WithMore | account.WithMore] | None:
    if not isinstance(kind, str):
        return None
    if kind in COMMANDS:
        return COMMANDS[kind]
    from . import account  # which a panel is shown without

    return account.COMMANDS.get(kind)


def encode_state(state: State | KeyInCell, surroundings: Surroundings) -> dict[str, Any]:
    """Return the message that makes the page show `state`."""
    return {"type": "state", "state": _shown(asdict(state)), **asdict(surroundings)}


def _shown(value: Any) -> Any:
    """Return the same in texts that can be sent and read, and no more of it than somebody could look at."""
    match value:
        case str():
            return legible(value)
        case dict():
            return {name: part if name in _WHOLE else _shown(part) for name, part in value.items()}
        case list() | tuple():
            return [_shown(part) for part in value[:_MOST_SHOWN]]
    return value


def encode_ping(transport: Transport, comm: str) -> dict[str, Any]:
    """Return the message that every living page answers with a pong."""
    return {"type": "ping", "transport": transport, "comm": comm}


def parse(content: object) -> tuple[str, Command] | None:
    """Read a message of the page.

    Parameters
    ----------
    content : object
        Whatever arrived: anybody on the kernel can send anything.

    Returns
    -------
    tuple of (str, Command) or None
        The message's id, by which copies over two transports are known, and the command. None where the
        message is not exactly one of ours.
    """
    if not isinstance(content, dict):
        return None
    values = dict(content)
    message_id, kind = values.pop("id", None), values.pop("type", None)
    command = _named(kind)
    if command is None or not isinstance(message_id, str) or len(message_id) > _LONGEST_TEXT:
        return None
    if isinstance(command, Enum):
        return None if values else (message_id, command)
    wanted = {field.name: str(field.type) for field in fields(command) if field.default is MISSING}
    if values.keys() != wanted.keys() or not all(_fits(values[name], wanted[name]) for name in wanted):
        return None
    return message_id, command(**values)


def _fits(value: object, kind: str) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "list[str]":
        return isinstance(value, list) and len(value) <= _LONGEST_LIST and all(_fits(one, "str") for one in value)
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT
