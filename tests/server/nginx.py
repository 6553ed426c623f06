"""A real nginx before a Tiled server: it becomes a portal, a firewall or a page about maintenance, and a proxy again.

with TiledServer(…) as server, Nginx(server.port) as nginx:
    client = from_uri(nginx.uri)
    nginx.become('return 403 "<html>No.</html>";')
    nginx.become(None)

nginx comes from the system: Debian's package nginx-light is enough.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from threading import Event

import httpx
import psutil

from .rig import Rig
from .tiled_server import HOST, free_port

# Where administrators' commands are is not in everybody's PATH.
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"))
# Where the server behind it is away, nginx says so with a page; after this it hangs up, as if nobody were there at all.
HANGS_UP = "error_page 502 504 = @nobody;"
ASKS_TO_WAIT = "error_page 502 504 = @busy;"  # for 20 s
#: How each configuration begins, within ``http``.
BEGINNING = """
daemon off;
worker_processes 1;
worker_shutdown_timeout 1s;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 256; }}
http {{
  log_format timed '$msec "$request" $status';
  access_log {directory}/access.log timed;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  default_type text/html;
"""
_CONFIGURATION = (
    BEGINNING
    + """
  server {{
    listen {host}:{port};
    location = /which {{ default_type text/plain; include {directory}/which.conf; }}
    location / {{
      include {directory}/location.conf;
      proxy_pass http://{host}:{upstream};
      proxy_set_header Host $http_host;
    }}
    location @nobody {{ return 444; }}
    location @busy {{
      add_header Retry-After 20 always;
      return 503;
    }}
  }}
  server {{
    listen {host}:{portal};
    location / {{ return 200 "<html><title>Portal</title>Please accept our terms.</html>"; }}
  }}
}}
"""
)


def find_nginx() -> str:
    """Return the path of nginx."""
    program = shutil.which("nginx", path=_PATH)
    if program is None:
        raise RuntimeError("There is no nginx. Debian's package nginx-light has one: apt-get install nginx-light")
    return program


class Nginx(Rig):
    """Start on entering or by `start`, stop on leaving or by `stop`.

    Parameters
    ----------
    upstream : int
        Port of the server behind it.
    """

    #: What nginx is told, with the names that `start` fills in.
    configuration = _CONFIGURATION

    def __init__(self, upstream: int) -> None:
        super().__init__("nginx-")
        self._here = Path(self._directory.name)
        self._upstream = upstream
        self._process: subprocess.Popen[bytes] | None = None
        self._turns = 0
        self.port, self.portal = free_port(), free_port()

    @property
    def uri(self) -> str:
        """The address people type."""
        return f"http://{HOST}:{self.port}"

    @property
    def portal_uri(self) -> str:
        """Another address, where there is nothing but a page."""
        return f"http://{HOST}:{self.portal}"

    @property
    def log(self) -> str:
        """One line for every request, as in ``1790000000.123 "GET /api/v1/ HTTP/1.1" 200``."""
        return (self._here / "access.log").read_text()

    def requests(self, since: float = 0.0) -> list[tuple[float, str, int]]:
        """Return moment, first line and status of every request since a moment (seconds since the epoch)."""
        lines = (line.split('"') for line in self.log.splitlines())
        found = [(float(moment), request, int(status)) for moment, request, status in lines]
        return [one for one in found if one[0] >= since]

    @property
    def nobody(self) -> Path:
        """A file of users without any, for ``auth_basic_user_file``."""
        return self._here / "nobody"

    def start(self) -> Nginx:
        """Start and return when requests are answered."""
        program = find_nginx()
        names = {"host": HOST, "port": self.port, "portal": self.portal, "upstream": self._upstream}
        (self._here / "nginx.conf").write_text(self.configuration.format(directory=self._here, **names))
        self.nobody.touch()
        self._write("")
        command = [program, "-p", str(self._here), "-e", str(self._here / "error.log")]
        self._process = subprocess.Popen([*command, "-c", str(self._here / "nginx.conf")], stderr=subprocess.DEVNULL)
        self._wait()
        return self

    def stop(self) -> None:
        """Stop."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(20)

    def become(self, directives: str | None) -> None:
        """Answer so from now on; return when that is so.

        Parameters
        ----------
        directives : str or None
            What nginx does before it asks the server behind it, or instead, in its own language; None for nothing.
        """
        self._write(directives or "")
        if self._process is None:
            raise RuntimeError("nginx is not running.")
        old = psutil.Process(self._process.pid).children()
        self._process.send_signal(signal.SIGHUP)
        self._wait()
        _, alive = psutil.wait_procs(old, 30)  # they take connections for a moment, and know nothing new
        if alive:
            raise RuntimeError("nginx keeps its old workers.")

    def _write(self, directives: str) -> None:
        self._turns += 1
        (self._here / "location.conf").write_text(directives)
        (self._here / "which.conf").write_text(f'return 200 "{self._turns}";')

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.uri, trust_env=False)

    def _wait(self) -> None:
        with self._client() as http:
            for _ in range(600):
                try:
                    if http.get("/which", headers={"connection": "close"}).text == str(self._turns):
                        return
                except httpx.TransportError:
                    pass
                Event().wait(0.05)
        raise RuntimeError(f"nginx did not do as it was told:\n{(self._here / 'error.log').read_text()[-2000:]}")
