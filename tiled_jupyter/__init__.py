"""Sign in to Tiled from a notebook: a panel instead of stdin prompts.

The names below are imported when they are first used, so that a batch job pays for neither ipywidgets nor
IPython.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from .errors import (
        CannotPrompt,
        IdentityChanged,
        KeyNotMade,
        KeysUnavailable,
        LoginCancelled,
        LoginFailed,
        TiledJupyterError,
    )
    from .keys.access import explain_access
    from .keys.api_keys import ApiKeys
    from .keys.dask import give_key, take_key_back
    from .keys.new_key import NewApiKey
    from .notebook.attaching import attach, disable, enable
    from .notebook.enabling import Context, from_context, from_profile, from_uri, login
    from .notebook.extension import load_ipython_extension, unload_ipython_extension
    from .notebook.support import show_versions
    from .panel.panel import LoginPanel
    from .panel.prompt import prompt_for_login

_HOME = {
    "ApiKeys": "keys.api_keys",
    "explain_access": "keys.access",
    "give_key": "keys.dask",
    "take_key_back": "keys.dask",
    "Context": "notebook.enabling",
    "from_context": "notebook.enabling",
    "from_profile": "notebook.enabling",
    "from_uri": "notebook.enabling",
    "attach": "notebook.attaching",
    "disable": "notebook.attaching",
    "enable": "notebook.attaching",
    "CannotPrompt": "errors",
    "IdentityChanged": "errors",
    "KeyNotMade": "errors",
    "KeysUnavailable": "errors",
    "LoginCancelled": "errors",
    "LoginFailed": "errors",
    "TiledJupyterError": "errors",
    "load_ipython_extension": "notebook.extension",
    "unload_ipython_extension": "notebook.extension",
    "NewApiKey": "keys.new_key",
    "LoginPanel": "panel.panel",
    "login": "notebook.enabling",
    "show_versions": "notebook.support",
    "prompt_for_login": "panel.prompt",
}

__all__ = [
    "ApiKeys",
    "CannotPrompt",
    "Context",
    "IdentityChanged",
    "KeyNotMade",
    "KeysUnavailable",
    "LoginCancelled",
    "LoginFailed",
    "LoginPanel",
    "NewApiKey",
    "TiledJupyterError",
    "__version__",
    "attach",
    "disable",
    "enable",
    "explain_access",
    "from_context",
    "from_profile",
    "from_uri",
    "give_key",
    "load_ipython_extension",
    "login",
    "prompt_for_login",
    "show_versions",
    "take_key_back",
    "unload_ipython_extension",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value = import_module("importlib.metadata").version("tiled_jupyter")  # slow, and rarely asked
    elif name in _HOME:
        value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
