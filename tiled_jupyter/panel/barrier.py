"""A panel that a cell can wait for: the barrier that holds the cells after it, in order.

How a wait hears the page and when it ends stands in `waiting`.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Literal

from ..errors import CannotPrompt, LoginCancelled, LoginFailed
from ..kernel.waiting import Wait
from ..settings import TiledJupyter
from ..sign_in.session import CANCELLED
from ..state.parts import Failure
from ..state.states import Connecting, Disconnected, SignedIn, SignedOut, State
from .page import Page
from .words import NEUTRAL_TEXT, how_to_go_on, require_somebody

_LONGEST_CONNECT = 60.0  # seconds, where there is nobody to ask and only a saved sign-in can help


class Barrier(Page):
    """The part of a panel that waits; parameters are those of `Page`.

    Attributes
    ----------
    cancels : int
        How often the person said no.
    """

    def __init__(self, settings: TiledJupyter, *, remember_me: bool | None, **traits: Any) -> None:
        self._settled = threading.Event()
        self.cancels = 0
        self._cancels_before: dict[Wait, int] = {}
        self._may_begin = False
        super().__init__(settings, remember_me=remember_me, **traits)

    @property
    def client(self) -> Any:
        """A Tiled client; see `LoginPanel.client`."""
        raise NotImplementedError

    def settle(self, state: State) -> None:
        """Take note of a new state, and make those who wait look at it."""
        if isinstance(state, Connecting):
            self._settled.clear()
        else:
            self._settled.set()
        self.wake()

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
            with self._wait(timeout, blocking=True) as wait:
                while not wait.over():
                    wait.step(0.25)

    async def signed_in(self, timeout: float | None = None) -> Any:
        """Wait as `wait` does, in a cell with a top-level await."""
        if self._somebody_is_there():
            with self._wait(timeout, blocking=False) as wait:
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

    def _wait(self, timeout: float | None, *, blocking: bool) -> Wait:
        here = self._settings
        patience = here.reauthentication_deadline if self.resuming else here.login_deadline
        # Where a request was interrupted, page or no page: an overnight run must survive.
        return Wait(self, timeout, patience, blocking=blocking, since_heard=not self.resuming)

    # -- what a `Wait` asks of its widget ----------------------------------------------------------------

    @property
    def afterwards(self) -> str:
        """What stays where words stood beside the panel; one that folds to a line says it all itself."""
        return "" if self.resuming else NEUTRAL_TEXT

    def join(self, wait: Wait) -> None:
        """Take note that somebody waits, and where they hear best."""
        self._cancels_before[wait] = self.cancels
        self._may_begin = True
        super().join(wait)

    def leave(self, wait: Wait) -> None:
        """Take note that they wait no longer."""
        del self._cancels_before[wait]
        super().leave(wait)

    def look(self) -> None:
        """Look whether a sign-in has come by other means."""
        self.session.look_for_saved()

    def is_answered(self, wait: Wait) -> bool:
        """Whether the person is signed in.

        Raises
        ------
        LoginCancelled
            After Cancel.
        """
        if self._is_signed_in():
            return True
        if self.cancels != self._cancels_before[wait]:
            raise LoginCancelled("The sign-in was cancelled. Run %tiled_login to go on.")
        return False

    def give_up(self, why: Literal["stopped", "deadline"]) -> Exception:
        """End the login, and return what to raise for it."""
        if why == "stopped":
            self.session.cancel(CANCELLED)
            return LoginCancelled("The stop button ended the wait. Run %tiled_login to go on.")
        sentence = "Nobody signed in before the deadline. Run the cell again, or sign in here."
        self.session.cancel(Failure("deadline", sentence))
        return LoginFailed(sentence, "deadline")

    def words(self, *, silent: bool, since: float) -> tuple[str, str | None] | None:
        """Return what to say beside the panel."""
        if not silent and not self.resuming:
            return None
        if silent and isinstance(self.session.state, SignedOut) and self.heard_at is None:
            self._begin_unasked(self.session.state)
        since_then = since if self.resuming else None
        return how_to_go_on(self.session.state, silent=silent, saves=self.saves, since=since_then)

    def _begin_unasked(self, form: SignedOut) -> None:
        """Begin the only way in, or the chosen one, once, where a person sees no panel and so can begin nothing."""
        ways = [provider for provider in form.server.providers if provider.refusal is None]
        way = next((each for each in ways if len(ways) == 1 or each.name == form.server.preferred), None)
        if self._may_begin and way is not None and way.mode == "external" and form.key is None:
            self._may_begin = False
            self.session.begin(way.name, remember=self.saves)

    def _is_signed_in(self) -> bool:
        return isinstance(self.session.state, SignedIn)

    def _somebody_is_there(self) -> bool:
        """Whether there is somebody to wait for: False where a saved sign-in made asking needless."""
        if self._is_signed_in():
            return False
        try:
            require_somebody(_address_of(self.session.state))
        except CannotPrompt:
            self._settled.wait(_LONGEST_CONNECT)
            if not self._is_signed_in():
                raise
            return False
        return True


def _address_of(state: State) -> str:
    return state.address if isinstance(state, Disconnected | Connecting) else state.server.uri
