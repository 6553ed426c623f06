"""Imports point down, dependencies are named where they belong, and the package's names are those it gives."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tiled_jupyter

PACKAGE = Path(tiled_jupyter.__file__).parent
# From the ground up. A module imports only what stands before it.
LAYERS = [
    "account_states",
    "parts",
    "states",
    "events",
    "errors",
    "account_commands",
    "legible",
    "wire",
    "settings",
    "masked",
    "address",
    "expiry",
    "scopes",
    "leak_guard",
    "known_servers",
    "key_files",
    "key_wish",
    "key_list",
    "jobs",
    "qr",
    "principal",
    "bounded",
    "environment",
    "causes",
    "exchange",
    "audience",
    "first_answer",
    "probing",
    "grants",
    "device_grant",
    "token_source",
    "attempts",
    "tls",
    "locks",
    "tokens",
    "lifetimes",
    "tiled_errors",
    "prompts",
    "patience",
    "interrupted",
    "noticing",
    "revocation",
    "bare",
    "refreshing",
    "session_errors",
    "session_auth",
    "live",
    "resuming",
    "arrival",
    "travel",
    "subscriptions",
    "reauthentication",
    "ensuring",
    "profiles",
    "kernel_end",
    "which_key",
    "new_key",
    "account_requests",
    "shown_keys",
    "api_keys",
    "access",
    "dask_key",
    "context",
    "key_login",
    "connection",
    "sign_ins",
    "acceptance",
    "sign_out",
    "ways_in",
    "session",
    "prompt_session",
    "front_end",
    "hints",
    "cells",
    "busy",
    "letters",
    "mailbox",
    "addressed",
    "how_to_go_on",
    "waiting",
    "account",
    "page",
    "key_warning",
    "barrier",
    "panel",
    "enabling",
    "attaching",
    "servers",
    "magic_line",
    "key_magics",
    "magics",
    "startup",
    "__main__",
]
HOMES = {
    "anywidget": {"page"},
    "ipywidgets": set(),
    "ipykernel": set(),
    "segno": {"qr"},
    "zmq": {"mailbox"},
    "IPython": {"front_end", "servers", "magic_line", "key_magics", "magics", "startup"},
    "tiled": {
        "prompts",
        "tiled_errors",
        "refreshing",
        "session_errors",
        "session_auth",
        "arrival",
        "travel",
        "reauthentication",
        "profiles",
        "scopes",
        "connection",
        "session",
        "enabling",
        "attaching",
        "magics",
    },
    "distributed": {"dask_key"},
    "platformdirs": {"key_files", "known_servers"},
}


def imports(module: str) -> set[str]:
    """Everything a module imports, also inside functions and for type checking; ours as ``.name``."""
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            found |= {f".{node.module}"} if node.module else {f".{name.name}" for name in node.names}
    return found


def test_every_module_has_its_layer():
    assert sorted(LAYERS) == sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("module", LAYERS)
def test_imports_point_down(module):
    below = set(LAYERS[: LAYERS.index(module)])
    assert {name.lstrip(".") for name in imports(module) if name.startswith(".")} <= below


@pytest.mark.parametrize("dependency", HOMES)
def test_a_dependency_is_named_where_it_belongs(dependency):
    assert {module for module in LAYERS if dependency in imports(module)} == HOMES[dependency]


@pytest.mark.parametrize("module", [*LAYERS[: LAYERS.index("settings")], "expiry", "leak_guard"])
def test_the_core_needs_the_standard_library_alone(module):
    assert {name for name in imports(module) if not name.startswith(".")} <= set(sys.stdlib_module_names)


def test_the_demo_uses_public_names_only():
    for path in (PACKAGE / "demo").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level > 1:
                pytest.fail(f"{path.name} imports from the package's inside: {ast.unparse(node)}")


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_nothing_prompts_prints_or_sleeps(path):
    says = set() if path.stem == "__main__" else {"print"}
    forbidden = says | {"input", "getpass", "sleep", "webbrowser"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert name == "asyncio.sleep" or name.rpartition(".")[2] not in forbidden, name


OPENS = {"Client", "AsyncClient", "get", "post", "put", "delete", "request", "stream", "HTTPTransport"}


@pytest.mark.parametrize("module", LAYERS)
def test_clients_are_made_in_one_place_where_it_is_decided_where_they_may_go(module):
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    opened = [call for call in calls if call.startswith("httpx.") and call.removeprefix("httpx.") in OPENS]
    # A worker of Dask's has no tiled_jupyter.
    assert opened == {"bare": ["httpx.Client"], "dask_key": ["httpx.get"]}.get(module, [])


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
    from tiled_jupyter.panel.page import Page
    from tiled_jupyter.panel.panel import LoginPanel

    ours = set(LoginPanel.class_trait_names(sync=True)) - set(Page.__mro__[1].class_trait_names(sync=True))
    assert ours == {"inactive"}
