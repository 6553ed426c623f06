"""Tiled's token files and the session they hold: whole or not there, and for one user alone.

The layout is Tiled's, shared with its command line: `tokens/<server>/{access_token,refresh_token,id_token}`
in `TILED_CACHE_DIR` or the user's cache directory.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from tiled.client.auth import TiledAuth

TOKENS = ("access_token", "refresh_token", "id_token")


class SessionAuth(TiledAuth):  # type: ignore[misc]  # Tiled's client is not typed
    """Tiled's session, refreshing from memory too and leaving no torn or loose file.

    `tiled.client.auth.TiledAuth` looks for its refresh token on disk alone, so that a session which is not
    remembered ends with its first access token; and it writes in place, keeping the mode of a file.
    """

    def sync_get_token(self, key: str, reload_from_disk: bool = False) -> str | None:  # noqa: FBT001, FBT002 - Tiled's signature
        """Give a token; one that lies torn or foreign on disk is no token."""
        token: str | None = self.tokens.get(key)
        if self.token_directory is None or (token is not None and not reload_from_disk):
            return token
        with self._sync_lock:
            token = read_token(self.token_directory / key)
        if token is not None:
            self.tokens[key] = token
        return token

    def sync_set_token(self, key: str, value: str) -> None:
        """Keep a token; on disk it is there whole, for this user alone, or not at all."""
        if not isinstance(value, str):
            raise TypeError(f"Expected a string, got {type(value).__name__}.")
        self.tokens[key] = value
        if self.token_directory is None:
            return
        with self._sync_lock:
            descriptor, name = tempfile.mkstemp(prefix=f".{key}.", dir=self.token_directory)  # made 0600
            try:
                with os.fdopen(descriptor, "w") as file:
                    file.write(value)
                Path(name).replace(self.token_directory / key)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def sync_tokens(self, tokens: dict[str, Any]) -> None:
        """Keep what a login or a refresh gave; a refresh token that is not renewed stays (RFC 6749 section 6)."""
        for name in reversed(TOKENS):  # the access token last: other kernels look at it
            if tokens.get(name):
                self.sync_set_token(name, tokens[name])

    def __repr__(self) -> str:
        """Name the class alone."""
        return f"<{type(self).__name__}>"


def private_directory(directory: Path) -> Path | None:
    """Make a token directory and what lies in it the user's alone, before anything is written to it.

    Returns
    -------
    Path or None
        None where it cannot be had (a read-only home, say): the session then lives in memory.
    """
    try:
        for path in (directory.parent, directory):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
        for name in TOKENS:
            file = directory / name
            if file.is_file() and not file.is_symlink():
                file.chmod(0o600)
    except OSError:
        return None
    return directory if os.access(directory, os.W_OK | os.X_OK) else None


def read_token(path: Path) -> str | None:
    """Read a token file; None where it is missing, empty, torn or not a token at all."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return token if token and token.isprintable() and " " not in token else None
