"""Every setting says what it must be, a wrong one is said in a sentence, and the page of the documentation is
what the code says. What each does is tested where it does it; `EFFECT` names those tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tiled_jupyter import LoginFailed, TiledJupyterError
from tiled_jupyter.errors import BadSetting
from tiled_jupyter.settings import TiledJupyter, complaints, settings

ROOT = Path(__file__).parents[2]
NAMES = sorted(TiledJupyter.class_own_traits(config=True))
SECRET = "f00d" * 18
# Name, a value that is taken, and some that are not.
VALUES = {
    "servers": (["https://tiled.example.org", "beamline"], [3], [f"https://t/?api_key={SECRET}"]),
    "allow_unlisted_servers": (False, "no", None),
    "password_form": (False, "no", None),
    "allow_http": (True, "yes", 1.5),
    "remember": ("never", "sometimes", True),
    "login_deadline": (60, 0, "an hour"),
    "reauthentication_deadline": (3600, 0.5, None),
    "token_source": ("site.tokens:give", "site.tokens", "site tokens:give", 3),
    "max_key_days": (30, 0, 1.5, "30"),
    "allow_write_keys": (False, "no", []),
    "allow_copy_key": (False, "no", []),
    "leak_guard": (False, "no", []),
    "help_url": ("https://example.org/help", "example.org", "http://example.org", "https://a@b.example", "https://["),
    "provider_texts": ({"pam": "Use your beamline account."}, {"pam": 3}, ["pam"]),
}
EFFECT = {
    "servers": "tests/server/test_settings.py",
    "allow_unlisted_servers": "tests/server/test_settings.py",
    "password_form": "tests/server/test_settings.py",
    "allow_http": "tests/http/test_methods.py",
    "remember": "tests/server/test_settings.py",
    "login_deadline": "tests/server/test_settings.py",
    "reauthentication_deadline": "tests/server/test_settings.py",
    "token_source": "tests/server/test_sign_out.py",
    "max_key_days": "tests/server/test_api_keys.py",
    "allow_write_keys": "tests/server/test_api_keys.py",
    "allow_copy_key": "tests/server/test_account.py",
    "leak_guard": "tests/server/test_settings.py",
    "help_url": "tests/server/test_settings.py",
    "provider_texts": "tests/server/test_settings.py",
}


@pytest.fixture
def configured(monkeypatch):
    """Yield a function that puts settings into the configuration of the running IPython."""
    monkeypatch.delenv("TILED_JUPYTER", raising=False)
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))

    def configure(**values):
        shell.config = Config(TiledJupyter=values)

    yield configure
    InteractiveShell.clear_instance()


def test_this_file_knows_every_setting():
    assert sorted(VALUES) == sorted(EFFECT) == NAMES


@pytest.mark.parametrize("name", EFFECT)
def test_what_a_setting_does_is_tested_too(name):
    assert name in (ROOT / EFFECT[name]).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_taken_from_ipythons_configuration(configured, name):
    configured(**{name: VALUES[name][0]})
    assert getattr(settings(), name) == VALUES[name][0]
    configured()
    assert getattr(settings(), name) != VALUES[name][0]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in NAMES for value in VALUES[name][1:]])
def test_a_wrong_value_is_named_with_what_it_must_be(configured, name, value):
    configured(**{"remember": "ask", name: value})
    must = TiledJupyter.class_traits()[name].metadata["must"]
    with pytest.raises(BadSetting) as caught:
        settings()
    assert re.fullmatch(
        rf"The setting c\.TiledJupyter\.{name}( is .{{1,22}} and)? must {re.escape(must)}\. "
        r"Correct it in IPython's configuration\.",
        str(caught.value),
    )
    assert SECRET not in str(caught.value)
    assert complaints() == (str(caught.value),)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert isinstance(caught.value, TiledJupyterError)
    assert not isinstance(caught.value, LoginFailed)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("remember", "sometimes", ' is "sometimes" and'),
        ("max_key_days", 0, " is 0 and"),
        ("allow_http", None, " is None and"),
        ("remember", SECRET[:40], ""),
        ("allow_write_keys", ["no"], ""),
        ("servers", "f00d f00d", ""),
        ("help_url", "f00df00d", ""),
        ("token_source", "f00df00d", ""),
        ("provider_texts", "f00df00d", ""),
    ],
)
def test_a_wrong_value_is_shown_where_it_cannot_be_a_secret(configured, name, value, shown):
    configured(**{name: value})
    with pytest.raises(BadSetting) as caught:
        settings()
    assert str(caught.value).startswith(f"The setting c.TiledJupyter.{name}{shown} must ")


def test_all_that_is_wrong_is_said_and_a_misspelt_restriction_is_not_lost(configured):
    misspelt = (
        "c.TiledJupyter.allow_unlisted_server is no setting of this version of tiled_jupyter. Did you mean "
        "allow_unlisted_servers? Correct it in IPython's configuration."
    )
    foreign = (
        "c.TiledJupyter.zeal is no setting of this version of tiled_jupyter. Remove it in IPython's configuration."
    )
    configured(allow_unlisted_server=False, zeal=False, max_key_days=30)
    assert complaints() == (misspelt, foreign)
    with pytest.raises(BadSetting) as caught:
        settings()
    assert str(caught.value) == misspelt
    # Of a newer version, say, which has a kernel of its own.
    configured(zeal=False, max_key_days=30)
    assert settings().max_key_days == 30  # without a warning of traitlets' own
    assert complaints() == (foreign,)
    configured(remember="sometimes", max_key_days=0)
    with pytest.raises(BadSetting, match=r"c\.TiledJupyter\.remember .*c\.TiledJupyter\.max_key_days"):
        settings()
    configured()
    assert complaints() == ()


@pytest.mark.parametrize("section", ["TiledJupiter", "Tiled_Jupyter", "TileJupyter", "tiled_jupyter"])
def test_a_misspelt_section_is_said(configured, section):
    config = Config()
    getattr(config, section).servers = ["https://tiled.example.org"]
    InteractiveShell.instance().config = config
    assert complaints() == (
        f"c.{section} is not read. Did you mean c.TiledJupyter? Correct it in IPython's configuration.",
    )
    with pytest.raises(BadSetting, match=rf"c\.{section} is not read"):
        settings()
    for other in ("Tiled", "JupyterApp", "IPKernelApp", "InteractiveShell"):
        InteractiveShell.instance().config = Config({other: {"servers": []}})
        assert complaints() == ()


@pytest.mark.parametrize(("value", "wrong"), [("0", False), ("1", False), ("", False), ("false", True), ("off", True)])
def test_the_switch_in_the_environment_is_0_or_1(configured, monkeypatch, value, wrong):
    monkeypatch.setenv("TILED_JUPYTER", value)
    sentence = (
        f'The environment variable TILED_JUPYTER is "{value}" and must be 0, which turns tiled_jupyter off, or 1. It '
        "is on. Correct it in the kernel's environment."
    )
    assert complaints() == ((sentence,) if wrong else ())
    monkeypatch.setenv("TILED_JUPYTER", SECRET)
    assert SECRET not in complaints()[0]


def test_a_setting_in_the_environment_is_said_to_be_none(configured, monkeypatch):
    monkeypatch.setenv("TILED_JUPYTER_MAX_KEY_DAYS", "30")
    monkeypatch.setenv("TILED_JUPYTER_DEMO_URI", "http://127.0.0.1:1")  # the demo's own
    assert complaints() == (
        "The environment variable TILED_JUPYTER_MAX_KEY_DAYS is not read. Settings stand in IPython's configuration, "
        "as c.TiledJupyter.max_key_days.",
    )


def test_where_a_setting_was_set_is_said(tmp_path):
    profile = tmp_path / "profile_default"
    profile.mkdir()
    file = profile / "ipython_config.py"
    file.write_text(
        "c.TiledJupyter.remembr = 'never'\n# c.TiledJupyter.remembr\nc.TiledJupiter.servers = []\nc.Other.remembr = 1\n"
    )
    code = "from tiled_jupyter.settings import complaints; print(*complaints(), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--TiledJupyter.max_key_days=0", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )
    assert [line.partition(" Correct it ")[2] for line in done.stdout.splitlines()] == [
        f"in {file}, line 3.",
        f"in {file}, line 1.",
        "on the command line.",
    ]


def test_a_value_on_the_command_line_is_as_good():
    code = "from tiled_jupyter.settings import settings; print(settings().max_key_days + 1)"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--TiledJupyter.max_key_days=30", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "31"


def test_the_page_of_the_documentation_is_what_the_code_says():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "settings_page.py"], capture_output=True, text=True, check=True
    )
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == done.stdout
    assert re.findall(r"^\| `(\w+)` \|", done.stdout, re.MULTILINE) == [
        name for name in vars(TiledJupyter) if name in NAMES
    ]
