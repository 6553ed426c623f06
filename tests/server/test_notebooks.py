"""Notebooks without a person: those of the project run with a saved sign-in, others fail at once and say why."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from .notebooks import alice as alice
from .notebooks import run

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LOGINS = ["%load_ext tiled_jupyter\n%tiled_login {}", "from tiled_jupyter import from_uri\nfrom_uri('{}')"]


def texts(name):
    """Run a notebook of the project, and return the text that each of its cells has put out, by the cell's id."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    run(notebook)
    return {
        cell.id: "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_what_a_kernel_put_in_it(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    assert "widgets" not in notebook.metadata


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_links_to_notebooks_that_are_there(path):
    linked = re.findall(r"\]\(([^):]+\.ipynb)\)", path.read_text())
    assert linked
    assert [name for name in linked if not (NOTEBOOKS / name).is_file()] == []


def test_notebook_01_signs_in_and_shows_a_heating_scan(alice):
    assert "heating scan" in texts("01-sign-in.ipynb")["scan"]


def test_notebook_02_makes_a_key_gives_it_to_jobs_and_takes_it_back(alice):
    said = texts("02-api-keys-for-jobs.ipynb")
    assert said["make"].startswith("-rw-------")
    assert said["run"].startswith("20 frames; 895 K in frame 19")
    # Dask may warn before and after: of another dashboard on this computer, of workers that end slowly.
    assert [line.count(",") for line in said["dask"].splitlines() if line.startswith("[")] == [3], said["dask"]
    assert re.search("heating scan, nightly analysis  /.*[.]env", said["list"])
    assert "has an API key written in it" in said["guard"]
    assert "Job not started" in said["revoke"]
    assert said["revoke"].endswith("False")
    (made,) = re.findall("<NewApiKey ([0-9a-f]{8})", said["make"])
    assert made not in {key["first_eight"] for key in alice.whoami()["api_keys"]}
    for text in said.values():
        assert re.search("[0-9a-f]{72}", text) is None


def test_notebook_04_tries_what_administrators_set(public_server, monkeypatch):
    monkeypatch.setenv("TILED_JUPYTER_DEMO_URI", public_server.uri)
    said = texts("04-for-hub-administrators.ipynb")
    assert "tiled_jupyter" in said["versions"]
    assert "Nothing was changed" in said["enable"]
    assert said["try"].strip() == "Nobody is signed in here."
    assert "# c.TiledJupyter.servers = []" in said["settings"]
    assert said["profile"].strip() == "['public']"
    assert said["signed-in"] == "['public', 'staff', 'bob']"


@pytest.mark.parametrize("code", LOGINS)
def test_a_notebook_nobody_is_at_fails_and_says_what_to_set(code, closed_server):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code.format(closed_server.uri))])
    with pytest.raises(CellExecutionError, match=r"(?s)CannotPrompt.*export TILED_API_KEY="):
        run(notebook)


def test_the_notebook_of_a_pipeline_holds_nothing_of_a_panel(closed_server):
    """No comm, no widget state, no host, no person."""
    cell = f"from tiled_jupyter import LoginPanel\nLoginPanel({closed_server.uri!r})"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    outputs = run(notebook)
    assert "Run the cell again to use it" in str(outputs)
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
