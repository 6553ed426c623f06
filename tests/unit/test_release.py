"""What a release needs: versions and changelog agree, conda's recipe asks for what the package asks for, no token."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RECIPE = yaml.safe_load((ROOT / "conda" / "recipe" / "recipe.yaml").read_text(encoding="utf-8"))
IN_CONDA = {"tiled": "tiled-client"}
CHANGELOG = """\
# Changelog

## [Unreleased]
{unreleased}
## [1.2.0]{date}
{released}
## [0.1.0] - 2026-01-01

- One.
"""
GOOD = {"unreleased": "", "date": " - 2026-12-01", "released": "\n### Added\n\n- Much.\n"}


@pytest.fixture
def project(tmp_path):
    """Return a function that writes a project of version 1.2.0, and says what the check has to say of it."""

    def check(tag="v1.2.0", version="1.2.0", recipe="1.2.0", **changelog):
        (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "x"\nversion = "{version}"\n')
        (tmp_path / "conda" / "recipe").mkdir(parents=True, exist_ok=True)
        (tmp_path / "conda" / "recipe" / "recipe.yaml").write_text(f'context:\n  version: "{recipe}"\n')
        (tmp_path / "CHANGELOG.md").write_text(CHANGELOG.format(**{**GOOD, **changelog}))
        done = subprocess.run(
            [sys.executable, ROOT / "scripts" / "check_release.py", tag, tmp_path], capture_output=True, text=True
        )
        assert (done.returncode == 0) == (done.stderr == "")
        return done.stderr.strip()

    return check


def test_a_release_whose_parts_agree_can_be_made(project):
    assert project() == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tag": "v1.3.0"}, "The tag is v1.3.0, and pyproject.toml has version 1.2.0."),
        ({"tag": "1.2.0"}, "The tag is 1.2.0, and pyproject.toml has version 1.2.0."),
        ({"recipe": "1.1.0"}, "conda/recipe/recipe.yaml has version 1.1.0, and pyproject.toml 1.2.0."),
        ({"tag": "v2.0.0", "version": "2.0.0", "recipe": "2.0.0"}, "CHANGELOG.md has no section [2.0.0]."),
        ({"date": ""}, "The section [1.2.0] of CHANGELOG.md has no date."),
        ({"released": ""}, "The section [1.2.0] of CHANGELOG.md is empty."),
        ({"unreleased": "\n- Something.\n"}, "CHANGELOG.md lists changes as unreleased. Move them to [1.2.0]."),
    ],
)
def test_a_release_whose_parts_disagree_is_refused_with_a_sentence(project, change, says):
    assert project(**change) == says


def test_this_projects_version_is_one_in_every_place():
    assert RECIPE["context"]["version"] == PROJECT["project"]["version"]
    assert f"## [{PROJECT['project']['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_recipe_asks_for_what_the_package_asks_for():
    wanted = {}
    for text in PROJECT["project"]["dependencies"]:
        requirement = Requirement(text)
        assert requirement.marker is None
        wanted[IN_CONDA.get(requirement.name, requirement.name)] = requirement.specifier
    listed = [line.partition(" ") for line in RECIPE["requirements"]["run"] if not line.startswith("python ")]
    assert {name: SpecifierSet(version) for name, _, version in listed} == wanted
    assert [line for line in RECIPE["requirements"]["host"] if line.startswith("hatchling")] == [
        PROJECT["build-system"]["requires"][0].replace(">=", " >=")
    ]


def test_the_recipe_describes_the_package_as_it_does_itself():
    project, about = PROJECT["project"], RECIPE["about"]
    assert RECIPE["package"]["name"] == project["name"]
    assert RECIPE["build"]["noarch"] == "python"
    assert about["summary"] == project["description"]
    assert about["license"] == project["license"]
    assert [about["license_file"]] == project["license-files"]
    assert (ROOT / about["license_file"]).is_file()
    assert about["repository"] == project["urls"]["Source"]


def test_a_release_is_published_without_a_token_and_after_the_check():
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    commands = [step.get("run", "") for step in build["steps"]]
    assert commands.index('python scripts/check_release.py "$TAG"') < commands.index("make build")
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in build
    assert publish["needs"] == "build"
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["environment"] == "pypi"
    assert "secrets." not in text
    assert not any("${{" in command for command in commands)  # a tag's name is no part of a command


def test_every_bound_of_what_users_install_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for_users, _, for_developers = text.partition("\ntest = [\n")
    bounded = [line.strip() for line in for_users.splitlines() if re.search(r'"[\w.\[\]-]*[<>=]=?\d', line)]
    assert len(bounded) >= len(PROJECT["project"]["dependencies"])
    assert [line for line in bounded if "#" not in line] == []
    upper = [line.strip() for line in for_developers.splitlines() if re.search(r'^ *".*<\d', line)]
    assert [line for line in upper if "#" not in line] == []


def test_upper_bounds_are_few_and_lifted_where_the_next_versions_are_tried():
    bounds = [text for text in PROJECT["project"]["dependencies"] if "<" in text or "==" in text]
    assert [Requirement(text).name for text in bounds] == ["anywidget"]
    matrix = (ROOT / "scripts" / "matrix").read_text(encoding="utf-8")
    lifted = re.search(r"printf '%s\\n' (.*) >\.matrix/next-bounds\.txt", matrix)
    assert [Requirement(text.strip("'")).name for text in lifted[1].split()] == ["anywidget", "ipykernel"]
    assert not any("<" in text for text in lifted[1].split())


@pytest.fixture
def distributions(tmp_path):
    """Return a function that makes a wheel and an sdist with given names in them, and says what the check says."""
    script = ROOT / "scripts" / "check_distributions.py"
    names = runpy.run_path(str(script))

    def check(lacking=(), more=()):
        with zipfile.ZipFile(tmp_path / "x.whl", "w") as archive:
            for name in names["WHEEL"]:
                archive.writestr(name, "")
        with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
            for name in {*names["SDIST"], *more} - {*lacking}:
                archive.addfile(tarfile.TarInfo(f"x-1.0/{name}"))
        return subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True).stderr

    return check


def test_the_source_distribution_has_the_documentation_and_not_what_is_built_of_it(distributions):
    assert distributions() == ""
    for page in ("docs/how-to/facility.md", "docs/conf.py", "docs/images/sign-in-light.png"):
        assert distributions(lacking=[page]) == f"x.tar.gz lacks {page}\n"
    built = "docs/_build/index.html"
    assert distributions(more=[built]) == f"{built} does not belong there\n"


def test_what_breaks_is_marked_at_the_beginning_of_its_entry():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    _, _, sections = changelog.partition("\n## ")
    assert sections.count("**Breaking**") == len(re.findall(r"^- \*\*Breaking\*\*", sections, re.MULTILINE)) > 0
    assert "breaking" not in sections.replace("**Breaking**", "").lower()
