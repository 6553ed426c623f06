"""A program at a terminal, and a person who answers it."""

from __future__ import annotations

import os
import pty
import subprocess
import time

from tests.patience import PATIENCE


def ask_and_answer(command, answers, **environment):
    """Run a program at a terminal, type an answer for each user name and password it asks for, and return its words."""
    person, terminal = pty.openpty()
    script = subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "dumb", **environment},
        start_new_session=True,
    )
    os.close(terminal)
    answers, count, said, deadline = list(answers), len(answers), "", time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            said += os.read(person, 1000).decode(errors="replace")
        except OSError:  # the script has ended
            break
        asked = said.count("Username:") + said.count("Password:")
        if answers and asked > count - len(answers):
            os.write(person, f"{answers.pop(0)}\n".encode())
    os.close(person)
    assert script.wait(PATIENCE) == 0, said
    return said
