"""A prompt as a callable, ``prompt(http_client, providers) -> tokens``, and the occasion it is called for.

What a prompt looks like is nobody's business down here.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, TypeAlias

import httpx
from tiled.client import context as tiled_context

from ..address import host_of
from ..errors import CannotPrompt, LoginFailed, TiledJupyterError
from ..kernel import cells
from ..oauth.answers import said_by
from ..oauth.exchange import Tokens, tokens_in
from ..state.parts import Identity
from . import tiled_errors
from .tiled_errors import LoginRefused, PasswordRejected

Prompt: TypeAlias = Callable[[httpx.Client, list[Any]], Tokens]

_ANSWER_COUNTS = 60.0  # seconds for which a refusal is the answer, where no cells are counted


class SignsIn(Protocol):
    """A `SessionContext`, as far as those below it know it."""

    prompt: Prompt | None
    wants_saving: bool
    api_uri: Any
    api_key: Any
    client_id: Any
    scopes: Any
    http_client: Any
    server_info: Any
    _verify: Any

    @property
    def token_directory(self) -> Path:
        """Where Tiled keeps the tokens of this server."""

    def bare_client(self) -> httpx.Client:
        """Make a client that carries nothing of the session."""

    def prompt_client(self) -> httpx.Client:
        """Return the client that a prompt is given."""

    def place_for_tokens(self, *, remember: bool) -> Path | None:
        """Return where tokens may lie."""


@dataclass
class Occasion:
    """Why a prompt is called, which its signature cannot say.

    Parameters
    ----------
    context : Context
        Whose session is wanted.
    remember : bool
        What was asked for; the prompt writes the person's choice back.
    reason : str or None
        Why the person is asked, in one sentence. None where they asked for it themselves.
    identity : Identity or None
        Who was signed in, as far as is known.
    resuming : bool
        Whether an interrupted request waits.
    elsewhere : callable
        Gives tokens once somebody signed in to the same session by other means, else None.
    meanwhile : callable
        Returns a sentence on what has been seen of the session meanwhile, if there is anything to say.
    """

    context: Any
    remember: bool
    reason: str | None = None
    identity: Identity | None = None
    resuming: bool = False
    elsewhere: Callable[[], Tokens | None] = lambda: None
    meanwhile: Callable[[], str | None] = lambda: None


occasion: ContextVar[Occasion | None] = ContextVar("tiled_jupyter_occasion", default=None)
_quiet: ContextVar[bool] = ContextVar("tiled_jupyter_quiet", default=False)


def answer_counts(since: float) -> bool:
    """Whether a refusal of that moment (monotonic) is still the answer: until another cell is run, or for a minute."""
    moved_on = cells.began_after(since)
    return time.monotonic() - since < _ANSWER_COUNTS if moved_on is None else not moved_on


def ask(prompt: Prompt, wish: Occasion) -> Tokens:
    """Call a prompt on an occasion.

    Returns
    -------
    dict
        With an ``access_token``.

    Raises
    ------
    TiledJupyterError
        As the prompt raised it; `LoginFailed` for everything else that it raises, and where it gives no token. Where
        Tiled has an error for it, it is that one too.
    """
    failure: TiledJupyterError = LoginFailed("The prompt gave no access token. Try to sign in again.")
    token = occasion.set(wish)
    try:
        with wish.context.prompt_client() as http_client:
            tokens = tokens_in(prompt(http_client, wish.context.server_info.authentication.providers))
        if tokens is not None:
            return tokens
    except (CannotPrompt, tiled_context.CannotPrompt) as nobody:
        failure = tiled_errors.CannotPrompt(str(nobody).strip())
    except TiledJupyterError:
        raise
    except tiled_context.PasswordRejected as rejected:
        failure = PasswordRejected(str(rejected) or "The password was not accepted.", "credentials")
    except Exception as error:  # noqa: BLE001 - an httpx error would be retried by Tiled, and holds the form
        failure = _failed(error)
    finally:
        occasion.reset(token)
    raise failure  # here, where what the prompt raised is not its context


def _failed(error: Exception) -> LoginFailed:
    if isinstance(error, httpx.HTTPStatusError):
        host, status = host_of(str(error.request.url)), error.response.status_code
        sentence = (
            f"{host} refused the sign-in ({status}): {said_by(error.response).rstrip('.')}. Try to sign in again."
        )
        if status < httpx.codes.INTERNAL_SERVER_ERROR and status != httpx.codes.TOO_MANY_REQUESTS:
            return LoginRefused(sentence, error.response)
        return LoginFailed(sentence)
    return LoginFailed(f"The prompt failed ({type(error).__name__}). Try to sign in again.")


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Ask nobody while a block runs: its requests may find a session dead."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


# Who displays, completes or tidies up has not asked for data.
_UNINVITED = frozenset(
    ("__repr__", "__str__", "__dir__", "__del__", "__sizeof__", "_ipython_key_completions_", "_ipython_display_")
)
# These call what they find, its length for example; JupyterLab has them do so wherever the cursor stands.
_LOOK_AROUND = frozenset(("IPython.core.completer", "IPython.core.oinspect"))


def is_invited() -> bool:
    """Whether a request of this thread may end in a prompt: not for a repr, completion, help or finalizer."""
    if _quiet.get():
        return False
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        name = frame.f_code.co_name
        if name in _UNINVITED or (name.startswith("_repr_") and name.endswith("_")):
            return False
        if frame.f_globals.get("__name__") in _LOOK_AROUND:
            return False
        frame = frame.f_back
    return True
