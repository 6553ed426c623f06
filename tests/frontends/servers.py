"""How the other front ends are started: each a `Lab` that differs in what the browser meets."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.kernels import KERNELS, NEWEST, OLDEST, kernel_python
from tests.browser.lab import Lab
from tests.server.tiled_server import free_port
from tiled_jupyter.demo.provider import find_node

if TYPE_CHECKING:
    from playwright.sync_api import Page

HERE = Path(__file__).parent
PROXY = HERE / "proxy" / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
VSCODE = HERE / "vscode"
VSCODE_WIDGETS = VSCODE / "node_modules" / "@vscode" / "jupyter-ipywidgets8"


class NotebookServer(Lab):
    """Jupyter Notebook 7."""

    module = "notebook"

    def _command(self) -> list[str]:
        return [*super()._command(), "--JupyterNotebookApp.expose_app_in_browser=True"]

    def page_uri(self, path: str) -> str:
        """Return the address of a notebook."""
        return f"{self.uri}/notebooks/{path}?token={self.token}"


class Voila(Lab):
    """Voilà, which runs a notebook of its folder for each visitor."""

    module = "voila"

    def __init__(self, directory: Path, **options: Any) -> None:
        super().__init__(directory, **options)
        self.port = free_port()

    @property
    def status_uri(self) -> str:
        """The list of dashboards."""
        return f"{self.uri}/"

    def _command(self) -> list[str]:
        return [
            *(self._python, "-m", self.module, str(self.notebooks), "--no-browser", "--show_tracebacks=True"),
            *("--Voila.ip=127.0.0.1", f"--port={self.port}"),
        ]

    def _address(self, pid: int) -> str:
        return f"http://127.0.0.1:{self.port}"

    def shut_kernels_down(self) -> None:
        """Do nothing: a kernel ends with its page, and the server tells of none."""

    def page_uri(self, path: str) -> str:
        """Return the address of a dashboard."""
        return f"{self.uri}/voila/render/{path}"


class Hub(Lab):
    """JupyterHub with its proxy; the notebooks are in the server of a user, below ``/user/carol/``."""

    module = "jupyterhub"
    user = "carol"

    def __init__(self, directory: Path, **options: Any) -> None:
        super().__init__(directory, **options)
        self.port = free_port()
        self._hub = directory / "hub"

    def _command(self) -> list[str]:
        """Return the command of JupyterHub, which starts a user's server as `Lab` starts its own."""
        self._hub.mkdir()
        config = self._hub / "jupyterhub_config.py"
        lab = [option for option in super()._command()[3:] if not re.match("--(no-browser|.*token=|.*port=)", option)]
        kept = {name: value for name, value in self._environment().items() if os.environ.get(name) != value}
        settings = {
            "JupyterHub.bind_url": f"http://127.0.0.1:{self.port}",
            "JupyterHub.hub_port": free_port(),
            "JupyterHub.db_url": f"sqlite:///{self._hub / 'hub.sqlite'}",
            "JupyterHub.cookie_secret_file": str(self._hub / "cookie_secret"),
            "JupyterHub.authenticator_class": "dummy",
            "JupyterHub.spawner_class": "simple",
            "JupyterHub.services": [{"name": "tests", "api_token": self.token}],
            "JupyterHub.load_roles": [{"name": "tests", "services": ["tests"], "scopes": ["access:servers"]}],
            "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{free_port()}",
            "ConfigurableHTTPProxy.pid_file": str(self._hub / "proxy.pid"),
            "ConfigurableHTTPProxy.command": [find_node()[0], str(PROXY)],
            "Authenticator.allowed_users": {self.user},
            "DummyAuthenticator.password": self.token,
            "SimpleLocalProcessSpawner.home_dir_template": str(self.home),
            "Spawner.cmd": [self._python, "-m", "jupyterhub.singleuser"],
            "Spawner.args": lab,
            "Spawner.environment": kept,
            "Spawner.notebook_dir": str(self.notebooks),
        }
        config.write_text("".join(f"c.{name} = {value!r}\n" for name, value in settings.items()))
        return [self._python, "-m", self.module, "-f", str(config)]

    @property
    def status_uri(self) -> str:
        """The hub's."""
        return f"http://127.0.0.1:{self.port}/hub/health"

    def _address(self, pid: int) -> str:
        return f"http://127.0.0.1:{self.port}/user/{self.user}"

    def enter(self, page: Page) -> None:
        """Log in to the hub, as a person does, and wait for one's own server."""
        page.goto(f"http://127.0.0.1:{self.port}/hub/login")
        page.get_by_label("Username").fill(self.user)
        page.get_by_label("Password").fill(self.token)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile(f"/user/{self.user}/lab"), timeout=60_000)
        page.goto("about:blank")  # the notebook is opened by its own address

    def page_uri(self, path: str) -> str:
        """Return the address of a notebook in the user's server."""
        return f"{self.uri}/lab/tree/{path}?reset"


class VSCodeWidgets(Lab):
    """A plain Jupyter server with the page of the folder ``vscode``."""

    module = "jupyter_server"

    def _command(self) -> list[str]:
        """Return the command of the server, with copies of the widget's code in each kernel's environment.

        VS Code makes these when it starts a kernel.
        """
        if not (VSCODE / "dist" / "page.js").is_file():
            raise RuntimeError(f"There is no page in {VSCODE / 'dist'}: `make frontends` builds it.")
        static = self.directory / "static"
        for version in (OLDEST, NEWEST):
            installed = Path(kernel_python(version)).parents[1] / "share" / "jupyter" / "nbextensions"
            shutil.copytree(installed / "anywidget", static / "nbextensions" / KERNELS[version] / "anywidget")
        options = [option for option in super()._command() if not option.startswith("--LabApp.")]
        return [*options, *(f"--ServerApp.extra_static_paths={folder}" for folder in (VSCODE, static))]

    def page_uri(self, path: str) -> str:
        """Return the address of a notebook."""
        return f"{self.uri}/static/page.html?path={path}&token={self.token}"
