"""Sign in to Tiled from a notebook: a panel instead of stdin prompts.

The names below are imported when they are first used, so that a batch job pays for neither ipywidgets nor
IPython.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from .access import explain_access
    from .api_keys import ApiKeys
    from .attaching import attach, disable, enable
    from .dask_key import give_key, take_key_back
    from .enabling import Context, from_context, from_profile, from_uri, login
    from .errors import (
        CannotPrompt,
        IdentityChanged,
        KeyNotMade,
        KeysUnavailable,
        LoginCancelled,
        LoginFailed,
        TiledJupyterError,
    )
    from .magics import load_ipython_extension, unload_ipython_extension
    from .new_key import NewApiKey
    from .panel import LoginPanel, prompt_for_login

_HOME = {
    "ApiKeys": "api_keys",
    "explain_access": "access",
    "give_key": "dask_key",
    "take_key_back": "dask_key",
    "Context": "enabling",
    "from_context": "enabling",
    "from_profile": "enabling",
    "from_uri": "enabling",
    "attach": "attaching",
    "disable": "attaching",
    "enable": "attaching",
    "CannotPrompt": "errors",
    "IdentityChanged": "errors",
    "KeyNotMade": "errors",
    "KeysUnavailable": "errors",
    "LoginCancelled": "errors",
    "LoginFailed": "errors",
    "TiledJupyterError": "errors",
    "load_ipython_extension": "magics",
    "unload_ipython_extension": "magics",
    "NewApiKey": "new_key",
    "LoginPanel": "panel",
    "login": "enabling",
    "prompt_for_login": "panel",
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
