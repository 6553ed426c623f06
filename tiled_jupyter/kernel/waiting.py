"""How a cell waits for its panel: signs of life, deadlines, the stop button, words where the panel is silent.

What is waited *for* is the panel's affair; here is only the waiting. `Wait` takes one step at a time, so
that a thread and a coroutine can wait with the same code.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol

from ..errors import LoginCancelled, LoginFailed
from ..login.session import CANCELLED, LoginSession
from ..panel.words import how_to_go_on
from ..state.states import Failure, SignedIn, SignedOut
from ..state.wire import Transport
from . import cells
from .front_end import NEUTRAL_TEXT, SecondOutput
from .letters import Letter, Mailbox
from .mailbox import open_mailbox

_SILENT_AFTER = 5.0  # seconds without any sign of a page that never answered (D3)
_LOST_AFTER = 25.0  # seconds without an answer of a page that did: closed, reloaded, or asleep
_PING_UNHEARD = 0.3  # seconds between pings until the first answer
_PING = 10.0
_LOOK_FOR_SAVED = 0.5


class Waitable(Protocol):
    """What a wait needs of a panel."""

    session: LoginSession
    heard_at: float | None
    cancels: int
    resuming: bool

    @property
    def comm_id(self) -> str:
        """The comm's name."""

    @property
    def saves(self) -> bool:
        """Whether a sign-in may lie on disk."""

    def receive(self, letter: Letter) -> None:
        """Take what the page says."""

    def ping(self, transport: Transport) -> None:
        """Ask for a sign of life."""

    def join(self, wait: Wait) -> None:
        """Know that somebody waits."""

    def leave(self, wait: Wait) -> None:
        """Know that they wait no longer."""


class Wait:
    """One wait of one thread or coroutine.

    Parameters
    ----------
    panel : Waitable
    timeout : float or None
        Seconds, whatever happens.
    patience : float
        Seconds since the page was last heard, where there is no timeout; since the beginning, where an interrupted
        request waits.
    blocking : bool
        Whether the thread is blocked between two steps.
    """

    def __init__(self, panel: Waitable, timeout: float | None, patience: float, *, blocking: bool) -> None:
        self._panel = panel
        self._timeout = timeout
        self._patience = patience
        # Where a cell was interrupted, the panel that folds to one line says it all.
        self._words = SecondOutput(cells.in_its_output, "" if panel.resuming else NEUTRAL_TEXT)
        self._stack = ExitStack()
        self._blocking = blocking
        self._begins = True
        self._since = time.time()
        self._next_ping = self._next_look = 0.0
        self._box: Mailbox | None = None

    def __enter__(self) -> Wait:
        """Begin to hear the page."""
        cells.watch()
        self._begun = time.monotonic()
        self._cancels = self._panel.cancels
        self._cell = cells.current()
        with self._stack:
            if self._cell is not None:  # before anything is installed, so that no interrupt comes in between
                self._stack.enter_context(self._cell.watched(self.wake, blocking=self._blocking))
            self._box = self._stack.enter_context(open_mailbox(self._panel.comm_id))
            self._panel.join(self)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave nothing behind."""
        self._panel.leave(self)
        self._stack.close()
        self._words.clear()

    @property
    def transport(self) -> Transport:
        """The channel on which the page is best heard meanwhile."""
        return self._box.transport if self._box is not None else "shell"

    @property
    def stopped(self) -> bool:
        """Whether the stop button of the waiting cell was pressed."""
        return self._cell is not None and self._cell.stopped

    def stop(self) -> BaseException:
        """Give up, and give what to raise for it."""
        self._panel.session.cancel(CANCELLED)
        task = cells.running_task()
        if self._blocking or task is None or (self._cell is not None and task is self._cell.task):
            return KeyboardInterrupt()
        return LoginCancelled("The stop button ended the wait. Run %tiled_login to go on.")

    def wake(self) -> None:
        """Look again now; safe in a signal handler."""
        if self._box is not None:
            self._box.wake()

    def over(self) -> bool:
        """Say whether the person is signed in.

        Raises
        ------
        KeyboardInterrupt
            After the stop button, on whatever thread; in an asyncio task beside the cell's own LoginCancelled.
        LoginCancelled
            After Cancel.
        LoginFailed
            After the deadline.
        """
        session = self._panel.session
        if self.stopped:
            raise self.stop()
        if isinstance(session.state, SignedIn):
            return True
        if self._panel.cancels != self._cancels:
            raise LoginCancelled("The sign-in was cancelled. Run %tiled_login to go on.")
        last = max(self._begun, self._panel.heard_at or 0.0)
        if self._panel.resuming:  # page or no page: an overnight run must survive
            last = self._begun
        end = self._begun + self._timeout if self._timeout is not None else last + self._patience
        if time.monotonic() >= end:
            sentence = "Nobody signed in before the deadline. Run the cell again, or sign in here."
            session.cancel(Failure("deadline", sentence))
            raise LoginFailed(sentence, "deadline")
        return False

    def step(self, longest: float) -> None:
        """Do what is due, and hand the panel what the page says.

        Parameters
        ----------
        longest : float
            Seconds to wait for that at most.
        """
        now = time.monotonic()
        heard = self._panel.heard_at
        if now >= self._next_ping:
            self._next_ping = now + (_PING_UNHEARD if heard is None else _PING)
            self._panel.ping(self.transport)
        if now >= self._next_look:
            self._next_look = now + _LOOK_FOR_SAVED
            self._panel.session.look_for_saved()
        silent = now - self._begun > _SILENT_AFTER if heard is None else now - max(heard, self._begun) > _LOST_AFTER
        if silent or self._panel.resuming:
            self._say_how_to_go_on(silent=silent)
        else:
            self._words.clear()
        letter = self._box.get(longest) if self._box is not None else None
        if letter is not None:
            self._panel.receive(letter)

    def _say_how_to_go_on(self, *, silent: bool) -> None:
        state = self._panel.session.state
        if silent and isinstance(state, SignedOut) and self._panel.heard_at is None:
            self._begin_unasked(state)
        text, link = how_to_go_on(
            state, silent=silent, saves=self._panel.saves, since=self._since if self._panel.resuming else None
        )
        self._words.show(text, link=link)

    def _begin_unasked(self, form: SignedOut) -> None:
        """Begin the only way in, or the chosen one, once, where a person sees no panel and so can begin nothing."""
        ways = [provider for provider in form.server.providers if provider.refusal is None]
        way = next((each for each in ways if len(ways) == 1 or each.name == form.server.preferred), None)
        if self._begins and way is not None and way.mode == "external" and form.key is None:
            self._begins = False
            self._panel.session.begin(way.name, remember=self._panel.saves)
