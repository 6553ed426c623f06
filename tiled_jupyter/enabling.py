"""Tiled's own entry points, asking in the panel instead of on stdin.

Only the Context is ours; clients, structures and reading are Tiled's. Importing this loads neither
ipywidgets nor IPython: the panel comes when somebody has to be asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
from tiled.client import from_context as _tiled_from_context

from .address import parse_address
from .context import Context as _ContextWithKeys
from .prompts import Prompt

if TYPE_CHECKING:
    from .panel import LoginPanel


def _ask_in_panel(http_client: httpx.Client, providers: list[Any]) -> dict[str, Any]:
    from .panel import prompt_for_login

    return prompt_for_login(http_client, providers)


class Context(_ContextWithKeys):
    """A Tiled Context that asks in the panel.

    Parameters are those of `tiled.client.context.Context`. ``authenticate(prompt_for_reauthentication=…)``
    takes another hook, ``prompt(http_client, providers) -> tokens``.
    """

    prompt = staticmethod(_ask_in_panel)


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
    prompt_for_reauthentication: Prompt | None = None,
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
        ``api_key``, ``headers``, ``timeout``, ``verify``, ``cache`` … as in Tiled.

    Returns
    -------
    object
        A Tiled client.

    Raises
    ------
    BadAddress
        If this is no address.
    LoginFailed, LoginCancelled, CannotPrompt
        Where the server requires a sign-in and there is none in the end.
    """
    address = parse_address(uri)
    if address.api_key is not None:
        options.setdefault("api_key", address.api_key)
    context, node_path_parts = Context.from_any_uri(address.uri, **options)
    if prompt_for_reauthentication is not None:
        context.prompt = prompt_for_reauthentication
    if auth is not None:
        context.http_client.auth = auth
        context.has_external_auth = True
    return from_context(
        context,
        structure_clients,
        node_path_parts=node_path_parts,
        include_data_sources=include_data_sources,
        remember_me=remember_me,
    )


def login(
    uri: str | None = None, *, wait: bool = True, timeout: float | None = None, remember_me: bool | None = None
) -> LoginPanel:
    """Show the panel, and hold the cell until the person is signed in.

    Parameters
    ----------
    uri : str, optional
        Address of a Tiled server, or of a node.
    wait : bool
        False shows the panel and goes on.
    timeout, remember_me
        As in `LoginPanel`.

    Returns
    -------
    LoginPanel
        Its ``.client`` is the Tiled client.
    """
    from .front_end import show
    from .panel import LoginPanel

    panel = LoginPanel(uri, remember_me=remember_me)
    show(panel)
    if wait:
        panel.wait(timeout)
    return panel
