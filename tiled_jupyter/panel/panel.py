"""The sign-in panel: shows a login in the page, at once, and lets a cell wait for it.

Importing this module imports neither httpx nor Tiled's client. What needs them stands in `login`.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from traitlets import Instance, Unicode

from ..background import in_background
from ..kernel import cells
from ..kernel.mailbox import Letter
from ..kernel.memory import of_kernel
from ..settings import settings
from ..state import wire
from ..state.states import (
    ATTEMPT_CANCELLED,
    CANCELLED,
    Connecting,
    Disconnected,
    Failure,
    Identity,
    SignedIn,
    State,
    Verifying,
    address_of,
)
from .barrier import Barrier
from .early import Early
from .late_login import LateLogin
from .page import Page

if TYPE_CHECKING:
    from ..session.context import SessionContext
    from ..sign_in.session import LoginSession
    from .account import AccountDesk
    from .login import Login, MakesSession

_SERVER_WITHIN = 1.0  # seconds in which a server answers, if it is near


def _is_imported(name: str) -> bool:
    """Whether a module is there, and is not being imported by another thread."""
    module = sys.modules.get(name)
    return module is not None and not getattr(module.__spec__, "_initializing", False)


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
        _session: MakesSession | None = None,
        **traits: Any,
    ) -> None:
        here = settings()
        self._provider = provider
        self._make_session = _session
        self._late = LateLogin(self, self._make_login, uri if _session is None else None)
        first = Disconnected(here.servers[0]) if here.servers else Disconnected()
        self._state: State | None = first if uri is None else None  # None before it is known whom to name
        self._showing = threading.RLock()
        self._early: Early | None = None
        self._is_drawn = threading.Event()
        self.barrier = Barrier(self, here)
        super().__init__(here, remember_me=remember_me, **traits)
        cells.watch()
        of_kernel(_Panels).add(self)
        later = cells.when_idle() if self.comm is not None else None
        if later is None or _session is not None or _is_imported("tiled.client"):  # nothing is gained by waiting
            self._late.make()
        else:
            self._show_first(later)

    def _make_login(self) -> Login:
        from .login import Login  # with httpx and Tiled's client

        return Login(self, self._settings, self._make_session, self._provider)

    @property
    def login(self) -> Login:
        """What needs Tiled's client; see `LateLogin.get`."""
        return self._late.get()

    @property
    def session(self) -> LoginSession:
        """The login itself, and where it stands."""
        return self.login.session

    @property
    def account(self) -> AccountDesk | None:
        """What the page may do with the account that is signed in."""
        return self.login.account

    @property
    def context(self) -> SessionContext | None:
        """The `tiled_jupyter.Context`, once a server has answered."""
        return self._connected().context

    @property
    def client(self) -> Any:
        """A Tiled client for the address.

        Raises
        ------
        LoginFailed
            Where nobody is signed in and the server wants that.
        """
        return self._connected().client()

    def _connected(self) -> LoginSession:
        """Return the login, once it knows the server, where it was made later than the panel."""
        login = self.login
        if self._early is not None and self.status == "connecting":  # as an observer of it sees it
            self.barrier.until_connected()
        return login.session

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
            After the stop button, on whatever thread this is. LoginCancelled where it would end an asyncio loop.
        """
        self.barrier.hold(timeout)
        return self.client

    async def signed_in(self, timeout: float | None = None) -> Any:
        """Wait as `wait` does, in a cell with a top-level await."""
        await self.barrier.hold_back(timeout)
        return self.client

    def on_signed_in(self, callback: Callable[[Any], object]) -> None:
        """Call ``callback(client)`` at every sign-in, and at once if there is one."""
        self.login.on_signed_in(callback)

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
        self._connected()
        return self.login.ensure(hours)

    def sign_out(self, *, everywhere: bool = False) -> None:
        """Sign out of this kernel, or, `everywhere`, end the session on the server too."""
        self._connected().sign_out(everywhere=everywhere)

    def __repr__(self) -> str:
        """Name the state and nobody."""
        return f"<LoginPanel {self.status}>"

    # -- the page --------------------------------------------------------------------------------------

    @property
    def shown(self) -> State:
        """What the page shows."""
        first = self._first_form
        return (first.shown if first is not None else None) or self._state or Disconnected()

    @property
    def _first_form(self) -> Early | None:
        """What is shown while the login asks the server, if it is not in trouble."""
        is_in_trouble = isinstance(self._state, Connecting) and self._state.trouble is not None
        return None if self._early is None or self._early.form is None or is_in_trouble else self._early

    def publish(self) -> None:
        """Send the state to the page, from any thread: after what is sent of a state before, and before the next."""
        with self._showing:
            if self._state is not None:
                super().publish()

    def show(self, state: State) -> None:
        """Show what has become of the login. Called under the lock of its attempts, where it has a turn."""
        self._tell("identity", state.identity if isinstance(state, SignedIn) else None)
        self._tell("status", state.kind)  # last: who watches it finds the identity that belongs to it
        with self._showing:
            self._state = state
            if self._early is not None and not isinstance(state, Connecting):
                if self._early.kept_for(state) is not None:
                    in_background(self._obey_what_was_kept)  # until then the page shows that it is under way
                    return
                self._early = None
            self.publish()

    def _tell(self, trait: str, value: object) -> None:
        """Set a trait. What its observers raise is printed, as of a thread, and ends neither login nor page."""
        try:
            self.set_trait(trait, value)
        except Exception:  # noqa: BLE001 - theirs, whatever it is
            traceback.print_exc()

    def _obey_what_was_kept(self) -> None:
        session = self.session
        with session.attempts.lock:  # so that nothing is said in between
            with self._showing:
                early, self._early = self._early, None
                kept = early.kept_for(session.state) if early is not None else None
            if isinstance(kept, Failure):
                session.cancel(kept)
            elif kept is not None:
                self.login.obey(*kept)
        self.publish()

    def _show_first(self, later: Callable[[Callable[[], object]], None]) -> None:
        """Show what needs no Tiled's client, and have it imported once the page has drawn that."""
        is_asked = threading.Event()
        if self._late.server is None:
            is_asked.set()
            self.publish()  # before it is asked for, which the kernel may be too busy to hear
        else:
            self._ask_first(self._late.server, is_asked)

        def make() -> None:
            is_asked.wait(_SERVER_WITHIN)
            self._late.make_between_cells(later, self._is_drawn)

        in_background(make)

    def _ask_first(self, server: str, is_asked: threading.Event) -> None:
        """Ask a server for its form without Tiled's client, beside whatever the kernel does."""
        from ..sign_in.first_form import first_form, target_of  # with httpx

        target, early = target_of(server, self._settings), Early()
        self._early = early
        self.set_trait("status", "connecting")

        def ask() -> None:
            form = None
            if target is not None and self.comm is not None:
                form = first_form(target, self._settings, provider=self._provider, use_saved=self.saves)
            with self._showing:
                if form is not None and self._early is early:
                    early.form = form
                    self.publish()
            is_asked.set()

        if target is not None:
            self._state = Connecting(0, target.shown, time.time())
            self.publish()
        in_background(ask)

    def begin_with(self, session: LoginSession) -> None:
        """Show where a login stands that is not told to connect to anything when it is made."""
        if self._make_session is not None:
            with session.attempts.lock:
                self._state = session.state
                self.set_trait("status", session.state.kind)
            return
        if self.comm is not None:
            self.publish()
        self.barrier.settle(session.state)

    def connect_for_a_cell(self) -> None:
        """Make the login soon, if it is not made yet, and ask the panel's server again where that was ended."""
        self._late.connect_for_a_cell()

    def look_for_saved(self) -> None:
        """Look whether somebody has signed in by other means, once the login is made."""
        if self._late.login is not None:
            self._late.login.session.look_for_saved()

    def cancel(self, failure: Failure) -> None:
        """End whatever is going on, or what would begin once the login is made; a form stays."""
        with self._showing:
            first = self._first_form
            if first is not None:
                first.cancel(failure)
                self.publish()
                return
        if not self._late.cancel(failure):
            self.show(Disconnected(address_of(self.shown), failure))

    def obey(self, command: wire.Command, typed: str) -> None:
        """Do what the page says; see `Page.obey`."""
        if isinstance(command, wire.Alive | wire.Ready):
            self.publish()
            if isinstance(command, wire.Ready):
                self._is_drawn.set()
            return
        with self._showing:
            if command is wire.Plain.CONNECT:  # another server
                self._early = self._late.server = None
            first, says_no = self._first_form, command is wire.Plain.CANCEL
            is_under_way = isinstance(self.shown, Connecting | Verifying)
            is_kept = first is not None and first.keep(command, typed)
            if is_kept:
                self.publish()
        if says_no and (first is not None or not self._late.has_begun):
            self.cancel(ATTEMPT_CANCELLED if is_under_way else CANCELLED)
            if not is_under_way:
                self.barrier.say_no()  # to the cell that waits; the server is asked all the same
        elif not is_kept:
            self._late.keep(command, typed)
        self._late.obey()

    def receive(self, letter: Letter) -> None:
        """Take a letter; see `Page.receive`."""
        super().receive(letter)
        self.tell_others()  # who did not yield to a panel that no page shows

    @property
    def looks_for_names(self) -> bool:
        """Whether it is time to look for saved names of servers."""
        return self._late.login is not None

    @property
    def is_asked_elsewhere(self) -> bool:
        """Whether another panel, which is heard for certain, has a cell that waits for the same server."""
        if self.waits or isinstance(self.shown, Disconnected | Connecting):
            return False
        return any(other.asks_at == self.shown.server.uri for other in of_kernel(_Panels).others(self))

    def tell_others(self) -> None:
        """Tell the other panels whether a cell waits at this one, where that has changed."""
        state = self.shown
        is_seen = bool(self.waits) and self.heard_at is not None
        asks_at = None
        if is_seen and not isinstance(state, Disconnected | Connecting | SignedIn):
            asks_at = state.server.uri
        if asks_at == self.asks_at:
            return
        is_over, self.asks_at = asks_at is None, asks_at

        def tell() -> None:
            for other in of_kernel(_Panels).others(self):
                other.publish()
                if is_over and not other.resuming:
                    other.look_for_saved()  # somebody may have signed in there

        in_background(tell)

    def wanted(self, *, remember: bool) -> bool:
        """Return whether a sign-in is to be remembered, for what the page says of it."""
        return {"ask": remember, "never": False, "always": True}[self._remember]
