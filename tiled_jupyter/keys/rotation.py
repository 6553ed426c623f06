"""A new key in the file of an old one: what reads the file need not know. Asks no person.

The new key is in the file before the old one ends, which is the affair of who calls: something may still use it. On a
Tiled server a key may make any key of its account, also one that may do more than itself; here the new one is asked
for exactly as the old one was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ..errors import KeysUnavailable
from ..session import key_files
from ..session.key_files import KeyFile
from .api_keys import ApiKeys
from .new_key import NewApiKey

CREATE, REVOKE = "create:apikeys", "revoke:apikeys"  # what a key needs to make and to revoke keys


def rotate(keys: ApiKeys, file: KeyFile, expires_in: int | str | None = None) -> NewApiKey:
    """Make a key like the one in a file, and write it there; the old one goes on working.

    Parameters
    ----------
    keys : ApiKeys
        Of the account that the old key is of; the old one itself can make the new one, if it may make keys.
    file : KeyFile
    expires_in : int or str, optional
        As in `ApiKeys.create`; by default what the old one was made for.

    Returns
    -------
    NewApiKey

    Raises
    ------
    ValueError
        If it is not known how long the new key shall work, or the settings do not allow it.
    KeysUnavailable, KeyNotMade
        Where there is no new key; then the file is as it was.
    UnsafePlace, OSError
        If the file could not be written; then the new key has been revoked.
    """
    wish = _wish(keys, file)
    if expires_in is not None:
        wish["expires_in"] = expires_in
    if "expires_in" not in wish:
        raise ValueError(
            f"{file.path} does not say how long its key was to work. Say how long the new one is to work: "
            "--expires-in 7d, for example."
        )
    key = keys.create(**wish)
    path = file.path.resolve()  # whatever name it has, all of its readers get the new one
    with or_revoked(keys, key):
        if key_files.read(path).first_eight != file.first_eight:
            raise KeysUnavailable(f"{file.path} was given another key meanwhile, so it was left as it is.")
        key.save(path, beside_notebook=True)
    return key


@contextlib.contextmanager
def or_revoked(keys: ApiKeys, key: NewApiKey) -> Iterator[None]:
    """Revoke a new key where what is to become of it fails: nobody would have it."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(KeysUnavailable):
            keys.revoke(key.first_eight)
        raise


def may(scopes: frozenset[str], needed: frozenset[str]) -> bool:
    """Whether a key with these scopes may do what is needed; its account may, that is taken for granted."""
    return needed <= scopes or "inherit" in scopes


def _wish(keys: ApiKeys, file: KeyFile) -> dict[str, Any]:
    """Return how to ask for a key like that in a file."""
    listed = keys.list()
    old = next((key for key in listed if key.first_eight == file.first_eight), None)
    said = file.made_as
    if old is None and (said is None or said["account"] is None or said["account"] != listed.account):
        raise KeysUnavailable(
            f"The key in {file.path} is not among the keys of this account on {keys.host}: it is another's, or has "
            "ended. Make another key."
        )
    if said is not None:
        return {name: value for name, value in said.items() if name != "account"}
    assert old is not None  # noqa: S101 - see above
    return {"note": old.note, "scopes": old.scopes, "access_tags": old.access_tags}
