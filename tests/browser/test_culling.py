"""A hub that culls idle kernels must not cull one that works (row D1)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tiled_jupyter.demo.server import PASSWORDS

from .kernels import KERNELS
from .lab import Lab
from .panel import Panel
from .waiting import until

WORK = 45
CULL_AFTER = 10


@pytest.fixture
def culling_lab(tmp_path):
    """Give a JupyterLab that ends kernels which look idle for ten seconds, watched or not."""
    options = [
        f"--MappingKernelManager.cull_idle_timeout={CULL_AFTER}",
        "--MappingKernelManager.cull_interval=1",
        "--MappingKernelManager.cull_connected=True",
    ]
    with Lab(tmp_path / "lab", options) as lab:
        yield lab


def shell_and_control() -> dict[str, tuple[str, str]]:
    """Give a kernelspec and a line of code for each kernel and channel; each kernel prefers one of the two."""
    forced = "import tiled_jupyter.mailbox; tiled_jupyter.mailbox._Board.transport = property(lambda board: '{}')"
    return {
        f"{version}-{channel}": (kernel, forced.format(channel))
        for version, kernel in KERNELS.items()
        for channel in ("shell", "control")
    }


@pytest.mark.timeout(500)
def test_work_after_a_sign_in_is_not_culled_though_the_page_is_closed(open_notebook, tiled_server, culling_lab):
    """All kernels and channels at once, so that the long work is waited for only once."""
    for name, (kernel, channel) in shell_and_control().items():
        cell = (
            f"%load_ext tiled_jupyter\n{channel}\n%tiled_login {tiled_server.uri} --no-remember\n"
            "import pathlib, time\n"
            f"pathlib.Path('began-{name}').touch()\n"
            f"time.sleep({WORK})\n"
            f"pathlib.Path('done-{name}').write_text(str(sorted(client)))"
        )
        notebook = open_notebook([cell], kernel=kernel, lab=culling_lab)
        notebook.run(0)
        panel = Panel(notebook)
        expect(panel.waiting).to_be_visible()
        panel.sign_in("alice", PASSWORDS["alice"])
        until((culling_lab.notebooks / f"began-{name}").exists, "the work to begin")
        notebook.page.close()

    for name in shell_and_control():
        done = culling_lab.notebooks / f"done-{name}"
        until(lambda file=done: file.exists() and file.read_text(), f"ipykernel {name} to finish its work", WORK + 20)
        assert "alice" in done.read_text()
    # And the culler is real: now that they have nothing to do, they go.
    until(lambda: not culling_lab.kernels(), "the culler to end the idle kernels", 5 * CULL_AFTER)
    assert culling_lab.log().count("Culling 'idle' kernel") >= len(shell_and_control())
