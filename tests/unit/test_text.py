"""Texts of others, made fit to be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiled_jupyter.text import legible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Jürgen Müller, 東京", "Jürgen Müller, 東京"),
        ("<b>alice</b>", "<b>alice</b>"),  # text it is, and text it stays
        ("alice\u202eecila", "alice�ecila"),
        ("two\nlines\tand\u00a0spaces", "two lines and spaces"),
        ("\x1b[31mred\x07", "�[31mred�"),
        ("half \ud800", "half �"),
        ("x" * 11, "xxxxxxxxx…"),
        ("x" * 10, "xxxxxxxxxx"),
    ],
)
def test_what_is_seen_of_a_text(text, seen):
    assert legible(text, max(len(seen), 10) if "x" in text else 1000) == seen


@given(st.text(), st.integers(1, 50))
def test_whatever_is_written_can_be_printed_is_short_enough_and_is_never_changed_again(text, longest):
    seen = legible(text, longest)
    assert seen.isprintable()
    assert len(seen) <= longest
    assert legible(seen, longest) == seen
