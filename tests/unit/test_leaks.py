"""Keys written in cells are found, in whatever form; nothing else is."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tiled_jupyter.errors import BadSetting
from tiled_jupyter.keys.leaks import LeakGuard, find_keys, warning
from tiled_jupyter.notebook import key_magics

KEY = "5f1d0c3b" + "9a8e7f6d" * 8
CELLS = Path(__file__).with_name("cells.txt").read_text(encoding="utf-8").split("\n# %%\n")
FORMS = [
    '"{}"',
    "{}",
    "# {}",
    'from_uri("https://t.example", api_key="{}")',
    "from_uri(URI, api_key = '{}', timeout=5)",
    'api_key="{}"',
    'API_KEY: str = "{}"',
    'apikey = r"{}"',
    'api_key = b"{}"',
    'context.api_key = "{}"',
    'config = {{"api_key": "{}"}}',
    'headers = {{"X-Api-Key": "{}"}}',
    'os.environ["TILED_API_KEY"] = "{}"',
    'os.environ.setdefault("TILED_API_KEY", "{}")',
    'monkeypatch.setenv("TILED_API_KEY", "{}")',
    "dict(TILED_API_KEY='{}')",
    "from_uri('http://localhost:8000?api_key={}')",
    "from_uri('http://localhost:8000/api/v1/?page=2&api_key={}&x=1')",
    "# Navigate to http://127.0.0.1:8000?api_key={}.",
    "%env TILED_API_KEY={}",
    "%env TILED_API_KEY {}",
    "%set_env TILED_API_KEY={}",
    "!TILED_API_KEY={} python analysis.py",
    "!export TILED_API_KEY={}; python analysis.py",
    "%%bash\nexport TILED_API_KEY='{}'",
    "!docker run -e TILED_API_KEY={} image",
    "!tiled serve catalog --temp --api-key {}",
    "!tiled serve catalog --temp --api-key={} --port 8000",
    'requests.get(url, headers={{"Authorization": "Apikey {}"}})',
    "!curl -H 'Authorization: Apikey {}' https://t.example",
]
ANY_KEY = [form for form in FORMS if form not in ('"{}"', "{}", "# {}")]


def test_the_corpus_is_large_enough_to_mean_something():
    assert len(CELLS) > 100


@pytest.mark.parametrize("cell", CELLS)
def test_no_false_alarm_in_ordinary_cells(cell):
    assert find_keys(cell) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_tiled_key_is_found_once_where_it_stands(form):
    cell = "x = 1\n" + form.format(KEY)
    (leak,) = find_keys(cell)
    assert cell[leak.start : leak.end] == KEY
    assert leak.first_eight == KEY[:8]


@pytest.mark.parametrize("form", ANY_KEY)
@pytest.mark.parametrize("key", ["secret7", "S3cretOfASingleUserServer", "sk-proj-9aB7c6D5e4F3"])
def test_a_key_of_another_form_is_known_by_its_name(form, key):
    if "-" in key and ("?" in form or "&" in form or "Apikey" in form):
        key = key.replace("-", "")  # Tiled's have none, and elsewhere they are not in addresses
    cell = form.format(key)
    (leak,) = find_keys(cell)
    assert cell[leak.start : leak.end] == key
    assert leak.first_eight is None


def test_several_keys_are_found_in_order_and_upper_case_is_no_disguise():
    cell = f'a = "{KEY}"\nb = "{KEY[::-1].upper()}"\napi_key = "secret7"'
    assert [leak.first_eight for leak in find_keys(cell)] == [KEY[:8], KEY[::-1][:8], None]


@given(st.text(), st.text())
def test_every_key_is_found_in_any_text(before, after):
    key = secrets.token_hex(36)
    cell = f"{before}\n{key}\n{after}"
    assert any(cell[leak.start : leak.end] == key for leak in find_keys(cell))


@given(
    st.integers(1, 200)
    .filter(lambda length: length != 72)
    .flatmap(lambda n: st.text("0123456789abcdef", min_size=n, max_size=n))
)
def test_hexadecimal_digits_of_another_length_are_no_key(digits):
    assert find_keys(f'value = "{digits}"') == []


@pytest.mark.parametrize("part", ["a-", "a", "api_key=", "! ", "%env ", "!\n", "api_key: str |", "?api_key="])
def test_a_huge_cell_is_read_in_no_time(part):
    text = part * (1_000_000 // len(part))
    begun = time.perf_counter()
    find_keys(text)
    assert time.perf_counter() - begun < 15


def test_the_warning_is_one_calm_paragraph_without_the_key():
    for cell in (KEY, f"{KEY} api_key='secret7'"):
        text = warning(find_keys(cell), 14)
        assert "Cell 14" in text
        assert "%tiled_login" in text
        assert KEY[:8] not in text
        assert "secret7" not in text
        assert "\n" not in text
        assert "!" not in text
    assert warning(find_keys(KEY), None).startswith("This cell")
    assert KEY[:8] not in repr(find_keys(KEY))


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    yield InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    InteractiveShell.clear_instance()


def test_a_cell_is_looked_at_after_it_ran_and_no_other(shell):
    warned, order = [], []
    shell.user_ns["order"] = order
    guard = LeakGuard(shell, lambda text, leaks: (warned.append(text), order.append("warning")), lambda: True)
    guard.watch()
    shell.run_cell(f"key = '{KEY}'; order.append('cell')")
    assert order == ["cell", "warning"]
    shell.run_cell("print(key)")
    shell.run_cell(f"'{KEY}'", silent=True)
    assert len(warned) == 1
    guard.unwatch()
    shell.run_cell(f"'{KEY}'")
    assert len(warned) == 1


def test_a_cell_that_fails_is_looked_at_too(shell):
    warned = []
    LeakGuard(shell, lambda text, leaks: warned.append(leaks), lambda: True).watch()
    shell.run_cell(f"1/0 # {KEY}")
    shell.run_cell(f"this is no Python {KEY}")
    assert len(warned) == 2


def test_it_can_be_switched_off_at_any_time(shell):
    warned, wanted = [], SimpleNamespace(now=False)
    LeakGuard(shell, lambda text, leaks: warned.append(text), lambda: wanted.now).watch()
    shell.run_cell(f"'{KEY}'")
    assert warned == []
    wanted.now = True
    shell.run_cell(f"'{KEY}'")
    assert len(warned) == 1


def test_a_wrong_setting_takes_the_button_and_not_the_warning(monkeypatch):
    def wrong():
        raise BadSetting("The setting …")

    said, shown = [], []
    mine = SimpleNamespace(first_eight=KEY[:8], note=None)
    monkeypatch.setattr("tiled_jupyter.notebook.key_warning.settings", wrong)
    monkeypatch.setattr(key_magics, "_mine", lambda first_eights: [(None, mine)])
    monkeypatch.setattr("tiled_jupyter.notebook.servers.signed_in", list)
    monkeypatch.setattr("tiled_jupyter.notebook.servers.name_of", lambda context: "tiled.example.org")
    monkeypatch.setattr("tiled_jupyter.kernel.front_end.say", said.append)
    monkeypatch.setattr("tiled_jupyter.kernel.front_end.show", shown.append)
    monkeypatch.setattr("tiled_jupyter.kernel.front_end.is_somebody_there", lambda: True)
    key_magics.warn_of_keys("There is a key.", find_keys(KEY))
    assert said == [f"There is a key.\nThis one is yours. To end it now: %tiled_api_key revoke {KEY[:8]}"]
    assert shown == []
