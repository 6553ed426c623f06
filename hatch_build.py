"""Refuse to build a distribution without the page.

The bundle in tiled_jupyter/panel/static is committed, so building needs no Node; this hook never makes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLE = tuple(f"tiled_jupyter/panel/static/{name}" for name in ("code.js", "loader.js", "panel.js", "panel.css"))


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]
    """Stop a wheel or sdist that would lack the browser's half."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  the interface's signature
        """Look for the bundle; an editable install may come before it is built."""
        missing = [name for name in BUNDLE if not Path(self.root, name).is_file()]
        if missing and version != "editable":
            raise FileNotFoundError(
                f"{' and '.join(missing)} missing: run `make js` (or `npm ci && npm run build` in js/) and build again."
            )
