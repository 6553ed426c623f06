"""An API key written in a cell is noticed before the notebook is shared, and said once, calmly.

Finds literals only, by their form: Tiled's keys are 72 hexadecimal digits; a key of a single-user server, or of
something else, is known by the name it is given (``api_key="…"``, ``?api_key=…``). Reads the cell that ran, and
neither its output nor other cells nor the history. Quotes no key, and asks no server.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# Texts, because every kernel imports them: Python compiles them with the first cell, and keeps that.
_TILED = r"(?<![0-9A-Za-z])[0-9a-fA-F]{72}(?![0-9A-Za-z])"
_NAME = r"(?:[A-Za-z0-9]{1,30}[_-]){0,4}api[_-]?key"
_VALUE = r"[A-Za-z0-9_.~+/=-]{4,512}"
_OPEN = r"(?![A-Za-z0-9_({<-])"  # the value ends here, and is no template
_FORMS = (
    # api_key="…"   "X-Api-Key": "…"   os.environ["TILED_API_KEY"] = "…"   api_key: str = "…"
    rf"(?<![A-Za-z0-9]){_NAME}[\"']?\]?(?:\s*:\s*str(?:\s*\|\s*None)?)?\s*[=:]\s*[rbu]?[\"']({_VALUE})[\"']",
    rf"(?:setenv|setdefault|putenv)\(\s*[\"']{_NAME}[\"']\s*,\s*[\"']({_VALUE})[\"']",
    rf"[?&]api_key=([A-Za-z0-9]{{4,512}}){_OPEN}",
    rf"(?:%(?:set_)?env|\bsetenv)\s+{_NAME}[= ]\s*[\"']?({_VALUE}){_OPEN}",
    rf"(?:\bexport|^[!%].*?|-e|--env)\s+[\"']?{_NAME}=[\"']?({_VALUE}){_OPEN}",
    rf"^!\s*{_NAME}=[\"']?({_VALUE}){_OPEN}",
    rf"--api-key[= ]\s*[\"']?({_VALUE}){_OPEN}",
    r"(?:[\"']|Authorization:\s*)Apikey (?=[A-Za-z]*[0-9])([A-Za-z0-9]{4,512})[\"']",
)
# What stands for a key in examples.
_STAND_INS = (
    "a|an|and|any|api|apikey|auth|bytes|changeme|change|copied|copy|dummy|enter|environment|env|example|fake|fill|from|"
    "generated|get|goes|header|here|hidden|https?|insert|invalid|in|keyring|keys?|me|missing|mine|my|new|none|not|null|"
    "old|omitted|optional|or|paste|placeholder|put|query|redacted|removed|replace|required|server|set|some|string|str|"
    "tests?|the|tiled|this|todo|token|to|unset|user|use|value|variable|via|with|wrong|x+|yourkey|yours?|you|[0-9]{1,2}"
)
_WORDS = r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+"


@dataclass(frozen=True)
class Leak:
    """A key in the source of a cell.

    Parameters
    ----------
    start, end : int
        Where it stands.
    first_eight : str or None
        What names it in the list of keys, where it has the form of Tiled's.
    """

    start: int
    end: int
    first_eight: str | None = field(default=None, repr=False)


def find_keys(source: str) -> list[Leak]:
    """Find the API keys that are written in a cell.

    Parameters
    ----------
    source : str
        Of the cell, magics and comments included.

    Returns
    -------
    list of Leak
        In the order in which they stand there.
    """
    tiled = (match for match in re.finditer(_TILED, source) if _is_random(match[0].lower()))
    found = {match.start(): Leak(*match.span(), match[0][:8].lower()) for match in tiled}
    for match in (match for form in _FORMS for match in re.finditer(form, source, re.IGNORECASE | re.MULTILINE)):
        start, end = match.span(1)
        if start not in found and not _stands_for_a_key(match[1]):
            found[start] = Leak(start, end)
    return [found[start] for start in sorted(found)]


def warning(leaks: list[Leak], cell: int | None) -> str:
    """Return the warning that a key stands in a cell, and the better way.

    Parameters
    ----------
    leaks : list of Leak
    cell : int or None
        The number of the cell.
    """
    where = "This cell" if cell is None else f"Cell {cell}"
    what, it = ("an API key", "it") if len(leaks) == 1 else (f"{len(leaks)} API keys", "them")
    return (
        f"{where} has {what} written in it, and whoever gets this notebook gets {it} too. Better: %tiled_login, or a "
        f"key in a file of yours (%tiled_api_key create --save). If the notebook was shared, revoke {it}."
    )


class LeakGuard:
    """Looks at each cell after it ran.

    Parameters
    ----------
    ip : IPython.core.interactiveshell.InteractiveShell
    warn : callable
        Called with the sentence and the leaks, while the cell's output can still be written to.
    wanted : callable
        Whether to look at all; asked each time, because settings change.
    """

    def __init__(self, ip: Any, warn: Callable[[str, list[Leak]], object], wanted: Callable[[], bool]) -> None:
        self._ip = ip
        self._warn = warn
        self._wanted = wanted

    def watch(self) -> None:
        """Begin."""
        self._ip.events.register("post_run_cell", self._after_cell)

    def unwatch(self) -> None:
        """End."""
        self._ip.events.unregister("post_run_cell", self._after_cell)

    def _after_cell(self, result: Any) -> None:
        info = getattr(result, "info", None)
        source = getattr(info, "raw_cell", None)
        if not isinstance(source, str) or getattr(info, "silent", False) or not self._wanted():
            return
        leaks = find_keys(source)
        if leaks:
            self._warn(warning(leaks, result.execution_count), leaks)


def _is_random(digits: str) -> bool:
    """Whether these hexadecimal digits can be a key, and not a long number or a pattern."""
    return len(set(digits)) > 7 and not digits.isdigit() and not digits.isalpha()


def _stands_for_a_key(value: str) -> bool:
    """Whether this is a placeholder, a name of a variable, or a path, and no key."""
    if value.startswith(("/", "~", ".", "$")) or re.search(r"\.(txt|env|json|ya?ml|key|toml)$", value):
        return True
    if re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", value):  # as variables of the environment are called
        return True
    if len(set(value)) <= 2 or re.fullmatch(r"(x|0|1234567890?|abc|123)+", value, re.IGNORECASE):
        return True
    return all(re.fullmatch(_STAND_INS, word.lower()) for word in re.findall(_WORDS, value))
