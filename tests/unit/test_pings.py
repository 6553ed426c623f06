"""How often a page is asked for a sign of life: soon at first, and rarely where nothing comes back."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest

from tiled_jupyter.kernel import waiting

A_DAY = 24 * 3600


class Asker:
    """A widget whose page is heard at the times that it says."""

    comm_id = "c"
    afterwards = ""

    def __init__(self, clock, heard=None):
        self.clock = clock
        self.heard = heard or (lambda now: None)
        self.pings = []

    @property
    def heard_at(self):
        return self.heard(self.clock.now)

    def ping(self, channel):
        self.pings.append(self.clock.now)

    def ignore(self, *_, **__):
        """Nothing to do, and nothing to say."""

    join = leave = look = words = ignore


@pytest.fixture
def clock(monkeypatch):
    """Return the clock of a wait; it stands still by itself."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: clock.now, time=lambda: clock.now))
    return clock


def wait_for(seconds, asker):
    """Wait so long, in steps as long as those of a cell at first, and longer ones later."""
    clock, end = asker.clock, asker.clock.now + seconds
    with waiting.Wait(asker, None, float("inf"), blocking=True) as wait:
        while clock.now < end:
            wait.step(0.0)
            clock.now += 0.25 if end - clock.now > seconds - 60 else 2.5


def test_a_page_that_is_never_heard_is_asked_a_few_hundred_times_in_a_day(clock):
    asker = Asker(clock)
    wait_for(A_DAY, asker)
    assert len([ping for ping in asker.pings if ping < 1005]) > 5  # within the five seconds after which it is silent
    assert len(asker.pings) < 500
    assert max(later - sooner for sooner, later in pairwise(asker.pings)) < 310


def test_a_page_that_was_heard_before_the_wait_and_never_again_is_asked_no_oftener(clock):
    asker = Asker(clock, heard=lambda now: 990.0)
    wait_for(A_DAY, asker)
    assert len(asker.pings) < 500


def test_a_page_that_answers_is_asked_every_ten_seconds_and_again_when_it_comes_back(clock):
    asker = Asker(clock, heard=lambda now: now if now < 5000 or now > 8000 else 5000.0)
    wait_for(10_000, asker)
    heard = [ping for ping in asker.pings if ping < 5000 or ping > 8300]
    gaps = [later - sooner for sooner, later in pairwise(heard)]
    assert sorted(gaps)[len(gaps) // 2] == 10
    assert sorted(gaps)[-2] == 10
