"""What the documentation says of names, files and commands is so; the examples are run by tests/server/test_docs.py."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import tiled_jupyter

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]
by_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


@pytest.mark.parametrize("page", ["magics", "commands", "messages"])
def test_a_page_made_from_the_code_is_what_the_code_says(page):
    done = subprocess.run([sys.executable, ROOT / "scripts" / f"{page}_page.py"], capture_output=True, check=True)
    assert done.stdout.decode() == (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")


def test_every_public_name_is_in_the_reference():
    described = re.findall(r"tiled_jupyter\.(\w+)", (ROOT / "docs" / "reference" / "api.md").read_text())
    assert sorted(described) == sorted(tiled_jupyter.__all__)


@by_page
def test_what_a_page_links_to_is_there(path):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


@by_page
def test_the_files_a_page_names_are_there(path):
    names = re.findall(r"`((?:docs|notebooks|scripts|tests|tiled_jupyter)/[\w./-]+\.\w+)`", path.read_text())
    assert [name for name in names if not (ROOT / name).exists()] == []


@by_page
def test_the_commands_a_page_names_are_there(path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:`|^\$? ?)make ([a-z]+)\b", path.read_text(), re.MULTILINE)
    assert set(named) <= targets
