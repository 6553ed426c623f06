"""Row D7: every setting says what it must be, a wrong one is said in a sentence, and the page of the documentation is
what the code says. What each does is tested where it does it; `EFFECT` names those tests.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tiled_jupyter import LoginFailed, TiledJupyterError
from tiled_jupyter.errors import BadSetting
from tiled_jupyter.settings import TiledJupyter, settings

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
    "allow_http": "tests/http/test_ways_in.py",
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
def configured():
    """Give a function that puts settings into the configuration of the running IPython."""
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
def test_a_wrong_value_is_named_with_what_it_must_be_and_not_quoted(configured, name, value):
    configured(**{"remember": "ask", name: value})
    must = TiledJupyter.class_traits()[name].metadata["must"]
    with pytest.raises(BadSetting) as caught:
        settings()
    assert str(caught.value) == f"The setting c.TiledJupyter.{name} must {must}. Correct it in IPython's configuration."
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert isinstance(caught.value, TiledJupyterError)
    assert not isinstance(caught.value, LoginFailed)


def test_a_name_that_is_no_setting_is_said(configured):
    configured(allow_htttp=True)
    with pytest.warns(UserWarning, match=r"`allow_htttp` not recognized by `TiledJupyter`.*`allow_http`"):
        assert not settings().allow_http


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
