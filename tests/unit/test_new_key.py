"""The key that was just made: Tiled's dictionary, whose secret is in no representation of it."""

from __future__ import annotations

import copy
import json
import pickle
import pprint

import pytest

from tiled_jupyter import NewApiKey
from tiled_jupyter.errors import KeysUnavailable

SECRET = "0123456789abcdef0123456789abcdef"
ANSWER = {"first_eight": "01234567", "secret": SECRET, "note": "a fit", "scopes": ["read:data"], "access_tags": None}


@pytest.fixture
def key():
    return NewApiKey(ANSWER, None, None)


def test_it_is_the_dictionary_that_tiled_gives(key):
    assert isinstance(key, dict)
    assert key == ANSWER == dict(key) == {**key} == key.copy() == copy.copy(key) == copy.deepcopy(key) == key | {}
    assert json.loads(json.dumps(key)) == ANSWER
    assert (key["secret"], key.get("secret"), key.secret) == (SECRET,) * 3
    assert key.get("nothing", 3) == 3
    assert dict(**key) == ANSWER
    assert list(key) == list(ANSWER)
    assert copy.deepcopy(key)["scopes"] is not key["scopes"]
    with pytest.raises(KeyError):
        key["nothing"]
    assert key.pop("note") == "a fit"
    assert (key.note, "note" in key) == (None, False)


@pytest.mark.parametrize(
    "shown",
    [repr, str, format, ascii, pprint.pformat, lambda key: f"{key}", "%s".__mod__, lambda key: repr([key])],
)
def test_no_representation_shows_the_secret(key, shown):
    assert "0123456789" not in shown(key)
    for plain in (dict(key), key.copy(), copy.deepcopy(key), key | {}, key.items(), key.values()):
        assert "0123456789" not in repr(plain)


def test_what_was_dismissed_is_gone(key):
    key.dismiss()
    key.dismiss()
    assert "secret" not in key
    assert key.get("secret") is None
    for ask in (lambda: key["secret"], lambda: key.secret):
        with pytest.raises(KeysUnavailable, match="dismissed"):
            ask()
    assert SECRET not in json.dumps(key)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(key, protocol):
    with pytest.raises(TypeError, match="Save it to a file"):
        pickle.dumps(key, protocol)
