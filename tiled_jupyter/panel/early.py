"""What a panel shows, and what is pressed there, before its login, which is made after it, knows the server."""

from __future__ import annotations

import time
from dataclasses import replace

from ..state import wire
from ..state.states import Disconnected, Failure, SignedOut, State, Verifying

_OF_A_FORM = (wire.Plain.USE_KEY, wire.Plain.CHANGE_SERVER)


class Early:
    """The form of a server that has said what it is, and what was pressed there last.

    Attributes
    ----------
    form : SignedOut or None
        Once the server has answered.
    """

    def __init__(self) -> None:
        self.form: SignedOut | None = None
        self._pressed: tuple[wire.Command, str] | None = None
        self._since = 0.0

    @property
    def shown(self) -> State | None:
        """What the page shows of it, if anything."""
        if self.form is None:
            return None
        match self._pressed:
            case None:
                return self.form
            case (wire.SignIn(), _):
                return Verifying(self.form, 0, self._since, "password")
            case (wire.Plain.CHANGE_SERVER, _):
                return Disconnected(self.form.server.uri)
            case (wire.Begin(), _):
                return Verifying(self.form, 0, self._since, "device")
        return Verifying(self.form, 0, self._since, "api_key")

    def keep(self, command: wire.Command, typed: str) -> bool:
        """Keep a command for when the login knows the server, if it makes no sense before."""
        is_of_a_form = isinstance(command, wire.SignIn | wire.Begin) or command in _OF_A_FORM
        if self.form is None or not is_of_a_form:
            return False
        self._pressed, self._since = (command, typed), time.time()
        return True

    def cancel(self, failure: Failure) -> None:
        """Drop what was kept, and show the form again, with why."""
        if self.form is not None:
            self._pressed, self.form = None, replace(self.form, failure=failure)

    def kept_for(self, state: State) -> tuple[wire.Command, str] | Failure | None:
        """Return what was kept, or why it was not, if the form was that of this very server."""
        if not isinstance(state, SignedOut) or self.form is None or self.form.server.uri != state.server.uri:
            return None
        return self._pressed or self.form.failure
