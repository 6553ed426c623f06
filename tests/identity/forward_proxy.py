"""A real forward proxy, tinyproxy, that knows the name of a server which this computer does not know."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from tests.engines.daemons import Daemons
from tests.server.tiled_server import HOST, free_port

if TYPE_CHECKING:
    from pathlib import Path

# In a mount namespace of its own, where its list of hosts is another.
_START = 'mount --make-rprivate / && mount --bind "$0" /etc/hosts && exec tinyproxy -d -c "$1"'
_CONFIGURATION = """
Port {port}
Listen {host}
Timeout 600
LogFile "{place}/requests.log"
LogLevel Connect
Allow {host}
ConnectPort {to}
"""


class ForwardProxy:
    """One proxy, from `__enter__` to `__exit__`.

    Parameters
    ----------
    place : Path
        A directory for its files, which is made.
    name : str
        Of the server, which is on this computer.
    port : int
        Of the server: the only one that it connects to.
    login : tuple of str, optional
        User and password that it wants.
    """

    def __init__(self, place: Path, name: str, port: int, login: tuple[str, str] | None = None) -> None:
        place.mkdir(parents=True)
        self.port = free_port()
        self._daemons = Daemons(place)
        self._log = place / "requests.log"
        self._hosts, self._configuration = place / "hosts", place / "tinyproxy.conf"
        self._hosts.write_text(f"127.0.0.1 localhost\n{HOST} {name}\n")
        wanted = f"BasicAuth {login[0]} {login[1]}\n" if login else ""
        self._configuration.write_text(_CONFIGURATION.format(port=self.port, host=HOST, place=place, to=port) + wanted)

    def __enter__(self) -> ForwardProxy:
        command = ["unshare", "--mount", "sh", "-c", _START, str(self._hosts), str(self._configuration)]
        self._daemons.start("tinyproxy", command, self._listens)
        return self

    def __exit__(self, *_: object) -> None:
        self._daemons.end()

    def address(self, login: str = "") -> str:
        """Return what stands in ``HTTPS_PROXY``, with ``user:password`` where it is given."""
        return f"http://{login}{'@' if login else ''}{HOST}:{self.port}"

    def connections(self, name: str) -> int:
        """Return how often it was asked to connect to a server."""
        return self._log.read_text().count(f"CONNECT {name}:")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0
