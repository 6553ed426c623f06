"""The login of a panel, made after the panel and beside it; what it is asked to do before is done once it is made.

Importing this module imports neither httpx nor Tiled's client. Making a login does.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..background import begun, in_background
from ..errors import LoginFailed
from ..kernel import cells
from ..state import wire
from ..state.states import Connecting, Disconnected, Failure, address_of

if TYPE_CHECKING:
    from ..sign_in.session import LoginSession
    from .login import Login
    from .panel import LoginPanel

_PAGE_WITHIN = 1.0  # seconds in which a page draws a panel, if one does
_CELLS_WITHIN = 1.0  # seconds in which the running cell ends, if it is a short one
_NO_CLIENT = "Tiled's client cannot be imported here ({}). Repair its installation, and restart the kernel."


def _is_ended(failure: Failure | None) -> bool:
    """Whether the person, or a wait, has put an end to what was going on."""
    return failure is not None and failure.kind in ("cancelled", "deadline")


class LateLogin:
    """What makes a panel's login, once, on whatever thread needs it first.

    Parameters
    ----------
    panel : LoginPanel
    make : callable
        Makes it.
    server : str or None
        What it connects to at once; None where the person says which, or where it is connected already.

    Attributes
    ----------
    login : Login or None
        Once it is made.
    server : str or None
        None, too, after the person has named another.
    has_begun : bool
        Whether it is made, and was told what to connect to, if anything: from then on it is told itself what to do.
    """

    def __init__(self, panel: LoginPanel, make: Callable[[], Login], server: str | None) -> None:
        self._panel = panel
        self._make = make
        self.server = server
        self.login: Login | None = None
        self.has_begun = False
        self._making = threading.RLock()
        self._is_made = threading.Event()  # or it cannot be
        self._beginning = threading.Lock()  # for `has_begun` and `_ended`
        self._ended: Failure | None = None  # why it is not to connect, if it is not
        self._obeying = threading.RLock()
        self._to_obey = deque[tuple[wire.Command, str]]()

    def get(self) -> Login:
        """Return the login, made now if it is not yet.

        Raises
        ------
        KeyboardInterrupt
            After the stop button. It is made all the same, on another thread: what is imported half may fail when it is
            imported again.
        """
        if self.login is not None:
            return self.login
        making = begun(self.make)
        cells.pause(math.inf, making)
        return making.result()

    def make(self) -> Login:
        """Make it on this thread, if it is not made yet."""
        with self._making:
            try:
                if self.login is None:
                    self.login = self._make()
                    self._begin(self.login.session)
            except BaseException:  # the stop button's, too
                self.login = None
                raise
            finally:
                self._is_made.set()
            return self.login

    def make_between_cells(self, later: Callable[[Callable[[], object]], None], is_drawn: threading.Event) -> None:
        """Make it once the page has drawn the panel.

        On the thread of the cells, unless they keep it: threads that import at once may be in each other's way.
        """
        is_drawn.wait(_PAGE_WITHIN)
        later(self.make_if_open)
        if not self._is_made.wait(_CELLS_WITHIN):
            self.make_if_open()

    def make_if_open(self) -> Login | None:
        """Make it as `make_or_say_why_not` does, unless the panel was closed before."""
        return self.make_or_say_why_not() if self._panel.comm is not None else self.login

    def make_or_say_why_not(self) -> Login | None:
        """Make it, or have the panel and who waits at it told why it cannot be."""
        try:
            return self.make()
        except Exception as error:  # noqa: BLE001 - whatever an installation lacks
            sentence = _NO_CLIENT.format(type(error).__name__)
            self._panel.show(Disconnected(address_of(self._panel.shown), Failure("server", sentence)))
            self._panel.barrier.fail(LoginFailed(sentence, "server"))
        return None

    def _begin(self, session: LoginSession) -> None:
        server = self.server if self._ended is None else None
        if server is not None:
            session.connect(server)
        else:
            self._panel.begin_with(session)
        with self._beginning:
            self.has_begun, ended = True, self._ended
        if ended is not None:
            session.cancel(ended)
        elif server is None and self.server is not None:  # a cell waits by now
            session.connect(self.server)

    def connect_for_a_cell(self) -> None:
        """Make it soon, if it is not made yet, and ask the server again where that was ended."""
        state = self._panel.shown
        with self._beginning:
            was_ended, self._ended = self._ended is not None, None
            has_begun = self.has_begun
        if not has_begun:
            if was_ended and self.server is not None:
                self._panel.show(Connecting(0, address_of(state), time.time()))
            in_background(self.make_or_say_why_not)
        elif self.server is not None and isinstance(state, Disconnected) and _is_ended(state.failure):
            self.get().session.connect(self.server)

    def cancel(self, failure: Failure) -> bool:
        """End what goes on, or what would begin once it is made; return whether it goes on."""
        with self._beginning:
            if not self.has_begun:
                self._ended = failure
                self._to_obey.clear()
                return False
        self.get().session.cancel(failure)
        return True

    def keep(self, command: wire.Command, typed: str) -> None:
        """Keep what the page says, for `obey`."""
        self._to_obey.append((command, typed))

    def obey(self) -> None:
        """Do what the page has said, in turn; on another thread where the login is not made yet."""
        if self.has_begun:
            self._obey_in_turn()
        else:
            in_background(self._obey_in_turn)

    def _obey_in_turn(self) -> None:
        login = self.make_if_open()
        with self._obeying:
            while self._to_obey:
                command, typed = self._to_obey.popleft()
                if login is not None:
                    login.obey(command, typed)
