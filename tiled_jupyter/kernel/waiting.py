"""How a cell waits for a widget: signs of life, deadlines, the stop button, words where the page is silent.

What is waited *for* is the widget's affair; here is only the waiting. `Wait` takes one step at a time, so
that a thread and a coroutine can wait with the same code.
"""

from __future__ import annotations

import logging
import math
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Literal, Protocol

from . import cells
from .front_end import SecondOutput
from .mailbox import Channel, Letter, Mailbox, open_mailbox

_log = logging.getLogger(__name__)
_SILENT_AFTER = 5.0  # seconds without any sign of a page that never answered
_LOST_AFTER = 25.0  # seconds without an answer of a page that did: closed, reloaded, or asleep
# Seconds between pings. While nothing is heard they grow to a tenth of the silence: a server keeps what no page takes,
# and a kernel that hears nothing before its cell ends has every answer in its queue.
_PING_FIRST = 0.3  # of a page that never answered
_PING = 10.0  # of one that did
_PING_LONGEST = 300.0
_LOOK = 0.5


class Asker(Protocol):
    """What a wait needs of a widget that asks a person something."""

    @property
    def heard_at(self) -> float | None:
        """When the page last gave a sign of life, on the monotonic clock."""

    @property
    def comm_id(self) -> str:
        """The comm's name."""

    @property
    def afterwards(self) -> str:
        """What stays in the output where words stood beside the widget."""

    def join(self, wait: Wait) -> None:
        """Be told that somebody waits."""

    def leave(self, wait: Wait) -> None:
        """Be told that they wait no longer."""

    def ping(self, channel: Channel) -> None:
        """Ask the page for a sign of life."""

    def receive(self, letter: Letter) -> None:
        """Take what the page says."""

    def look(self) -> None:
        """Look whether the answer has come by other means; called twice a second."""

    def is_answered(self, wait: Wait) -> bool:
        """Whether the wait is over; what it raises ends the wait too."""

    def give_up(self, why: Literal["stopped", "deadline"]) -> Exception:
        """End the question unanswered, and return what to raise for it."""

    def words(self, *, silent: bool, since: float, only_control: bool) -> tuple[str, str | None] | None:
        """Return what to say beside the widget: paragraphs, one a line, and which of them is a link.

        Parameters
        ----------
        silent : bool
            Whether the page gives no sign of life.
        since : float
            When the wait began, in seconds since the epoch.
        only_control : bool
            Whether nothing but the control channel is heard: then a page without it is not, and one that is loaded
            meanwhile does not show the widget.
        """


class Wait:
    """One wait of one thread or coroutine.

    Parameters
    ----------
    asker : Asker
    timeout : float or None
        Seconds, whatever happens.
    patience : float
        Seconds, where there is no timeout.
    blocking : bool
        Whether the thread is blocked between two steps.
    since_heard : bool
        Whether the patience begins anew each time the page is heard; else it counts from the beginning.

    Attributes
    ----------
    since : float
        When it began, in seconds since the epoch.
    only_control : bool
        Whether nothing but the control channel is heard, as far as has been seen.
    """

    def __init__(
        self, asker: Asker, timeout: float | None, patience: float, *, blocking: bool, since_heard: bool = True
    ) -> None:
        self._asker = asker
        self._timeout = timeout
        self._patience = patience
        self._since_heard = since_heard
        self._words = SecondOutput(cells.in_its_output, asker.afterwards)
        self._stack = ExitStack()
        self._blocking = blocking
        self.since = time.time()
        self._next_ping = self._next_look = 0.0
        self.only_control = False
        self._box: Mailbox | None = None

    def __enter__(self) -> Wait:
        """Begin to hear the page."""
        cells.watch()
        self._begun = time.monotonic()
        self._cell = cells.current()
        with self._stack:
            if self._cell is not None:  # before anything is installed, so that no interrupt comes in between
                self._stack.enter_context(self._cell.watched(self.wake, blocking=self._blocking))
            self._box = self._stack.enter_context(open_mailbox(self._asker.comm_id))
            self._asker.join(self)
            self._stack = self._stack.pop_all()
        _log.debug("a wait begins, and hears the page on %s", self.channel)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave nothing behind."""
        _log.debug("the wait is over (%s)", "answered" if kind is None else kind.__name__)
        self._asker.leave(self)
        self._stack.close()
        self._words.clear()

    @property
    def channel(self) -> Channel:
        """The channel on which the page is best heard meanwhile."""
        return self._box.channel if self._box is not None else "shell"

    @property
    def stopped(self) -> bool:
        """Whether the stop button of the waiting cell was pressed."""
        return self._cell is not None and self._cell.stopped

    def stop(self) -> BaseException:
        """Give up, and return what to raise for it.

        Returns
        -------
        BaseException
            KeyboardInterrupt, on whatever thread; where that would end an asyncio loop, what the asker has for it.
        """
        error = self._asker.give_up("stopped")
        return KeyboardInterrupt() if cells.may_be_interrupted() else error

    def wake(self) -> None:
        """Look again now; safe in a signal handler."""
        if self._box is not None:
            self._box.wake()

    def over(self) -> bool:
        """Whether it is over.

        Raises
        ------
        KeyboardInterrupt
            After the stop button; see `stop`.
        Exception
            What the asker raises, and has for the deadline.
        """
        if self.stopped:
            raise self.stop()
        if self._asker.is_answered(self):
            return True
        last = max(self._begun, self._asker.heard_at or 0.0) if self._since_heard else self._begun
        end = self._begun + self._timeout if self._timeout is not None else last + self._patience
        if time.monotonic() >= end:
            raise self._asker.give_up("deadline")
        return False

    def step(self, longest: float) -> None:
        """Do what is due, and hand the asker what the page says.

        Parameters
        ----------
        longest : float
            Seconds to wait for that at most.
        """
        now = time.monotonic()
        heard = self._asker.heard_at
        if now >= self._next_ping:
            least, quiet_for = (_PING_FIRST if heard is None else _PING), now - max(heard or 0.0, self._begun)
            self._next_ping = now + min(max(least, quiet_for / 10), _PING_LONGEST)
            self._asker.ping(self.channel)
        if now >= self._next_look:
            self._next_look = now + _LOOK
            self._asker.look()
        silent = now - self._begun > _SILENT_AFTER if heard is None else now - max(heard, self._begun) > _LOST_AFTER
        self.only_control = self._box is None or not self._box.hears_shell
        words = self._asker.words(silent=silent, since=self.since, only_control=self.only_control)
        if words is None:
            self._words.clear()
        else:
            self._words.show(words[0], link=words[1])
        letter = self._box.get(longest) if self._box is not None else None
        if letter is not None:
            self._asker.receive(letter)


def ask(widget: Any, timeout: float | None = None) -> Any:
    """Hold the running cell until the page of a widget says something.

    Parameters
    ----------
    widget : ipywidgets.Widget
        Displayed already.
    timeout : float, optional
        Seconds; for ever by default.

    Returns
    -------
    object
        The content of the first custom message of its page.

    Raises
    ------
    TimeoutError
    KeyboardInterrupt
        After the stop button, on whatever thread this is.
    """
    question = _Question(str(widget.model_id))
    with Wait(question, timeout, math.inf, blocking=True) as wait:
        while not wait.over():
            wait.step(_LOOK)
    return question.answers[0]


class _Question:
    """The simplest `Asker`: the first thing its page says is the answer."""

    afterwards = ""
    heard_at: float | None = None

    def __init__(self, comm_id: str) -> None:
        self.comm_id = comm_id
        self.answers: list[Any] = []

    def join(self, wait: Wait) -> None:
        pass

    def leave(self, wait: Wait) -> None:
        pass

    def ping(self, channel: Channel) -> None:
        pass

    def look(self) -> None:
        pass

    def receive(self, letter: Letter) -> None:
        self.answers.append(letter.content)

    def is_answered(self, wait: Wait) -> bool:
        return bool(self.answers)

    def give_up(self, why: Literal["stopped", "deadline"]) -> Exception:
        return TimeoutError("Nobody answered in time. Run the cell again.")

    def words(self, *, silent: bool, since: float, only_control: bool) -> None:
        return None
