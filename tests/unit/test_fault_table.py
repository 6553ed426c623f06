"""Every fault has a test: docs/reliability.md names it, and it is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAULTS = 45
TABLE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").partition("## Fault table")[2]
ROWS = {
    int(number): re.findall(r"`([^`]+::[^`]+)`", rest) for number, rest in re.findall(r"^\| (\d+) \|(.*)$", TABLE, re.M)
}


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_fault_is_in_the_table_with_a_test():
    assert sorted(ROWS) == list(range(1, FAULTS + 1))
    assert [number for number, tests in ROWS.items() if not tests] == []


@pytest.mark.parametrize("number", ROWS)
def test_the_tests_of_a_fault_are_there(number):
    for test in ROWS[number]:
        path, _, name = test.partition("::")
        if path.endswith(".py"):
            assert name in names_in(path), test
        else:
            assert name in (ROOT / path).read_text(encoding="utf-8"), test


def test_a_test_that_says_which_fault_it_is_about_is_in_that_row():
    for path in (ROOT / "tests").rglob("test_*.py"):
        where = path.relative_to(ROOT).as_posix()
        for name in names_in(where):
            number = re.match(r"test_fault_(\d+)_", name)
            assert number is None or f"{where}::{name}" in ROWS[int(number[1])], name
