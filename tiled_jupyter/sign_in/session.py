"""One login: which server, which Context, who is signed in there already, and how that ends.

Knows nothing of widgets and cells. Whoever shows it is told of every new state, in order and from
whatever thread. How a person signs in stands in `methods`, and who takes the tokens in `recipient`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from tiled.client import from_context

from ..address import without_secrets
from ..background import in_background
from ..errors import LoginFailed
from ..keys import choice as which_key
from ..oauth import password as grants
from ..oauth.audience import is_here
from ..oauth.exchange import Refused, explain
from ..oauth.refresh import SessionUnknown
from ..session import ending, showing
from ..session.auth import SessionAuth
from ..session.context import SessionContext
from ..session.identity import are_same
from ..session.prompts import Prompt
from ..session.tokens import tokens_of
from ..settings import TiledJupyter
from ..state.events import (
    Cancelled,
    ConnectStarted,
    ReasonChanged,
    SavedFound,
    ServerDropped,
    ServerFound,
    SignedOff,
    SignInDone,
)
from ..state.states import (
    CANCELLED,
    AwaitingAuthorization,
    Disconnected,
    Failure,
    KeyNotice,
    Server,
    SignedIn,
    SignedOut,
    State,
    Verifying,
    is_same_sign_in,
    open_form,
)
from ..text import legible
from . import api_key as key_login
from . import lookout, sign_out
from .attempts import Attempts
from .description import describe
from .methods import Methods
from .recipient import ContextRecipient, Recipient
from .server import found_elsewhere, open_context, saved_sign_in, session_sign_in
from .site_tokens import ask_source
from .target import Target, find_target

_OWN_SERVER = "This profile runs its own server, in this kernel."
_FROM_SITE = "Signed in by the single sign-on of this site."
_UNKNOWN = "{} So it is not known now whether your saved sign-in is still good. Wait, or sign in here."
_LOOK_AGAIN = 20.0  # seconds
_KEY_OVER = "{host} does not accept the API key in use here any more: it has expired, or was revoked."
_ELSEWHERE = "Signed in elsewhere, and this goes on with it."
_KEY_IN_THE_WAY = "It would replace your sign-in, so set it aside first."


class LoginSession:
    """Sign in to a Tiled server, step by step.

    Parameters
    ----------
    on_change : callable
        Called with every new state, under the lock of the attempts.
    settings : TiledJupyter
    prompt : callable, optional
        Given to the Context for when it must ask by itself.
    use_saved : bool
        Whether a sign-in that lies on disk will do.
    provider : str, optional
        Name of the provider to choose at first.
    recipient : Recipient, optional
        Who takes the tokens; by default the Context of the server that is chosen.
    state : State, optional
        To begin with.

    Attributes
    ----------
    attempts : Attempts
        The state, and what changes it.
    methods : Methods
        The ways to sign in.
    recipient : Recipient
    """

    def __init__(
        self,
        on_change: Callable[[State], None],
        settings: TiledJupyter,
        prompt: Prompt | None = None,
        *,
        use_saved: bool = True,
        provider: str | None = None,
        recipient: Recipient | None = None,
        state: State | None = None,
    ) -> None:
        self.attempts = Attempts(state or Disconnected(), on_change)
        self.recipient = recipient or ContextRecipient()
        self.methods = Methods(self.attempts, settings, self.recipient)
        self._settings = settings
        self._prompt = prompt
        self._use_saved = use_saved
        self._provider = provider
        self._saved_at = self.context.saved_at() if self.context is not None else None
        self._look_again = math.inf  # for a saved sign-in of which nothing is known yet
        # The reason that is given where the session has ended by itself.
        self._over: str | None = state.reason if isinstance(state, SignedOut) and state.expected is not None else None
        self._asked = ""
        self.node_path_parts: list[str] = []
        self._client_options: dict[str, Any] = {}
        self._made: tuple[State, Any] | None = None
        showing.notify(self)

    @property
    def state(self) -> State:
        """What is the case now."""
        return self.attempts.state

    @property
    def context(self) -> SessionContext | None:
        """Of the server, once it has answered."""
        return self.recipient.context

    def connect(self, text: str) -> None:
        """Ask an address what it is; whoever is signed in there already, is.

        Parameters
        ----------
        text : str
            As a person writes it, or the name of a profile. A key in an address becomes the sign-in and is
            removed from sight.
        """
        if self.recipient.is_given_server:  # the tokens of another one are not what is waited for
            return
        since = time.time()
        try:
            target = find_target(text, self._settings)
        except Exception as error:  # noqa: BLE001 - profiles and settings are files that people write
            failure, shown = explain(error, "this address"), legible(without_secrets(text))

            def refuse(_: int) -> None:
                raise Refused(failure.kind, failure.sentence)

            self.attempts.start(lambda attempt: ConnectStarted(attempt, shown, since), refuse, shown)
            return
        self._asked = target.shown

        def ask(attempt: int) -> None:
            until = time.monotonic() + self._settings.login_deadline
            opened = self.attempts.patiently(attempt, until, lambda: open_context(target), only_when_told=True)
            if opened is None:
                return
            context, client_options = opened
            context.prompt = context.prompt or self._prompt
            about = context.server_info.authentication
            uri, specs = str(context.api_uri), about.providers
            server = describe(
                uri,
                specs,
                required=about.required,
                settings=self._settings,
                preferred=self._provider,
                links=about.links,
                verify=context._verify,
                here=is_here(context.http_client),
            )
            event = self._find_sign_in(attempt, context, server, target)
            with self.attempts.lock:
                if self.attempts.is_current(attempt):
                    self.recipient.context, self.methods.specs, self._client_options = context, specs, client_options
                    self._made = None
                    self.node_path_parts = target.address.node_path_parts if target.address is not None else []
                    self._saved_at = context.saved_at()
                    self.attempts.apply(event)

        self.attempts.start(lambda attempt: ConnectStarted(attempt, target.shown, since), ask, target.host)

    def cancel(self, failure: Failure = CANCELLED) -> None:
        """End whatever is going on; a late answer changes nothing."""
        self.attempts.apply(Cancelled(failure))

    def set_key_aside(self) -> None:
        """Leave API keys out here, on this server and in this kernel, and ask for a login instead."""
        state = self.state
        if self._asked and isinstance(state, SignedOut | SignedIn):
            which_key.set_aside(state.server.uri)
            if self.context is not None:
                self.context.api_key = None
            self.connect(self._asked)

    def drop_server(self) -> None:
        """Go back to the question which server."""
        if not self.recipient.is_given_server:
            self.attempts.apply(ServerDropped())

    def sign_out(self, *, everywhere: bool) -> None:
        """End being signed in.

        Parameters
        ----------
        everywhere : bool
            False forgets the session in this kernel. True also removes the saved tokens, and has the session ended
            by who made it; what comes of that is said in the state once it is known.
        """
        if self.context is not None and isinstance(self.state, SignedIn):
            sign_out.sign_out_of(self.context, everywhere=everywhere)

    def signed_out(self, reason: str) -> None:
        """Show that the session this login made is over."""
        with self.attempts.lock:
            self._saved_at = self.context.saved_at() if self.context is not None else None
            self.attempts.apply(SignedOff(reason))

    def heard_more(self, before: str, reason: str) -> None:
        """Show what has become of the session since `before` was said of it."""
        self.attempts.apply(ReasonChanged(reason, before))

    def look_at_session(self) -> None:
        """Show what the session of the Context is now: over, or alive again after that."""
        with self.attempts.lock:
            context, state = self.context, self.state
            if context is None or self.recipient.waits:
                return
            if context.api_key is not None:
                if context.is_key_over and isinstance(state, SignedIn):
                    sentence = f"{_KEY_OVER.format(host=state.server.host)} {_KEY_IN_THE_WAY}"
                    self.attempts.apply(SignedOff(None, KeyNotice(sentence, usable=False)))
                return
            auth = context.http_client.auth
            if not isinstance(auth, SessionAuth):  # signed out, which is told by who did it
                return
            if isinstance(state, SignedIn) and state.method != "api_key" and auth.is_over:
                self._over = auth.moved() or showing.has_ended(state.server.host, auth.over_since)
                self._saved_at = context.saved_at()
                self.attempts.apply(SignedOff(self._over))
                lookout.begin(self)
            elif not auth.is_over and self.is_over and isinstance(state, SignedOut | Verifying | AwaitingAuthorization):
                self.attempts.apply(
                    SavedFound(
                        found_elsewhere(
                            state.server, auth.identity, tokens_of(context), _ELSEWHERE, remembered=context.remembered
                        )
                    )
                )

    @property
    def is_over(self) -> bool:
        """Whether the session has ended by itself, and the form for another one says so."""
        state = self.state
        form = state.form if isinstance(state, Verifying) else open_form(state)
        return form is not None and self._over is not None and (form.reason or "").startswith(self._over)

    def look_for_saved(self) -> None:
        """Look whether somebody signed in by other means in the meantime; cheap, to be called often."""
        if self.recipient.look(self.attempts):
            return
        with self.attempts.lock:
            context, form = self.context, open_form(self.state)
            if not self._use_saved or context is None or form is None or form.key is not None:
                return
            due = time.monotonic() >= self._look_again
            if context.saved_at() is None or (context.saved_at() == self._saved_at and not due):
                return
            self._saved_at, self._look_again = context.saved_at(), math.inf
            ended = self.is_over and context.http_client.auth is not None

        def adopt() -> None:
            if ended:  # what its clients have is not let go of, or they would read as nobody
                context.take_saved()
                return
            try:
                done = saved_sign_in(context, form.server, use_saved=True)
            except Exception:  # noqa: BLE001 - another notebook's affair; the person still can sign in here
                self._look_again = time.monotonic() + _LOOK_AGAIN
                return
            if done is not None and _is_expected(done, form):
                with self.attempts.lock:
                    self.recipient.accept_saved(context)
                    self.attempts.apply(SavedFound(done))

        in_background(adopt)

    def client(self) -> Any:
        """Return the Tiled client for the node of the address.

        Raises
        ------
        LoginFailed
            Where nobody is signed in and the server wants that.
        """
        state = self.state
        is_public = isinstance(state, SignedOut) and not state.server.required
        if self.context is None or not (is_public or isinstance(state, SignedIn)):
            raise LoginFailed("Nobody is signed in. Sign in with the panel, or run %tiled_login.", "credentials")
        if self._made is None or not (self._made[0] is state or is_same_sign_in(self._made[0], state)):
            options = {"node_path_parts": self.node_path_parts, **self._client_options}
            self._made = state, from_context(self.context, **options)
        return self._made[1]

    def _find_sign_in(
        self, attempt: int, context: SessionContext, server: Server, target: Target
    ) -> SignInDone | ServerFound:
        """Find what there is already: a key, a saved session, the site's single sign-on; else the person is asked."""
        address = target.address
        if address is None and context.api_key is not None:
            return SignInDone(attempt, SignedIn(server, None, "api_key", _OWN_SERVER, remembered=False))
        if address is not None and address.api_key is not None:
            return self._with_key(attempt, context, server, address.api_key, "address")
        if context.http_client.auth is None and address is not None:
            key, notice = which_key.key_for(server.uri)
            if key is not None:
                from_environment = key == which_key.environment_key()
                try:
                    return self._with_key(
                        attempt, context, server, key, "environment" if from_environment else "chosen"
                    )
                except Refused as refused:
                    if refused.failure.kind != "credentials":
                        raise
                    notice = KeyNotice(f"{refused.failure.sentence} {_KEY_IN_THE_WAY}", usable=False)
            if notice is not None:
                return ServerFound(attempt, server, key=notice)
        unknown, self._look_again = None, math.inf
        try:
            done = saved_sign_in(context, server, use_saved=self._use_saved)
        except SessionUnknown as error:
            context.http_client.auth = done = None
            unknown, self._look_again = _UNKNOWN.format(error.why), time.monotonic() + _LOOK_AGAIN
        done = done or self._from_site(context, server)
        if done is not None:
            return SignInDone(attempt, done)
        names = [provider.name for provider in server.providers]
        missing = self._provider is not None and self._provider not in names
        reason = f"{server.host} has no {self._provider} to sign in with." if missing else context.unsent or unknown
        return ServerFound(attempt, server, reason)

    @staticmethod
    def _with_key(
        attempt: int, context: SessionContext, server: Server, key: str, source: key_login.Source
    ) -> SignInDone:
        done = key_login.check(context, server, key, source)
        which_key.use(context, key, bind=False)
        return SignInDone(attempt, done)

    def _from_site(self, context: SessionContext, server: Server) -> SignedIn | None:
        """Ask the site's own token source, if the settings name one."""
        if not self._settings.token_source or not server.providers:
            return None
        with context.bare_client() as http:
            tokens = ask_source(self._settings.token_source, http, context.server_info.authentication.providers)
            if tokens is None:
                return None
            answer = grants.whoami(http, f"{server.uri}auth/whoami", tokens["access_token"])
        context.configure_auth(tokens, remember_me=False)
        ending.outlive_kernel(context)
        return session_sign_in(
            server, answer.fields, tokens, "saved", _FROM_SITE, remembered=False, server_now=answer.date
        )


def _is_expected(done: SignedIn, form: SignedOut) -> bool:
    """Whether a saved sign-in is that of the person who is waited for."""
    return form.expected is None or (done.identity is not None and are_same(done.identity, form.expected))
