"""A key of the person's own that is written in a cell, with a button that revokes it. Does not know the key itself."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from traitlets import Bool

from ..background import in_background
from ..errors import KeysUnavailable
from ..kernel import front_end
from ..keys.listing import ApiKey
from ..oauth.exchange import explain
from ..panel.page import Page
from ..session.context import SessionContext
from ..settings import settings
from ..sign_in import api_key
from ..state import account as said
from ..state import wire
from ..state.account import KeyInCell


class KeyWarning(Page):
    """What is shown beside the warning that a key is written in a cell.

    Parameters
    ----------
    context : Context
        Signed in as whose key it is.
    host : str
        Of its server.
    key : ApiKey
        As it is listed.
    """

    inactive = Bool(default_value=False, read_only=True).tag(sync=True)
    neutral = front_end.bundle("")

    def __init__(self, context: SessionContext, host: str, key: ApiKey, **traits: Any) -> None:
        self._context = context
        self._about = KeyInCell(key.first_eight, host, key.note)
        self._lock = threading.Lock()
        super().__init__(settings(), remember_me=None, **traits)

    @property
    def shown(self) -> KeyInCell:
        """What the page shows."""
        return self._about

    def obey(self, command: wire.Command, typed: str) -> None:  # noqa: ARG002 - nothing is typed here
        """Revoke the key when the person has said so; see `Page.obey`."""
        match command:
            case wire.Alive() | wire.Ready():
                self.publish()
            case said.DeleteKeys([first_eight]) if first_eight == self._about.first_eight:
                with self._lock:
                    begins = not self._about.busy and self._about.revoked is None
                    self._about = replace(self._about, busy=True) if begins else self._about
                if begins:
                    self.publish()
                    in_background(self._revoke)
            case _:
                pass

    def _revoke(self) -> None:
        revoked, refusal = None, None
        try:
            revoked = api_key.revoke_key(self._context, self._about.first_eight)
        except (KeysUnavailable, ValueError) as error:
            refusal = str(error)
        except Exception as error:  # noqa: BLE001 - becomes a sentence; its request may hold a secret
            refusal = explain(error, self._about.host).sentence
        self._about = replace(self._about, busy=False, revoked=revoked, refusal=refusal)
        self.publish()
