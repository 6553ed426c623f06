"""The search for a key while a job runs and after it: in what others see of processes, on the wire, on the disk."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from tests.canaries import disguises
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable


class Watch:
    """Look at all processes again and again, and record what crosses loopback, until it is left.

    Parameters
    ----------
    secret : str
    owner : int
        Whose processes may have it in their environment.
    place : Path
        For the recording.
    but : iterable of int
        Ports of the Tiled server, which is sent the key.
    """

    def __init__(self, secret: str, owner: int, place: Path, but: Iterable[int]) -> None:
        self._needles = {needle: form for form, needle in disguises(secret).items()}
        self._owner = owner
        self._recording = place / "wire.pcap"
        self._but = " and ".join(f"not port {port}" for port in but)
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._found: set[str] = set()
        self._before = set(Path("/proc").glob("[0-9]*"))  # nobody can have given them the key

    def __enter__(self) -> Watch:
        """Begin."""
        command = [
            "tcpdump",
            "-i",
            "lo",
            "-U",
            "-s",
            "0",
            "-B",
            "65536",
            "-Z",
            "root",
            "-w",
            str(self._recording),
            self._but,
        ]
        self._tcpdump = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + PATIENCE
        while not self._recording.exists() or self._recording.stat().st_size < 24:  # its header
            if self._tcpdump.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"tcpdump does not record: {self._tcpdump.communicate()[1]}")
            time.sleep(0.05)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End."""
        self._over.set()
        self._thread.join()
        self._tcpdump.terminate()
        _, said = self._tcpdump.communicate()
        if " 0 packets dropped by kernel" not in said.replace("\n", " "):
            raise RuntimeError(f"tcpdump missed packets: {said}")
        self._note("the wire", self._recording.read_bytes())
        self._recording.unlink()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            for process in set(Path("/proc").glob("[0-9]*")) - self._before:
                with suppress(OSError):
                    self._note("a command line", (process / "cmdline").read_bytes())
                    if process.stat().st_uid != self._owner:
                        self._note("the environment of another user's process", (process / "environ").read_bytes())

    def _note(self, place: str, data: bytes) -> None:
        self._found |= {f"{place} (as {form})" for needle, form in self._needles.items() if needle in data}

    def found(self, places: Iterable[Path], told: dict[str, str], but: Path) -> list[str]:
        """Return where the key was, or is now: in files below some places, or in texts."""
        for file in (file for place in places for file in place.rglob("*")):
            with suppress(FileNotFoundError):  # removed meanwhile
                about = file.lstat()
                if file == but or not stat.S_ISREG(about.st_mode):
                    continue
                # What systemd gives a service of the owner, for them alone, in their runtime directory.
                if "credentials" in file.parts and (about.st_uid, about.st_mode & 0o777) == (self._owner, 0o400):
                    continue
                data = file.read_bytes()
                self._note(str(file), data)
                if data.startswith(b"SQLite format 3"):  # which scatters long texts over its pages
                    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
                        self._note(f"{file}, as text", "\n".join(database.iterdump()).encode())
        for name, text in told.items():
            self._note(name, text.encode())
        return sorted(self._found)
