"""Servers saved under a name, with everything a profile can hold."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent

import pytest
import tiled.profiles
from tiled.profiles import ProfileNotFound

from tiled_jupyter import Context, LoginPanel, from_profile
from tiled_jupyter.kernel.mailbox import Letter
from tiled_jupyter.state.states import Disconnected, SignedIn

from .shown import Shown, settle
from .tiled_server import TiledServer

SINGLE = "0123456789abcdefsingle"


@pytest.fixture
def profiles(tmp_path, monkeypatch):
    """Yield a function that saves profiles where Tiled looks for them."""
    monkeypatch.setattr("tiled.profiles.paths", [tmp_path])
    monkeypatch.setattr("tiled.profiles._all_paths", [tmp_path, tmp_path])
    tiled.profiles.load_profiles.cache_clear()

    def save(text):
        (tmp_path / "mine.yml").write_text(dedent(text))
        tiled.profiles.load_profiles.cache_clear()

    yield save
    tiled.profiles.load_profiles.cache_clear()


def test_a_profile_is_as_good_as_an_address(profiles, closed_server):
    profiles(f"beamline: {{uri: '{closed_server.uri}'}}")
    shown = Shown()
    assert shown.connect("beamline").server.host == f"127.0.0.1:{closed_server.port}"
    shown.sign_in()
    assert len(list(shown.session.client())) > 0
    assert from_profile("beamline").context.authenticated
    assert Shown().connect(" beamline ", SignedIn).method == "saved"


def test_everything_a_profile_can_hold_reaches_the_client(profiles, public_server, tmp_path, sent):
    profiles(
        f"""\
        beamline:
          uri: {public_server.uri}
          headers: {{x-facility: nine}}
          verify: false
          timeout: {{read: 7}}
          max_connections: 3
          username: alice
          auth_provider: pam
          cache: {{filepath: {tmp_path / "cache.db"}, capacity: 1_000_000}}
          structure_clients: {{array: "clients_of_mine:MyArray", container: "tiled.client.container:Container"}}
        """
    )
    (tmp_path / "clients_of_mine.py").write_text(
        "from tiled.client.array import ArrayClient\nclass MyArray(ArrayClient):\n    pass\n"
    )
    shown = Shown()
    shown.connect("beamline")
    from_panel = shown.session.context
    for context in (from_panel, from_profile("beamline").context):
        assert context.http_client.headers["x-facility"] == "nine"
        assert context.http_client.timeout.read == 7
        assert context.max_connections == 3
        assert context.cache is not None
    without = [request.url.path for request in sent if request.headers.get("x-facility") != "nine"]
    assert without == ["/api/v1/"]  # once: Tiled asks whether there is https
    client = from_profile("beamline")
    assert client.structure_clients["array"].__name__ == "MyArray"
    assert from_profile("beamline", "dask").structure_clients["array"].__name__ != "MyArray"
    assert isinstance(client.context, Context)
    assert "x-facility" in tiled.profiles.load_profiles()["beamline"][1]["headers"]
    assert len(tiled.profiles.load_profiles()["beamline"][1]["headers"]) == 1


def test_an_address_with_a_key_in_a_profile_is_a_sign_in(profiles):
    with TiledServer(allow_anonymous_access=False, single_user_api_key=SINGLE) as server:
        profiles(f"lab: {{uri: '{server.uri}?api_key={SINGLE}'}}")
        shown = Shown()
        done = shown.connect("lab", SignedIn)
        assert done.method == "api_key"
        assert SINGLE not in repr(shown.states)
        assert len(list(from_profile("lab"))) > 0


@pytest.mark.filterwarnings("ignore")  # of Tiled's and Starlette's own test client
def test_a_profile_with_a_server_of_its_own_runs_it_here(profiles, monkeypatch):
    profiles(
        """\
        here:
          direct:
            trees: [{path: /, tree: "tiled_jupyter.demo.data:tree"}]
        """
    )
    shown = Shown()
    done = shown.connect("here", SignedIn)
    assert "its own server" in done.provenance
    assert len(list(shown.session.client())) > 0
    monkeypatch.setenv("TILED_API_KEY", "schlüssel")
    assert len(list(from_profile("here"))) > 0


def test_a_profile_that_is_not_there_is_said(profiles):
    profiles("beamline: {uri: 'http://127.0.0.1:1'}")
    with pytest.raises(ProfileNotFound):
        from_profile("beam")
    assert Shown().connect("beamline", Disconnected).failure.kind == "unreachable"


def test_a_profile_that_cannot_be_used_is_said(profiles):
    profiles("beamline: {uri: 'http://127.0.0.1:1', cache: {capacity: 1}}")
    failure = Shown().connect("beamline", Disconnected).failure
    assert (failure.kind, failure.sentence) == (
        "bad_address",
        "The profile beamline cannot be used (ValueError). Correct it, or type the address.",
    )


def test_the_panel_offers_saved_names_after_the_configured_ones(profiles, monkeypatch):
    profiles("beamline: {uri: 'http://127.0.0.1:1'}\nalso: {uri: 'http://127.0.0.1:2'}")
    messages = []
    monkeypatch.setattr(LoginPanel, "send", lambda self, message, buffers=None: messages.append(message))
    panel = LoginPanel()
    panel.receive(Letter({"type": "ready", "control": True, "id": "1"}))  # a page shows it
    settle()
    assert messages[0]["servers"] == []  # at once; reading profiles takes Tiled a second
    assert messages[-1]["servers"] == ["also", "beamline"]
    panel.close()


def test_what_a_profile_wants_of_the_connection_is_kept_where_somebody_is_signed_in(profiles, closed_server):
    shown = Shown()
    shown.connect(closed_server.uri)
    shown.sign_in(remember=False)
    profiles(f"beamline: {{uri: '{closed_server.uri}', headers: {{x-facility: nine}}}}")
    other = Shown()
    assert other.connect("beamline", SignedIn).identity.id == "alice"
    assert other.session.context.http_client.headers["x-facility"] == "nine"


def test_an_address_does_not_wait_for_tiled_to_read_profiles():
    code = (
        "import sys; from tiled_jupyter.sign_in.target import find_target;"
        "from tiled_jupyter.settings import TiledJupyter; here = TiledJupyter();"
        "find_target('https://t.example', here); find_target('localhost:8000', here);"
        "print('tiled.profiles' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.fixture
def asked(tmp_path):
    """Return what a new kernel says of the names it knows, with an environment and home of its own."""

    def ask(said: str, **environment: str) -> str:
        code = f"import sys; from tiled_jupyter.sign_in import profiles; print({said})"
        own = {"HOME": str(tmp_path), "TILED_CACHE_DIR": str(tmp_path / "cache"), **environment}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TILED_", "XDG_"))}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=inherited | own
        )
        return done.stdout.strip()

    return ask


KNOWN = "profiles.names(), 'tiled.profiles' in sys.modules"


def test_who_has_saved_no_names_does_not_wait_for_tiled_to_read_them(asked, tmp_path):
    assert asked(KNOWN) == "[] False"
    place = tmp_path / ".config" / "tiled" / "profiles"
    place.mkdir(parents=True)
    (place / "notes.txt").touch()
    assert asked(KNOWN) == "[] False"
    (place / "ours.yml").write_text("beamline: {uri: 'http://127.0.0.1:1'}")
    assert asked(KNOWN) == "['beamline'] True"


@pytest.mark.parametrize("names", [(), ("TILED_PROFILES",), ("TILED_SITE_PROFILES", "XDG_CONFIG_HOME")])
def test_names_are_looked_for_where_tiled_looks(asked, tmp_path, names):
    same = "list(dict.fromkeys(profiles.directories())) == __import__('tiled.profiles').profiles.paths"
    assert asked(same, **{name: str(tmp_path / name) for name in names}) == "True"
