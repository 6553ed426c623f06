"""Tiled's profiles: servers saved under a name, with all that is needed to connect to them.

Tiled's module takes up to two seconds to import (it checks what people write), so it is imported where a name may be
one, and where there are any.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

import platformdirs

from ..address import BadAddress
from ..text import Masked

if TYPE_CHECKING:
    from tiled.client.context import Context

OF_NO_USE = ("username", "auth_provider", "token_cache", "prompt_for_reauthentication")  # Tiled ignores them too

_UNREADABLE = "The saved names of servers cannot be read"


def names() -> list[str]:
    """Return the names of all profiles, in order."""
    return sorted(_load())


def address_of(name: str) -> str | None:
    """Return the address a profile saves; None where there is no such profile, or it has its own server."""
    if not is_profile(name):
        return None
    uri: str | None = _load()[name][1].get("uri")
    return uri


def is_profile(name: str) -> bool:
    """Whether there is a profile of this name."""
    return not _is_address(name) and name in _load()


def would_be_read(names: Iterable[str]) -> bool:
    """Whether Tiled's module would be imported to tell whether there are profiles of these names."""
    return not all(_is_address(name) for name in names) and _may_be_any()


def _is_address(name: str) -> bool:
    return any(character in name for character in "/:@?#")


def directories() -> list[Path]:
    """Return where Tiled looks for profiles: its ``tiled.profiles.paths``, without the module."""
    site, user = platformdirs.site_config_path("tiled"), platformdirs.user_config_path("tiled")
    return [
        Path(os.getenv("TILED_SITE_PROFILES", "/etc/tiled/profiles")),
        Path(os.getenv("TILED_SITE_PROFILES", site / "profiles")),
        Path(sys.prefix, "etc", "tiled", "profiles"),
        Path(os.getenv("TILED_PROFILES", Path.home() / ".config" / "tiled" / "profiles")),
        Path(os.getenv("TILED_PROFILES", user / "profiles")),
    ]


def _may_be_any() -> bool:
    if "tiled.profiles" in sys.modules:
        return True
    try:
        files = [file for directory in directories() if directory.is_dir() for file in directory.iterdir()]
    except (OSError, RuntimeError):  # Tiled's own error says more
        return True
    return any(file.suffix in (".yml", ".yaml") for file in files)


def _load() -> Any:
    if not _may_be_any():
        return {}
    from tiled.profiles import load_profiles

    try:
        return load_profiles()
    except Exception as error:  # noqa: BLE001 - of files that people write, or that they may not read
        wrong = type(error).__name__
    raise BadAddress(f"{_UNREADABLE} ({wrong}). Type the whole address, with https://, or correct Tiled's profiles.")


def resolve(
    name: str, context_class: type[Context], structure_clients: Any = None, **options: Any
) -> tuple[Any, dict[str, Any]]:
    """Return what a profile stands for, without connecting to anything.

    This is the code of Tiled's own ``from_profile``, with what it would call in the end replaced: all that a
    profile can hold is interpreted as Tiled does.

    Parameters
    ----------
    name : str
    context_class : type
        Made where the profile has a server of its own, which then runs in this process.
    structure_clients, **options
        Override what the profile says.

    Returns
    -------
    Context or None
        Of the profile's own server.
    dict
        For ``from_uri``, or for ``from_context`` where there is a Context.

    Raises
    ------
    tiled.profiles.ProfileNotFound
    """
    from tiled.client import constructors

    ends: dict[str, Any] = {
        "from_uri": lambda **merged: (None, merged),
        "from_context": lambda context, **merged: (context, merged),
        "Context": context_class,
    }
    theirs = constructors.from_profile
    run = FunctionType(theirs.__code__, {**vars(constructors), **ends}, theirs.__name__, theirs.__defaults__)
    context, merged = run(name, structure_clients, **options)
    for key in OF_NO_USE:
        merged.pop(key, None)
    if merged.get("api_key") is not None:
        merged["api_key"] = Masked(merged["api_key"])
    if "headers" in merged:
        merged["headers"] = dict(merged["headers"] or {})  # Tiled's Context adds to it, and the profile is cached
    return context, merged
