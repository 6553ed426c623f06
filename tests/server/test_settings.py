"""What the settings of a site do, on a real server and in a real kernel."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError
from traitlets.config import Config

from tiled_jupyter import Context, LoginFailed, LoginPanel, prompt_for_login
from tiled_jupyter.notebook import magics
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.state import wire
from tiled_jupyter.state.states import Disconnected, SignedIn, SignedOut

from .kernel import kernel
from .shown import Shown, settle
from .tiled_server import PASSWORDS

HELP = "https://help.example.org/tiled"
TEXT = "Use your beamline account."


@pytest.fixture
def site(monkeypatch):
    """Return a function that sets the settings of everything in this process."""

    def configure(**values):
        chosen = TiledJupyter(config=Config(TiledJupyter=values))
        for module in ("panel.panel", "sign_in.hook"):
            monkeypatch.setattr(f"tiled_jupyter.{module}.settings", lambda: chosen)
        return chosen

    return configure


@pytest.fixture
def messages(monkeypatch):
    """Note what panels send to their page."""
    noted = []
    monkeypatch.setattr(LoginPanel, "send", lambda self, message, buffers=None: noted.append(message))
    return noted


def test_the_panel_offers_the_servers_and_help_and_fills_the_first_one_in(site, messages):
    site(servers=["https://tiled.example.org", "beamline"], help_url=HELP)
    panel = LoginPanel()
    panel.publish()
    settle()
    assert panel.session.state == Disconnected("https://tiled.example.org")
    assert messages[-1]["servers"][:2] == ["https://tiled.example.org", "beamline"]
    assert messages[-1]["help_url"] == HELP
    panel.close()


def test_without_allow_unlisted_servers_nothing_is_sent_to_others(site, closed_server, public_server, sent):
    chosen = site(servers=[public_server.uri], allow_unlisted_servers=False, help_url=HELP)
    shown = Shown(settings=chosen)
    failure = shown.connect(f"{closed_server.uri}/api/v1/metadata/alice", Disconnected).failure
    assert failure.kind == "bad_address"
    assert failure.sentence == (
        f"The settings of this site let people sign in only to {public_server.uri}, so nothing was sent to "
        f"127.0.0.1:{closed_server.port}. {HELP} says more."
    )
    assert sent == []
    shown.connect(f"{public_server.uri}/api/v1/metadata/alice")
    chosen.servers = []
    assert "to no server yet" in Shown(settings=chosen).connect(public_server.uri, Disconnected).failure.sentence


def test_without_allow_unlisted_servers_tiled_login_asks_nobody_at_a_terminal_either(monkeypatch, closed_server, sent):
    chosen = TiledJupyter(config=Config(TiledJupyter={"allow_unlisted_servers": False}))
    monkeypatch.setattr("tiled_jupyter.notebook.magics.settings", lambda: chosen)
    with pytest.raises(UsageError, match="The settings of this site"):
        magics._on_stdin(closed_server.uri, remember=True)
    assert sent == []


def test_without_allow_unlisted_servers_no_hook_asks_and_no_single_sign_on_is_called(site, closed_server):
    site(allow_unlisted_servers=False, token_source=f"{__name__}:never_called")
    context, _ = Context.from_any_uri(closed_server.uri)
    with pytest.raises(LoginFailed, match="The settings of this site") as caught:
        context.authenticate(prompt_for_reauthentication=prompt_for_login)
    assert caught.value.reason == "not_sent"


def never_called(http_client, providers):
    raise AssertionError


def test_a_profile_is_listed_by_its_name(site, closed_server, tmp_path, monkeypatch):
    import tiled.profiles

    (tmp_path / "mine.yml").write_text(
        f"beamline: {{uri: '{closed_server.uri}'}}\nelsewhere: {{uri: 'http://[::1]:1'}}"
    )
    monkeypatch.setattr("tiled.profiles.paths", [tmp_path])
    monkeypatch.setattr("tiled.profiles._all_paths", [tmp_path])
    tiled.profiles.load_profiles.cache_clear()
    chosen = site(servers=["beamline"], allow_unlisted_servers=False)
    Shown(settings=chosen).connect(closed_server.uri)
    Shown(settings=chosen).connect("beamline")
    assert "elsewhere" in Shown(settings=chosen).connect("elsewhere", Disconnected).failure.sentence
    tiled.profiles.load_profiles.cache_clear()


def test_without_password_form_none_is_offered_and_none_is_sent(site, closed_server, sent):
    shown = Shown(settings=site(password_form=False))
    (provider,) = shown.connect(closed_server.uri).server.providers
    assert provider.refusal == "This site does not want passwords typed in notebooks. Sign in another way."
    before = len(sent)
    failure = shown.sign_in(SignedOut).failure
    assert (failure.kind, failure.sentence) == ("not_sent", provider.refusal)
    assert len(sent) == before


def test_provider_texts_reach_the_provider_of_that_name(site, closed_server):
    shown = Shown(settings=site(provider_texts={"demo": TEXT, "other": "Not this."}))
    assert [provider.text for provider in shown.connect(closed_server.uri).server.providers] == [TEXT]
    (provider,) = Shown(settings=site(provider_texts={"other": TEXT})).connect(closed_server.uri).server.providers
    assert provider.text is None


@pytest.mark.parametrize(("remember", "ticked", "saved"), [("never", True, False), ("always", False, True)])
def test_remember_settles_what_the_page_says(site, messages, closed_server, cache, remember, ticked, saved):
    site(remember=remember)
    panel = LoginPanel(closed_server.uri)
    settle()
    panel.obey(wire.SignIn("demo", "alice", ticked), PASSWORDS["alice"])
    settle()
    assert isinstance(panel.session.state, SignedIn)
    assert messages[-1]["remember"] == remember
    assert any(path.name == "access_token" for path in cache.rglob("*")) == saved
    panel.sign_out(everywhere=True)
    settle()
    panel.close()


CONFIGURE = "get_ipython().config.TiledJupyter.{name} = {value!r}"


@pytest.mark.parametrize(
    ("name", "resuming"), [("login_deadline", False), ("reauthentication_deadline", True)], ids=str
)
def test_a_deadline_ends_the_wait(closed_server, monkeypatch, name, resuming):
    monkeypatch.setenv("JPY_SESSION_NAME", "deadline.ipynb")  # somebody is there
    other = "reauthentication_deadline" if name == "login_deadline" else "login_deadline"
    with kernel() as here:
        here.run(f"%load_ext tiled_jupyter\n{CONFIGURE.format(name=name, value=1)}")
        here.run(CONFIGURE.format(name=other, value=50))
        here.run(f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({closed_server.uri!r})")
        said = here.run(f"import time\npanel.resuming = {resuming}\nstart = time.monotonic()\npanel.wait()")
        assert "Nobody signed in" in said
        assert float(here.run("print(time.monotonic() - start)")) < 20


def test_leak_guard_is_as_the_settings_say_at_the_moment_and_on_where_they_are_wrong():
    cell = f"my_key = '{'5f1d0c3b' + '9a8e7f6d' * 8}'"
    with kernel() as here:
        here.run("%load_ext tiled_jupyter")
        assert "written in it" in here.run(cell)
        here.run(CONFIGURE.format(name="leak_guard", value=False))
        assert "written in it" not in here.run(cell)
        here.run(CONFIGURE.format(name="leak_guard", value="no"))
        assert "written in it" in here.run(cell)


def test_a_wrong_setting_is_said_when_the_extension_is_loaded_and_stops_a_sign_in(closed_server):
    with kernel() as here:
        here.run(CONFIGURE.format(name="remember", value="sometimes"))
        wrong = 'The setting c.TiledJupyter.remember is "sometimes" and must be "ask", "never" or "always".'
        assert wrong in here.run("%load_ext tiled_jupyter")
        said = here.run(f"%tiled_login {closed_server.uri}")
        assert wrong in said
        assert here.run("from tiled_jupyter import LoginPanel\nLoginPanel()").strip().startswith(wrong)
        # What was half made goes without a word.
        assert here.run("import gc, sys\nsys.last_value = sys.last_traceback = None\ngc.collect();").strip() == ""


STARTS_WRONG = """\
c.InteractiveShellApp.extensions = ["tiled_jupyter"]
c.TiledJupyter.allow_unlisted_server = False
c.TiledJupyter.max_key_days = 0
"""


def test_what_is_wrong_when_a_kernel_starts_is_said_in_the_first_cell_and_only_there(tmp_path, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "first.ipynb")  # somebody is there
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    file = tmp_path / "profile_default" / "ipython_config.py"
    file.parent.mkdir()
    file.write_text(STARTS_WRONG)
    with kernel() as here:
        first = here.run("print('ran')")
        assert f"Did you mean allow_unlisted_servers? Correct it in {file}, line 2." in first
        assert "c.TiledJupyter.max_key_days is 0 and must be a whole number of days" in first
        assert f"Correct it in {file}, line 3." in first
        assert "Warning" not in first
        assert first.strip().endswith("ran")
        assert here.run("print('again')").strip() == "again"
        assert here.run("%reload_ext tiled_jupyter\nprint('reloaded')").strip() == "reloaded"
        assert "Did you mean allow_unlisted_servers?" in here.run("%tiled_why")


@pytest.mark.parametrize(("name", "stops"), [("allow_htttp", True), ("zeal", False)])
def test_a_misspelt_name_stops_a_sign_in_and_one_of_another_version_does_not(closed_server, monkeypatch, name, stops):
    monkeypatch.setenv("JPY_SESSION_NAME", "typo.ipynb")
    with kernel() as here:
        here.run(CONFIGURE.format(name=name, value=True))
        assert f"c.TiledJupyter.{name} is no setting" in here.run("%load_ext tiled_jupyter")
        said = here.run(f"%tiled_login {closed_server.uri} --no-wait\nprint('goes on')")
        assert ("goes on" not in said) == stops
        assert ("Did you mean allow_http?" in said) == stops
        assert "Warning" not in said
