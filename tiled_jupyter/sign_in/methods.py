"""The ways from a form to being signed in: a password, device authorization, an API key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from ..address import is_loopback
from ..keys import choice as which_key
from ..oauth import device as device_grant
from ..oauth import password as grants
from ..oauth.device import DeviceGrant
from ..oauth.exchange import Answer, Refused, Tokens
from ..session import known_servers, revocation
from ..session.identity import identity_of, is_same, who_may_resume
from ..session.patience import in_own_time
from ..session.revocation import Outcome
from ..session.tokens import SHORT, one_kernel_at_a_time
from ..settings import TiledJupyter
from ..state.events import CodeIssued, Delayed, SignInDone, SignInStarted
from ..state.states import Identity, Method, SignedIn, SignedOut, UserCode
from ..text import LONGEST_NAME, legible
from . import api_key as key_login
from . import sign_ins
from .attempts import Attempts, trouble
from .description import PASSWORD_MODES
from .recipient import Recipient
from .server import session_sign_in

_KEY_FIRST = "An API key is set that would replace this sign-in. Use it here, or set it aside first."
_HOW: dict[Method, str] = {"password": "Signed in with your password.", "device": "Signed in through a web page."}
_LONGEST_PAUSE = 20.0  # seconds between two polls of who is in trouble
_NOT_SAVED = "It could not be saved, so it lasts as long as this notebook's kernel."


class Methods:
    """Sign in to the server of the form that is shown.

    Parameters
    ----------
    attempts : Attempts
        Where each begins at a form, and ends with a session that is wanted or none.
    settings : TiledJupyter
    recipient : Recipient
        Who takes the tokens.

    Attributes
    ----------
    specs : list of tiled.schemas.AboutAuthenticationProvider
        What the server says of its providers.
    """

    def __init__(self, attempts: Attempts, settings: TiledJupyter, recipient: Recipient) -> None:
        self._attempts = attempts
        self._settings = settings
        self._recipient = recipient
        self.specs: list[Any] = []

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
            # A directory may know people by another name than they sign in with; who it is, the server says below.
            may_differ = form.rejections > 0
            if expected is not None and named and username != expected.id and not may_differ:
                raise Refused("identity", f"Only {expected.id} can resume this request. Nothing was sent.")
            until = time.monotonic() + self._settings.login_deadline
            endpoint = str(spec.links["auth_endpoint"])
            with self._recipient.client() as http:
                tokens = self._attempts.patiently(
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
            with self._recipient.client(*device_grant.endpoints(spec.links)) as http:
                grant = device_grant.start(http, spec.links, spec.extra_scopes)
                until = time.monotonic() + grant.expires_in
                self._attempts.apply(CodeIssued(attempt, provider, _user_code(grant)))
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
                raise Refused("not_sent", "There is no API key to use. Sign in another way.")
            self._use_key(attempt, form, key, "environment")

        self._start("api_key", check)

    def _start(self, method: Method, work: Callable[[int, SignedOut], None]) -> None:
        """Begin an attempt from the form."""
        form = self._attempts.state
        if not isinstance(form, SignedOut):
            return
        host = form.server.host
        self._attempts.start(lambda attempt: SignInStarted(attempt, time.time(), method), lambda n: work(n, form), host)

    def _spec(self, form: SignedOut, name: str, modes: tuple[str, ...]) -> Any:
        """Return what the server says of a provider; asked again here, because anybody can send a command."""
        self._recipient.require_wanted()
        if form.key is not None:  # the login would end in an error, or not be used
            raise Refused("not_sent", _KEY_FIRST)
        for provider, spec in zip(form.server.providers, self.specs, strict=False):
            if provider.name == name and provider.mode in modes:
                if provider.refusal is not None:
                    raise Refused("not_sent", provider.refusal)
                return spec
        raise Refused("not_sent", f"{form.server.host} has no such way to sign in. Choose another.")

    def _keep(
        self,
        attempt: int,
        form: SignedOut,
        spec: Any,
        tokens: Tokens,
        method: Method,
        *,
        remember: bool,
        until: float = 0.0,
    ) -> None:
        """Ask who that is before anything is kept, because it must work to be worth it; and end what is not kept."""
        settled = False
        try:
            with self._recipient.client() as http:
                endpoint = f"{form.server.uri}auth/whoami"
                answer = self._attempts.patiently(
                    attempt, until, lambda: grants.whoami(http, endpoint, tokens["access_token"])
                )
            if answer is None:
                return
            if form.expected is not None and not is_same(answer.fields, form.expected):
                settled = True
                outcome = self._end(form, spec, tokens)
                more = "" if outcome.is_over else f" {outcome.sentence('that sign-in')}"
                raise Refused("identity", f"{_somebody_else(form.expected, answer.fields)}{more}")
            if device_grant.is_the_providers(spec.links):  # whose accounts Tiled may not be able to look up
                grants.require_served(self._recipient.client, form.server.uri, tokens["access_token"])
            # Another kernel's lock first: while that is waited for, a Cancel must reach this session.
            place = self._recipient.place() if remember else None
            lock = one_kernel_at_a_time(place, SHORT, lambda seconds: self._attempts.rest(attempt, seconds))
            with lock, self._attempts.lock:
                if self._attempts.is_current(attempt):
                    remembered = self._recipient.accept(tokens, remember=remember)
                    settled = True
                    known_servers.remember(
                        form.server.uri, provider=legible(spec.provider, LONGEST_NAME), place=sign_ins.here(tokens)
                    )
                    self._attempts.apply(
                        SignInDone(
                            attempt,
                            self._signed_in(form, answer, tokens, method, wanted=remember, remembered=remembered),
                        )
                    )
        finally:
            if not settled:
                self._end(form, spec, tokens)

    def _signed_in(
        self,
        form: SignedOut,
        answer: Answer,
        tokens: Tokens,
        method: Method,
        *,
        wanted: bool,
        remembered: bool,
    ) -> SignedIn:
        how = f"{_HOW[method]} {_NOT_SAVED}" if wanted and not remembered else _HOW[method]
        return session_sign_in(
            form.server, answer.fields, tokens, method, how, remembered=remembered, server_now=answer.date
        )

    def _end(self, form: SignedOut, spec: Any, tokens: Tokens) -> Outcome:
        return revocation.end_session(self._recipient.client, form.server.uri, spec.links, tokens)

    def _use_key(self, attempt: int, form: SignedOut, key: str, source: key_login.Source) -> None:
        context = self._recipient.context
        assert context is not None  # noqa: S101 - there is no server without one
        done = key_login.check(context, form.server, key, source)
        with self._attempts.lock:
            if self._attempts.is_current(attempt):
                which_key.use(context, key, bind=True)
                self._attempts.apply(SignInDone(attempt, done))

    def _authorized(self, attempt: int, http: httpx.Client, grant: DeviceGrant, until: float) -> Tokens | None:
        """Poll until the person has decided; None where that is not wanted any more."""
        return _polled(
            http,
            grant,
            until,
            lambda seconds: self._attempts.rest(attempt, seconds),
            lambda words: self._attempts.apply(Delayed(attempt, words)),
        )

    def _end_late(self, http: httpx.Client, form: SignedOut, spec: Any, grant: DeviceGrant, until: float) -> None:
        """After a Cancel, end the session that a late approval makes: Tiled makes it then, asked for or not."""
        pause = threading.Event()
        with suppress(Refused):
            tokens = _polled(http, grant, until, lambda seconds: not pause.wait(seconds), lambda _: None)
            if tokens is not None:
                self._end(form, spec, tokens)


def _somebody_else(expected: Identity, principal: dict[str, Any]) -> str:
    """Return a sentence on who may resume what waits for one person, and who this was instead."""
    other = identity_of(principal)
    if other is None or other.kind == "unnamed":
        name, them = "somebody else", "them"
    elif other.kind == "named" and other.id == expected.id:
        name = them = f"{other.id} of {other.provider}"
    else:
        name = them = other.words
    return f"Only {who_may_resume(expected)} can resume this request, and this was {name}. Nothing was sent as {them}."


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
            # Ever more seldom (RFC 8628 section 3.5), and not together with everybody else.
            pause = max(interval, in_own_time(max(min(2 * pause, _LONGEST_PAUSE), refused.retry_after or 0.0)))
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


def qr_code(address: str) -> str | None:
    """Draw an address.

    Parameters
    ----------
    address : str

    Returns
    -------
    str or None
        A ``data:image/png;base64,`` URI, black on white with the margin that cameras need. None where no
        phone could reach it: on this computer only, or too long.
    """
    import segno

    if is_loopback(httpx.URL(address).host):
        return None
    try:
        picture: str = segno.make_qr(address).png_data_uri(border=4)
    except segno.DataOverflowError:
        return None
    return picture
