"""The names of profiles, completed after a magic; by IPython 8.6 and newer, which asks others for completions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core import completer

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

_IS_ASKED_FOR = hasattr(completer, "context_matcher")


def begin(ipython: Any) -> None:
    """Complete names from now on."""
    if _IS_ASKED_FOR and complete_profile not in ipython.Completer.custom_matchers:
        ipython.Completer.custom_matchers.append(complete_profile)


def end(ipython: Any) -> None:
    """Complete them no longer."""
    if _IS_ASKED_FOR and complete_profile in ipython.Completer.custom_matchers:
        ipython.Completer.custom_matchers.remove(complete_profile)


def complete_profile(context: CompletionContext) -> dict[str, Any]:
    """Complete the name of a profile after a magic of ours."""
    line = context.line_with_cursor.lstrip()
    takes_one = line.startswith(tuple(f"%tiled_{name} " for name in ("login", "logout", "whoami")))
    takes_one = takes_one or re.match(r"%tiled_(api_key|why) .*--server +\S*$", line) is not None
    if not takes_one:
        return {"completions": []}
    from ..sign_in.profiles import names

    found = [name for name in names() if name.startswith(context.token)]
    return {"completions": [completer.SimpleCompletion(name, type="profile") for name in found]}


if _IS_ASKED_FOR:
    complete_profile = completer.context_matcher()(complete_profile)
