"""Who is asked when a session has ended in the middle of a request, and with which words."""

from __future__ import annotations

import logging
import math
import random
import time
from pathlib import Path

from ..address import host_of, same_origin
from ..background import in_background
from ..errors import IdentityChanged, LoginFailed
from ..oauth.audience import maker_of
from ..oauth.exchange import Tokens
from ..state.parts import Identity
from . import registry, revocation
from . import tokens as files
from .auth import ENDED, SessionAuth
from .identity import one_identity, who_may_resume
from .lifetime import expiry
from .prompts import Occasion, SignsIn, ask
from .showing import has_ended
from .tokens import NOT_WRITABLE, say_unsaved

_log = logging.getLogger(__name__)
_SOMEBODY_NEW = (
    "{host} does not know {who} any more, perhaps after a change of its database, so the interrupted request was not "
    "sent. Run %tiled_login to go on."
)
_LIVES = "The session is still valid, so the request goes on."
_LOOK_AGAIN = (15.0, 30.0)  # seconds; later, and ever more seldom, a tenth of how long it is asked already
_LONGEST = 300.0


def ask_for(auth: SessionAuth) -> tuple[Tokens, Path | None]:
    """Ask for the person whose session has ended, with the prompt of one of the Contexts that use it.

    Returns, Raises
    ---------------
    As in `ask_the_same_person`; `LoginFailed` where no Context has a prompt.
    """
    using = [
        context for context in registry.contexts() if context.http_client.auth is auth and context.prompt is not None
    ]
    # One that was given a prompt of its own goes before those that have the usual one.
    context: SignsIn | None = next(iter(sorted(using, key=lambda one: "prompt" not in vars(one))), None)
    if context is None:
        raise LoginFailed(auth.moved() or ENDED, "credentials")
    ended = has_ended(host_of(str(context.api_uri)), auth.over_since)
    return ask_the_same_person(context, auth, auth.moved() or ended, may_live=True)


def ask_the_same_person(
    context: SignsIn, auth: SessionAuth, reason: str, *, may_live: bool = False
) -> tuple[Tokens, Path | None]:
    """Ask somebody to sign in again, and nobody else.

    Parameters
    ----------
    context : Context
        Whose prompt is called.
    auth : SessionAuth
        The session of that person.
    reason : str
        Why they are asked.
    may_live : bool
        Whether they need not be asked any more once the session turns out to live.

    Returns
    -------
    tuple of (dict, Path or None)
        Tokens of the same principal, and where they are to lie.

    Raises
    ------
    TiledJupyterError
        As the prompt raised it; `IdentityChanged` where somebody else signed in.
    """
    if context.prompt is None:
        raise LoginFailed(auth.moved() or ENDED, "credentials")
    host = host_of(str(context.api_uri))
    _log.debug("%s: the prompt is called", host)
    around = _Around(context, auth, may_live=may_live)
    wish = Occasion(
        context,
        context.wants_saving,
        reason=reason,
        identity=auth.identity,
        resuming=True,
        elsewhere=around.tokens,
        meanwhile=around.meanwhile,
    )
    tokens = ask(context.prompt, wish)
    _log.debug(
        "%s: the prompt gave tokens; is it the same person? %s", host, not auth.is_foreign(tokens["access_token"])
    )
    made_by = maker_of(context.server_info, str(context.api_uri))
    if not auth.is_foreign(tokens["access_token"]):
        if not auth.is_renewed_by_its_maker():
            auth.start_anew(
                context.server_info.authentication.links.refresh_session, context.client_id, context.scopes, made_by
            )
        place = context.place_for_tokens(remember=wish.remember)
        say_unsaved(NOT_WRITABLE if wish.remember and place is None else None)
        return tokens, place
    outcome = revocation.end_session_of(context, tokens, made_by)  # an account may hold 200 of them
    more = "" if outcome.is_over else f" {outcome.sentence('that sign-in')}"
    who = one_identity(tokens.get("identity"))
    del tokens  # no traceback shows them
    if who is not None and who == auth.identity:
        raise IdentityChanged(_SOMEBODY_NEW.format(host=host, who=who.words) + more)
    raise IdentityChanged(somebody_else(auth.identity) + more)


def somebody_else(expected: Identity | None) -> str:
    """Return the sentence for when the wrong person signs in."""
    who = who_may_resume(expected)
    return f"Only {who} can resume this request, and somebody else signed in. Nothing was sent as them."


class _Around:
    """What else may end a question: a sign-in by other means, or the session, which lives after all.

    Parameters are those of `ask_the_same_person`.
    """

    def __init__(self, context: SignsIn, auth: SessionAuth, *, may_live: bool) -> None:
        self._context = context
        self._auth = auth
        self._generation = auth.generation
        self._begun = time.monotonic()
        self._next_look = self._in_a_while() if may_live and auth.tokens.get("refresh_token") else math.inf
        self._seen: str | None = None
        self._is_looking = False

    def meanwhile(self) -> str | None:
        """Return what was seen at the last look, in a sentence."""
        if self._is_looking and self._auth.generation != self._generation:  # it has just been renewed
            return _LIVES
        return self._seen

    def tokens(self) -> Tokens | None:
        """Return tokens that end the question, if there are any; cheap, to be called often."""
        if self._auth.generation != self._generation:
            return dict(self._auth.tokens)
        saved = saved_elsewhere(self._context, self._auth)
        if saved is not None:
            self._seen = None
        elif time.monotonic() >= self._next_look:
            self._next_look = math.inf
            in_background(self._look)
        return saved

    def _look(self) -> None:
        self._is_looking = True
        seen = self._auth.look_again()
        self._seen = _LIVES if self._auth.generation != self._generation else seen
        self._is_looking = False
        self._next_look = self._in_a_while()

    def _in_a_while(self) -> float:
        now = time.monotonic()
        pause = max(random.uniform(*_LOOK_AGAIN), min((now - self._begun) / 10, _LONGEST))  # noqa: S311 - no secret
        return now + pause


def saved_elsewhere(context: SignsIn, auth: SessionAuth) -> Tokens | None:
    """Return what another notebook has left since, if it is the same person's and not over by its own word.

    The server dates tokens: where the clock here is ahead of its clock, one that outlives ours is new all the same.
    """
    if not context.wants_saving:
        return None
    saved = files.read_tokens(context.token_directory)
    access_token, ours = saved.get("access_token"), auth.tokens.get("access_token")
    if access_token is None or access_token == ours or auth.is_foreign(access_token):
        return None
    if not same_origin(files.made_by(context.token_directory) or "", auth.made_by):
        return None
    return saved if (expiry(access_token) or 0) > min(time.time(), expiry(ours) or math.inf) else None
