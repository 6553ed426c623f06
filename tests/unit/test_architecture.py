"""The rooms: which imports which, by which doors; and where each dependency may be named."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import tiled_jupyter

PACKAGE = Path(tiled_jupyter.__file__).parent
TESTS = Path(__file__).parents[1]
# From the ground up. A room imports only from those before it, and `kernel` from none of them.
ROOMS = ["kernel", "state", "oauth", "session", "keys", "sign_in", "panel", "notebook"]
SMALL = {"address", "background", "errors", "settings", "text"}  # for every room
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if "demo" not in path.parts)
HOMES = {
    "anywidget": {"panel/page"},
    "ipywidgets": {"kernel/page_load", "panel/page"},
    "ipykernel": set(),
    "segno": {"sign_in/methods"},
    "zmq": {"kernel/mailbox", "kernel/page_load"},
    "IPython": {
        "kernel/front_end",
        "notebook/completion",
        "notebook/extension",
        "notebook/key_magics",
        "notebook/magic_line",
        "notebook/magics",
        "notebook/servers",
        "notebook/startup",
    },
    "tiled": {
        "keys/request",
        "sign_in/profiles",
        "sign_in/session",
        "sign_in/target",
        "notebook/attaching",
        "notebook/enabling",
        "notebook/magics",
        "oauth/refresh",
        "session/arrival",
        "session/auth",
        "session/context",
        "session/pickling",
        "session/prompts",
        "session/refusal",
        "session/tiled_errors",
    },
    "distributed": {"keys/dask"},
    "platformdirs": {
        "notebook/support",
        "session/key_files",
        "session/known_servers",
        "session/tokens",
        "sign_in/profiles",
    },
}


@functools.cache
def tree_of(module: Path) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def name_of(module: Path) -> str:
    return module.with_suffix("").as_posix()


def room_of(module: Path) -> str:
    return module.parts[0] if len(module.parts) > 1 else ""


def imported(module: Path) -> Iterator[tuple[str, ...]]:
    """Find everything a module imports of the package, inside functions too: ``("session", "tokens", "tokens_of")``."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = module.parts[: len(module.parts) - node.level]
            for name in node.names:
                yield (*base, *(node.module or "").split("."), name.name) if node.module else (*base, name.name)


def dependencies(module: Path) -> set[str]:
    found = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def test_every_module_has_its_room():
    rooms = {room_of(module) for module in MODULES}
    assert rooms == {"", *ROOMS}
    top = {name_of(module) for module in MODULES if not room_of(module)}
    assert top == {*SMALL, "__init__", "__main__"}


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_rooms_import_from_those_below_by_their_doors_alone(module):
    room = room_of(module)
    for path in imported(module):
        if path[0] in SMALL or (path[0] == room and room):
            continue
        assert path[0] in ROOMS, path
        assert path[1] in import_module(f"tiled_jupyter.{path[0]}").__all__ or not room, f"{path} is no door"
        assert not any(part.startswith("_") for part in path), path
        if room in SMALL:
            pytest.fail(f"{room} is for every room, and needs none")
        if room:
            assert room != "kernel", path
            assert ROOMS.index(path[0]) < ROOMS.index(room), path


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_names_doors_that_are_there_and_used(room):
    doors = set(import_module(f"tiled_jupyter.{room}").__all__)
    assert doors <= {module.stem for module in MODULES if room_of(module) == room}
    outside = [module for module in MODULES if room_of(module) != room]
    used = {path[1] for module in outside for path in imported(module) if path[0] == room and len(path) > 1}
    if room != "kernel":  # which others may use, too
        public = {home.partition(".")[2] for home in tiled_jupyter._HOME.values() if home.startswith(f"{room}.")}
        assert doors == used | public


@pytest.mark.parametrize("dependency", HOMES)
def test_a_dependency_is_named_where_it_belongs(dependency):
    assert {name_of(module) for module in MODULES if dependency in dependencies(module)} == HOMES[dependency]


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module) == "state"], ids=name_of)
def test_states_need_the_standard_library_alone(module):
    assert dependencies(module) <= set(sys.stdlib_module_names)


def test_the_demo_uses_public_names_only():
    for path in (PACKAGE / "demo").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level > 1:
                pytest.fail(f"{path.name} imports from the package's inside: {ast.unparse(node)}")


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_nothing_prompts_prints_or_sleeps(module):
    says = set() if module.stem == "__main__" else {"print"}
    forbidden = says | {"input", "getpass", "sleep", "webbrowser"}
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert name == "asyncio.sleep" or name.rpartition(".")[2] not in forbidden, name


# Whose state is that of Tiled's classes, and of this process's locks on files.
OF_THE_PROCESS = {"notebook/attaching", "session/tokens"}
KEPT = {"set", "dict", "list", "deque", "defaultdict", "WeakSet", "WeakValueDictionary", "WeakKeyDictionary"}


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_what_a_kernel_knows_is_in_its_memory_and_in_no_module(module):
    if name_of(module) in OF_THE_PROCESS:
        return
    for node in ast.walk(tree_of(module)):
        assert not isinstance(node, ast.Global), ast.unparse(node)
    for node in tree_of(module).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            value = node.value
            made = ast.unparse(value.func).rpartition(".")[2] if isinstance(value, ast.Call) else ""
            is_empty = isinstance(value, ast.Dict | ast.List) and not ast.unparse(value)[1:-1]
            assert made not in KEPT, ast.unparse(node)
            assert not is_empty, ast.unparse(node)


OPENS = {"Client", "AsyncClient", "get", "post", "put", "delete", "request", "stream", "HTTPTransport"}


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_clients_are_made_in_one_place_where_it_is_decided_where_they_may_go(module):
    calls = [ast.unparse(node.func) for node in ast.walk(tree_of(module)) if isinstance(node, ast.Call)]
    opened = [call for call in calls if call.startswith("httpx.") and call.removeprefix("httpx.") in OPENS]
    # A worker of Dask's has no tiled_jupyter.
    assert opened == {"session/bare": ["httpx.Client"], "keys/dask": ["httpx.get"]}.get(name_of(module), [])


def test_every_public_name_is_there():
    for name in tiled_jupyter.__all__:
        assert getattr(tiled_jupyter, name) is not None
    with pytest.raises(AttributeError):
        tiled_jupyter.no_such_name  # noqa: B018


def test_a_batch_job_pays_for_no_widgets():
    code = (
        "import sys; from tiled_jupyter import Context, from_uri, from_context, login, LoginFailed;"
        "print(sorted({'ipywidgets', 'anywidget', 'IPython', 'ipykernel'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_synced_trait_can_hold_a_login():
    from tiled_jupyter.panel.page import Page, PanelCode
    from tiled_jupyter.panel.panel import LoginPanel

    theirs = set(Page.__mro__[1].class_trait_names(sync=True))
    assert set(LoginPanel.class_trait_names(sync=True)) - theirs == {"inactive", "code", "panel_id"}
    assert set(PanelCode.class_trait_names(sync=True)) - theirs == {"script"}


# From the ground up; what stands alone has no folder. `signin` and `account` know nothing of each other.
PAGE = [
    "wire",
    "parts",
    "words",
    "signin",
    "account",
    "card",
    "attention",
    "transport",
    "panel",
    "early",
    "code",
    "loader",
]
SOURCE = PACKAGE.parent / "js" / "src"
SCRIPTS = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.ts"))


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_the_parts_of_the_page_import_from_those_below(script):
    room = script.parts[0].removesuffix(".ts")
    for path in re.findall(r'from "(\.[^"]+)"', (SOURCE / script).read_text(encoding="utf-8")):
        other = (SOURCE / script).parent.joinpath(path).resolve().relative_to(SOURCE).parts[0]
        assert other == room or PAGE.index(other) < PAGE.index(room), path
        assert (room, other) != ("account", "signin")


def test_what_tests_share_is_in_no_test_file():
    imports = re.compile(r"^\s*(?:from|import) [\w.]*\btest_\w+", re.MULTILINE)
    assert [path.name for path in TESTS.rglob("*.py") if imports.search(path.read_text())] == []
