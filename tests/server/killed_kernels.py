"""Kernels of several threads that share a token directory, and are killed at random while they refresh."""

from __future__ import annotations

import os
import queue
import random
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from tiled_jupyter import tokens as files

GOES_ON_WITHIN = 15.0  # seconds, on a busy machine; a lock that is never let go of is waited for for longer
JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{43}")  # a whole one: the signature has its length
KERNEL = """
import os, sys, threading
from tiled_jupyter import Context
context, _ = Context.from_any_uri(sys.argv[1])
assert context.use_cached_tokens(), "no session was found"
def work():
    try:
        while True:
            context.force_auth_refresh()
            assert context.whoami()["identities"][0]["id"] == "alice"
            os.write(1, b"refreshed\\n")
    except BaseException as error:
        os.write(2, repr(error).encode())
        os._exit(1)
for _ in range(int(sys.argv[2])):
    threading.Thread(target=work).start()
"""


class Kernel:
    """One process that refreshes all the time."""

    def __init__(self, uri: str, threads: int) -> None:
        self.said: queue.Queue[bytes] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-c", KERNEL, uri, str(threads)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(os.environ),
        )
        self.reader = threading.Thread(target=self._listen)
        self.reader.start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            self.said.put(line)

    def goes_on(self) -> None:
        """Return when it has refreshed once more."""
        while not self.said.empty():
            self.said.get()
        try:
            self.said.get(timeout=GOES_ON_WITHIN)
        except queue.Empty:
            self.kill()
            raise AssertionError(f"A kernel does not go on: {self.wrong}") from None

    def kill(self) -> None:
        """Kill it, wherever it is."""
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.wrong = self.process.stderr.read().decode()
        self.process.stdout.close()
        self.process.stderr.close()


class Watch:
    """Read the token files all the time, and remember what was not a whole token of the person's."""

    def __init__(self, directory: Path, subject: str) -> None:
        self.directory, self.subject = directory, subject
        self.reads, self.wrong = 0, []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._read)

    def _read(self) -> None:
        while not self.ended.wait(0.001):
            for name in ("access_token", "refresh_token"):
                text = (self.directory / name).read_text()
                self.reads += 1
                if not JWT.fullmatch(text):
                    self.wrong.append(f"{name} is torn: {len(text)} characters")
                elif name == "access_token" and files.subject(text) != self.subject:
                    self.wrong.append(f"{name} is somebody else's")

    def __enter__(self) -> Watch:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()


def kill_kernels(context, *, seconds: float, kernels: int = 2, threads: int = 4) -> dict[str, int]:
    """Kill one kernel after another at a random moment; the others go on, and so does a new one in its place."""
    uri, directory = str(context.api_uri), context.token_directory
    running = [Kernel(uri, threads) for _ in range(kernels)]
    killed, end = 0, time.monotonic() + seconds
    try:
        with Watch(directory, context.http_client.auth.subject) as watch:
            while time.monotonic() < end:
                for kernel in running:
                    kernel.goes_on()
                watch.ended.wait(random.uniform(0, 0.1))
                victim = running.pop(random.randrange(kernels))
                victim.kill()
                killed += 1
                assert victim.wrong == ""
                for kernel in running:
                    kernel.goes_on()
                running.append(Kernel(uri, threads))
    finally:
        for kernel in running:
            kernel.kill()
    assert watch.wrong == []
    left = len([path for path in directory.iterdir() if path.name.startswith(".")])
    return {"killed": killed, "reads": watch.reads, "half-written files left": left}
