"""Notebooks without a person: those of the project run with a saved sign-in, others fail at once and say why."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tiled_jupyter import Context
from tiled_jupyter.grants import password_grant

from .tiled_server import PASSWORDS

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LOGINS = ["%load_ext tiled_jupyter\n%tiled_login {}", "from tiled_jupyter import from_uri\nfrom_uri('{}')"]


def run(notebook):
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [str(output) for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize("name", sorted(path.name for path in NOTEBOOKS.glob("*.ipynb")))
def test_a_notebook_of_the_project_runs_from_top_to_bottom(name, public_server, monkeypatch):
    context, _ = Context.from_any_uri(public_server.uri)
    context.authenticate(
        prompt_for_reauthentication=lambda http, providers: password_grant(
            http, providers[0].links["auth_endpoint"], "alice", PASSWORDS["alice"]
        )
    )
    monkeypatch.setenv("TILED_JUPYTER_DEMO_URI", public_server.uri)
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    assert any("heating" in output for output in run(notebook))


@pytest.mark.parametrize("code", LOGINS)
def test_a_notebook_nobody_is_at_fails_and_says_what_to_set(code, closed_server):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code.format(closed_server.uri))])
    with pytest.raises(CellExecutionError, match=r"(?s)CannotPrompt.*export TILED_API_KEY="):
        run(notebook)


def test_the_notebook_of_a_pipeline_holds_nothing_of_a_panel(closed_server):
    """Row D19: no comm, no widget state, no host, no person."""
    cell = f"from tiled_jupyter import LoginPanel\nLoginPanel({closed_server.uri!r})"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    outputs = run(notebook)
    assert "run the cell to activate" in str(outputs)
    assert "widget" not in str(outputs)
    assert "widgets" not in notebook.metadata
    assert str(closed_server.port) not in str(outputs)


@pytest.mark.parametrize("code", LOGINS)
def test_in_voila_nothing_waits_and_the_error_says_what_to_write(code, closed_server, monkeypatch):
    monkeypatch.setenv("VOILA_KERNEL_ID", "as Voilà sets it")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code.format(closed_server.uri))])
    with pytest.raises(CellExecutionError, match=rf"(?s)CannotPrompt.*LoginPanel\('{closed_server.uri}.*on_signed_in"):
        run(notebook)


def test_in_voila_a_panel_keeps_no_sign_in_for_the_next_visitor(public_server, monkeypatch):
    monkeypatch.setenv("VOILA_KERNEL_ID", "as Voilà sets it")
    panels = ["LoginPanel()", "LoginPanel(remember_me=True)"]
    cell = f"from tiled_jupyter import LoginPanel\nprint([panel.saves for panel in [{', '.join(panels)}]])"
    assert "[False, True]" in str(run(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])))
