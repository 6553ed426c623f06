"""``python -m tests.peers [pytest's arguments]``: Tiled's own tests, without this package, and with it in place.

Without arguments they are those of every file that names a client: the others (adapters, databases, the command line)
make none, so nothing could be in its place. Every test has to end as it does without; `differences.txt` holds those
that are meant not to, and why. What differs is looked at a second time, alone: Tiled's tests know time limits. Run by
``make peers``, with the tests of the Tiled that is installed in ``.peers``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLACE = ROOT / ".peers"
PYTHON = PLACE / "bin" / "python"
WAYS = ("nothing", "enable", "names")  # in place of Tiled's client; see `in_place`
WORST_FIRST = ("failed", "xpassed", "xfailed", "xskipped", "skipped", "passed")
# Tiled's own settings would start as many processes as there are processors, and write a log on the terminal.
OPTIONS = ("-p", "in_place", "-q", "--config-file=/dev/null", "--rootdir=.", "--override-ini=asyncio_mode=auto")
MORE = (
    "-p",
    "no:cacheprovider",
    "--timeout=300",
    "--continue-on-collection-errors",
    "--disable-warnings",
    "--tb=short",
)


def meant() -> dict[str, str]:
    """Read the differences that are meant, each with its reason: the lines with # above it."""
    found: dict[str, str] = {}
    reason: list[str] = []
    was_test = False
    for line in (HERE / "differences.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            reason = [] if was_test else reason
            reason.append(line.lstrip("# "))
        elif line.strip():
            found[line.strip()] = " ".join(reason)
        was_test = not line.startswith("#")
    return found


def outcomes(way: str, tests: Path, wanted: list[str]) -> dict[str, str]:
    """Run tests, and return how each of them ended."""
    log = PLACE / f"{way}.jsonl"
    log.unlink(missing_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TILED_API_KEY")}
    environment = {
        **inherited,
        "PEERS_IN_PLACE": way,
        "PEERS_OUTCOMES": str(log),
        "PEERS_PREPARED": str(tests),
        "PYTHONPATH": str(HERE),
        "XDG_STATE_HOME": str(PLACE / "state"),
    }
    print(f"\n== In place of Tiled's client: {way}", flush=True)
    subprocess.run([PYTHON, "-m", "pytest", *OPTIONS, *MORE, *wanted], cwd=tests, env=environment, check=False)
    if not log.exists():
        raise SystemExit(f"No test ran ({way}).")
    ended: dict[str, str] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        test, outcome = json.loads(line)
        ended[test] = min(outcome, ended.get(test, outcome), key=WORST_FIRST.index)
    return ended


def naming_a_client(tests: Path) -> list[str]:
    """Return the files with tests that can make a client."""
    files = sorted((tests / "tests").rglob("test_*.py"))
    return [str(file.relative_to(tests)) for file in files if "client" in file.read_text(encoding="utf-8")]


def differing(ended: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Return the tests that do not end alike, each with how it ended in each way."""
    tests = sorted({test for one in ended.values() for test in one})
    ways = {test: [one.get(test, "did not run") for one in ended.values()] for test in tests}
    return {test: found for test, found in ways.items() if len(set(found)) > 1}


def main(tests: Path, wanted: list[str]) -> int:
    """Compare, say what differs, and return the exit status."""
    ended = {way: outcomes(way, tests, wanted) for way in WAYS}
    found = differing(ended)
    again = [test for test in found if test not in meant()]
    if again:
        print(f"\n== {len(again)} differ, and get a second look", flush=True)
        second = differing({way: outcomes(way, tests, again) for way in WAYS})
        found = {test: second.get(test, how) for test, how in found.items() if test not in again or test in second}
    ran = set.intersection(*(set(one) for one in ended.values()))
    unmeant = {test: how for test, how in found.items() if test not in meant()}
    outdated = [test for test in meant() if test in ran and test not in found]
    print(f"\n== {len(ran)} tests ran three times; {len(found)} differ, {len(found) - len(unmeant)} of them as meant.")
    for test, how in unmeant.items():
        print(f"{test}: " + ", ".join(f"{way}: {one}" for way, one in zip(WAYS, how, strict=True)))
    for test in outdated:
        print(f"{test}: differs no more, and is to be struck from differences.txt")
    return bool(unmeant or outdated)


if __name__ == "__main__":
    theirs = next(PLACE.glob("tiled-*/tests")).parent
    sys.exit(main(theirs, sys.argv[1:] or naming_a_client(theirs)))
