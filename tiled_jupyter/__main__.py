"""``python -m tiled_jupyter enable | disable | status``: have IPython load the extension by itself, or no longer.

Prints what would change, and changes it with ``--write``; asks nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from .notebook import startup
from .notebook.startup import CONTENT, CannotChange, Place

_ANEW = "Kernels that start from now on"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and give the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.action == "status":
            print("\n".join(_status(options)))
        else:
            print(_change(_place(options), enable=options.action == "enable", write=options.write))
    except CannotChange as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m tiled_jupyter",
        description="Have IPython load tiled_jupyter in every notebook, or no longer. Shows what would change; "
        "--write changes it. TILED_JUPYTER=0 in the environment of a kernel turns it off there.",
    )
    options.add_argument("action", choices=("enable", "disable", "status"))
    options.add_argument("--write", action="store_true", help="do it, rather than show what would be done")
    where = options.add_mutually_exclusive_group()
    where.add_argument("--profile", metavar="NAME", default="default", help="IPython's profile; by default: default")
    where.add_argument("--sys-prefix", action="store_true", help="for everybody who uses this Python environment")
    where.add_argument("--system", action="store_true", help="for everybody on this computer")
    return options


def _place(options: argparse.Namespace) -> Place:
    if options.system:
        return startup.system()
    return startup.environment() if options.sys_prefix else startup.profile(options.profile)


def _change(place: Place, *, enable: bool, write: bool) -> str:
    """Do it, or not, and say what."""
    if place.is_enabled() == enable:
        return f"Nothing to do for {place.name}: {place.path} {'is there' if enable else 'is not there'}."
    if not write:
        what = f"Would write {place.path}:\n\n{CONTENT}" if enable else f"Would remove {place.path}."
        return f"{what}\nNothing was changed. Add --write to do it."
    if enable:
        place.enable()
        return f"Wrote {place.path}. {_ANEW} in {place.name} load tiled_jupyter."
    place.disable()
    return f"Removed {place.path}. {_ANEW} in {place.name} do not load tiled_jupyter because of it."


def _status(options: argparse.Namespace) -> list[str]:
    places: list[Callable[[], Place]] = [
        lambda: startup.profile(options.profile),
        startup.environment,
        startup.system,
    ]
    lines = []
    for find in places:
        try:
            place = find()
            lines.append(f"{place.name}: {'enabled' if place.is_enabled() else 'not enabled'} ({place.path})")
        except CannotChange as error:
            lines.append(str(error))
    if os.environ.get("TILED_JUPYTER") == "0":
        lines.append("TILED_JUPYTER=0 is set: kernels that inherit it do not load tiled_jupyter.")
    return lines


if __name__ == "__main__":
    sys.exit(main())
