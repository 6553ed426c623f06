"""Keys as people paste them: from a key file, a job script, a notebook, a header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiled_jupyter.keys.choice import fault, pasted

KEY = "1a2b3c4d" * 9


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "  {}\n",
        '"{}"',
        "'{}'",
        "TILED_API_KEY={}",
        "TILED_API_KEY={}\n",
        "tiled_api_key = {}",
        "export TILED_API_KEY={}",
        "export TILED_API_KEY='{}'",
        'set TILED_API_KEY="{}"',
        '$env:TILED_API_KEY = "{}"',
        "%env TILED_API_KEY={}",
        "%env TILED_API_KEY {}",
        "TILED_API_KEY: {}",
        'os.environ["TILED_API_KEY"] = "{}"',
        "Apikey {}",
        "Authorization: Apikey {}",
        "'Authorization: Apikey {}'",
    ],
)
@pytest.mark.parametrize("key", [KEY, "secret", "apikey", "TILED_API_KEYS"])
def test_what_stands_around_a_key_is_taken_off(around, key):
    assert pasted(around.format(key)) == key


@pytest.mark.parametrize("text", ["", "TILED_API_KEY=", "two words", f"{KEY} {KEY}", f"{KEY}\n{KEY}"])
def test_what_is_no_key_stays_none(text):
    assert fault(pasted(text)) is not None


@given(st.from_regex(r"[0-9a-zA-Z_]+", fullmatch=True))
def test_a_key_alone_is_itself(key):
    assert pasted(key) == key


@given(st.text())
def test_whatever_is_pasted_hides_itself(text):
    assert repr(pasted(text)) == repr(pasted(KEY))
