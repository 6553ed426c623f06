"""A kernel that dies between two steps of its choice: ``python -m tests.server.dying URI``, told what to do on stdin.

A step is a line of the modules that lock and write, the pure ones and those that only read left out. For each line
of stdin, ``refresh N`` or ``sign-in N TOKENS``, a fork does that and kills itself before its step N; the answer is
where it died, or ``finished``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from tiled_jupyter import Context
from tiled_jupyter.session import tokens

WATCHED = {tokens.__file__}
HARMLESS = {"read_token", "read_tokens", "claims", "subject", "_pause"}


def die_before(step: int) -> None:
    """Kill this process before the step of that number."""
    steps = 0

    def in_function(frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal steps
        if event == "line":
            steps += 1
            if steps == step:
                os.write(1, f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)
        return in_function

    def called(frame: FrameType, _event: str, _arg: object) -> Any:
        code = frame.f_code
        return in_function if code.co_filename in WATCHED and code.co_name not in HARMLESS else None

    sys.settrace(called)


def act(uri: str, command: str, step: str, given: str = "{}") -> None:
    """Do one thing, as a kernel of its own."""
    context, _ = Context.from_any_uri(uri)
    if command == "refresh":
        assert context.use_cached_tokens(), "no session was found"
    die_before(int(step))
    if command == "refresh":
        context.force_auth_refresh()
    else:
        context.configure_auth(json.loads(given))
    sys.settrace(None)
    os.write(1, b"finished\n")


def main() -> None:
    """Fork for every command."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                act(sys.argv[1], *line.split(" ", 2))
            except BaseException as error:  # noqa: BLE001 - told to the test
                os.write(1, f"failed: {error!r}\n".encode())
            os._exit(0)
        os.waitpid(child, 0)


class Dying:
    """The same from the test's side."""

    def __init__(self, uri: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.dying", uri], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, command: str, step: int, given: object = None) -> str:
        """Make one die; return where."""
        text = "" if given is None else f" {json.dumps(given)}"
        self._process.stdin.write(f"{command} {step}{text}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def __enter__(self) -> Dying:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


if __name__ == "__main__":
    main()
