"""Which servers somebody signed in to from this computer account, so that a new one is said to be new.

A list of addresses in the user's state directory; no names, no secrets. A file that cannot be read or
written means "never seen": one sentence too many is the worst that can come of it.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import platformdirs

_LONGEST = 200


def is_known(api_uri: str) -> bool:
    """Whether somebody signed in to the server before."""
    return api_uri in _read()


def remember(api_uri: str) -> None:
    """Note a sign-in."""
    known = _read()
    if api_uri in known:
        return
    with contextlib.suppress(OSError):
        path = _path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(json.dumps([*known[-_LONGEST + 1 :], api_uri]), encoding="utf-8")


def _path() -> Path:
    return platformdirs.user_state_path("tiled_jupyter") / "servers.json"


def _read() -> list[str]:
    try:
        known = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [item for item in known if isinstance(item, str)] if isinstance(known, list) else []
