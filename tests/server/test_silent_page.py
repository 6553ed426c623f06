"""What a cell says whose panel does not answer, where something else than JupyterLab shows the notebook."""

from __future__ import annotations

import pytest

from .kernel import kernel

CELL = "from tiled_jupyter import LoginPanel\npanel = LoginPanel({uri!r})\n"
WAITS = {
    "main thread": "panel.wait()",
    "worker thread": "import concurrent.futures as c; c.ThreadPoolExecutor().submit(panel.wait).result()",
    "top-level await": "await panel.signed_in()",
}
# Colab's package is on none of the package indexes; nothing is asked of it but whether it was imported.
COLAB = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')\n"


def said_by(running, code):
    """Run a cell that waits, and stop it once it says how to go on; return what it said."""
    said = []

    def hear(text):
        if "does not answer" in text and not said:
            said.append(text)
            running.interrupt()

    running.run(code, hear)
    return said[0]


@pytest.mark.parametrize("wait", WAITS)
def test_in_vs_code_the_package_belongs_where_the_kernel_runs(public_server, wait):
    with kernel(metadata={"cellId": "vscode-notebook-cell:/home/alice/scan.ipynb#W0sZmlsZQ%3D%3D"}) as running:
        text = said_by(running, CELL.format(uri=public_server.uri) + WAITS[wait])
    assert "VS Code has not found the package anywidget in the environment of this kernel" in text
    assert "close the notebook and open it again" in text
    assert "JupyterLab" not in text


@pytest.mark.parametrize("wait", WAITS)
def test_in_colab_the_panel_belongs_in_a_cell_of_its_own(public_server, wait):
    with kernel() as running:  # which says nothing of its cells, as a console does
        text = said_by(running, COLAB + CELL.format(uri=public_server.uri) + WAITS[wait])
    assert f"panel = LoginPanel({public_server.uri!r}); panel\n" in text
    assert "Sign in there before you run the next cell" in text
    assert "JupyterLab" not in text
    assert "other notebook" not in text
