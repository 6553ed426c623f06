"""Kernels of several threads that share a token directory, and are killed at random: refreshing, or signing in."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from tiled_jupyter.oauth.password import revoke_session
from tiled_jupyter.session import tokens as files

STARTS_WITHIN = 60.0
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
ASKING_KERNEL = """
import os, select, sys, threading
from tests.server.sessions import Hook, get
from tiled_jupyter import Context
from tiled_jupyter.session import prompts
def person(http_client, providers):
    os.write(1, b"asked\\n")
    elsewhere = prompts.occasion.get().elsewhere
    while not select.select([0], [], [], 0.05)[0]:
        if tokens := elsewhere():
            return tokens
    os.read(0, 1)
    return Hook()(http_client, providers)
context, _ = Context.from_any_uri(sys.argv[1])
context.prompt = person
assert context.use_cached_tokens(), "no session was found"
def work():
    try:
        while True:
            assert get(context).status_code == 200
            os.write(1, b"read\\n")
    except BaseException as error:
        os.write(2, repr(error).encode())
        os._exit(1)
for _ in range(int(sys.argv[2])):
    threading.Thread(target=work).start()
"""


class Kernel:
    """One process that does the same all the time, and says so."""

    def __init__(self, uri: str, threads: int, code: str = KERNEL) -> None:
        self.said: Counter[str] = Counter()
        self._heard = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, uri, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(os.environ),
        )
        self.reader = threading.Thread(target=self._listen)
        self.reader.start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            with self._heard:
                self.said[line.decode().strip()] += 1
                self._heard.notify_all()

    def says(self, word: str, times: int = 1, within: float = GOES_ON_WITHIN) -> bool:
        """Wait until it has said a word so many times; say whether it has."""
        with self._heard:
            return self._heard.wait_for(lambda: self.said[word] >= times, within)

    def goes_on(self, word: str = "refreshed") -> None:
        """Return when it has done once more what it does."""
        if not self.says(word, self.said[word] + 1, GOES_ON_WITHIN if self.said[word] else STARTS_WITHIN):
            self.kill()
            raise AssertionError(f"A kernel does not go on: {self.wrong}")

    def answer(self) -> None:
        """Sign in, as its person."""
        self.process.stdin.write(b"y")
        self.process.stdin.flush()

    def kill(self) -> None:
        """Kill it, wherever it is."""
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.wrong = self.process.stderr.read().decode()
        self.process.stdin.close()
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


def kill_kernels_that_ask(context, *, deaths: int, kernels: int = 3, threads: int = 4) -> dict[str, int]:
    """End the session; one kernel after the other is killed while its person signs in, and the last is not.

    Every kernel asks once, whatever happens to the others, and goes on when anybody has signed in.
    """
    uri, directory = str(context.api_uri), context.token_directory
    running = [Kernel(uri, threads, ASKING_KERNEL) for _ in range(kernels)]
    done = Counter(deaths=deaths)
    try:
        for kernel in running:
            kernel.goes_on("read")
        with Watch(directory, context.http_client.auth.subject) as watch:
            for _ in range(deaths):
                with context.bare_client() as http:
                    revoke_session(http, uri, (directory / "refresh_token").read_text())
                for kernel in running:
                    assert kernel.says("asked"), "somebody was not asked"
                while len(running) > 1:
                    victim = running.pop(0)
                    read = running[-1].said["read"] + threads  # these may have been under way
                    victim.answer()
                    watch.ended.wait(random.uniform(0, 0.3))
                    victim.kill()
                    assert victim.wrong == ""
                    done["killed"] += 1
                    if running[-1].says("read", read + 1, 1.5):
                        break
                else:
                    running[-1].answer()
                for kernel in running:
                    kernel.goes_on("read")
                    assert kernel.said["asked"] == 1, "somebody was asked twice"
                    kernel.said["asked"] = 0
                running += [Kernel(uri, threads, ASKING_KERNEL) for _ in range(kernels - len(running))]
                for kernel in running:
                    kernel.goes_on("read")
                    assert kernel.said["asked"] == 0, "somebody was asked who could go on"
    finally:
        for kernel in running:
            kernel.kill()
    assert watch.wrong == []
    return dict(done)
