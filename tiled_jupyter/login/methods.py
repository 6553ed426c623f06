"""The ways from a form to being signed in: a password, device authorization, an API key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from ..keys import choice as which_key
from ..oauth import device as device_grant
from ..oauth import password as grants
from ..oauth.device import DeviceGrant
from ..oauth.exchange import Refused, Tokens
from ..state.events import CodeIssued, Delayed, SignInDone
from ..state.states import SignedOut, UserCode
from . import api_key as key_login
from .acceptance import Acceptance, trouble
from .qr import qr_code
from .server import PASSWORD_MODES


class WaysIn(Acceptance):
    """Sign in to the server of the form that is shown; parameters are those of `Acceptance`."""

    def sign_in(self, provider: str, username: str, password: str, *, remember: bool) -> None:
        """Send a password to the server, once; again only where the server asks to wait.

        Parameters
        ----------
        provider : str
            Name of one of the server's providers.
        username, password : str
            Blanks around the name do not count.
        remember : bool
            Whether the next notebook is to be signed in too.
        """
        username = username.strip()

        def send(attempt: int, form: SignedOut) -> None:
            spec = self._spec(form, provider, PASSWORD_MODES)
            expected = form.expected
            named = expected is not None and expected.kind == "named" and expected.provider in (None, provider)
            if expected is not None and named and username != expected.id:
                raise Refused("identity", f"Only {expected.id} can resume this request. Nothing was sent.")
            until = time.monotonic() + self._settings.login_deadline
            endpoint = str(spec.links["auth_endpoint"])
            with self._client() as http:
                tokens = self._patiently(
                    attempt,
                    until,
                    lambda: grants.password_grant(http, endpoint, username, password),
                    only_when_told=True,
                )
            if tokens is not None:
                self._keep(attempt, form, spec, tokens, "password", remember=remember)

        self._start("password", send)

    def begin(self, provider: str, *, remember: bool) -> None:
        """Ask for a user code, and wait until the person has authorized this device (RFC 8628).

        Parameters
        ----------
        provider : str
            Name of one of the server's providers.
        remember : bool
            Whether the next notebook is to be signed in too.
        """

        def ask(attempt: int, form: SignedOut) -> None:
            spec = self._spec(form, provider, ("external",))
            with self._client(*device_grant.endpoints(spec.links)) as http:
                grant = device_grant.start(http, spec.links, spec.extra_scopes)
                until = time.monotonic() + grant.expires_in
                self.apply(CodeIssued(attempt, provider, _user_code(grant)))
                tokens = self._authorized(attempt, http, grant, until)
                if tokens is not None:
                    self._keep(attempt, form, spec, tokens, "device", remember=remember, until=until)
                elif grant.client_id is None:
                    self._end_late(http, form, spec, grant, until)

        self._start("device", ask)

    def use_key(self, key: str) -> None:
        """Sign in with an API key that the person typed; it is for this server and this kernel."""

        def check(attempt: int, form: SignedOut) -> None:
            text = which_key.pasted(key)
            wrong = which_key.fault(text)
            if wrong is not None:
                raise Refused("credentials", f"What you typed {wrong}. Paste the whole key.")
            self._use_key(attempt, form, text, "chosen")

        self._start("api_key", check)

    def accept_key(self) -> None:
        """Use the environment's API key here, as the person wants it."""

        def check(attempt: int, form: SignedOut) -> None:
            key = which_key.environment_key()
            if form.key is None or not form.key.usable or key is None:
                raise Refused("not_sent", "There is no API key to be used.")
            self._use_key(attempt, form, key, "environment")

        self._start("api_key", check)

    def _use_key(self, attempt: int, form: SignedOut, key: str, source: key_login.Source) -> None:
        assert self.context is not None  # noqa: S101
        done = key_login.check(self.context, form.server, key, source)
        with self.lock:
            if self.is_current(attempt):
                which_key.use(self.context, key, bind=True)
                self.apply(SignInDone(attempt, done))

    def _authorized(self, attempt: int, http: httpx.Client, grant: DeviceGrant, until: float) -> Tokens | None:
        """Poll until the person has decided; None where that is not wanted any more."""
        return _polled(
            http,
            grant,
            until,
            lambda seconds: self.rest(attempt, seconds),
            lambda words: self.apply(Delayed(attempt, words)),
        )

    def _end_late(self, http: httpx.Client, form: SignedOut, spec: Any, grant: DeviceGrant, until: float) -> None:
        """After a Cancel, end the session that a late approval makes: Tiled makes it then, asked for or not."""
        pause = threading.Event()
        with suppress(Refused):
            tokens = _polled(http, grant, until, lambda seconds: not pause.wait(seconds), lambda _: None)
            if tokens is not None:
                self._end(form, spec, tokens)


def _polled(
    http: httpx.Client,
    grant: DeviceGrant,
    until: float,
    rest: Callable[[float], bool],
    tell: Callable[[str | None], object],
) -> Tokens | None:
    """Poll until the person has decided, as often as whoever is polled wants; None where `rest` wants no more.

    Parameters
    ----------
    http : httpx.Client
    grant : DeviceGrant
    until : float
        On the monotonic clock.
    rest : callable
        Waits for so many seconds, and says whether to go on.
    tell : callable
        Gets why it takes longer, or None.
    """
    interval = pause = grant.interval
    while rest(max(min(pause, until - time.monotonic()), 0.0)):
        if time.monotonic() >= until:
            raise Refused("expired", device_grant.EXPIRED)
        words = None
        try:
            answer = device_grant.poll(http, grant)
        except Refused as refused:
            if not refused.passing:
                raise
            pause = max(interval, refused.retry_after or 0.0)
            words = trouble(refused, pause)
        else:
            if isinstance(answer, dict):
                return answer
            interval += device_grant.SLOW_DOWN if answer.slow_down else 0.0  # for good
            pause = interval
        tell(words)
    return None


def _user_code(grant: DeviceGrant) -> UserCode:
    page = grant.verification_uri_complete or grant.verification_uri
    deadline = time.time() + grant.expires_in
    return UserCode(grant.user_code, grant.verification_uri, grant.verification_uri_complete, deadline, qr_code(page))
