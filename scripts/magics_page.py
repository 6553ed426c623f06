"""Print the page of the documentation that lists the magics, made of their own arguments.

``python scripts/magics_page.py > docs/reference/magics.md``; a test sees that the page is what the code says.
"""

from __future__ import annotations

import argparse
import re
from typing import Any

from tiled_jupyter.notebook.key_magics import KeyMagics
from tiled_jupyter.notebook.magics import TiledMagics

MAGICS = (
    TiledMagics.tiled_login,
    TiledMagics.tiled_logout,
    TiledMagics.tiled_whoami,
    TiledMagics.tiled_why,
    KeyMagics.tiled_api_key,
)
PAGE = """\
# Magics

`%load_ext tiled_jupyter` adds these to a notebook. `-h` after any of them shows the same there.
{sections}"""


def page() -> str:
    """Write the page."""
    return PAGE.format(sections="".join(map(_section, MAGICS)))


def _section(magic: Any) -> str:
    # Not argparse's own text, which differs from one Python to the next.
    arguments = [action for action in magic.parser._actions if action.dest != "help"]
    rows = "\n".join(f"| `{usage(action)}` | {words(action)} |" for action in arguments)
    return f"\n## `%{magic.__name__}`\n\n{magic.parser.description}\n\n| argument | meaning |\n|---|---|\n{rows}\n"


def usage(action: argparse.Action) -> str:
    """Return how an argument is written."""
    many = {"?": "[{}]", "+": "{} …", None: "{}", 0: ""}[action.nargs]
    name = action.metavar or ("|".join(action.choices) if action.choices else action.dest.upper())
    return " ".join(filter(None, [*action.option_strings[:1], many.format(name).replace("|", "\\|")]))


def words(action: argparse.Action) -> str:
    """Return what an argument means."""
    return re.sub(r"\s+", " ", action.help or "").replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
