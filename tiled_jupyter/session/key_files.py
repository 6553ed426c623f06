"""Files that hold one API key each, for jobs: ``TILED_API_KEY=…`` as shells, Docker and systemd read it.

A file is there whole or not at all, for this user alone (0600), in a directory nobody else can write. It says in
comments for which server it is, until when it works, and as what it was made. Asks no server.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import secrets
import socket
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import platformdirs

from ..address import host_of
from ..kernel.memory import of_kernel
from ..text import Masked

VARIABLE = "TILED_API_KEY"
_MONTH = 30 * 24 * 3600.0  # seconds
_LISTED = re.compile(r"[0-9a-f]{72}")
_MADE_AS = ("account", "expires_in", "note", "scopes", "access_tags")
_EQUALS = r"\u003d"
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def listed_as(key: str) -> str | None:
    """Return the first eight characters of an account's key, by which its server lists it; None of any other key."""
    return key[:8] if _LISTED.fullmatch(key) else None


class UnsafePlace(ValueError):
    """A key must not be written there; the message says why and what to do."""


@dataclass(frozen=True)
class KeyFile:
    """A file with a key, of which it does not tell.

    Parameters
    ----------
    path : Path
    api_uri : str
        Of the server the key is for.
    first_eight : str
        Of the key.
    expires : datetime or None
        None for never.
    made_as : mapping or None
        Whose key was made, as what, and for how long: ``account``, ``expires_in``, ``note``, ``scopes`` and
        ``access_tags``. None where the file does not say.
    """

    path: Path
    api_uri: str
    first_eight: str
    expires: datetime | None
    made_as: Mapping[str, Any] | None = None

    def expired(self, now: datetime | None = None) -> bool:
        """Whether the key has ceased to work."""
        return self.expires is not None and self.expires <= (now or datetime.now(timezone.utc))


def directory() -> Path:
    """Where keys are saved if nobody says otherwise."""
    return platformdirs.user_state_path("tiled_jupyter") / "keys"


def default_path(api_uri: str, first_eight: str) -> Path:
    """Where the key is saved if nobody says otherwise: named after its server and its first eight characters."""
    return directory() / f"{quote(host_of(api_uri).replace(':', '_'), safe='[]')}-{first_eight}.env"


def save(
    secret: str,
    api_uri: str,
    expires: datetime | None,
    path: str | Path | None = None,
    *,
    beside_notebook: bool = False,
    made_as: Mapping[str, Any] | None = None,
) -> Path:
    """Write a key to a file.

    Parameters
    ----------
    secret : str
        The key.
    api_uri : str
        Of the server it is for.
    expires : datetime or None
    path : str or Path, optional
        By default `default_path`.
    beside_notebook : bool
        Allow a path in the directory of the notebook, where it may be published with it, or below that.
    made_as : mapping, optional
        What the file says of the key, as in `KeyFile`.

    Returns
    -------
    Path
        Of the file, absolute.

    Raises
    ------
    UnsafePlace
        If others could read or replace it there.
    OSError
        If it cannot be written.
    """
    if not re.fullmatch(r"\w+", secret, re.ASCII):  # a line break or a quote would be read as more than a key
        raise ValueError("This is not an API key: keys consist of letters, digits and underscores.")
    if path is None:
        target = default_path(api_uri, secret[:8])
        _make_private(target.parent)
        target.parent.chmod(0o700)
    else:
        target = Path(path).expanduser().absolute()
        if target.is_dir():
            target /= default_path(api_uri, secret[:8]).name
        if not beside_notebook and _is_beside_notebook(target):
            raise UnsafePlace(
                f"{target.parent} is where this notebook lies, and may be shared with it. Leave the path out, or say "
                "beside_notebook=True."
            )
        _make_private(target.parent)
    _refuse_directory_of_others(target.parent)
    until = "never" if expires is None else expires.astimezone(timezone.utc).isoformat(timespec="seconds")
    comments = f"# Tiled API key. Whoever reads it can use it.\n# server: {api_uri}\n# expires: {until}\n"
    if made_as is not None:
        # One line, in which nothing looks like the line of the key.
        comments += f"# made as: {json.dumps(dict(made_as)).replace('=', _EQUALS)}\n"
    descriptor, name = tempfile.mkstemp(prefix=".key.", dir=target.parent)  # made 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{comments}{VARIABLE}={secret}\n")
            file.flush()
            os.fsync(file.fileno())  # it may be the only copy
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target


def for_workers(secret: str, api_uri: str) -> Path:
    """Return a file with a key in use here, for other processes of this user; it goes when this kernel ends.

    Raises
    ------
    UnsafePlace, OSError
        As `save` does.
    """
    here = _read_by_workers()
    known = here.get((api_uri, secret))
    if known is not None:  # also in a fork, whose results may outlive it
        with contextlib.suppress(FileNotFoundError):
            os.utime(known)
            return known
        here.pop((api_uri, secret), None)
    place = directory().with_name("workers")
    _make_private(place)
    place.chmod(0o700)
    _delete_abandoned(place)
    path = save(secret, api_uri, None, place / f"{_this_kernel()}-{secrets.token_hex(8)}.env", beside_notebook=True)
    atexit.register(_delete_of_this_process, os.getpid(), path)
    used = here.setdefault((api_uri, Masked(secret)), path)
    if used != path:  # another thread was as quick
        path.unlink()
    return used


def take_from_workers(secret: str, api_uri: str) -> None:
    """Delete the file that `for_workers` has made for a key, if it has."""
    path = _read_by_workers().pop((api_uri, secret), None)
    if path is not None:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _read_by_workers() -> dict[tuple[str, str], Path]:
    """Return the files that this kernel's workers read, by server and key."""
    return of_kernel(dict[tuple[str, str], Path], "read by workers")


def _this_kernel() -> str:
    return f"{quote(socket.gethostname(), safe='')}-{os.getpid()}"


def _delete_of_this_process(process: int, path: Path) -> None:
    if os.getpid() == process:  # a fork's end is not the kernel's
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _delete_abandoned(place: Path) -> None:
    """Delete what killed kernels have left: of this computer at once, of others what nobody used for a month."""
    for path in place.glob("*-*-*.env"):
        host, process, _ = path.name.rsplit("-", 2)
        with contextlib.suppress(OSError, ValueError):
            ours = host == quote(socket.gethostname(), safe="")
            if (ours and not _runs(int(process))) or time.time() - path.stat().st_mtime > _MONTH:
                path.unlink()


def _runs(process: int) -> bool:
    if os.name == "posix":  # elsewhere this would end it
        with contextlib.suppress(PermissionError):  # somebody else's has its number
            try:
                os.kill(process, 0)
            except ProcessLookupError:
                return False
    return True


def saved() -> Iterator[KeyFile]:
    """Find the key files in the default directory; what is no key file is left out."""
    for path in sorted(directory().glob("*.env")):
        with contextlib.suppress(OSError, ValueError):
            yield read(path)


def read(path: Path) -> KeyFile:
    """Return what a key file says of its key.

    Raises
    ------
    ValueError
        If it is no key file.
    OSError
        If it cannot be read.
    """
    about, first_eight = _parsed(path)
    try:
        until, server = about["expires"], about["server"]
        expires = None if until == "never" else datetime.fromisoformat(until).astimezone(timezone.utc)
    except (LookupError, ValueError):
        server, expires = "", None
    if not server or len(first_eight) < 8:
        raise ValueError(f"{path} is no key file: it does not hold a key, its server and its end.")
    return KeyFile(path, server, first_eight, expires, _made_as(about.get("made as", "")))


def secret_in(path: Path) -> Masked:
    """Return the key in a file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return Masked(path.read_bytes().decode("utf-8", "replace").partition(f"{VARIABLE}=")[2].strip())


def of_server(api_uri: str) -> dict[str, Path]:
    """Find the files of a server's keys in the default directory, by the keys' first eight characters."""
    return {file.first_eight: file.path for file in saved() if file.api_uri == api_uri}


def server_of(path: Path) -> str | None:
    """Return which server a key file is for; None where it does not say, or cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        return _parsed(path)[0].get("server")
    return None


def expired(api_uri: str) -> list[Path]:
    """Find the files of a server's keys that have ceased to work, in the default directory."""
    return [file.path for file in saved() if file.api_uri == api_uri and file.expired()]


def delete_expired(api_uri: str) -> None:
    """Delete what `expired` finds."""
    for path in expired(api_uri):
        path.unlink(missing_ok=True)


def delete(api_uri: str, first_eight: str) -> list[Path]:
    """Delete the file of a key from the default directory, and say which it was."""
    gone = [file.path for file in saved() if (file.api_uri, file.first_eight) == (api_uri, first_eight)]
    for path in gone:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
    return gone


def _parsed(path: Path) -> tuple[dict[str, str], str]:
    """Return the comments of a key file, and the first eight characters of its key."""
    text = path.read_bytes().decode("utf-8", "replace")
    comments = [line[2:].partition(": ") for line in text.splitlines() if line[:1] == "#"]
    return {name: value for name, _, value in comments}, text.partition(f"{VARIABLE}=")[2].strip()[:8]


def _made_as(text: str) -> dict[str, Any] | None:
    """Read as what a key was made; None where that is not whole."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and said.keys() == set(_MADE_AS) else None


def _make_private(place: Path) -> None:
    """Make what is missing of a directory's path; `Path.mkdir` gives a mode to the last part alone."""
    for missing in [part for part in (*reversed(place.parents), place) if not part.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)


def notebook_folder() -> Path:
    """Return where the notebook lies; where that is not known, where its kernel works."""
    notebook = Path(os.environ.get("JPY_SESSION_NAME", "")).expanduser()
    return notebook.parent if notebook.is_absolute() else Path.cwd()


def _is_beside_notebook(target: Path) -> bool:
    """Whether a file lies in the notebook's folder, or below it.

    What is below the home folder, or one that holds it, is everything a person has, and no project to be shared.
    """
    where = notebook_folder().resolve()
    place = target.parent.resolve()
    if Path.home().resolve().is_relative_to(where):
        return place == where
    return place.is_relative_to(where) and not place.is_relative_to(directory().resolve())


def _refuse_directory_of_others(place: Path) -> None:
    """Refuse a directory in which others could put a file of theirs under the name of ours.

    Its parents may belong to a group (many homes do), but not to everybody, unless they are sticky as /tmp is.
    """
    if os.name != "posix":
        return
    place = place.resolve()
    about = place.stat()
    if about.st_uid != os.getuid() or about.st_mode & _OTHERS:
        raise UnsafePlace(f"Other people can write to {place}. Choose a directory of your own, or leave the path out.")
    for parent in place.parents:
        mode = parent.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise UnsafePlace(
                f"Other people can write to {parent}. Choose a directory of your own, or leave the path out."
            )
