"""The room `kernel` stands alone: a cell waits for a widget of one's own, as its docstring shows."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tiled_jupyter import kernel as room

EXAMPLE = dedent(room.__doc__.partition("::\n\n")[2].rpartition('["answer"])')[0] + '["answer"])')


@pytest.mark.oldest_weekly(but=["yes"])
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_cell_asks_yes_or_no_with_a_widget_of_ones_own(open_notebook, kernel, answer):
    notebook = open_notebook([EXAMPLE, "'and goes on'"], kernel=kernel)
    notebook.run_all()
    notebook.output_area(0).get_by_role("button", name=answer, exact=True).click()
    assert notebook.cell_done(0).splitlines()[-1] == answer
    assert notebook.cell_done(1) == "'and goes on'"


def test_the_stop_button_and_a_deadline_end_the_question(open_notebook, kernel):
    notebook = open_notebook([EXAMPLE, "ask(question, timeout=0.5)", "1 + 1"], kernel=kernel)
    notebook.run(0)
    notebook.output_area(0).get_by_role("button", name="yes").wait_for()
    notebook.stop()
    assert "KeyboardInterrupt" in notebook.cell_done(0)
    assert "TimeoutError: Nobody answered in time. Run the cell again." in notebook.execute(1)
    assert notebook.execute(2) == "2"
