"""A panel that a cell can wait for: the barrier that holds the cells after it, in order.

How a wait hears the page and when it ends stands in `waiting`.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from ..errors import CannotPrompt
from ..kernel import front_end
from ..kernel.waiting import Wait
from ..settings import TiledJupyter
from ..state.states import Connecting, Disconnected, SignedIn, State
from .page import Page

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
            with Wait(self, timeout, self._patience, blocking=True) as wait:
                while not wait.over():
                    wait.step(0.25)

    async def signed_in(self, timeout: float | None = None) -> Any:
        """Wait as `wait` does, in a cell with a top-level await."""
        if self._somebody_is_there():
            with Wait(self, timeout, self._patience, blocking=False) as wait:
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

    @property
    def _patience(self) -> float:
        here = self._settings
        return here.reauthentication_deadline if self.resuming else here.login_deadline

    def _is_signed_in(self) -> bool:
        return isinstance(self.session.state, SignedIn)

    def _somebody_is_there(self) -> bool:
        """Whether there is somebody to wait for: False where a saved sign-in made asking needless."""
        if self._is_signed_in():
            return False
        try:
            front_end.require_somebody(_address_of(self.session.state))
        except CannotPrompt:
            self._settled.wait(_LONGEST_CONNECT)
            if not self._is_signed_in():
                raise
            return False
        return True


def _address_of(state: State) -> str:
    return state.address if isinstance(state, Disconnected | Connecting) else state.server.uri
