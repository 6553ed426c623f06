"""What ``%load_ext tiled_jupyter`` does. A kernel that never touches Tiled pays next to nothing for it.

Magics are imported when one is first used, and what changes in Tiled itself is done when somebody imports Tiled.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from importlib import abc, import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from IPython.core import magic

from ..errors import BadSetting
from ..kernel import cells, front_end
from ..kernel.memory import of_kernel
from ..keys.leaks import LeakGuard
from ..settings import SWITCH, complaints, settings
from . import attaching, completion

MAGICS = ("tiled_login", "tiled_logout", "tiled_whoami", "tiled_why", "tiled_api_key")
_MODULE = "tiled_jupyter.notebook.magics"
_REGISTRY = "tiled_jupyter.session.registry"


class _Extension:
    """What the extension has done in this kernel.

    Attributes
    ----------
    guard : LeakGuard or None
        Looks at what is written in cells, while the extension is loaded.
    told : set of str
        Sentences about settings.
    """

    def __init__(self) -> None:
        self.guard: LeakGuard | None = None
        self.told: set[str] = set()


def load_ipython_extension(ipython: Any) -> None:
    """Do what ``%load_ext tiled_jupyter`` does: magics, the stop button, plain Tiled in the panel, keys in cells.

    Does nothing where ``TILED_JUPYTER=0`` is set.
    """
    if os.environ.get(SWITCH) == "0":
        if front_end.is_somebody_there():  # and not while a kernel starts
            front_end.say("TILED_JUPYTER=0 is set in this kernel's environment, so tiled_jupyter stays out of it.")
        return
    if _MODULE in sys.modules or not hasattr(magic, "LazyMagic"):  # an older IPython shows no magic that is not loaded
        import_module(_MODULE).register(ipython)
    else:
        for name in MAGICS:
            ipython.magics_manager.register_lazy(name, _MODULE, "line")
    here = of_kernel(_Extension)
    if here.guard is None:
        here.guard = LeakGuard(ipython, _warn_of_keys, _is_guarded)
        here.guard.watch()
    completion.begin(ipython)
    cells.watch()
    _with_tiled.begin()
    _with_contexts.begin()
    _tell_of_settings()


def unload_ipython_extension(ipython: Any) -> None:
    """Do what ``%unload_ext tiled_jupyter`` does: undo it."""
    here = of_kernel(_Extension)
    if here.guard is not None:
        here.guard.unwatch()
        here.guard = None
    for name in MAGICS:
        ipython.magics_manager.magics["line"].pop(name, None)
        ipython.magics_manager.lazy_magics.pop(name, None)
    ipython.extension_manager.loaded.discard(_MODULE)
    if _MODULE in sys.modules:
        import_module(_MODULE).unregister(ipython)
    completion.end(ipython)
    if _in_the_first_cell in ipython.events.callbacks["pre_run_cell"]:
        ipython.events.unregister("pre_run_cell", _in_the_first_cell)
    cells.unwatch()
    _with_tiled.end()
    _with_contexts.end()


class WhenImported(abc.MetaPathFinder):
    """Does something once a module has been imported, by whomever.

    Parameters
    ----------
    name : str
        Of the module.
    then : callable
        Called after it, in the thread that imports it; at once if it is there already.
    undo : callable
        Called at the end, if `then` was.
    """

    def __init__(self, name: str, then: Callable[[], object], undo: Callable[[], object]) -> None:
        self._name = name
        self._then = then
        self._undo = undo
        self._done = False
        self._searching = False

    def begin(self) -> None:
        """Begin to wait for it."""
        if self._name in sys.modules:
            self._do()
        elif self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def end(self) -> None:
        """Wait no longer, and undo what was done."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        if self._done:
            self._done = False
            self._undo()

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        """Find the module as all others would, and be told when its code has run."""
        if fullname != self._name or self._searching:
            return None
        self._searching = True  # for what all others know of it; imports of one name are one after the other
        try:
            spec = find_spec(fullname)
        finally:
            self._searching = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._do)
        return spec

    def _do(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._done = True
        self._then()


class _Loader(abc.Loader):
    """Loads a module as its own loader does, which it gives back to it, and says so."""

    def __init__(self, loader: Any, done: Callable[[], None]) -> None:
        self._loader = loader
        self._done = done

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._done()


def _hear(context: Any, response: Any) -> None:
    from ..panel.hints import heard

    heard(context, response)


_with_tiled = WhenImported("tiled.client", attaching.enable, attaching.disable)
_with_contexts = WhenImported(
    _REGISTRY, lambda: sys.modules[_REGISTRY].listen(_hear), lambda: sys.modules[_REGISTRY].listen(None)
)


def _is_guarded() -> bool:
    try:
        return settings().leak_guard
    except BadSetting:  # which is said where a person has asked for something
        return True


def _warn_of_keys(*found: Any) -> None:
    from .key_magics import warn_of_keys

    warn_of_keys(*found)


def _tell_of_settings() -> None:
    """Show which settings are misspelt or wrong: now, or in the first cell where the kernel is still starting."""
    if front_end.is_starting():
        front_end.shell().events.register("pre_run_cell", _in_the_first_cell)
        return
    told = of_kernel(_Extension).told
    for sentence in complaints():
        if sentence not in told:
            told.add(sentence)
            if front_end.is_somebody_there():
                front_end.say(sentence)
            else:
                warnings.warn(sentence, stacklevel=3)


def _in_the_first_cell(_: Any) -> None:
    front_end.shell().events.unregister("pre_run_cell", _in_the_first_cell)
    _tell_of_settings()
