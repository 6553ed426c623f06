"""Fail unless a tag can be released: ``check_release.py v0.2.0 [DIRECTORY]``.

The tag, the version in pyproject.toml and that in the conda recipe are one; the changelog has a dated section for it,
with something in it, and keeps nothing back as unreleased.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path


def complaints(tag: str, root: Path) -> list[str]:
    """Return what is not as it must be."""
    pyproject = (root / "pyproject.toml").read_text(encoding="utf-8")
    recipe = (root / "conda" / "recipe" / "recipe.yaml").read_text(encoding="utf-8")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    version = _found(r'^version = "([^"]+)"$', pyproject)
    said = []
    if tag != f"v{version}":
        said.append(f"The tag is {tag}, and pyproject.toml has version {version}.")
    in_recipe = _found(r'^  version: "([^"]+)"$', recipe)
    if in_recipe != version:
        said.append(f"conda/recipe/recipe.yaml has version {in_recipe}, and pyproject.toml {version}.")
    sections = dict(re.findall(r"^## \[([^\]]+)\](.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL))
    released = sections.get(version)
    if released is None:
        said.append(f"CHANGELOG.md has no section [{version}].")
    elif not re.match(r" - \d{4}-\d\d-\d\d\n", released):
        said.append(f"The section [{version}] of CHANGELOG.md has no date.")
    elif "\n- " not in released:
        said.append(f"The section [{version}] of CHANGELOG.md is empty.")
    if "\n- " in sections.get("Unreleased", ""):
        said.append(f"CHANGELOG.md lists changes as unreleased. Move them to [{version}].")
    return said


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    return match[1] if match else "none"


if __name__ == "__main__":
    sys.exit("\n".join(complaints(sys.argv[1], Path(*sys.argv[2:] or ["."]))) or 0)
