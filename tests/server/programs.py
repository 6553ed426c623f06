"""``python -m tiled_jupyter …`` as a process of its own, without the second that importing all it needs takes.

Each is a fork of one process that has imported that, with an environment, a directory and output files of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "tiled_jupyter.__main__", "tiled_jupyter.notebook.key_command", "pytest"])


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a script does, with nothing on its input; variables are added to this process's."""
    with tempfile.TemporaryDirectory(prefix="program-") as place:
        directory = Path(place)
        written = [str(directory / name) for name in ("stdout", "stderr")]
        program = _FORKS.Process(
            target=_be, args=(list(map(str, arguments)), {**os.environ, **environment}, str(Path.cwd()), *written)
        )
        program.start()
        program.join()
        said, complained = (Path(path).read_text() for path in written)
        return subprocess.CompletedProcess(arguments, program.exitcode, said, complained)


def _be(arguments: list[str], environment: Mapping[str, str], directory: str, stdout: str, stderr: str) -> None:
    for descriptor, path in ((0, os.devnull), (1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), descriptor)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["tiled_jupyter", *arguments]
    from tiled_jupyter.__main__ import main

    sys.exit(main())
