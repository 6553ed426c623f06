"""At a real terminal Tiled's own prompt asks, now and when a session has ended; without one nobody is asked."""

from __future__ import annotations

import sys

from .terminal import ask_and_answer
from .tiled_server import PASSWORDS

SCRIPT = """
import os, sys, time
from tiled_jupyter import from_uri
client = from_uri(sys.argv[1], remember_me=False)
print("FIRST", sorted(client))
auth = client.context.http_client.auth
auth.tokens.update(access_token="over", refresh_token="over")
print("AGAIN", client["alice/heating_scan/images"].read().shape)
"""


def test_tileds_own_prompt_at_a_terminal(closed_server):
    command = [sys.executable, "-c", SCRIPT, closed_server.uri]
    said = ask_and_answer(command, 2 * ["alice", PASSWORDS["alice"]])
    assert "FIRST ['alice', 'public', 'staff']" in said
    assert "AGAIN (20, 128, 128)" in said


def test_tiled_login_in_ipython_at_a_terminal_asks_as_tiled_does(public_server):
    lines = "; ".join(
        (
            "get_ipython().run_line_magic('load_ext', 'tiled_jupyter')",
            f"get_ipython().run_line_magic('tiled_login', '{public_server.uri} --no-remember --hours 1')",
            "print('SEES', sorted(client))",
            "get_ipython().run_line_magic('tiled_whoami', '')",
        )
    )
    command = [sys.executable, "-m", "IPython", "--simple-prompt", "--quick", "-c", lines]
    said = ask_and_answer(command, ["alice", PASSWORDS["alice"]])
    assert "SEES ['alice', 'public', 'staff']" in said
    assert "Signed in until at least" in said
    assert "alice (demo)" in said
    assert PASSWORDS["alice"] not in said
