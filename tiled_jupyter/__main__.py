"""``python -m tiled_jupyter enable | disable | status | doctor``: have IPython load the extension, or no longer.

Prints what would change, and changes it with ``--write``; asks nothing. ``status`` also says which settings are wrong,
and ``doctor`` what to send to whoever is asked for help. ``python -m tiled_jupyter key`` makes API keys.
"""

from __future__ import annotations

import argparse
import functools
import os
import platform
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from .notebook import startup, support
from .notebook.startup import CannotChange, Place, content
from .settings import SWITCH, complaints

_ANEW = "Kernels that start from now on"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and give the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["key"]:
        return _key(given[1:])
    options = parser().parse_args(given)
    if options.action == "status":
        print("\n".join(_status(options)))
        return 0
    if options.action == "doctor":
        print("\n".join([*support.report(), *(support.homely(line) for line in _enabled(options))]))
        return 0
    try:
        places = _places(options)
    except CannotChange as error:
        print(error, file=sys.stderr)
        return 1
    failed = False
    for place in places:
        try:
            print(_change(place, enable=options.action == "enable", write=options.write))
        except CannotChange as error:
            print(error, file=sys.stderr)
            failed = True
    if not options.write:
        print("\nNothing was changed. Add --write to do it.")
    elif options.action == "disable":
        print("\n".join(_still(places)), end="")
    return int(failed)


def _key(arguments: list[str]) -> int:
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # what stops a service tidies up, too
        from .notebook import key_command  # which brings Tiled

        return key_command.main(arguments, functools.partial(print, flush=True))
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line, but for that of keys."""
    options = argparse.ArgumentParser(
        prog="python -m tiled_jupyter",
        description="Have IPython load tiled_jupyter in every notebook, or no longer. Shows what would change; "
        "--write changes it. TILED_JUPYTER=0 in the environment of a kernel turns it off there.",
        epilog="API keys for jobs: python -m tiled_jupyter key --help",
    )
    options.add_argument("action", choices=("enable", "disable", "status", "doctor"), help="what to do, or to show")
    options.add_argument("--write", action="store_true", help="do it, rather than show what would be done")
    where = options.add_mutually_exclusive_group()
    where.add_argument("--profile", metavar="NAME", default="default", help="IPython's profile; by default: default")
    where.add_argument("--all", action="store_true", help="all of your IPython profiles")
    where.add_argument("--sys-prefix", action="store_true", help="for everybody who uses this Python environment")
    where.add_argument("--system", action="store_true", help="for everybody on this computer")
    return options


def _places(options: argparse.Namespace) -> list[Place]:
    if options.all:
        return startup.profiles()
    if options.system:
        return [startup.system()]
    return [startup.environment() if options.sys_prefix else startup.profile(options.profile)]


def _change(place: Place, *, enable: bool, write: bool) -> str:
    """Do it, or not, and say what."""
    found = place.find()
    if (found is not None and found.current) if enable else found is None:
        return f"Nothing to do for {place.name}: {place.path} {'is there' if enable else 'is not there'}."
    instead = "" if found is None or found.current else f" It is of another version ({found.version})."
    if not write:
        return f"Would write {place.path}:{instead}\n\n{content()}" if enable else f"Would remove {place.path}."
    if enable:
        place.enable()
        return f"Wrote {place.path}. {_ANEW} in {place.name} load tiled_jupyter."
    place.disable()
    return f"Removed {place.path}. {_ANEW} in {place.name} do not load tiled_jupyter because of it."


def _still(places: list[Place]) -> list[str]:
    """Return a line for each other place of this user, environment and computer that still loads the extension."""
    lines: list[str] = []
    for place in _all_places():
        try:
            if place not in places and place.find() is not None:
                lines.append(f"It is still enabled for {place.name}: {place.path}\n")
        except CannotChange as error:
            lines.append(f"{error}\n")
    return lines


def _all_places() -> list[Place]:
    found = [startup.environment()]
    with suppress(CannotChange):
        found += startup.profiles()
    with suppress(CannotChange):
        found.append(startup.system())
    return list({place.directory: place for place in found}.values())


def _status(options: argparse.Namespace) -> list[str]:
    lines = [_versions(), *_enabled(options)]
    with suppress(CannotChange):  # no such profile, which is said above
        lines += complaints(startup.configured(options.profile)) or ["The settings are correct."]
    return lines


def _enabled(options: argparse.Namespace) -> list[str]:
    """Return where the extension is enabled."""
    finders: list[Callable[[], list[Place]]] = [
        startup.profiles if options.all else lambda: [startup.profile(options.profile)],
        lambda: [startup.environment()],
        lambda: [startup.system()],
    ]
    lines: list[str] = []
    for find in finders:
        try:
            lines += map(_state, find())
        except CannotChange as error:
            lines.append(str(error))
    if os.environ.get(SWITCH) == "0":
        lines.append(f"{SWITCH}=0 is set: kernels that inherit it do not load tiled_jupyter.")
    return lines


def _versions() -> str:
    """Return what is installed here, for whoever is asked for help."""
    return f"Python {platform.python_version()}, {', '.join(support.installed())} ({sys.prefix})"


def _state(place: Place) -> str:
    try:
        found = place.find()
    except CannotChange as error:
        return f"{place.name}: {error}"
    if found is None:
        return f"{place.name}: not enabled ({place.path})"
    renew = "" if found.current else f", by a file of another version ({found.version}), which enable --write replaces"
    return f"{place.name}: enabled{renew} ({place.path})"


if __name__ == "__main__":
    sys.exit(main())
