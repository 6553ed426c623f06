"""How long a key works: what people write is read as they mean it, or gets a sentence."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tiled_jupyter.expiry import SECONDS, in_words, parse_expiry, proposed_expiry


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7d", 604_800), ("48h", 172_800), (" 90m ", 5_400), ("30s", 30), ("1y", 31_536_000), (600, 600), ("600", 600)],
)
def test_what_people_write(text, seconds):
    assert parse_expiry(text) == seconds


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("2months", "60d"),
        ("2mo", "60d"),
        ("1d12h", "36h"),
        ("1h30m", "36h"),
        ("-5", "begins"),
        ("-7d", "begins"),
        (-5, "no time"),
        (0, "no time"),
        ("0d", "no time"),
        ("101y", "100 years"),
        (10**15, "100 years"),
        ("9" * 5000 + "y", "100 years"),
        ("2w", "36h"),
        ("7 days", "36h"),
        ("5 m", "36h"),
        ("3Y", "36h"),
        ("1.5h", "36h"),
        ("soon", "36h"),
        ("", "36h"),
        ("\u0663d", "36h"),  # a digit, of another script
        ("7d\n7d", "36h"),
        (1.5, "float"),
        (True, "bool"),
        (None, "NoneType"),
    ],
)
def test_what_tiled_would_misread_gets_a_sentence(text, word):
    with pytest.raises(ValueError, match=word) as caught:
        parse_expiry(text)
    assert str(caught.value).endswith(".")


def test_the_settings_have_the_last_word():
    assert parse_expiry("30d", longest_days=30) == 30 * 86_400
    with pytest.raises(ValueError, match="30 days at most"):
        parse_expiry("31d", longest_days=30)
    with pytest.raises(ValueError, match="30 days at most"):
        parse_expiry(10**15, longest_days=30)


@given(st.text())
@example("7d")
def test_any_text_is_read_whole_or_refused(text):
    try:
        seconds = parse_expiry(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - most texts are refused
        return
    number = text.strip().rstrip("ydhms")
    assert seconds == int(number) * SECONDS[text.strip()[len(number) :] or "s"]


@given(st.integers(1, 3650), st.sampled_from("dhms"), st.integers(1, 400), st.sampled_from("dhms"))
def test_a_proposal_outlasts_queue_and_job_and_can_be_read(run, run_unit, queue, queue_unit):
    runs, queues = f"{run}{run_unit}", f"{queue}{queue_unit}"
    together = parse_expiry(runs) + parse_expiry(queues)
    proposed = parse_expiry(proposed_expiry(runs, queues))
    assert proposed >= together + 3600
    assert proposed >= 1.1 * together - 1
    assert proposed <= 1.1 * together + 3600 + 86_400


def test_proposals():
    assert proposed_expiry("48h", "7d") == "10d"
    assert proposed_expiry("1h") == "2h"
    with pytest.raises(ValueError, match="no time"):
        proposed_expiry("48h", "0h")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (6 * 86_400 + 4 * 3600 + 59, "6 d 4 h"),
        (86_400 * 7, "7 d"),
        (86_400 + 59 * 60, "1 d"),
        (3 * 3600 + 12 * 60 + 5.7, "3 h 12 min"),
        (59.9, "less than a minute"),
        (-5, "less than a minute"),
        (31_536_000 * 2 + 86_400, "2 y 1 d"),
    ],
)
def test_words(seconds, words):
    assert in_words(seconds) == words


@given(st.integers(60, 10**10))
def test_words_never_promise_more_than_there_is(seconds):
    said = sum(
        int(number) * SECONDS[unit[0]] for number, unit in zip(*[iter(in_words(seconds).split())] * 2, strict=True)
    )
    assume(said > 0)
    assert 0 <= seconds - said < max(seconds / 2, 60)
