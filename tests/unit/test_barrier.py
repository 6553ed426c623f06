"""What the page of a panel is told where several cells wait for it."""

from __future__ import annotations

from types import SimpleNamespace

from tiled_jupyter.panel.barrier import Barrier
from tiled_jupyter.settings import settings
from tiled_jupyter.state.states import Disconnected


def test_waits_that_are_heard_on_different_channels_do_not_take_turns_in_telling_the_page():
    told = []
    one, other = SimpleNamespace(only_control=True), SimpleNamespace(only_control=False)
    panel = SimpleNamespace(
        waits=[one, other],
        shown=Disconnected(),
        has_control=True,
        resuming=False,
        saves=True,
        publish=lambda: told.append([wait.only_control for wait in panel.waits]),
    )
    barrier = Barrier(panel, settings())
    for _ in range(3):
        for wait in panel.waits:
            barrier.words(silent=False, since=0.0, only_control=wait.only_control)
    assert told == [[True, False]]
    panel.waits = [other]
    barrier.words(silent=False, since=0.0, only_control=False)
    assert told == [[True, False], [False]]
