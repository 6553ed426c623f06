"""Everything that a notebook, its page, its kernel and JupyterLab leave behind or show to others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.canaries import files_below

from .waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .lab import Lab
    from .listener import Listener
    from .notebook import Notebook

# Where secrets rest by intention, for the person's account alone.
_WHERE_THEY_BELONG = ("tiled-cache/tokens/", "home/.local/state/tiled_jupyter/keys/")


def evidence(notebook: Notebook, listener: Listener, names: Iterable[str] = ()) -> dict[str, bytes | str]:
    """Save, ask whatever another client may, and return all there is to search in, by place.

    Parameters
    ----------
    notebook : Notebook
    listener : Listener
        On its idle kernel, and since before anything secret was there.
    names : iterable of str
        What the other client asks for help on.
    """
    file = notebook.lab.notebooks / notebook.path
    document = notebook.save()
    checkpoint = file.parent / ".ipynb_checkpoints" / f"{file.stem}-checkpoint.ipynb"
    until(lambda: checkpoint.exists() and checkpoint.read_bytes() == file.read_bytes(), "the checkpoint")
    listener.ask_whatever_a_client_may(names)
    return {
        "the notebook's text": json.dumps(document, ensure_ascii=False),
        "what another client is sent": listener.everything(),
        "the page": notebook.page.content(),
        "the page's storage": notebook.page.evaluate(
            "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        ),
        "the page's console": "\n".join(notebook.console),
        **on_disk(notebook.lab),
    }


def on_disk(lab: Lab) -> dict[str, bytes]:
    """Read what JupyterLab, the kernels, IPython and Tiled have left: notebooks, checkpoints, logs, history."""
    found = files_below(lab.directory)
    return {name: data for name, data in found.items() if not name.startswith(_WHERE_THEY_BELONG)}
