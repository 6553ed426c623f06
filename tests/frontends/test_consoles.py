"""Sign in at the prompt of a client that shows no widget; the password is in no history and no file."""

from __future__ import annotations

import pytest

from tests.canaries import files_below
from tests.server.tiled_server import PASSWORDS

from . import consoles
from .consoles import CONSOLES, STORIES
from .stories import SHE_SEES

ALICE = PASSWORDS["alice"]
WARNS = "QtConsole does not support password mode, the text you type will be visible."


def cells_of(story, uri):
    answers = ["alice", ALICE]
    if story == "`%tiled_login`":
        asks = [(f"%tiled_login {uri} --no-remember", answers)]
    else:
        asks = [("from tiled.client import from_uri", []), (f"client = from_uri('{uri}', remember_me=False)", answers)]
    return [("%load_ext tiled_jupyter", []), *asks, ("print('sees', sorted(client))", []), ("%history", [])]


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("console", CONSOLES, ids=lambda console: f"{console.name} x {console.kernel}")
def test_a_password_typed_at_the_prompt_signs_in_and_is_kept_nowhere(closed_tiled_server, console, story, tmp_path):
    uri = closed_tiled_server.uri
    seen = console.see(cells_of(story, uri), tmp_path)
    assert f"sees {SHE_SEES}" in seen.shown
    is_shown = ALICE in seen.shown
    assert seen.shown.count(ALICE) == is_shown  # once where it was typed, and not in %history
    assert not is_shown or WARNS in seen.shown
    consoles.passwords[console] = "shown; the client warns of it" if is_shown else "hidden"
    left = {**files_below(tmp_path), "history": "\n".join(seen.history).encode()}
    assert [place for place, data in left.items() if ALICE.encode() in data] == []
    assert any(b"tiled_jupyter" in data for place, data in left.items() if "history" in place)  # what was typed is kept
