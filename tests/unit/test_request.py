"""How long a key works: what people write is read as they mean it, or gets a sentence."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tiled_jupyter.keys.request import (
    NEVER,
    SECONDS,
    USUAL,
    expiry_of,
    in_words,
    length_of,
    parse_expiry,
    proposal,
    proposed_expiry,
)
from tiled_jupyter.settings import TiledJupyter


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


@pytest.mark.parametrize(
    ("runs", "waits", "proposed"),
    [
        ("48h", "7d", "10d"),
        ("48 h", "7 days", "10d"),
        ("2h", None, "3h"),
        ("1 d", "12 hours", "40h"),
        ("44 h", None, "3d"),
        (3600, None, "2h"),
    ],
)
def test_proposals(runs, waits, proposed):
    assert proposed_expiry(runs, waits) == proposed


def test_a_job_that_waits_no_time_has_no_proposal():
    with pytest.raises(ValueError, match="no time"):
        proposed_expiry("48h", "0h")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("48 h", 172_800),
        ("48H", 172_800),
        ("2 Days", 172_800),
        ("90 min", 5_400),
        ("10 secs", 10),
        ("1year", 31_536_000),
    ],
)
def test_lengths_of_time_are_written_freely(text, seconds):
    assert length_of(text) == seconds


@pytest.mark.parametrize("text", ["48", "2months", "-1 h", "soon", "1d12h", "", "2 mays", "1.5 h", "7d 7d"])
def test_what_is_no_length_of_time_gets_a_sentence(text):
    with pytest.raises(ValueError, match="48 h"):
        length_of(text)


@pytest.fixture
def settings(monkeypatch):
    chosen = TiledJupyter()
    monkeypatch.setattr("tiled_jupyter.keys.request.settings", lambda: chosen)
    return chosen


def test_the_form_gets_an_answer_to_every_letter_typed(settings):
    assert proposal("", " ").expires_in == ""
    assert proposal("", " ").sentence is None
    for text in ("4", "48", "48 ho"):
        assert proposal(text, "").expires_in == ""
        assert "48 h" in proposal(text, "").sentence
    assert (proposal("48 h", "7 d").expires_in, proposal("48 h", "7 d").sentence) == ("10d", None)
    assert "how long" in proposal("", "7 d").sentence
    settings.max_key_days = 30
    assert (proposal("29 d", "").expires_in, proposal("29 d", "").sentence) == ("30d", None)
    short = proposal("60 d", "")
    assert (short.runs_for, short.may_wait, short.expires_in) == ("60 d", "", "")
    assert short.sentence.startswith("This job needs its key for 60 d, and keys may work for 30 days at most here.")


def test_a_key_works_as_long_as_its_job_needs_unless_somebody_says_otherwise(settings):
    day = SECONDS["d"]
    assert expiry_of(USUAL, None, None) == 7 * day
    assert expiry_of(USUAL, "48h", "7d") == 10 * day
    assert expiry_of("30d", "48h", "7d") == 30 * day
    assert expiry_of(None, None, None) is expiry_of(NEVER, None, None) is None
    assert expiry_of(NEVER, "48h", "7d") is None
    for short in ("1h", "47h", "48h", 9 * day):  # none of these outlasts the job
        with pytest.raises(ValueError, match=r"needs its key for 9 d, waiting included, .* Let it work for 10d"):
            expiry_of(short, "48h", "7d")
    with pytest.raises(ValueError, match=r"needs its key for 2 d, and this key would work for 1 h. .* for 3d"):
        expiry_of("1h", "48h", None)
    for nonsense in ({"runs_for": "soon", "may_wait": None}, {"runs_for": None, "may_wait": "7d"}):
        with pytest.raises(ValueError, match="48 h"):
            expiry_of("30d", **nonsense)
    settings.max_key_days = 3
    assert expiry_of(USUAL, None, None) == 3 * day
    for too_long in ("4d", None, NEVER):
        with pytest.raises(ValueError, match="3 days at most"):
            expiry_of(too_long, None, None)
    with pytest.raises(ValueError, match=r"needs its key for 9 d, waiting included, and .* 3 days at most"):
        expiry_of(USUAL, "48h", "7d")
    assert expiry_of(USUAL, "70h", None) == 3 * day  # less to spare than usual, and enough


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
