"""What the servers of the tests have in common: a directory, a beginning and an end."""

from __future__ import annotations

import tempfile
from types import TracebackType
from typing import Any


class Rig:
    """Start on entering or by `start`, stop on leaving or by `stop`.

    Parameters
    ----------
    name : str
        Of its directory.
    """

    def __init__(self, name: str) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix=name)

    def start(self) -> Any:
        """Start and return when requests are answered."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop and remove the directory."""
        self.stop()
        self._directory.cleanup()

    def __enter__(self) -> Any:
        """Start."""
        try:
            return self.start()
        except BaseException:
            self._directory.cleanup()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop and clean up."""
        self.close()
