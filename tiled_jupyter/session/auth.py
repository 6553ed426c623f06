"""A session that holds: one refresh and one prompt at a time, however many threads find it over.

`SessionAuth` is an `httpx.Auth`. Every Context of this process that is signed in to a server as the same
principal uses the same one, so that what renews it for one renews it for all. It knows nothing of Contexts:
how to reach the server and whom to ask is given to it.
"""

from __future__ import annotations

import logging
import math
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeAlias

import httpx
from tiled.client.auth import TiledAuth

from ..address import host_of, origin_of, same_origin
from ..errors import LoginFailed, TiledJupyterError
from ..oauth.answers import detail_of, is_replayable, is_somebody_elses, only_reads, seconds_to_wait
from ..oauth.exchange import Tokens
from ..oauth.refresh import NotNow, refresh
from ..state.parts import Identity
from ..text import Masked
from . import showing
from . import tokens as files
from .lifetime import expiry
from .patience import Patience
from .prompts import is_invited, quietly
from .refusal import ReauthenticationFailed, Refusal, nobody_in_a_fork, not_from_tiled, not_sent_again, stopped
from .tokens import SHORT, one_kernel_at_a_time, say_unsaved

_ROUNDS = 4  # httpx ends a flow after 20 requests
_EARLY, _EARLIEST = 0.1, 60.0  # of what is left of a token when it comes, and in seconds
_log = logging.getLogger(__name__)
ENDED = "The sign-in has ended. Run %tiled_login to go on."
_MOVED = (
    "Your sign-in was made with {host} and is now to be renewed at {place}, so it was not sent there. Sign in again."
)
Ask: TypeAlias = Callable[["SessionAuth"], tuple[Tokens, Path | None]]


class SessionAuth(TiledAuth):  # type: ignore[misc]
    """Tiled's session, renewed once for everybody.

    Parameters
    ----------
    refresh_url, csrf_token, client_id, scopes
        As in `tiled.client.auth.TiledAuth`.
    client : callable
        Makes the client that refreshes, from `made_by`; it carries nothing of the session.
    made_by : str
        The origin that made the tokens; they are renewed there or not at all.
    ask : callable
        ``ask(auth) -> (tokens, directory)``; raises a `TiledJupyterError`. One thread at a time calls it.

    Attributes
    ----------
    token_directory : Path or None
        None where the session lives in memory.
    subject : str or None
        Whose session it is; no token of another is ever taken over.
    identity : Identity or None
        The same in words for people, as far as is known.
    generation : int
        Grows with every change of the tokens.
    name : str
        By which a client that was pickled and comes back to this process finds it again.
    over_since : float or None
        When the server refused to renew it at first, in seconds since the epoch, if no other tokens have come since.
    """

    def __init__(
        self,
        refresh_url: str,
        csrf_token: str,
        client_id: str | None,
        scopes: str | None,
        *,
        client: Callable[[str], httpx.Client],
        made_by: str,
        ask: Ask,
    ) -> None:
        super().__init__(refresh_url, csrf_token, None, client_id, scopes)
        self.subject: str | None = None
        self.identity: Identity | None = None
        self.generation = 0
        self.over_since: float | None = None
        self.name = secrets.token_hex(8)
        self._ends = math.inf  # of the access token, as far as our clock can be believed
        self._early = math.inf  # a little before, when it is renewed once if that can be
        self._proven = 0  # the last generation that came from the server itself
        self.made_by = made_by
        self._client = client
        self._ask = ask
        self._begin_in_this_process()

    def _begin_in_this_process(self) -> None:
        self._pid = os.getpid()
        self._state = threading.RLock()
        self._flight = threading.Lock()
        self._flights = 0
        self._pilot: int | None = None
        self._is_asking = False
        self._trouble: NotNow | None = None  # that is being waited out
        self._refusal: Refusal | None = None

    # -- tokens ----------------------------------------------------------------------------------------

    def sync_get_token(self, key: str, reload_from_disk: bool = False) -> str | None:  # noqa: ARG002, FBT001, FBT002 - Tiled's signature
        """Return a token; what lies on disk is looked at when this one is refused."""
        token: str | None = self.tokens.get(key)
        return token

    def sync_set_token(self, key: str, value: str) -> None:
        """Keep one token."""
        self.renewed({**self.tokens, key: value}, self.token_directory)

    def sync_tokens(self, tokens: Tokens) -> None:
        """Keep what a login or a refresh gave."""
        self.renewed(tokens, self.token_directory)

    def renewed(self, tokens: Tokens, directory: Path | None, *, proven: bool = True) -> str | None:
        """Use these tokens from now on, and let whoever waits go on.

        Parameters
        ----------
        tokens : dict
            A missing refresh token leaves the old one (RFC 6749 section 6).
        directory : Path or None
            Where they lie for the next kernel, or None. Who calls keeps other kernels from writing there.
        proven : bool
            False where they were only found there.

        Returns
        -------
        str or None
            Why they could not be saved and so live in memory, in the system's words.
        """
        where = "in memory" if directory is None else "on disk"
        _log.debug("%s: %s tokens, kept %s", self._host, "new" if proven else "found", where)
        with self._state:
            is_new = proven or tokens.get("access_token") != self.tokens.get("access_token")
            was_over = self.is_over
            self.over_since = None if is_new else self.over_since
            self.tokens.update({name: Masked(tokens[name]) for name in files.TOKENS if tokens.get(name)})
            self.subject = files.subject(self.tokens.get("access_token")) or self.subject
            self.generation += 1
            ends, now = expiry(self.tokens.get("access_token")) or math.inf, time.time()
            # A new token that has expired already says that our clock is wrong.
            self._ends = math.inf if proven and ends < now else ends
            self._early = self._ends - _head_start(self._ends - now)
            if proven:
                self._proven = self.generation
            self._refusal = None
            self.token_directory = directory
        if was_over and is_new:
            showing.look_again()
        if directory is not None and proven:
            try:
                files.write_made_by(directory, self.tokens, self.made_by)
                files.write_tokens(directory, self.tokens)
            except FileNotFoundError:
                self.token_directory = None  # somebody signs out of it at this moment
            except OSError as error:
                self.token_directory = None
                return error.strerror or type(error).__name__
        return None

    @property
    def is_over(self) -> bool:
        """Whether the server has refused to renew it, and no other tokens have come since."""
        return self.over_since is not None

    @property
    def _host(self) -> str:
        return host_of(self.made_by)

    def refresh_now(self) -> None:
        """Renew the session before the server says that it must be; asks nobody.

        Raises
        ------
        LoginFailed
            Where it is over.
        httpx.HTTPError
            Where that cannot be known now.
        """
        with quietly():
            self._renew(self.generation, httpx.Request("POST", self.refresh_url))

    def start_anew(self, refresh_url: str, client_id: str | None, scopes: str | None, made_by: str) -> None:
        """Prepare for the tokens of a new login, which may be somebody else's to renew than those of before."""
        with self._state:
            self.tokens.clear()
            self.refresh_url, self.client_id, self.scopes, self.made_by = refresh_url, client_id, scopes, made_by

    def is_renewed_by_its_maker(self) -> bool:
        """Whether the server still sends people whose session is to be renewed to who made it."""
        return same_origin(self.refresh_url, self.made_by)

    def moved(self) -> str | None:
        """Return why the session is not renewed where the server now wants that, as a sentence; None where it is."""
        if self.is_renewed_by_its_maker():
            return None
        place, host = origin_of(self.refresh_url), host_of(self.made_by)
        return _MOVED.format(place=place, host=host)

    def look_again(self) -> str | None:
        """Look whether the session lives after all, while somebody is asked because it is over.

        Returns
        -------
        str or None
            Why that cannot be known at the moment, in a sentence.
        """
        try:
            self._refreshed(self.generation)
        except (NotNow, TiledJupyterError) as trouble:
            return trouble.why if isinstance(trouble, NotNow) else str(trouble)
        return None

    def is_foreign(self, access_token: str | None) -> bool:
        """Whether a token is somebody else's, or cannot be shown to be ours."""
        return self.subject is not None and files.subject(access_token) != self.subject

    # -- requests --------------------------------------------------------------------------------------

    def sync_auth_flow(
        self,
        request: httpx.Request,
        attempt: int = 0,  # noqa: ARG002 - Tiled's signature
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request, and again once the session is renewed; see `httpx.Auth`."""
        if self._pid != os.getpid():
            self._begin_in_this_process()
            self._ask = nobody_in_a_fork
        if self._pilot == threading.get_ident():  # the prompt's own
            yield request
            return
        with self._state:
            generation, early, ends = self.generation, self._early, self._ends
        if early < (now := time.time()):
            if ends < now:  # sent in vain it would cost everybody who waits, and half a body would be too late
                self._renew(generation, request)
            else:
                self._renew_early(generation)
        fresh = False
        for left in reversed(range(_ROUNDS)):
            generation = self._authorize(request)
            if "Authorization" in request.headers:
                response = yield from self._sent(request)
                if response.status_code != httpx.codes.UNAUTHORIZED or is_somebody_elses(request, response):
                    return
                response.read()  # gives its connection back before anybody waits
                detail = detail_of(response)
                _log.debug("%s: a request was refused (401)", self._host)
                # Tiled answers 401 to who may not, too; and a session is not at fault whose new token is refused.
                if detail.startswith("Not enough permissions") or (fresh and "expired" not in detail) or not left:
                    return
                if not is_replayable(request):
                    raise not_sent_again()
            fresh = self._renew(generation, request)

    def _sent(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, httpx.Response]:
        """Send a request, and one that only reads again and again for a while where somebody else answers it."""
        response = yield request
        if not is_somebody_elses(request, response):
            return response
        patience = Patience()
        while is_somebody_elses(request, response):
            response.read()
            if not only_reads(request) or not patience.rest(seconds_to_wait(response)):
                if response.is_error:
                    return response
                raise not_from_tiled(request, response)  # which Tiled's client would take for an answer
            self._authorize(request)
            response = yield request
        return response

    def _authorize(self, request: httpx.Request) -> int:
        """Put the token into a request, where no frame keeps it that a traceback could show; return its generation."""
        with self._state:
            if self.tokens.get("access_token"):
                request.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
            return self.generation

    def _renew(self, generation: int, request: httpx.Request) -> bool:
        """Get a newer token than `generation`; return whether it came from the server itself."""
        arrived = self._flights
        trouble = self._trouble
        if (self._is_asking or trouble is not None) and not is_invited():  # a repr waits neither for a person
            raise ReauthenticationFailed(ENDED, "credentials") if trouble is None else trouble.about(request)
        with self._flight:
            if self.generation != generation:  # while this thread waited
                return self._proven == self.generation
            refusal = self._refusal
            if refusal is None or (refusal.flight <= arrived and not refusal.is_an_answer()):
                refusal = None
                self._pilot = threading.get_ident()
                try:
                    return self._fly(generation)
                except (TiledJupyterError, NotNow) as error:
                    _log.debug("%s: the session is not renewed (%s)", self._host, type(error).__name__)
                    refusal = Refusal(error, self._flights + 1, time.monotonic())
                except (KeyboardInterrupt, SystemExit):
                    self._refusal = Refusal(stopped(), self._flights + 1, time.monotonic())
                    raise
                finally:
                    self._pilot, self._is_asking, self._trouble = None, False, None
                    self._flights += 1
                if is_invited():  # who displays or completes something decides nothing
                    self._refusal = refusal
        raise refusal.raised(request)

    def _renew_early(self, generation: int) -> None:
        """Renew the session while its token still works, which serves on where that fails; once for each token."""
        if not self._flight.acquire(blocking=False):  # somebody is at it
            return
        try:
            if self.generation == generation:
                self._early = self._ends
                self._refreshed(generation)
        except (NotNow, TiledJupyterError) as error:
            _log.debug("%s: not renewed early (%s)", self._host, type(error).__name__)
        finally:
            self._flight.release()

    def _fly(self, generation: int) -> bool:
        proven = self._refreshed_in_time(generation)
        if proven is not None:
            return proven
        self.over_since = self.over_since or time.time()
        showing.look_again()
        if not is_invited():
            _log.debug("%s: the session is over, and nobody is asked for a repr, a completion or a look", self._host)
            raise LoginFailed(self.moved() or ENDED, "credentials")
        _log.debug("%s: the session is over, and its person is asked", self._host)
        self._is_asking = True
        tokens, directory = self._ask(self)
        with one_kernel_at_a_time(directory, SHORT):
            if self.generation == generation:  # else somebody signed in by other means meanwhile
                found = directory is not None and files.read_token(directory / "access_token") == tokens["access_token"]
                say_unsaved(self.renewed(tokens, directory, proven=not found))
        return self._proven == self.generation

    def _refreshed_in_time(self, generation: int) -> bool | None:
        """Call `_refreshed`, for a while again where it cannot be known whether the session lives."""
        patience: Patience | None = None
        while True:
            try:
                return self._refreshed(generation)
            except NotNow as error:
                trouble = self._trouble = error
            _log.debug("%s: whether the session lives is not known now: %s", self._host, trouble.why)
            trouble.__traceback__ = None  # its frames hold tokens
            if patience is None and trouble.is_an_answer:
                patience = Patience()
            if patience is None or not patience.rest(trouble.retry_after):
                raise trouble

    def _refreshed(self, generation: int) -> bool | None:
        """Get newer tokens than `generation` without asking anybody.

        Returns
        -------
        bool or None
            Whether they came from the server itself; None where the session is over.

        Raises
        ------
        NotNow
            Where that cannot be known now.
        """
        with one_kernel_at_a_time(self.token_directory):  # not while it is waited: others may have more luck
            if self._adopt_saved():
                _log.debug("%s: another kernel has renewed the session", self._host)
                return False
            refresh_token = self.tokens.get("refresh_token")
            made_by = self.made_by
            if refresh_token is None or not self.is_renewed_by_its_maker():
                _log.debug("%s: no refresh token, or renewed elsewhere now", self._host)
                return None
            _log.debug("%s: refreshing", self._host)
            with self._client(made_by) as http:
                tokens = refresh(http, self, refresh_token)
            if self.generation != generation or self.made_by != made_by:  # somebody signed in by other means meanwhile
                return self._proven == self.generation
            if tokens is not None and not self.is_foreign(tokens["access_token"]):
                self._saved()  # somebody may have signed out of it meanwhile
                say_unsaved(self.renewed(tokens, self.token_directory))
                return True
            return False if self._adopt_saved() else None  # refreshed by a kernel that no lock could keep away

    def _saved(self) -> Tokens:
        """Read what lies on disk; go on from memory where it is ours no longer: signed out elsewhere, or another's."""
        directory = self.token_directory
        saved = files.read_tokens(directory) if directory is not None else {}
        if directory is not None:
            access_token = saved.get("access_token")
            gone = not any((directory / name).exists() for name in files.TOKENS)
            others = access_token is not None and self.is_foreign(access_token)
            if gone or others or not same_origin(files.made_by(directory) or "", self.made_by):
                self.token_directory = None
                return {}
        return saved

    def _adopt_saved(self) -> bool:
        """Take over what another kernel has refreshed."""
        saved = self._saved()
        if saved.get("access_token", self.tokens.get("access_token")) != self.tokens.get("access_token"):
            self.renewed(saved, self.token_directory, proven=False)
            return True
        self.tokens.update(saved)
        return False

    def __repr__(self) -> str:
        """Name the class alone."""
        return f"<{type(self).__name__}>"


def _head_start(left: float) -> float:
    """Return how long before its end a token is renewed that will last so many seconds.

    Not at one moment with everybody else who has it: a refresh token may serve only once, and Tiled's own client waits
    until the end. Tokens tell their end in whole seconds, so less than one is nothing.
    """
    head_start = min(_EARLY * left, _EARLIEST) * random.uniform(0.5, 1.0)  # noqa: S311 - nobody's secret
    return head_start if head_start >= 1 else 0.0
