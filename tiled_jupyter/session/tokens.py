"""Tiled's token files: whole or not there, for one user alone, and of one person. No requests are made here.

The layout is Tiled's, shared with its command line: `tokens/<server>/{access_token,refresh_token,id_token}`
in `TILED_CACHE_DIR` or the user's cache directory. Beside them stands, for tokens that an identity provider made,
which one that was (`made_by.json`): what renews or revokes them goes there and nowhere else.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import platformdirs

from ..address import origin_of
from ..oauth.exchange import TOKENS as TOKENS
from ..text import Masked

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _give(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _give(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a fork may have the file open, too


LONG, SHORT = 20.0, 5.0  # seconds; a refresh by another kernel takes less, or has hung
_LOOK_AGAIN = 0.02  # seconds
_mine = threading.local()
_open: set[int] = set()


def _pause(seconds: float) -> bool:
    threading.Event().wait(seconds)
    return True


def _let_go_in_fork() -> None:
    """Hold nothing that the parent holds: its lock would outlive it with this process."""
    while _open:
        os.close(_open.pop())
    vars(_mine).clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_fork)


@contextlib.contextmanager
def one_kernel_at_a_time(
    directory: Path | None, patience: float = LONG, rest: Callable[[float], bool] = _pause
) -> Iterator[None]:
    """Keep the other kernels that share a token directory, and other threads, from what is done meanwhile.

    Parameters
    ----------
    directory : Path or None
        None where nothing is shared.
    patience : float
        Seconds after which this goes on without the lock.
    rest : callable
        Waits for some seconds; False where nobody wants this any more, which ends the waiting.
    """
    held: set[Path] = vars(_mine).setdefault("held", set())
    if directory is None or directory in held:
        yield
        return
    held.add(directory)
    descriptor = None
    try:
        with contextlib.suppress(OSError):
            descriptor = _opened(directory)
            _wait_for(descriptor, patience, rest)
        yield
    finally:
        held.discard(directory)
        if descriptor is not None:
            with contextlib.suppress(OSError):
                _give(descriptor)
            _open.discard(descriptor)
            os.close(descriptor)


def _opened(directory: Path) -> int:
    locks = directory.parent.with_name("locks")  # Tiled and people look into tokens/
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(locks / f"{directory.name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    _open.add(descriptor)
    return descriptor


def _wait_for(descriptor: int, patience: float, rest: Callable[[float], bool]) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            _take(descriptor)
        except (BlockingIOError, PermissionError):  # somebody has it
            if time.monotonic() >= until or not rest(_LOOK_AGAIN):
                return
        else:
            return


def directory_of(api_uri: str) -> Path:
    """Return where Tiled's Context of a server keeps its tokens, without making one."""
    cache = os.getenv("TILED_CACHE_DIR", platformdirs.user_cache_dir("tiled"))
    return Path(cache, "tokens", quote_plus(api_uri))


_MADE_BY = "made_by.json"
NOT_WRITABLE = "its directory cannot be written to"


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


def say_unsaved(why: str | None) -> None:
    """Warn, once for each reason, that a session is not on disk though it should be."""
    if why is not None:
        sentence = (
            f"Your Tiled sign-in could not be saved ({why}), so it lasts as long as this kernel. "
            "TILED_CACHE_DIR can name a directory that can be written to."
        )
        warnings.warn(sentence, stacklevel=2)


def read_token(path: Path) -> str | None:
    """Read a token file; None where it is missing, empty, torn or not a token at all."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return Masked(token) if token and token.isprintable() and " " not in token else None


def tokens_of(context: Any) -> dict[str, Any]:
    """Return the tokens of a Context's session; empty where it is none of ours."""
    read = getattr(context.http_client.auth, "sync_get_token", None)
    return {} if read is None else {name: read(name) for name in TOKENS}


def tokens_made_by(context: Any) -> str:
    """Return the origin that made the tokens of a Context's session."""
    return str(getattr(context.http_client.auth, "made_by", None) or origin_of(str(context.api_uri)))


def read_tokens(directory: Path) -> dict[str, str]:
    """Read what tokens lie in a directory."""
    found = {name: read_token(directory / name) for name in TOKENS}
    return {name: token for name, token in found.items() if token is not None}


def write_token(path: Path, token: str) -> None:
    """Put a token in its place, whole and for this user alone, or leave what is there.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(token)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def made_by(directory: Path) -> str | None:
    """Return the origin that made the tokens in a directory, and may have them back.

    It is the server that the directory is named after, also for tokens that plain Tiled has saved, unless a provider
    is noted beside just these tokens.
    """
    with contextlib.suppress(OSError, ValueError, RecursionError, AttributeError):
        noted = json.loads((directory / _MADE_BY).read_text(encoding="utf-8"))
        if noted.get("whose") == _whose(read_token(directory / "access_token")):
            return origin_of(str(noted.get("origin")))
    return origin_of(unquote_plus(directory.name))


def write_made_by(directory: Path, tokens: Mapping[str, Any], origin: str) -> None:
    """Note beside tokens that are about to be written which provider made them.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if origin == origin_of(unquote_plus(directory.name)):
        (directory / _MADE_BY).unlink(missing_ok=True)
    else:
        write_token(directory / _MADE_BY, json.dumps({"origin": origin, "whose": _whose(tokens.get("access_token"))}))


def _whose(access_token: str | None) -> str:
    """Return what tells the tokens of one maker and person from others: no name, and no part of a token."""
    return hashlib.sha256((subject(access_token) or "").encode()).hexdigest()[:16]


def write_tokens(directory: Path, tokens: Mapping[str, Any]) -> None:
    """Write those tokens that there are; a refresh token that is not renewed stays (RFC 6749 section 6).

    What lies there of somebody else goes first, so that nobody finds tokens of two people whatever happens here.

    Raises
    ------
    OSError
        If one cannot be written.
    """
    before = read_token(directory / "access_token")
    if before is not None and subject(before) != subject(tokens.get("access_token")):
        remove_tokens(directory)
    for name in reversed(TOKENS):  # the access token last: other kernels look at it
        if tokens.get(name):
            write_token(directory / name, tokens[name])


def remove_tokens(directory: Path) -> None:
    """Remove the token files, if they are there and may be removed, and what a killed kernel was writing."""
    for name in (*TOKENS, _MADE_BY):
        for path in (directory / name, *directory.glob(f".{name}.*")):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def claims(token: object) -> dict[str, Any]:
    """Read what a JSON Web Token says (RFC 7519), unverified; empty where it is none, whatever a server sent."""
    if not isinstance(token, str):
        return {}
    try:
        payload = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def subject(token: str | None) -> str | None:
    """Return whose an access token is, issuer and subject, to be compared with another's; None if it says neither."""
    said = claims(token)
    return f"{said.get('iss', '')} {said['sub']}" if isinstance(said.get("sub"), str) else None
