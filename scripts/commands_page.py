"""Print the page of the documentation that lists the commands, made of their own arguments.

``python scripts/commands_page.py > docs/reference/commands.md``; a test sees that the page is what the code says.
"""

from __future__ import annotations

import argparse

from magics_page import usage, words

from tiled_jupyter import __main__
from tiled_jupyter.notebook import key_command

PAGE = """\
# Commands

`python -m tiled_jupyter` enables the extension, says what is enabled, and makes API keys. `--help` after any of these
shows the same at a terminal. [How to make and renew keys at a terminal](../how-to/keys-at-a-terminal.md) has examples.
{sections}
## Exit status

| of `key` | means |
|---|---|
{statuses}
"""


def page() -> str:
    """Write the page."""
    main, keys = __main__.parser(), key_command.parser()
    actions = next(action for action in keys._actions if isinstance(action, argparse._SubParsersAction))
    sections = [_section("python -m tiled_jupyter", main, main.description or "")]
    for name, action in actions.choices.items():
        sections.append(_section(f"{keys.prog} {name}", action, action.description or ""))
    statuses = "\n".join(f"| {status} | {meaning} |" for status, meaning in key_command.STATUSES.items())
    return PAGE.format(sections="".join(sections), statuses=statuses)


def _section(name: str, parser: argparse.ArgumentParser, said: str) -> str:
    # Not argparse's own text, which differs from one Python to the next.
    arguments = [action for action in parser._actions if action.dest != "help"]
    rows = "\n".join(f"| `{usage(action)}` | {words(action)} |" for action in arguments)
    sentence = f"{said[:1].upper()}{said[1:].rstrip('.')}."
    return f"\n## `{name}`\n\n{sentence}\n\n| argument | meaning |\n|---|---|\n{rows}\n"


if __name__ == "__main__":
    print(page(), end="")
