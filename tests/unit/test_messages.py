"""The page of messages has all of them: what is said and not collected is found by other ways than the collecting."""

from __future__ import annotations

import ast
import json
import re
import runpy
from pathlib import Path

import pytest

import tiled_jupyter

PACKAGE = Path(tiled_jupyter.__file__).parent
ROOT = PACKAGE.parent
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "messages_page.py"))
PYTHON = [said.text for room in SCRIPT["said_by_python"]().values() for said in room]
PAGE = [said.text for part in SCRIPT["said_by_the_page"]().values() for said in part]
# What brings a sentence to a person: errors by their names, and calls.
SAYS = re.compile(
    r"Refused|Failure|NotNow|NotSent|KeyNotice|CannotChange|\w*(?:Error|Failed|Cancelled|CannotPrompt|Changed|Unavailable"
    r"|NotMade|Setting|Address|Place|Somebody\w*|NobodyToAsk)|(?:warnings\.)?warn|(?:front_end\.)?say|_say_once\w*|Farewell"
)
TWO_WORDS = re.compile(r"\w \w")
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if "demo" not in path.parts]


def texts_in(node):
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_what_python_raises_warns_of_and_says_is_on_the_page(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        is_raised = isinstance(node, ast.Raise) and node.exc is not None
        if is_raised or (isinstance(node, ast.Call) and SAYS.fullmatch(ast.unparse(node.func))):
            for text in texts_in(node):
                if TWO_WORDS.search(text) and "%H" not in text:
                    assert any(text in said for said in PYTHON), text


@pytest.mark.parametrize("path", sorted((ROOT / "js" / "src").rglob("*.ts")), ids=lambda path: path.name)
def test_what_the_page_says_is_on_the_page(path):
    script = re.sub(r"(?m)^\s*(?:/?\*|//).*$|\s//.*$", "", path.read_text(encoding="utf-8"))
    for text in re.findall(r'"([A-Z][^"\n]*)"|`([A-Z][^`\n$]* )', script):
        said = (text[0] or text[1]).strip()
        looked_for = re.search(rf'[=!]==? "{re.escape(said)}"', script)
        assert looked_for or any(said in one for one in PAGE), said


def test_what_the_examples_of_states_say_is_on_the_page():
    """Sentences of Python's in `wire.json`, which both sides are tested with; the names in them are examples."""
    examples = json.loads((ROOT / "tests" / "wire.json").read_text(encoding="utf-8"))
    chunks = {chunk for said in PYTHON for chunk in re.split(r"\{[^{}]*\}", said) if len(chunk) > 9}
    for example in said_in(examples, ("sentence", "trouble", "refusal", "unavailable", "revoked")):
        assert any(chunk.strip() in example for chunk in chunks), example


def said_in(value, names):
    if isinstance(value, dict):
        for name, one in value.items():
            if name in names and isinstance(one, str):
                yield one
            yield from said_in(one, names)
    elif isinstance(value, list):
        for one in value:
            yield from said_in(one, names)


def test_a_sentence_is_collected_wherever_it_stands(tmp_path, monkeypatch):
    code = '''
"""Not this docstring."""
WHY = "A constant says so."
TABLE = {"one": "A value of a table."}
def about(host, error):
    """Nor this one."""
    _log.debug("nor what is logged")
    if host:
        raise LoginFailed(f"{host} refused, " + "and said why. " f"Ask {host}.")
    return "It was returned." if error else ("In " "pieces.")
'''
    path = PACKAGE / "made.py"
    made = tmp_path / "made.py"
    made.write_text(code, encoding="utf-8")
    monkeypatch.setitem(SCRIPT["_Module"].__init__.__globals__, "PACKAGE", tmp_path)
    assert not path.exists()
    said = {one.text: one for one in SCRIPT["_Module"](made).said()}
    assert set(said) == {
        "A constant says so.",
        "A value of a table.",
        "{host} refused, ",
        "and said why. Ask {host}.",
        "It was returned.",
        "In pieces.",
    }
    assert said["{host} refused, "].by == "`made.about` (LoginFailed)"
    assert said["{host} refused, "].when == "host"
    assert said["A value of a table."].when == "'one'"


def test_a_text_of_the_page_is_collected_wherever_it_stands():
    code = (
        'const a = /"x/.test(b) ? `It is ${c ? `not ${d}` : "so"}.` : "Yes, it is"; // "No, not this"\n/* "Nor this" */'
    )
    assert [text for _, text in SCRIPT["texts_of"](code)] == [
        'It is {c ? `not ${d}` : "so"}.',
        "not {d}",
        "so",
        "Yes, it is",
    ]


def test_what_is_written_to_a_file_or_filled_in_as_a_whole_is_no_message(tmp_path, monkeypatch):
    code = """
FILE = "# Made by a program.\\nx = 1\\n"
PROGRAM = "import sys\\nprint(sys.argv)"
LINK = "<a href='x'>to a page</a>"
told = of_kernel(set, "whose name was said")
def whole(name, more):
    return f"{name}: {more or 'a part of it'} {name}"
"""
    made = tmp_path / "made.py"
    made.write_text(code, encoding="utf-8")
    monkeypatch.setitem(SCRIPT["_Module"].__init__.__globals__, "PACKAGE", tmp_path)
    assert [one.text for one in SCRIPT["_Module"](made).said()] == ["a part of it"]
    assert not [text for text in PYTHON if "extension_manager" in text or text.startswith("#")]


def test_no_sentence_shows_the_name_of_a_constant():
    def plain(tree):
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                yield node.value

    found = {text for path in MODULES for text in plain(ast.parse(path.read_text(encoding="utf-8")))}
    assert [text for text in found if re.search(r"{_[A-Z]+}", text)] == []
