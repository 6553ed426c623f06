"""The magics ``%tiled_login``, ``%tiled_logout`` and ``%tiled_whoami``; the extension, which has all of them."""

from __future__ import annotations

from typing import Any

import httpx
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments
from tiled.client.auth import CannotRefreshAuthentication
from tiled.client.base import BaseClient

from ..address import BadAddress
from ..errors import BadSetting, TiledJupyterError
from ..kernel import cells, front_end
from ..keys.access import explain_access
from ..oauth.exchange import Refused, explain, within
from ..panel.panel import LoginPanel
from ..session.context import SessionContext
from ..session.ensure import ensure
from ..session.identity import full_name, who_is
from ..session.prompts import quietly
from ..settings import complaints, settings
from ..sign_in import sign_out
from ..sign_in.target import find_target
from . import servers
from .enabling import from_profile, from_uri
from .key_magics import KeyMagics
from .magic_line import arguments


@magics_class
class TiledMagics(Magics):
    """Signing in, out, and asking who one is."""

    @magic_arguments()
    @argument("uri", nargs="?", help="Address of a server or node, or a profile; without it the panel asks for one.")
    @argument("--as", dest="name", default="client", metavar="NAME", help="Bind the client to NAME, not `client`.")
    @argument("--provider", metavar="NAME", help="Which of the server's providers to choose at first.")
    @argument("--no-remember", action="store_true", help="Keep this sign-in in memory only.")
    @argument("--no-wait", action="store_true", help="Show the panel and go on; binds nothing.")
    @argument("--timeout", type=float, metavar="SECONDS", help="Give up after so many seconds.")
    @argument("--hours", type=float, metavar="HOURS", help="Have a sign-in that lasts so long: renew it, or ask now.")
    @line_magic
    def tiled_login(self, line: str) -> LoginPanel | None:
        """Sign in to a Tiled server, wait for it, and bind the client to `client`."""
        args = arguments(self.tiled_login, line)
        _require_usable_settings()
        if not args.no_wait:
            self._refuse_to_replace(args.name)
        if front_end.asks_on_stdin() and not args.no_wait:
            client = _on_stdin(args.uri, remember=not args.no_remember)
        else:
            panel = LoginPanel(args.uri, provider=args.provider, remember_me=False if args.no_remember else None)
            if args.no_wait:
                return panel
            front_end.show(panel)
            client = panel.wait(args.timeout)
        self._names[args.name] = client
        if args.hours is not None:
            front_end.say(f"Signed in until at least {ensure(client.context, args.hours):%a %d %b at %H:%M}.")
        return None

    @magic_arguments()
    @argument("uri", nargs="?", help="Address or profile of the server; needed where there are several.")
    @argument("--everywhere", action="store_true", help="Have the server end the session too, for all notebooks.")
    @line_magic
    def tiled_logout(self, line: str) -> None:
        """Sign out of this kernel, or end the session everywhere; says what has become of it."""
        args = arguments(self.tiled_logout, line)
        contexts = servers.signed_in(args.uri)
        if not contexts:
            front_end.say("Nobody is signed in here.")
            return
        context = servers.the_one(contexts, "%tiled_logout ADDRESS")
        said = sign_out.sign_out_of(context, everywhere=args.everywhere)
        try:
            cells.pause(sign_out.PATIENCE, said)
        finally:
            left = servers.signed_in(str(context.api_uri))
            more = " Another sign-in to it is still in use here: run %tiled_logout again to end that." if left else ""
            sentence, _ = sign_out.so_far(said)
            front_end.say(f"{servers.name_of(context)}: {sentence}{more}")

    @magic_arguments()
    @argument("uri", nargs="?", help="Address or profile of the server; without it, one line for each.")
    @line_magic
    def tiled_whoami(self, line: str) -> None:
        """Show who is signed in, on each server of this kernel."""
        contexts = servers.signed_in(arguments(self.tiled_whoami, line).uri)
        front_end.say("\n".join(_who(context) for context in contexts) or "Nobody is signed in here.")

    @magic_arguments()
    @argument("path", nargs="?", default="", help="Of the node, from the root of the server: alice/heating_scan.")
    @argument("--server", metavar="URI|PROFILE", help="Which server; needed where there are several.")
    @line_magic
    def tiled_why(self, line: str) -> None:
        """Show why something cannot be seen: who you are there, what you may, what is in the way, whom to ask."""
        args = arguments(self.tiled_why, line)
        contexts = servers.connected(args.server)
        if not contexts:
            nowhere = "This kernel is connected to no Tiled server. Run %tiled_login first."
            raise UsageError("\n".join([nowhere, *complaints()]))
        context = servers.the_one(contexts, f"%tiled_why --server ADDRESS {args.path}".rstrip())
        try:
            front_end.say("\n".join(explain_access(context, args.path)))
        except TiledJupyterError as error:
            sentence = str(error)
        else:
            return
        raise UsageError(sentence)

    @property
    def _names(self) -> dict[str, Any]:
        names: dict[str, Any] = front_end.shell().user_ns
        return names

    def _refuse_to_replace(self, name: str) -> None:
        if not name.isidentifier():
            raise UsageError(f"{name!r} is not a name for a variable.")
        value = self._names.get(name)
        if value is not None and not isinstance(value, BaseClient):
            kind = type(value)
            what = (
                f"{kind.__module__.partition('.')[0]} {kind.__name__}"
                if kind.__module__ != "builtins"
                else kind.__name__
            )
            raise UsageError(f"`{name}` already holds a {what}; use --as NAME")


def _require_usable_settings() -> None:
    """Raise a sentence without a traceback where a setting cannot be used."""
    try:
        settings()
    except BadSetting as error:
        wrong = str(error)
    else:
        return
    raise UsageError(wrong)


def _on_stdin(uri: str | None, *, remember: bool) -> Any:
    """Return a client that is signed in; Tiled's own prompt asks, for there is no page with a panel."""
    if uri is None:
        raise UsageError("Say which server: %tiled_login ADDRESS.")
    here = settings()
    remember = remember and here.remember != "never"
    try:
        connect = from_uri if find_target(uri, here).profile is None else from_profile
    except BadAddress as error:
        raise UsageError(str(error)) from None
    client = connect(uri, remember_me=remember)
    if not client.context.authenticated and client.context.server_info.authentication.providers:
        client.context.authenticate(remember_me=remember)
    return client


_LONGEST = 6.0  # seconds that a magic waits for a server, of which it only asks who is signed in


def _who(context: SessionContext) -> str:
    """A line about one server, asked of the server."""
    if not context.server_info.authentication.providers:
        return f"{servers.name_of(context)}: an API key"
    name = servers.name_of(context)
    try:
        with quietly():
            principal = within(_LONGEST, context.whoami)
    except CannotRefreshAuthentication:
        return f"{name}: the sign-in has ended. Run %tiled_login to go on."
    except TimeoutError:
        return f"{name}: signed in; it is not known as whom, because no answer came within {_LONGEST:.0f} s."
    except (httpx.HTTPError, Refused) as error:
        if context.is_key_over:
            return f"{name}: an API key that it refuses: it has expired, or was revoked. Run %tiled_login to go on."
        return f"{name}: signed in; it is not known as whom. {explain(error, name).sentence}"
    who = full_name(who_is(principal, context)) or "signed in; the server does not say who you are"
    how = "" if context.api_key is None else " (by API key)"
    return f"{name}: {who}{how}"


def register(ipython: Any) -> None:
    """Put the magics in place."""
    ipython.register_magics(TiledMagics, KeyMagics)


def unregister(ipython: Any) -> None:
    """Take away what `register` has left; the magics themselves are gone already."""
    for magics in (TiledMagics, KeyMagics):
        ipython.magics_manager.registry.pop(magics.__name__, None)


load_ipython_extension = register  # IPython loads a module of magics as an extension, when one is first used
