"""Lines behind magics as people write them."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

from tiled_jupyter.notebook.key_magics import KeyMagics
from tiled_jupyter.notebook.magic_line import arguments
from tiled_jupyter.notebook.magics import TiledMagics

URI = "https://t.example/api/v1/metadata/a#b"
MAGICS = [
    (TiledMagics.tiled_login, "uri", "{}"),
    (TiledMagics.tiled_logout, "uri", "{}"),
    (TiledMagics.tiled_whoami, "uri", "{}"),
    (TiledMagics.tiled_why, "server", "some/path --server {}"),
    (KeyMagics.tiled_api_key, "server", "--server {} list"),
]


@pytest.mark.parametrize("behind", ["", "  # our server", " # don't", " #", ' # "'])
@pytest.mark.parametrize("around", ["{}", '"{}"', "'{}'"])
@pytest.mark.parametrize(("magic", "name", "line"), MAGICS, ids=lambda one: getattr(one, "__name__", None))
def test_an_address_may_stand_in_quotes_and_before_a_comment(magic, name, line, around, behind):
    assert vars(arguments(magic, line.format(around.format(URI)) + behind))[name] == URI


def test_quotes_keep_blanks_and_signs_together_in_one_argument_and_in_several():
    args = arguments(
        KeyMagics.tiled_api_key,
        """create --note "batch # 3, Anna's" --tags 'tag one' "tag two" --save "my file" # it's mine""",
    )
    assert args.note == "batch # 3, Anna's"
    assert args.tags == ["tag one", "tag two"]
    assert args.save == "my file"


def test_an_apostrophe_in_a_word_is_no_quote():
    assert arguments(KeyMagics.tiled_api_key, "create --note Anna's # and Bob's").note == "Anna's"


def test_a_quote_that_is_not_closed_is_said():
    with pytest.raises(UsageError, match="A quote in this line is not closed"):
        arguments(KeyMagics.tiled_api_key, "create --note 'Anna")
