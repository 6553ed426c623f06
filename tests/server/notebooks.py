"""Notebooks that run from above to below, without a page, and a person whose saved sign-in they find."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from tests.patience import PATIENCE
from tiled_jupyter import Context
from tiled_jupyter.oauth.password import password_grant

from .tiled_server import PASSWORDS


def run(notebook):
    """Run a notebook, and return each of its outputs as text."""
    # By TCP, another process may take a port between the moment it is chosen and the kernel's start; the names of
    # sockets in a directory of its own are nobody else's.
    with tempfile.TemporaryDirectory(prefix="kernel-") as place:
        sockets = Config({"KernelManager": {"transport": "ipc", "ip": str(Path(place, "socket"))}})
        NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3", config=sockets).execute()
    return [str(output) for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.fixture
def alice(public_server, monkeypatch):
    """Leave a saved sign-in of Alice, who goes on where the demo's notebooks begin."""
    context, _ = Context.from_any_uri(public_server.uri)
    context.authenticate(
        prompt_for_reauthentication=lambda http, providers: password_grant(
            http, providers[0].links["auth_endpoint"], "alice", PASSWORDS["alice"]
        )
    )
    monkeypatch.setenv("TILED_JUPYTER_DEMO_URI", public_server.uri)
    return context
