"""Trouble that many wait out at once: nobody asks too often, and they do not come back together."""

from __future__ import annotations

import itertools
import random

import pytest

from tiled_jupyter.session import patience
from tiled_jupyter.session.patience import Patience

CLIENTS = 300
MOST_REQUESTS = 21  # httpx ends a flow after so many


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by pauses alone; return how to set it."""
    now = [0.0]
    monkeypatch.setattr(patience, "random", random.Random(0))
    monkeypatch.setattr(patience.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(patience.cells, "pause", lambda seconds: now.__setitem__(0, now[0] + seconds))

    def begin():
        now[0] = 0.0
        return lambda: now[0]

    return begin


def tries(clock, at_least=lambda tried: None):
    """When a request is sent that is answered by nobody it is meant for, in seconds after the first time."""
    now, patience = clock(), Patience()
    sent = [0.0]
    while patience.rest(at_least(len(sent))):
        sent.append(now())
    return sent


def most_in_a_second(moments):
    moments = sorted(moments)
    return max(sum(begin <= moment < begin + 1 for moment in moments) for begin in moments)


def test_a_server_that_is_restarted_for_a_minute_is_waited_for_and_not_asked_more_than_httpx_bears(clock):
    for _ in range(CLIENTS):
        sent = tries(clock)
        assert len(sent) <= MOST_REQUESTS - 1  # one more, whose token is refused afterwards
        assert any(60 < moment <= 75 for moment in sent)
        assert 0.9 * patience.LONGEST <= sent[-1] <= patience.LONGEST
        assert max(after - before for before, after in itertools.pairwise(sent)) <= patience.LONGEST_PAUSE


def test_those_who_lose_a_server_at_the_same_moment_soon_ask_at_moments_of_their_own(clock):
    all_sent = [tries(clock) for _ in range(CLIENTS)]
    later = [moment for sent in all_sent for moment in sent if moment > 15]
    assert most_in_a_second(later) < CLIENTS / 3


def test_what_the_server_asks_for_is_given_it_and_all_do_not_come_when_that_is_over(clock):
    all_sent = [tries(clock, lambda tried: 30.0 if tried == 1 else None) for _ in range(CLIENTS)]
    second = [sent[1] for sent in all_sent]
    assert min(second) >= 30
    assert max(second) < 40
    assert most_in_a_second(second) < CLIENTS / 4
