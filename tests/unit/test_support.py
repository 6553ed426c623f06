"""What is sent to whoever is asked for help: versions and causes, and neither a secret nor a name."""

from __future__ import annotations

import io
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tiled_jupyter import show_versions
from tiled_jupyter.notebook import support
from tiled_jupyter.settings import TiledJupyter

KEY = "5e6f7a8b" * 9
SECRETS = (KEY[8:], "swordfish", "proxy.secret.example", "tiled.secret.example", "accounts.secret.example", "alice")


def said() -> str:
    file = io.StringIO()
    show_versions(file)
    return file.getvalue()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Be alice, who has a sign-in on one server."""
    home = tmp_path / "alice"
    place = home / ".cache" / "tiled" / "tokens" / "https%3A%2F%2Ftiled.secret.example"
    place.mkdir(parents=True)
    (place / "access_token").write_text("swordfish")
    (place / "access_token").chmod(0o600)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TILED_CACHE_DIR", str(home / ".cache" / "tiled"))
    return place


@pytest.fixture
def chosen(monkeypatch):
    """Use a site's settings."""
    here = TiledJupyter(
        remember="never",
        max_key_days=30,
        servers=["https://tiled.secret.example"],
        help_url="https://accounts.secret.example",
    )
    monkeypatch.setattr(support, "settings", lambda: here)


def test_the_versions_that_matter_are_said_and_what_is_missing(monkeypatch):
    monkeypatch.setattr(support, "_PACKAGES", ("tiled", "no-such-package"))
    assert f"here: tiled {version('tiled')}, no no-such-package" in said().splitlines()


@pytest.mark.usefixtures("cache", "chosen")
def test_no_secret_no_server_and_no_name_is_in_it(monkeypatch):
    monkeypatch.setenv("TILED_API_KEY", KEY)
    monkeypatch.setenv("https_proxy", "http://alice:swordfish@proxy.secret.example:3128")
    text = said()
    assert [secret for secret in SECRETS if secret in text] == []
    lines = text.splitlines()
    assert "tokens: of 1 server in ~/.cache/tiled/tokens, modes 600" in lines
    assert "TILED_API_KEY is set: 5e6f7a8b…" in lines
    assert any(line.startswith("set for the network: ") and "HTTPS_PROXY" in line for line in lines)
    assert "settings: help_url is set, max_key_days = 30, remember = never, servers is set" in lines


def test_a_key_that_may_be_a_password_is_not_named(monkeypatch):
    monkeypatch.setenv("TILED_API_KEY", "swordfish")
    assert "TILED_API_KEY is set, to something that is not the key of an account." in said().splitlines()


def test_tokens_that_others_can_read_are_pointed_out(cache):
    (cache / "access_token").chmod(0o644)
    assert "modes 644: OTHERS CAN READ THEM" in said()


def test_no_tokens_and_wrong_settings_are_said(tmp_path, monkeypatch):
    monkeypatch.setenv("TILED_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(support, "complaints", lambda: ("c.TiledJupyter.sevrers is no setting",))
    text = said()
    assert "tokens: none in " in text
    assert "SETTINGS ARE WRONG OR MISSPELT" in text
    assert "sevrers" not in text


def test_where_the_page_cannot_draw_the_panel_the_text_says_what_to_install(monkeypatch):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: [])
    for package in ("ipywidgets", "anywidget"):
        assert f"Install {package} where JupyterLab runs." in said()


def test_where_the_page_can_its_half_is_named():
    assert f"the page's half of anywidget: {version('anywidget')}, in " in said()


@pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="only such a system tells how a process was started"
)
def test_the_environment_of_the_jupyter_server_is_asked_where_it_is_another(tmp_path, monkeypatch):
    def beside(*command):
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            server.stdin.write(b"\n")
            server.stdin.flush()
            server.stdout.readline()  # it has come: before, the system may not tell yet how the program was started
            monkeypatch.setenv("JPY_PARENT_PID", str(server.pid))
            text = said()
            server.stdin.close()
        return text

    echo = ("-c", "import sys; print(sys.stdin.readline(), flush=True); sys.stdin.read()")
    assert "The Jupyter server runs in the same environment." in beside(sys.executable, *echo)
    other = tmp_path / "bin" / "python"
    other.parent.mkdir()
    other.symlink_to(sys.executable)
    assert f"the Jupyter server, {other}: " in beside(str(other), *echo)
    assert "Jupyter server" not in beside("cat")
    monkeypatch.setenv("JPY_PARENT_PID", "1; rm")
    assert "Jupyter server" not in said()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/alice/data", "~/data"),
        ("/home/alice", "~"),
        ("profile default: not enabled (/home/alice/.ipython)", "profile default: not enabled (~/.ipython)"),
        ("/home/alicent/data", "/home/alicent/data"),
        ("/mnt/home/alice", "/mnt/home/alice"),
    ],
)
def test_the_home_directory_is_not_named(text, shown, monkeypatch):
    monkeypatch.setenv("HOME", "/home/alice")
    assert support.homely(text) == shown


def test_the_command_line_says_it_too_and_where_the_extension_is_enabled():
    done = subprocess.run([sys.executable, "-m", "tiled_jupyter", "doctor"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0] == next(support.report())
    assert any(line.startswith("this environment: ") for line in lines)
