"""Which servers somebody is signed in to in this kernel, and which of them a magic means. Asks no server."""

from __future__ import annotations

from IPython.core.error import UsageError

from ..address import BadAddress, host_of, parse_address
from ..session import registry
from ..session.context import SessionContext
from ..sign_in import profiles


def signed_in(uri: str | None = None) -> list[SessionContext]:
    """Return one Context for each server somebody is signed in to, or that of one server: with a session, if any is.

    Parameters
    ----------
    uri : str, optional
        Address of the server or of a node, or the name of a profile.
    """
    contexts = [context for context in registry.contexts() if context.authenticated]
    return _found(uri, sorted(contexts, key=lambda context: context.api_key is None))


def _found(uri: str | None, contexts: list[SessionContext]) -> list[SessionContext]:
    """Return one for each server, or that of one."""
    try:
        wanted = parse_address(profiles.address_of(uri) or uri).api_uri if uri is not None else None
    except BadAddress as error:
        raise UsageError(str(error)) from None
    found = {str(context.api_uri): context for context in contexts}
    return [context for server, context in sorted(found.items()) if wanted in (None, server)]


def connected(uri: str | None = None) -> list[SessionContext]:
    """Return one Context for each server this kernel is connected to, signed in or not; those signed in first."""
    return signed_in(uri) or _found(uri, registry.contexts())


def the_one(contexts: list[SessionContext], say_which: str) -> SessionContext:
    """Return the only Context there is; with more, ask which and list them.

    Parameters
    ----------
    contexts : list of Context
        At least one.
    say_which : str
        What to type instead.
    """
    if len(contexts) > 1:
        names = ", ".join(map(name_of, contexts))
        raise UsageError(f"There is more than one server here: {names}. Say which: {say_which}")
    return contexts[0]


def name_of(context: SessionContext) -> str:
    """Name a Context's server."""
    return host_of(str(context.api_uri))
