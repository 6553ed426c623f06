"""Cells that wait for a panel: the barrier that holds them, in order, until somebody has signed in.

How a wait hears the page and when it ends stands in `kernel.waiting`. A cell may wait before the panel's login is
made: importing this module imports neither httpx nor Tiled's client.
"""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future, InvalidStateError
from typing import TYPE_CHECKING, Literal

from ..errors import CannotPrompt, LoginCancelled, LoginFailed
from ..kernel import cells, front_end
from ..kernel.mailbox import Channel, Letter
from ..kernel.waiting import Wait
from ..settings import TiledJupyter
from ..state import wire
from ..state.states import CANCELLED, Connecting, Failure, SignedIn, SignedOut, State, address_of
from .page import NEUTRAL_TEXT
from .words import Sign, how_to_go_on, require_somebody

if TYPE_CHECKING:
    from .panel import LoginPanel

_LONGEST_CONNECT = 60.0  # seconds, where there is nobody to ask and only a saved sign-in can help


class Barrier:
    """What holds the cells that wait for a panel; for `kernel.waiting.Wait` it asks in the panel's place.

    Parameters
    ----------
    panel : LoginPanel
    settings : TiledJupyter

    Attributes
    ----------
    cancels : int
        How often the person said no.
    """

    def __init__(self, panel: LoginPanel, settings: TiledJupyter) -> None:
        self._panel = panel
        self._settings = settings
        self._settled = Future[None]()  # once the server is not asked what it is, as it is at first
        self._broken: LoginFailed | None = None
        self.cancels = 0
        self._cancels_before: dict[Wait, int] = {}
        self._may_begin = False
        self._only_control = False

    def settle(self, state: State) -> None:
        """Follow a new state, and make those who wait look at it."""
        if not isinstance(state, Connecting):
            self._settle()
        elif self._settled.done():
            self._settled = Future()
        self.wake()

    def _settle(self) -> None:
        with contextlib.suppress(InvalidStateError):  # it is already
            self._settled.set_result(None)

    def until_connected(self) -> None:
        """Wait while a server is asked what it is, which takes less than a minute.

        Raises
        ------
        KeyboardInterrupt
            After the stop button.
        """
        cells.pause(_LONGEST_CONNECT, self._settled)

    def fail(self, error: LoginFailed) -> None:
        """End all waits: nobody can sign in here."""
        self._broken = error
        self._settle()
        self.wake()

    def say_no(self) -> None:
        """End all waits: the person does not want to sign in."""
        self.cancels += 1
        self.wake()

    def wake(self) -> None:
        """Make those who wait look again now."""
        for wait in tuple(self._panel.waits):
            wait.wake()

    def hold(self, timeout: float | None) -> None:
        """Hold this thread until somebody is signed in; see `LoginPanel.wait`."""
        if self._somebody_is_there():
            with self._wait(timeout, blocking=True) as wait:
                while not wait.over():
                    wait.step(0.25)

    async def hold_back(self, timeout: float | None) -> None:
        """Hold this coroutine until somebody is signed in, and nobody else; see `LoginPanel.signed_in`."""
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

    def _wait(self, timeout: float | None, *, blocking: bool) -> Wait:
        here = self._settings
        patience = here.reauthentication_deadline if self._panel.resuming else here.login_deadline
        # Where a request was interrupted, page or no page: an overnight run must survive.
        return Wait(self, timeout, patience, blocking=blocking, since_heard=not self._panel.resuming)

    # -- what a `Wait` asks of whom it waits for -----------------------------------------------------------

    @property
    def heard_at(self) -> float | None:
        """When the page last gave a sign of life, on the monotonic clock."""
        return self._panel.heard_at

    @property
    def comm_id(self) -> str:
        """The comm's name."""
        return self._panel.comm_id

    def ping(self, channel: Channel) -> None:
        """Ask the page for a sign of life."""
        self._panel.ping(channel)

    def receive(self, letter: Letter) -> None:
        """Take what the page says."""
        self._panel.receive(letter)

    @property
    def afterwards(self) -> str:
        """What stays where words stood beside the panel; one that folds to a line says it all itself."""
        return "" if self._panel.resuming else NEUTRAL_TEXT

    def join(self, wait: Wait) -> None:
        """Count somebody who waits, and remember where they hear best."""
        self._panel.connect_for_a_cell()
        self._cancels_before[wait] = self.cancels
        self._may_begin = True
        self._panel.waits.append(wait)
        self._panel.publish()
        self._panel.tell_others()

    def leave(self, wait: Wait) -> None:
        """Count somebody who waits no longer."""
        del self._cancels_before[wait]
        self._panel.waits.remove(wait)
        self._panel.publish()
        self._panel.tell_others()

    def look(self) -> None:
        """Look whether a sign-in has come by other means."""
        self._panel.look_for_saved()

    def is_answered(self, wait: Wait) -> bool:
        """Whether the person is signed in.

        Raises
        ------
        LoginCancelled
            After Cancel.
        LoginFailed
            Where nobody can sign in.
        """
        if self._is_signed_in():
            return True
        if self._broken is not None:
            raise self._broken
        if self.cancels != self._cancels_before[wait]:
            raise LoginCancelled("The sign-in was cancelled. Run %tiled_login to go on.")
        return False

    def give_up(self, why: Literal["stopped", "deadline"]) -> Exception:
        """End the login, and return what to raise for it."""
        if why == "stopped":
            self._panel.cancel(CANCELLED)
            return LoginCancelled("The stop button ended the wait. Run %tiled_login to go on.")
        sentence = "Nobody signed in before the deadline. Run the cell again, or sign in here."
        self._panel.cancel(Failure("deadline", sentence))
        return LoginFailed(sentence, "deadline")

    def words(self, *, silent: bool, since: float, only_control: bool) -> tuple[str, str | None] | None:
        """Return what to say beside the panel, and have the page know it where it is not heard."""
        told = any(wait.only_control for wait in self._panel.waits)  # of all: two may differ, and take turns here
        if told != self._only_control:
            self._only_control = told
            self._panel.publish()
        if not silent and not only_control and not self._panel.resuming:
            return None
        if silent and isinstance(self._panel.shown, SignedOut) and self.heard_at is None:
            self._begin_unasked(self._panel.shown)
        control = self._panel.has_control
        sign: Sign = "none" if silent else "alive"
        if only_control and control is False:
            sign = "unheard"
        elif only_control and silent and control is None:
            sign = "unheard-or-missing"
        cell = cells.current()
        return how_to_go_on(
            self._panel.shown,
            sign=sign,
            saves=self._panel.saves,
            since=since if self._panel.resuming else None,
            application=front_end.application(cell.request if cell is not None else None),
        )

    def _begin_unasked(self, form: SignedOut) -> None:
        """Begin the only way in, or the chosen one, once, where a person sees no panel and so can begin nothing."""
        ways = [provider for provider in form.server.providers if provider.refusal is None]
        way = next((each for each in ways if len(ways) == 1 or each.name == form.server.preferred), None)
        if self._may_begin and way is not None and way.mode == "external" and form.key is None:
            self._may_begin = False
            self._panel.obey(wire.Begin(way.name, self._panel.saves), "")

    def _is_signed_in(self) -> bool:
        return isinstance(self._panel.shown, SignedIn)

    def _somebody_is_there(self) -> bool:
        """Whether there is somebody to wait for: False where a saved sign-in made asking needless."""
        self._broken = None
        if self._is_signed_in():
            return False
        try:
            require_somebody(address_of(self._panel.shown))
        except CannotPrompt:
            self._panel.connect_for_a_cell()
            self.until_connected()
            if self._broken is not None:
                raise self._broken from None
            if not self._is_signed_in():
                raise
            return False
        return True
