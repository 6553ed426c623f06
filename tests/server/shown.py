"""A login without a page: keeps the states that a person would see, in order, and waits for one."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

from tests.patience import PATIENCE
from tiled_jupyter.session.prompts import occasion
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in.hook import Caller
from tiled_jupyter.sign_in.session import LoginSession
from tiled_jupyter.state.states import AwaitingAuthorization, Connecting, SignedIn, SignedOut, Verifying

from .tiled_server import PASSWORDS


class Shown:
    """Keeps the states a session goes through, and waits for the one it rests in."""

    def __init__(self, session=None, settings=None, **options) -> None:
        self.states = []
        self._changed = threading.Condition()
        here = settings or TiledJupyter()
        self.session = session(self.on_change, here) if session else LoginSession(self.on_change, here, **options)

    def on_change(self, state) -> None:
        with self._changed:
            self.states.append(state)
            self._changed.notify_all()

    def until(self, is_so, timeout=PATIENCE):
        with self._changed:
            assert self._changed.wait_for(lambda: self.states and is_so(self.states[-1]), timeout), self.states[-1:]
            return self.states[-1]

    def rest(self, kind, timeout=PATIENCE):
        under_way = (
            (Connecting, Verifying)
            if kind is AwaitingAuthorization
            else (
                Connecting,
                Verifying,
                AwaitingAuthorization,
            )
        )
        state = self.until(lambda state: not isinstance(state, under_way), timeout)
        assert isinstance(state, kind), state
        return state

    def connect(self, text, kind=SignedOut):
        self.session.connect(text)
        return self.rest(kind)

    def sign_in(self, kind=SignedIn, name="alice", password=None, *, remember=True, provider="demo"):
        password = PASSWORDS[name] if password is None else password
        self.session.methods.sign_in(provider, name, password, remember=remember)
        return self.rest(kind)

    def begin(self, kind=AwaitingAuthorization, provider="openid", *, remember=True):
        self.session.methods.begin(provider, remember=remember)
        return self.rest(kind)


def asked(http_client, providers):
    """Return the login that a prompt shows, for the occasion it is called on."""
    caller = Caller(http_client, occasion.get())
    return Shown(lambda on_change, settings: caller.login(on_change, settings, providers))


def logins():
    """Return the threads on which logins, and what follows them, run at this moment."""
    return [thread for thread in threading.enumerate() if thread.name == "tiled-login"]


def settle(timeout=PATIENCE):
    """Wait until they have ended."""
    for thread in logins():
        thread.join(timeout)
        assert not thread.is_alive()


@contextmanager
def at_once():
    """Fail if the block waits. What there is to wait for lasts five seconds or more, and a busy machine one or two."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < 4
