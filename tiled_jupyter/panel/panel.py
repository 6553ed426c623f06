"""The sign-in panel: shows a `LoginSession` in the page, and lets a cell wait for it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
from traitlets import Instance, Unicode

from ..background import in_background
from ..errors import LoginFailed
from ..kernel import cells, front_end
from ..kernel.mailbox import Letter
from ..kernel.memory import of_kernel
from ..session import ending, registry
from ..session.context import SessionContext
from ..session.ensure import ensure
from ..session.prompts import occasion
from ..settings import settings
from ..sign_in.hook import Caller, without_asking
from ..sign_in.session import CANCELLED, LoginSession
from ..state import wire
from ..state.states import (
    AwaitingAuthorization,
    Connecting,
    Disconnected,
    Failure,
    Identity,
    SignedIn,
    State,
    Verifying,
    is_same_sign_in,
)
from . import hints
from .account import AccountDesk
from .barrier import Barrier
from .key_reply import offer_keys
from .page import Page
from .words import require_somebody

_KEY_INSTEAD = "The API key you typed is used from now on, so there was no sign-in. Run the cell again."
_ATTEMPT_CANCELLED = Failure("cancelled", "Cancelled.")


class _Panels:
    """The panels of this kernel, held weakly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.all: weakref.WeakSet[LoginPanel] = weakref.WeakSet()

    def others(self, than: LoginPanel) -> list[LoginPanel]:
        """Return all but one of them."""
        with self.lock:
            return [panel for panel in self.all if panel is not than]

    def add(self, panel: LoginPanel) -> None:
        """Add one more."""
        with self.lock:
            self.all.add(panel)


class LoginPanel(Page):
    """A panel to sign in to a Tiled server; as the last expression of a cell it is a login widget cell.

    Parameters
    ----------
    uri : str, optional
        Address of the server or of a node, or the name of a profile. Without it the person types one.
    provider : str, optional
        Which of the server's providers to choose at first.
    remember_me : bool, optional
        True or False settles it; by default the person is asked, and in Voilà it is False.

    Attributes
    ----------
    status : str
        ``disconnected``, ``connecting``, ``signed_out``, ``verifying``, ``awaiting_authorization`` or
        ``signed_in``.
    identity : Identity or None
        Who is signed in.
    """

    status = Unicode("disconnected", read_only=True)
    identity = Instance(Identity, allow_none=True, read_only=True)

    #: The server for which a cell waits at this panel, as far as the other panels have been told.
    asks_at: str | None = None

    def __init__(
        self,
        uri: str | None = None,
        *,
        provider: str | None = None,
        remember_me: bool | None = None,
        _session: Callable[[Callable[[State], None]], LoginSession] | None = None,
        **traits: Any,
    ) -> None:
        here = settings()
        self._callbacks: list[Callable[[Any], object]] = []
        self._barrier = Barrier(self, here)
        super().__init__(here, remember_me=remember_me, **traits)
        cells.watch()
        hints.watch()
        self.account: AccountDesk | None = None
        self._before: State = Disconnected()
        self.session = _session(self._on_change) if _session is not None else self._own_session(provider)
        self.account = AccountDesk(self.session, here, lambda give: offer_keys(self.comm_id, give))
        self.set_trait("status", self.session.state.kind)
        of_kernel(_Panels).add(self)
        if uri is not None:
            self.session.connect(uri)
        elif _session is None and self.comm is not None:
            self.publish_again()  # before it is asked for, which the kernel may be too busy to hear

    def _own_session(self, provider: str | None) -> LoginSession:
        servers = self._settings.servers
        return LoginSession(
            self._on_change,
            self._settings,
            prompt_for_login,
            use_saved=self.saves,
            provider=provider,
            state=Disconnected(servers[0]) if servers else None,
        )

    @property
    def context(self) -> SessionContext | None:
        """The `tiled_jupyter.Context`, once a server has answered."""
        return self.session.context

    @property
    def client(self) -> Any:
        """A Tiled client for the address.

        Raises
        ------
        LoginFailed
            Where nobody is signed in and the server wants that.
        """
        return self.session.client()

    def wait(self, timeout: float | None = None) -> Any:
        """Hold this cell until the person is signed in.

        Parameters
        ----------
        timeout : float, optional
            Seconds. By default ``c.TiledJupyter.login_deadline`` since the page was last heard.

        Returns
        -------
        object
            The Tiled client.

        Raises
        ------
        LoginCancelled, LoginFailed, CannotPrompt
            CannotPrompt only where nobody could answer.
        KeyboardInterrupt
            After the stop button, on whatever thread this is.
        """
        self._barrier.hold(timeout)
        return self.client

    async def signed_in(self, timeout: float | None = None) -> Any:
        """Wait as `wait` does, in a cell with a top-level await."""
        await self._barrier.hold_back(timeout)
        return self.client

    def on_signed_in(self, callback: Callable[[Any], object]) -> None:
        """Call ``callback(client)`` at every sign-in, and at once if there is one."""
        self._callbacks.append(callback)
        if isinstance(self.session.state, SignedIn):
            callback(self.client)

    def ensure(self, hours: float = 8.0) -> datetime:
        """Make sure of a sign-in that lasts: renew it, or ask now; see `session.ensure.ensure`.

        Returns
        -------
        datetime
            Until when it is good at least.

        Raises
        ------
        LoginFailed
            Where nobody is signed in, or that cannot be promised.
        """
        if self.context is None:
            raise LoginFailed("Nobody is signed in. Sign in with the panel, or run %tiled_login.", "credentials")
        return ensure(self.context, hours)

    def sign_out(self, *, everywhere: bool = False) -> None:
        """Sign out of this kernel, or, `everywhere`, end the session on the server too."""
        self.session.sign_out(everywhere=everywhere)

    def __repr__(self) -> str:
        """Name the state and nobody."""
        return f"<LoginPanel {self.session.state.kind}>"

    # -- the page --------------------------------------------------------------------------------------

    def obey(self, command: wire.Command, typed: str) -> None:
        """Do what the page says; see `Page.obey`."""
        match command:
            case wire.Alive() | wire.Ready():
                self.publish()
            case wire.Plain.CONNECT:
                self.session.connect(typed)
            case wire.SignIn(provider, username, remember):
                self.session.methods.sign_in(provider, username, typed, remember=self._wanted(remember))
            case wire.Begin(provider, remember):
                self.session.methods.begin(provider, remember=self._wanted(remember))
            case wire.Plain.USE_KEY:
                self.session.methods.use_key(typed)
            case wire.Plain.ACCEPT_KEY:
                self.session.methods.accept_key()
            case wire.Plain.SET_KEY_ASIDE:
                self.session.set_key_aside()
            case wire.SignOut(everywhere):
                self.session.sign_out(everywhere=everywhere)
            case wire.Plain.CHANGE_SERVER:
                self.session.drop_server()
            case wire.Plain.CANCEL:
                in_attempt = isinstance(self.session.state, Connecting | Verifying | AwaitingAuthorization)
                self._barrier.cancels += not in_attempt
                self.session.cancel(_ATTEMPT_CANCELLED if in_attempt else CANCELLED)
                self._barrier.wake()
            case _:
                if self.account is not None:
                    self.account.obey(command)

    def receive(self, letter: Letter) -> None:
        """Take a letter; see `Page.receive`."""
        super().receive(letter)
        self.tell_others()  # who did not yield to a panel that no page shows

    @property
    def is_asked_elsewhere(self) -> bool:
        """Whether a cell waits for a sign-in to the same server in another panel, which is heard for certain."""
        state = self.session.state
        if self.waits or isinstance(state, Disconnected | Connecting):
            return False
        return any(other.asks_at == state.server.uri for other in of_kernel(_Panels).others(self))

    def tell_others(self) -> None:
        """Tell the other panels whether a cell waits at this one, where that has changed."""
        state = self.session.state
        is_seen = bool(self.waits) and self.heard_at is not None
        asks_at = None
        if is_seen and not isinstance(state, Disconnected | Connecting | SignedIn):
            asks_at = state.server.uri
        if asks_at == self.asks_at:
            return
        is_over, self.asks_at = asks_at is None, asks_at

        def tell() -> None:
            for other in of_kernel(_Panels).others(self):
                other.publish_again()
                if is_over and not other.resuming:
                    other.session.look_for_saved()  # somebody may have signed in there

        in_background(tell)

    def publish_again(self) -> None:
        """Send the state once more, from any thread: after what is sent of a state before, and before the next."""
        with self.session.attempts.lock:
            self.publish()

    def _wanted(self, remember: bool) -> bool:  # noqa: FBT001 - a field of a message
        return {"ask": remember, "never": False, "always": True}[self._remember]

    def _on_change(self, state: State) -> None:
        self.set_trait("status", state.kind)
        self.set_trait("identity", state.identity if isinstance(state, SignedIn) else None)
        self.publish()
        if isinstance(state, SignedIn):
            key = self.context.api_key if state.method == "api_key" and self.context is not None else None
            registry.note_end(state.server.uri, state.good_until, renews=state.renews, key=key)
        if not isinstance(state, SignedIn):
            if self.account is not None:
                self.account.forget()
        elif self._callbacks and not is_same_sign_in(self._before, state):
            in_background(self._call_back)
        self._before = state
        self.tell_others()
        self._barrier.settle(state)

    def _call_back(self) -> None:
        client = self.client
        for callback in tuple(self._callbacks):
            callback(client)


def prompt_for_login(http_client: httpx.Client, providers: list[Any]) -> dict[str, Any]:
    """Ask in a panel: the default hook of ``Context.authenticate(prompt_for_reauthentication=…)``.

    Parameters
    ----------
    http_client : httpx.Client
        Reaches the server without a session.
    providers : list of tiled.schemas.AboutAuthenticationProvider

    Returns
    -------
    dict
        Tokens, with ``access_token``.

    Raises
    ------
    LoginCancelled, LoginFailed, CannotPrompt
    """
    wish = occasion.get()
    remember_me = False if wish is not None and not wish.remember else None
    given = without_asking(http_client, providers, wish)
    if given is not None:
        if wish is not None:
            wish.remember = False
            ending.outlive_kernel(wish.context)
        return given
    who = wish.identity.words if wish is not None and wish.identity is not None else None
    require_somebody(str(wish.context.api_uri) if wish is not None else "the Tiled server", who)
    caller = Caller(http_client, wish)
    panel = LoginPanel(
        remember_me=remember_me, _session=lambda on_change: caller.login(on_change, settings(), providers)
    )
    panel.resuming = wish is not None and wish.resuming
    cells.in_its_output(lambda: front_end.show(panel))
    try:
        panel._barrier.hold(None)
        tokens = caller.take_tokens()
    finally:
        caller.leave()
    if tokens is None:
        by_key = isinstance(panel.session.state, SignedIn) and panel.session.state.method == "api_key"
        raise LoginFailed(_KEY_INSTEAD if by_key else "The sign-in gave no tokens. Try again.")
    if wish is not None:
        wish.remember = caller.remember
        if not caller.remember:
            ending.end_with_kernel(wish.context)
    return tokens
