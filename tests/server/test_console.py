"""Where there is a prompt and no page, as in `jupyter console`, qtconsole and Spyder, Tiled's own prompt asks."""

from __future__ import annotations

import subprocess
import sys

import pytest
from jupyter_client import KernelManager

from tests.browser.kernels import NEWEST, OLDEST, kernel_python
from tests.patience import PATIENCE

from .tiled_server import PASSWORDS

ALICE = PASSWORDS["alice"]
SHE_SEES = "['alice', 'public', 'staff']"


class Console:
    """A client that allows stdin, says nothing of cells, and answers what it is asked; notes that and what is shown."""

    def __init__(self, manager):
        self._client = manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)
        self.asked = []
        self.comms = []

    def run(self, code, *answers):
        """Run code, and return all that it writes."""
        texts, left = [], list(answers)

        def answer(message):
            self.asked.append("secret" if message["content"]["password"] else message["content"]["prompt"])
            self._client.input(left.pop(0))

        def hear(message):
            content = message["content"]
            if message["msg_type"] == "comm_open":
                self.comms.append(content)
            data = content.get("data", {})
            texts.append(content.get("text") or data.get("text/plain") or content.get("evalue") or "")

        self._client.execute_interactive(code, timeout=PATIENCE, output_hook=hear, stdin_hook=answer)
        assert not left
        return "".join(texts)

    def close(self):
        self._client.stop_channels()


@pytest.fixture(params=[OLDEST, NEWEST])
def console(request, monkeypatch):
    """Yield one, on a kernel that has just started."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    manager = KernelManager()
    manager.kernel_spec.argv[0] = kernel_python(request.param)
    manager.start_kernel()
    client = Console(manager)
    yield client
    client.close()
    manager.shutdown_kernel(now=True)


def test_plain_from_uri_asks_as_tiled_does(console, closed_server):
    said = console.run(
        "%load_ext tiled_jupyter\nfrom tiled.client import from_uri\n"
        f"client = from_uri({closed_server.uri!r}, remember_me=False)\nprint(sorted(client))",
        *("alice", ALICE),
    )
    assert SHE_SEES in said
    assert console.asked == ["Username: ", "secret"]
    assert console.comms == []
    assert ALICE not in said + console.run("print(In, list(get_ipython().history_manager.get_range(raw=False)))")


def test_tiled_login_asks_and_a_session_that_ends_asks_again(console, closed_server):
    login = f"%load_ext tiled_jupyter\n%tiled_login {closed_server.uri} --no-remember\nprint(sorted(client))"
    assert SHE_SEES in console.run(login, "alice", ALICE)
    assert "alice (demo)" in console.run("%tiled_whoami")
    console.run("client.context.http_client.auth.tokens.update(access_token='over', refresh_token='over')")
    assert SHE_SEES in console.run("print(sorted(client))", "alice", ALICE)
    assert console.comms == []


def test_a_panel_says_that_it_cannot_be_shown_there_and_what_to_write(console, closed_server):
    said = console.run(f"from tiled_jupyter import LoginPanel\nLoginPanel({closed_server.uri!r}).wait()")
    assert f"%tiled_login {closed_server.uri}" in said
    assert "No panel can be shown in a console." in said
    assert console.asked == []


@pytest.mark.parametrize("named", ["a file", "stdin"])
def test_jupyter_run_has_nobody(closed_server, tmp_path, named):
    script = f"from tiled_jupyter import from_uri\nfrom_uri({closed_server.uri!r})\n"
    (tmp_path / "analysis.py").write_text(script)
    command, typed = [sys.executable, "-m", "jupyter_client.runapp"], script
    if named == "a file":
        command, typed = [*command, "analysis.py"], ""
    done = subprocess.run(command, cwd=tmp_path, input=typed, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0
    assert "Nobody can be asked to sign in" in done.stdout + done.stderr
    assert "export TILED_API_KEY=" in done.stdout + done.stderr
