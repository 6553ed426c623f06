"""Accounts of this machine for the time of the tests, which PAM knows."""

from __future__ import annotations

import secrets
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def new_name(rest: str = "") -> str:
    """Return the name of an account that only a test can have made."""
    return f"tj{secrets.token_hex(4)}{rest}"


@contextmanager
def accounts(passwords: Mapping[str, str]) -> Iterator[None]:
    """Make accounts without a home that can run nothing, and remove them."""
    made: list[str] = []
    try:
        for name, password in passwords.items():
            made.append(name)
            command = ["useradd", "--badname", "--no-create-home", "--home-dir", "/nonexistent"]
            command += ["--shell", "/usr/sbin/nologin", name]
            subprocess.run(command, check=True, capture_output=True)
            subprocess.run(["chpasswd"], input=f"{name}:{password}\n".encode(), check=True, capture_output=True)
        yield
    finally:
        for name in made:
            subprocess.run(["userdel", "--force", name], check=False, capture_output=True)
