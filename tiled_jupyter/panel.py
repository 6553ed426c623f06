"""The sign-in panel: shows a `LoginSession` in the page, and lets a cell wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
from traitlets import Instance, Unicode

from . import cells, front_end, wire
from .attempts import in_background
from .errors import CannotPrompt, LoginFailed
from .page import Page
from .prompt_session import PromptSession
from .prompts import occasion
from .reauthentication import Context
from .session import CANCELLED, LoginSession
from .settings import settings
from .states import AwaitingAuthorization, Connecting, Disconnected, Failure, Identity, SignedIn, State, Verifying
from .waiting import Wait
from .wire import Remember

_LONGEST_CONNECT = 60.0  # seconds, where there is nobody to ask and only a saved sign-in can help
_ATTEMPT_CANCELLED = Failure("cancelled", "Cancelled.")


class LoginPanel(Page):
    """A panel to sign in to a Tiled server; as the last expression of a cell it is a login widget cell.

    Parameters
    ----------
    uri : str, optional
        Address of the server, or of a node. Without it the person types one.
    remember_me : bool, optional
        True or False settles it; by default the person is asked.

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

    def __init__(
        self,
        uri: str | None = None,
        *,
        remember_me: bool | None = None,
        _session: Callable[[Callable[[State], None]], LoginSession] | None = None,
        **traits: Any,
    ) -> None:
        here = settings()
        remember: Remember = here.remember  # type: ignore[assignment]  # traitlets types an Enum as str
        if remember_me is not None:
            remember = "always" if remember_me else "never"
        self._settled = threading.Event()
        self._callbacks: list[Callable[[Any], object]] = []
        self.cancels = 0
        super().__init__(here, remember, **traits)
        cells.watch()
        self.session = _session(self._on_change) if _session is not None else self._own_session()
        self.set_trait("status", self.session.state.kind)
        if uri is not None:
            self.session.connect(uri)

    def _own_session(self) -> LoginSession:
        session = LoginSession(self._on_change, self._settings, prompt_for_login, use_saved=self.saves)
        if self._settings.servers:
            session.state = Disconnected(self._settings.servers[0])
        return session

    # -- for programmers -----------------------------------------------------------------------------

    @property
    def context(self) -> Context | None:
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
        self._hold(timeout)
        return self.client

    def _hold(self, timeout: float | None) -> None:
        if self._somebody_is_there():
            with Wait(self, timeout, self._settings.login_deadline, blocking=True) as wait:
                while not wait.over():
                    wait.step(0.25)

    async def signed_in(self, timeout: float | None = None) -> Any:
        """Wait as `wait` does, in a cell with a top-level await."""
        if self._somebody_is_there():
            with Wait(self, timeout, self._settings.login_deadline, blocking=False) as wait:
                try:
                    while not wait.over():
                        wait.step(0.0)
                        # Short, because an interrupt does not wake ipykernel's loop by itself.
                        await asyncio.sleep(0.03)
                except asyncio.CancelledError:
                    if not wait.stopped:
                        raise
                    raise wait.stop() from None
        return self.client

    def on_signed_in(self, callback: Callable[[Any], object]) -> None:
        """Have ``callback(client)`` called at every sign-in, and at once if there is one."""
        self._callbacks.append(callback)
        if isinstance(self.session.state, SignedIn):
            callback(self.client)

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
            case wire.Connect():
                self.session.connect(typed)
            case wire.SignIn(provider, username, remember):
                wanted = {"ask": remember, "never": False, "always": True}[self._remember]
                self.session.sign_in(provider, username, typed, remember=wanted)
            case wire.SignOut(everywhere):
                self.session.sign_out(everywhere=everywhere)
            case wire.ChangeServer():
                self.session.drop_server()
            case wire.Cancel():
                in_attempt = isinstance(self.session.state, Connecting | Verifying | AwaitingAuthorization)
                self.cancels += not in_attempt
                self.session.cancel(_ATTEMPT_CANCELLED if in_attempt else CANCELLED)
                self.wake()
            case _:
                pass

    def _on_change(self, state: State) -> None:
        self.set_trait("status", state.kind)
        self.set_trait("identity", state.identity if isinstance(state, SignedIn) else None)
        self.publish()
        if isinstance(state, Connecting):
            self._settled.clear()
        else:
            self._settled.set()
        if isinstance(state, SignedIn) and self._callbacks:
            in_background(self._call_back)
        self.wake()

    def _call_back(self) -> None:
        client = self.client
        for callback in tuple(self._callbacks):
            callback(client)

    def _somebody_is_there(self) -> bool:
        """Whether there is somebody to wait for: False where a saved sign-in made asking needless."""
        if isinstance(self.session.state, SignedIn):
            return False
        try:
            front_end.require_somebody(_address_of(self.session.state))
        except CannotPrompt:
            self._settled.wait(_LONGEST_CONNECT)
            if self.status != "signed_in":
                raise
            return False
        return True


def _address_of(state: State) -> str:
    return state.address if isinstance(state, Disconnected | Connecting) else state.server.uri


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
    front_end.require_somebody(str(wish.context.api_uri) if wish is not None else "the Tiled server")
    session: PromptSession | None = None

    def make(on_change: Callable[[State], None]) -> LoginSession:
        nonlocal session
        session = PromptSession(on_change, settings(), http_client, providers, wish)
        return session

    panel = LoginPanel(remember_me=remember_me, _session=make)
    front_end.show(panel)
    panel._hold(None)
    tokens = session.take_tokens() if session is not None else None
    if tokens is None:
        raise LoginFailed("The sign-in gave no tokens. Try again.")
    if wish is not None and session is not None:
        wish.remember = session.remember
    return tokens
