"""Sign in by password and by device code, from a waiting cell and from a widget cell, in every kind of notebook."""

from __future__ import annotations

from tests.browser.panel import Panel

from .front_ends import NOTEBOOKS
from .stories import SHE_SEES, in_every, sign_in, waiting_cell, widget_cell


@in_every(NOTEBOOKS, ["waiting cell"])
def test_the_cell_goes_on_and_the_next_one_follows(open_cells, two_ways_server, elsewhere, way, cell):
    notebook = open_cells([waiting_cell(two_ways_server.uri), "'queued'"])
    notebook.run_all()
    sign_in(Panel(notebook), way, elsewhere)
    assert f"signed in: {SHE_SEES}" in notebook.cell_done(0)
    assert notebook.cell_done(1) == "'queued'"


@in_every(NOTEBOOKS, ["widget cell"])
def test_the_panel_signs_in_when_no_cell_runs(open_cells, two_ways_server, elsewhere, way, cell):
    notebook = open_cells([widget_cell(two_ways_server.uri), "print(panel.identity.id, sorted(panel.client))"])
    notebook.execute(0)
    sign_in(Panel(notebook), way, elsewhere)
    assert notebook.execute(1).strip() == f"alice {SHE_SEES}"
