"""What a kernel pays for the extension before anybody uses Tiled, and how the rest comes when it is needed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tiled_jupyter.notebook.extension import MAGICS, WhenImported

KERNEL = """
import json, sys
from IPython.testing.globalipapp import start_ipython
shell = start_ipython()
shell.run_line_magic("load_ext", "tiled_jupyter")
shell.run_cell("1 + 1")
heavy = sorted({"tiled", "httpx", "anywidget", "ipywidgets"} & set(sys.modules))
names = sorted(name for name in shell.magics_manager.magics["line"] if name.startswith("tiled_"))
import tiled.client
from tiled.client.context import Context
steps = [hasattr(Context.__init__, "attaches")]
shell.run_line_magic("unload_ext", "tiled_jupyter")
steps.append(hasattr(Context.__init__, "attaches"))
left = [name for name in shell.magics_manager.magics["line"] if name.startswith("tiled_")]
shell.run_line_magic("load_ext", "tiled_jupyter")
steps.append(hasattr(Context.__init__, "attaches"))
shell.run_line_magic("tiled_whoami", "")
shell.run_line_magic("unload_ext", "tiled_jupyter")
left += [name for name in shell.magics_manager.magics["line"] if name.startswith("tiled_")]
left += [type(finder).__name__ for finder in sys.meta_path if type(finder).__name__ == "WhenImported"]
shell.run_line_magic("load_ext", "tiled_jupyter")
shell.run_line_magic("tiled_whoami", "")
print(json.dumps([heavy, names, steps, left]), file=sys.stderr)
"""


# What an older one lacks, IPython 7.34 for example, which is Colab's.
ASKS_NOBODY = "from IPython.core import completer\ndel completer.context_matcher\n"


@pytest.mark.parametrize("older", ["", ASKS_NOBODY], ids=["this IPython", "one that asks nobody for completions"])
def test_a_kernel_that_never_uses_tiled_imports_next_to_nothing_and_the_rest_comes_and_goes_when_it_does(older):
    code = KERNEL.replace("shell.run_line_magic", f"{older}shell.run_line_magic", 1)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy, names, steps, left = json.loads(done.stderr.splitlines()[-1])
    assert heavy == []
    assert names == sorted(MAGICS)
    assert steps == [True, False, True]
    assert left == []
    assert done.stdout.count("Nobody is signed in here.") == 2


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Yield the name of a module that can be imported, and the path of its file."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    (tmp_path / "a_module_to_import.py").write_text("value = 42\n")
    yield "a_module_to_import", tmp_path / "a_module_to_import.py"
    sys.modules.pop("a_module_to_import", None)


@pytest.fixture
def hook(module):
    said = []
    name, _ = module
    return WhenImported(name, lambda: said.append(sys.modules[name].value), lambda: said.append("undone")), said


def test_something_is_done_once_a_module_was_imported_and_undone_at_the_end(hook):
    waits, said = hook
    before = list(sys.meta_path)
    waits.begin()
    waits.begin()
    import a_module_to_import as imported

    assert said == [42]
    assert sys.meta_path == before
    assert type(imported.__loader__).__name__ == type(imported.__spec__.loader).__name__ == "SourceFileLoader"
    waits.end()
    waits.end()
    assert said == [42, "undone"]
    waits.begin()  # it is there already
    assert said == [42, "undone", 42]


def test_nothing_is_done_or_left_where_it_is_never_imported(hook):
    waits, said = hook
    before = list(sys.meta_path)
    waits.begin()
    waits.end()
    assert sys.meta_path == before
    assert said == []


def test_an_import_that_fails_is_waited_for_again(module, hook):
    name, path = module
    waits, said = hook
    waits.begin()
    path.write_text("raise ValueError('not yet')\n")
    with pytest.raises(ValueError, match="not yet"):
        __import__(name)
    path.write_text("value = 'at last'\n")
    assert __import__(name).value == "at last"
    assert said == ["at last"]
    waits.end()
