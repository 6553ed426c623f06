"""Accounts of this machine for the time of the tests: whoever has the key is not root, who may read everything."""

from __future__ import annotations

import os
import pwd
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


class Person:
    """Somebody with a home and the shell that Debian gives; gone, with all they have started, after `leave`.

    Parameters
    ----------
    place : Path
        Where the home is made.
    """

    def __init__(self, place: Path) -> None:
        self.name = f"tj{secrets.token_hex(4)}"
        self.home = place / self.name
        self.environment = {"SHELL": "/bin/bash", "LANG": "C.UTF-8"}
        command = ["useradd", "--create-home", "--home-dir", str(self.home), "--shell", "/bin/bash", self.name]
        subprocess.run(command, check=True, capture_output=True)
        self.id = pwd.getpwnam(self.name).pw_uid

    def start(self, command: list[str], stdin: int, stdout: Any, **environment: str) -> subprocess.Popen[str]:
        """Start a program as a login of theirs would; what it writes, both ways, is its standard output."""
        about = pwd.getpwnam(self.name)
        mine = {"HOME": str(self.home), "USER": self.name, "LOGNAME": self.name, "PATH": PATH}
        return subprocess.Popen(
            command,
            user=about.pw_uid,
            group=about.pw_gid,
            extra_groups=[],
            umask=0o022,
            cwd=self.home,
            env=mine | self.environment | environment,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def run(self, command: list[str], text: str = "", **options: str) -> str:
        """Run a program, which must succeed, and return what it writes."""
        process = self.start(command, subprocess.PIPE, subprocess.PIPE, **options)
        output, _ = process.communicate(text, timeout=3 * PATIENCE)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{output}")
        return output

    def write(self, name: str, text: str, mode: int = 0o644) -> Path:
        """Write a file in their home."""
        path = self.home / name
        for missing in [part for part in reversed(path.parents) if not part.exists()]:
            missing.mkdir()
            os.chown(missing, self.id, self.id)
        path.write_text(text)
        path.chmod(mode)
        os.chown(path, self.id, self.id)
        return path

    def processes(self) -> list[int]:
        """Return what runs in their name."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if place.stat().st_uid == self.id:
                    found.append(int(place.name))
        return found

    def leave(self) -> None:
        """End what they have started, and remove the account and its home."""
        end = time.monotonic() + PATIENCE
        while (left := self.processes()) and time.monotonic() < end:
            for process in left:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.1)
        subprocess.run(["userdel", "--remove", "--force", self.name], check=False, capture_output=True)
