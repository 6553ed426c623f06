"""Print the page of the documentation that lists what the product says to people, made of its own code.

``python scripts/messages_page.py > docs/reference/messages.md``; a test sees that the page is what the code says.

Nothing is listed by hand. In Python every text of two words or more is collected, in the page's code every text with
a space or a capital letter. Left out is what `NOT_SAID` names, and what is no text for people by where it stands:
docstrings, logs, patterns, types.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE, SCRIPTS = ROOT / "tiled_jupyter", ROOT / "js" / "src"
PAGE = """\
# Messages

All that the panel, the errors, the magics and the command line say, as the code has it. What stands in braces is filled
in; a part that begins with a blank or a small letter is put together with others. *Said by* names the part of
the package and, in brackets, the error or the call that takes the text; *when* is the condition next to it in the code.
{sections}"""
TWO_WORDS = re.compile(r"[\w}.,:;?!)”…] +[\w{(“%…-]")
LONGEST = 90  # characters of a condition

# Calls whose texts are for no person, and files that hold programs.
NOT_SAID = {
    *("re.compile", "re.match", "re.search", "re.findall", "re.fullmatch", "re.sub", "re.split"),
    *("_log.debug", "time.strftime", "eval", "bearing", "Masked", "ast.unparse", "of_kernel"),
}
NOT_FOR_PEOPLE = {"demo"}
PROGRAMS = {"keys/jobs"}  # scripts for jobs: what of them is said begins with a capital letter and has no line break
FILES = re.compile(r"# |import \w+.*\n|<a ")  # how a start-up file, a program and a piece of a page begin
FILLED_IN = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Said:
    """A text, and where the code has it."""

    text: str
    by: str
    when: str


# -- Python ----------------------------------------------------------------------------------------------


class _Module:
    """The texts of one module."""

    def __init__(self, path: Path) -> None:
        self.name = path.relative_to(PACKAGE).with_suffix("").as_posix()
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def said(self) -> Iterator[Said]:
        for node in ast.walk(self.tree):
            text = _text(node)
            if text is None or not TWO_WORDS.search(text) or not self._is_said(node, text):
                continue
            yield Said(text, self._by(node), self._when(node))

    def _above(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Yield each node above, and the one below it."""
        while node in self.parents:
            below, node = node, self.parents[node]
            yield node, below

    def _is_said(self, node: ast.AST, text: str) -> bool:
        above = list(self._above(node))
        if any(isinstance(one, ast.Expr) and one.value is node for one, _ in above[:1]):  # a docstring
            return False
        if any(isinstance(one, ast.JoinedStr) for one, _ in above[:1]):  # a part, which the whole has
            return False
        if any(isinstance(one, ast.Call) and ast.unparse(one.func) in NOT_SAID for one, _ in above):
            return False
        if any(isinstance(one, ast.AnnAssign | ast.arg) and one.annotation is below for one, below in above):
            return False
        if any(isinstance(one, ast.Compare) for one, _ in above[:1]):  # looked for, and not said
            return False
        is_file = bool(FILES.match(text)) or text.startswith("{_FIRST_LINE}")
        is_empty = not re.search(r"[^\W\d_]{2}", FILLED_IN.sub("", text))  # all of it is filled in
        is_date = bool(re.fullmatch(r"(?:%\w\W*|at )+", text))
        is_program = self.name in PROGRAMS and ("\n" in text or not text[0].isupper())
        return not (is_date or is_program or is_file or is_empty)

    def _by(self, node: ast.AST) -> str:
        taken = [name for name in self._takers(node) if name not in ("str", "print")]
        names = [one.name for one, _ in self._above(node) if isinstance(one, ast.FunctionDef | ast.ClassDef)]
        constant = next((ast.unparse(one.targets[0]) for one, _ in self._above(node) if _is_constant(one)), None)
        where = ".".join([self.name.replace("/", "."), *reversed(names), *filter(None, [constant])])
        return f"`{where}`{f' ({taken[0]})' if taken else ''}"

    def _takers(self, node: ast.AST) -> Iterator[str]:
        for one, _ in self._above(node):
            if isinstance(one, ast.Call):
                kind = next((arg.value for arg in one.args[:1] if isinstance(arg, ast.Constant)), None)
                known = isinstance(kind, str) and kind.isidentifier() and one.args[0] is not node
                yield f"{ast.unparse(one.func)} {kind}" if known else ast.unparse(one.func)
            if isinstance(one, ast.stmt):
                return

    def _when(self, node: ast.AST) -> str:
        for one, below in self._above(node):
            if isinstance(one, ast.FunctionDef | ast.ClassDef):
                break
            if isinstance(one, ast.IfExp | ast.If) and below is not one.test:
                body = [one.body] if isinstance(one, ast.IfExp) else one.body
                condition = ast.unparse(one.test)
                return condition if below in body else f"not ({condition})"
            if isinstance(one, ast.ExceptHandler) and one.type is not None:
                return ast.unparse(one.type)
            if isinstance(one, ast.match_case):
                return ast.unparse(one.pattern)
            if isinstance(one, ast.Dict) and below in one.values:
                return ast.unparse(one.keys[one.values.index(below)])
        return ""


def _is_constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = (one.value if isinstance(one, ast.Constant) else f"{{{ast.unparse(one.value)}}}" for one in node.values)
    return "".join(map(str, parts))


def said_by_python() -> dict[str, list[Said]]:
    """Return what each room says."""
    found: dict[str, list[Said]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if parts[0] not in NOT_FOR_PEOPLE:
            found.setdefault(parts[0] if len(parts) > 1 else "", []).extend(_Module(path).said())
    return found


# -- the page --------------------------------------------------------------------------------------------

TOKENS = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r'|(?P<text>"(?:\\.|[^"\\])*")'
    r"|(?P<template>`)"
    r"|(?P<pattern>(?<=[(,=:[!&|?{};\s])/(?![*/ ])(?:\\.|\[(?:\\.|[^\]])*\]|[^/\\\n\[])+/)"
    r"|(?P<other>.)",
    re.DOTALL,
)


def texts_of(script: str) -> Iterator[tuple[int, str]]:
    """Yield the texts of TypeScript, with where they begin; a template has what is filled in within braces."""
    at = 0
    while at < len(script):
        found = TOKENS.match(script, at)
        if found is None:
            break
        if found["text"] is not None:
            yield at, found["text"][1:-1].replace('\\"', '"')
        if found["template"] is not None:
            text, inner, at_end = _template(script, at + 1)
            yield at, text
            for start, code in inner:
                yield from ((start + one, said) for one, said in texts_of(code))
            at = at_end
            continue
        at = found.end()


def _template(script: str, at: int) -> tuple[str, list[tuple[int, str]], int]:
    text, inner = "", []
    while script[at] != "`":
        if script.startswith("${", at):
            end = _end_of_code(script, at + 2)
            code = script[at + 2 : end]
            inner.append((at + 2, code))
            text += "{" + " ".join(code.split()) + "}"
            at = end + 1
        elif script[at] == "\\":
            text, at = text + script[at : at + 2], at + 2
        else:
            text, at = text + script[at], at + 1
    return text, inner, at + 1


def _end_of_code(script: str, at: int) -> int:
    depth = 0
    while True:
        found = TOKENS.match(script, at)
        if found is None:
            break
        if found["template"] is not None:
            at = _template(script, at + 1)[2]
            continue
        if found["other"] == "}" and depth == 0:
            return at
        depth += {"{": 1, "}": -1}.get(found["other"] or "", 0)
        at = found.end()


def is_for_people(text: str, before: str) -> bool:
    """Whether a text of the page is read by people, by what it is and what stands before it."""
    if re.search(
        r"(?:\bfrom|\bimport|class:|kind ===|type:|rel:|querySelector\w*(?:<\w+>)?\(|case|===|!==)\s*$", before
    ):
        return False
    words = re.sub(r"\{[^}]*\}", "{}", text)
    if "tiled-jupyter" in words or words.startswith(("data:", "body", "[", ".")):
        return False
    return bool(re.match(r"[A-Z]{1,3}[a-z ]", words) or re.search(r"[a-z},.] [\w{“(]|[a-z,}] $|^[ ,.]+[a-z]", words))


def said_by_the_page() -> dict[str, list[Said]]:
    """Return what each part of the page says."""
    found: dict[str, list[Said]] = {}
    for path in sorted(SCRIPTS.rglob("*.ts")):
        script, name = path.read_text(encoding="utf-8"), path.relative_to(SCRIPTS).as_posix()
        for at, text in texts_of(script):
            if is_for_people(text, script[max(at - 60, 0) : at]):
                line = script[script.rfind("\n", 0, at) + 1 : at]
                found.setdefault("the page", []).append(Said(text, f"`{name}`{_label(line)}", _condition(line)))
    return found


def _label(line: str) -> str:
    call = re.search(r"(\w+)\((?:[^()]*,\s*)?$", line)
    constant = re.match(r"(?:export )?const ([A-Z_]+) =", line)
    name = constant[1] if constant else call[1] if call else ""
    return f" ({name})" if name and name not in ("h", "for", "if") else ""


def _condition(line: str) -> str:
    line = re.sub(r"^\s*(?:return |const \w+ = )", "", line)
    found = re.search(r"(?:if \((.*)\)(?: return)?|([\w. ()=!<>&|\"]+) \?)\s*(?:\{\s*)?(?:return )?[`\"]?$", line)
    return (found[1] or found[2] or "").strip() if found else ""


def page() -> str:
    """Write the page."""
    sections = {**said_by_python(), **said_by_the_page()}
    return PAGE.format(sections="".join(_section(name, said) for name, said in sections.items() if said))


def _section(name: str, said: list[Said]) -> str:
    rows = "\n".join(f"| {_cell(one.text)} | {one.by} | {_code(one.when)} |" for one in dict.fromkeys(said))
    return f"\n## {name or 'for all parts'}\n\n| message | said by | when |\n|---|---|---|\n{rows}\n"


def _cell(text: str) -> str:
    plain = re.sub(r"([\\`*_\[\]~$|])", r"\\\1", html.escape(text, quote=False)).replace("\n", "<br>")
    return f"&nbsp;{plain[1:]}" if plain.startswith(" ") else plain


def _code(condition: str) -> str:
    short = " ".join(condition.split()).replace("`", "'")
    short = short if len(short) <= LONGEST else f"{short[: LONGEST - 1]}…"
    return f"`{short}`".replace("|", "\\|") if short else ""


if __name__ == "__main__":
    print(page(), end="")
