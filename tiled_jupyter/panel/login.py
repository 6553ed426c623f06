"""What a panel does beside being drawn and waited for: its login, and the account that is signed in.

It needs Tiled's client, which takes longer to import than a page takes to draw a panel: so it is made after that.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from ..background import in_background
from ..errors import LoginFailed
from ..session import registry
from ..session.ensure import ensure
from ..settings import TiledJupyter
from ..sign_in.session import LoginSession
from ..state import wire
from ..state.states import (
    ATTEMPT_CANCELLED,
    CANCELLED,
    AwaitingAuthorization,
    Connecting,
    Disconnected,
    SignedIn,
    State,
    Verifying,
    address_of,
    is_same_sign_in,
)
from . import hints
from .account import AccountDesk
from .key_reply import offer_keys

if TYPE_CHECKING:
    from .panel import LoginPanel

#: Makes the session that a panel shows, and is given whom to tell of its states.
MakesSession: TypeAlias = Callable[[Callable[[State], None]], LoginSession]


class Login:
    """The login of a panel.

    Parameters
    ----------
    panel : LoginPanel
    settings : TiledJupyter
    make_session : callable, optional
        By default for a server that the person chooses.
    provider : str, optional
        Which of its providers to choose at first.

    Attributes
    ----------
    session : LoginSession
    account : AccountDesk
    """

    def __init__(
        self,
        panel: LoginPanel,
        settings: TiledJupyter,
        make_session: MakesSession | None = None,
        provider: str | None = None,
    ) -> None:
        hints.watch()
        self._panel = panel
        self._settings = settings
        self._callbacks: list[Callable[[Any], object]] = []
        self._before: State = Disconnected()
        self.account: AccountDesk | None = None
        self.session = make_session(self._on_change) if make_session is not None else self._own_session(provider)
        self.account = AccountDesk(self.session, settings, lambda give: offer_keys(panel.comm_id, give))

    def _own_session(self, provider: str | None) -> LoginSession:
        from .prompt import prompt_for_login  # which shows a panel

        return LoginSession(
            self._on_change,
            self._settings,
            prompt_for_login,
            use_saved=self._panel.saves,
            provider=provider,
            state=Disconnected(address_of(self._panel.shown)),
        )

    def on_signed_in(self, callback: Callable[[Any], object]) -> None:
        """Call ``callback(client)`` at every sign-in; see `LoginPanel.on_signed_in`."""
        self._callbacks.append(callback)
        if isinstance(self.session.state, SignedIn):
            callback(self.session.client())

    def ensure(self, hours: float) -> datetime:
        """Make sure of a sign-in that lasts; see `LoginPanel.ensure`."""
        if self.session.context is None:
            raise LoginFailed("Nobody is signed in. Sign in with the panel, or run %tiled_login.", "credentials")
        return ensure(self.session.context, hours)

    def obey(self, command: wire.Command, typed: str) -> None:
        """Do what the page says; see `Page.obey`."""
        session = self.session
        match command:
            case wire.Plain.CONNECT:
                session.connect(typed)
            case wire.SignIn(provider, username, remember):
                session.methods.sign_in(provider, username, typed, remember=self._panel.wanted(remember=remember))
            case wire.Begin(provider, remember):
                session.methods.begin(provider, remember=self._panel.wanted(remember=remember))
            case wire.Plain.USE_KEY:
                session.methods.use_key(typed)
            case wire.Plain.ACCEPT_KEY:
                session.methods.accept_key()
            case wire.Plain.SET_KEY_ASIDE:
                session.set_key_aside()
            case wire.SignOut(everywhere):
                session.sign_out(everywhere=everywhere)
            case wire.Plain.CHANGE_SERVER:
                session.drop_server()
            case wire.Plain.CANCEL:
                in_attempt = isinstance(session.state, Connecting | Verifying | AwaitingAuthorization)
                session.cancel(ATTEMPT_CANCELLED if in_attempt else CANCELLED)
                if not in_attempt:
                    self._panel.barrier.say_no()
            case _:
                if self.account is not None:
                    self.account.obey(command)

    def _on_change(self, state: State) -> None:
        self._panel.show(state)
        if isinstance(state, SignedIn):
            context = self.session.context
            key = context.api_key if state.method == "api_key" and context is not None else None
            registry.note_end(state.server.uri, state.good_until, renews=state.renews, key=key)
        if not isinstance(state, SignedIn):
            if self.account is not None:
                self.account.forget()
        elif self._callbacks and not is_same_sign_in(self._before, state):
            in_background(self._call_back)
        self._before = state
        self._panel.tell_others()
        self._panel.barrier.settle(state)

    def _call_back(self) -> None:
        client = self.session.client()
        for callback in tuple(self._callbacks):
            callback(client)
