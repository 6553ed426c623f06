"""Tiled's own entry points, asking in the panel instead of on stdin.

Only the Context is ours; clients, structures and reading are Tiled's. Importing this loads neither
ipywidgets nor IPython: the panel comes when somebody has to be asked.
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import httpx
from tiled.client import from_context as _tiled_from_context

from ..address import host_of, parse_address
from ..errors import TiledJupyterError
from ..kernel import cells, front_end
from ..kernel.memory import of_kernel
from ..keys import choice as which_key
from ..session import registry
from ..session.context import ask_at_terminal, require_prompt
from ..session.identity import who_is
from ..session.lifetime import session_end
from ..session.prompts import Prompt, occasion
from ..session.tokens import tokens_of
from ..sign_in import profiles, sign_out
from ..sign_in.context import ClientContext
from ..sign_in.probing import explained
from ..state.parts import Identity
from ..text import Masked

if TYPE_CHECKING:
    from ..panel.panel import LoginPanel


def _ask_in_panel(http_client: httpx.Client, providers: list[Any]) -> dict[str, Any]:
    """Ask where the person is: at a terminal and in a console as Tiled does, else in the panel."""
    if front_end.asks_on_stdin():
        wish = occasion.get()
        return ask_at_terminal(http_client, providers, None if wish is None else wish.context)
    from ..panel.prompt import prompt_for_login

    return prompt_for_login(http_client, providers)


class Context(ClientContext):
    """A Tiled Context that asks in the panel.

    Parameters are those of `tiled.client.context.Context`. ``authenticate(prompt_for_reauthentication=…)``
    takes another hook, ``prompt(http_client, providers) -> tokens``.

    Raises
    ------
    LoginFailed
        Where ``TILED_API_KEY`` is no key, or known to be another server's; before anything is sent.
    """

    prompt = staticmethod(_ask_in_panel)

    def use_cached_tokens(self) -> bool:
        """Sign in with what an earlier login left, and say so; see `tiled.client.context.Context`."""
        saved, host = self.saved_at(), host_of(str(self.api_uri))
        principal = self.resume_saved()
        if self.unsent is not None:
            warnings.warn(self.unsent, stacklevel=2)
        if principal is not None:
            end, renews = session_end(tokens_of(self), principal, time.time())
            registry.note_end(str(self.api_uri), end, renews=renews)
            _say_once(host, _whose(who_is(principal, self), host))
        elif saved is not None and self.unsent is None and not self.server_info.authentication.required:
            left = str(self.api_uri) in registry.living().signed_out
            why = f"You signed out of {host} here" if left else f"Your sign-in on {host} has ended"
            _say_once(host, f"{why}: you see public data only. Run %tiled_login to see more.")
        return principal is not None

    def logout(self) -> None:
        """Sign out of the session here and everywhere, or leave this Context's API key out.

        Waits some seconds to say what has become of the session; the stop button ends that. See
        `tiled.client.context.Context.logout`.
        """
        if not self.authenticated:
            return
        by_key = self.api_key is not None
        # The next client of this kernel has the key, as in Tiled: it must not read public data alone without a word.
        said = sign_out.leave_key_out(self, of_kernel=False) if by_key else sign_out.sign_out_of(self, everywhere=True)
        try:
            cells.pause(sign_out.PATIENCE, said)
        finally:
            sentence, is_complete = sign_out.so_far(said)
            if front_end.is_somebody_there():
                front_end.say(sentence)
            elif not is_complete:
                warnings.warn(sentence, stacklevel=2)


def _whose(identity: Identity | None, host: str) -> str:
    """Return whose sign-in is used without asking: people share computer accounts."""
    if identity is not None and identity.kind == "named":
        return f"Using {identity.words}'s saved sign-in on {host} · Not you? %tiled_logout"
    if identity is not None and identity.kind == "service":
        return f"Using the saved sign-in of {identity.words} on {host} · Not yours? %tiled_logout"
    return f"Using a saved sign-in on {host}; the server does not say whose · Not yours? %tiled_logout"


_ASKED = "You are asked when you must sign in. %tiled_login asks now; prompt_for_reauthentication= takes a function."


def _say_once(host: str, line: str) -> None:
    """Write a line in the cell, one for a server and kernel, if somebody is there to read it."""
    told = of_kernel(set[str], "servers whose saved sign-in was mentioned")
    if host not in told and front_end.is_somebody_there():
        told.add(host)
        front_end.say(line)


def from_context(context: Any, *args: Any, **kwargs: Any) -> Any:
    """Make a client from a Context; see `tiled.client.from_context`, whose parameters these are."""
    return _tiled_from_context(context, *args, **kwargs)


def from_uri(
    uri: str,
    structure_clients: Any = "numpy",
    *,
    remember_me: bool = True,
    include_data_sources: bool = False,
    auth: httpx.Auth | None = None,
    prompt_for_reauthentication: Prompt | bool | None = None,
    **options: Any,
) -> Any:
    """Connect to a server or a node, as `tiled.client.from_uri` does, asking in the panel where it must.

    Parameters
    ----------
    uri : str
        For example ``https://tiled.example.org``.
    structure_clients : str or dict
        ``numpy`` or ``dask``, or a mapping.
    remember_me : bool
        Use, and leave, a saved sign-in.
    include_data_sources : bool
        Fetch information about underlying data sources.
    auth : httpx.Auth, optional
        Custom authentication; then nobody is asked.
    prompt_for_reauthentication : callable, optional
        ``prompt(http_client, providers) -> tokens``; by default the panel.
    **options
        ``api_key``, ``headers``, ``timeout``, ``verify``, ``cache`` … as in Tiled. What Tiled accepts no longer
        (``username``, ``auth_provider``, ``token_cache``, and ``prompt_for_reauthentication`` as a bool) is ignored
        with a warning.

    Returns
    -------
    object
        A Tiled client.

    Raises
    ------
    BadAddress
        If this is no address.
    TypeError, ValueError
        If `prompt_for_reauthentication` cannot be called, or `auth` is no `httpx.Auth`; before anything is sent.
    LoginFailed, LoginCancelled, CannotPrompt
        Where the server requires a sign-in and there is none in the end.
    """
    if isinstance(prompt_for_reauthentication, bool):
        options["prompt_for_reauthentication"], prompt_for_reauthentication = prompt_for_reauthentication, None
    prompt = None if prompt_for_reauthentication is None else require_prompt(prompt_for_reauthentication)
    for name in profiles.OF_NO_USE:
        if options.pop(name, None) is not None:
            warnings.warn(f"Tiled no longer accepts {name!r}, so it is ignored. {_ASKED}", stacklevel=2)
    if auth is not None and not isinstance(auth, httpx.Auth):
        raise ValueError(f"auth= wants an httpx.Auth, not a {type(auth).__name__}. Give api_key= for an API key.")
    address = parse_address(uri)
    if address.api_key is not None:
        options.setdefault("api_key", address.api_key)
    if options.get("api_key") is not None:
        options["api_key"] = Masked(options["api_key"])
    context = _connected(address.api_uri, options)
    if prompt is not None:
        context.prompt = prompt
    if auth is not None:
        context.http_client.auth = auth
        context.has_external_auth = True
    client = from_context(
        context,
        structure_clients,
        node_path_parts=address.node_path_parts,  # Tiled's own are not quoted, so a # in a name would end them
        include_data_sources=include_data_sources,
        remember_me=remember_me,
    )
    if context.api_key is not None:
        which_key.note(str(context.api_uri), context.api_key)
    return client


def _connected(api_uri: str, options: dict[str, Any]) -> Any:
    """Return a Context; where there is none, the error says why."""
    try:
        context, _ = Context.from_any_uri(api_uri, **options)
    except TiledJupyterError:
        raise
    except Exception as error:
        raised = explained(error, api_uri, options)
        if raised is error:
            raise
    else:
        return context
    raise raised  # here, where the error that has the request is not its context


def from_profile(name: str, structure_clients: Any = None, **options: Any) -> Any:
    """Connect to a server saved as a profile, as `tiled.client.from_profile` does, asking in the panel.

    Parameters
    ----------
    name : str
        See `tiled.profiles.list_profiles`.
    structure_clients, **options
        As in `from_uri`; they override what the profile says.

    Returns
    -------
    object
        A Tiled client.

    Raises
    ------
    tiled.profiles.ProfileNotFound
    LoginFailed, LoginCancelled, CannotPrompt
        As in `from_uri`.
    """
    prompt = options.pop("prompt_for_reauthentication", None)
    context, merged = profiles.resolve(name, Context, structure_clients, **options)
    if context is not None:
        if prompt is not None and not isinstance(prompt, bool):
            context.prompt = require_prompt(prompt)
        return from_context(context, **merged)
    return from_uri(**merged, prompt_for_reauthentication=prompt)


def login(
    uri_or_profile: str | None = None,
    *,
    wait: bool = True,
    timeout: float | None = None,
    remember_me: bool | None = None,
    provider: str | None = None,
) -> LoginPanel:
    """Show the panel, and hold the cell until the person is signed in.

    Parameters
    ----------
    uri_or_profile : str, optional
        Address of a Tiled server or of a node, or the name of a profile.
    wait : bool
        False shows the panel and goes on.
    timeout, remember_me, provider
        As in `LoginPanel`.

    Returns
    -------
    LoginPanel
        Its ``.client`` is the Tiled client.
    """
    from ..panel.panel import LoginPanel

    panel = LoginPanel(uri_or_profile, provider=provider, remember_me=remember_me)
    front_end.show(panel)
    if wait:
        panel.wait(timeout)
    return panel
