"""The engines, started once; a person and their keys; and the table that the run ends in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.server.tiled_server import PASSWORDS, TiledServer, free_port
from tiled_jupyter.keys.jobs import KINDS

from . import table
from .daemons import Daemons
from .engines import Engines
from .namespace import Namespace
from .people import Person
from .search import Watch
from .slurm import Slurm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .engines import Job

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".engines/bin/python"
SCRIPT = Path(__file__).with_name("notebook.py")
results: dict[str, dict[str, str]] = defaultdict(dict)
_leaks: dict[str, set[str]] = defaultdict(set)
_versions: dict[str, str] = {}


@dataclass
class Key:
    """What a person has after their notebook: a key's file, its scripts, and what they know of it."""

    path: Path
    secret: str
    first_eight: str
    note: str
    expires: datetime
    scripts: dict[str, str]


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """Yield a directory into which others may look; shorter than what a socket's name may be."""
    if os.getuid() != 0:
        pytest.fail("These tests make accounts and start daemons: run them as root.")
    made = Path(tempfile.mkdtemp(prefix="engines-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[TiledServer]:
    with TiledServer(allow_anonymous_access=False) as server:
        yield server


@pytest.fixture(scope="session")
def person(place: Path) -> Iterator[Person]:
    someone = Person(place)
    try:
        if "tiled_jupyter" not in someone.run([str(PYTHON), "-c", "import tiled_jupyter; print(tiled_jupyter)"]):
            pytest.fail(f"Others than root cannot run {PYTHON}.")
        yield someone
    finally:
        someone.leave()


@pytest.fixture(scope="session")
def slurm(place: Path, person: Person) -> Iterator[Slurm]:
    where = place / "slurm"
    where.mkdir()
    with Slurm(where) as slurm:
        person.environment["SLURM_CONF"] = str(slurm.configuration)
        # Where Slurm is not in /etc, a login finds it so; a job with --export=NONE begins as a login does.
        person.write(".profile", f"export SLURM_CONF={slurm.configuration}\n")
        yield slurm


@pytest.fixture(scope="session")
def namespace(place: Path, person: Person) -> Iterator[Namespace]:
    where = place / "boot"
    where.mkdir()
    with Namespace(where, person) as namespace:
        yield namespace


@pytest.fixture(scope="session")
def engines(person: Person, slurm: Slurm, namespace: Namespace) -> Engines:
    return Engines(person, PYTHON, slurm, namespace)


@pytest.fixture(scope="session")
def prefect(place: Path, person: Person) -> Iterator[str]:
    """Yield the address of a Prefect server of the person's."""
    address = f"http://127.0.0.1:{free_port()}/api"
    person.environment |= {
        "PREFECT_API_URL": address,
        "PREFECT_HOME": str(person.home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    where = place / "prefect"
    where.mkdir()
    daemons = Daemons(where)
    command = [
        "setpriv",
        "--reuid",
        person.name,
        "--regid",
        person.name,
        "--clear-groups",
        str(PYTHON),
        "-m",
        "prefect",
    ]
    command += ["server", "start", "--no-ui", "--host", "127.0.0.1", "--port", address.split(":")[2].split("/")[0]]
    environment = {"HOME": str(person.home), "PATH": os.environ["PATH"], **person.environment}
    try:
        daemons.start("prefect", command, lambda: _answers(f"{address}/health"), env=environment, cwd=person.home)
        yield address
    finally:
        daemons.end()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def make_key(person: Person, server: TiledServer) -> Any:
    """Return what makes a key as in the notebook; those that last are made many at a time."""
    usual, left = {"expires_in": "10h", "note": "overnight fit"}, []

    def make(**wishes: Any) -> Key:
        if wishes:
            return several([usual | wishes])[0]
        if not left:
            left.extend(several([usual] * 40))
        return left.pop()

    def several(wishes: list[dict[str, Any]]) -> list[Key]:
        command = [str(PYTHON), str(SCRIPT), server.uri, "bob"]
        said = person.run(command, json.dumps([PASSWORDS["bob"], *wishes]))
        return [key_of(each) for each in json.loads(said.splitlines()[-1])]

    def key_of(said: dict[str, Any]) -> Key:
        path, expires = Path(said.pop("path")), datetime.fromisoformat(said.pop("expires"))
        secret = path.read_text().partition("TILED_API_KEY=")[2].strip()
        return Key(path=path, secret=secret, expires=expires, **said)

    return make


@pytest.fixture
def revoke(server: TiledServer) -> Any:
    """Return what revokes a key elsewhere, where its file is not known."""

    def revoke(key: Key) -> None:
        form = {"username": "bob", "password": PASSWORDS["bob"]}
        with httpx.Client(base_url=f"{server.uri}/api/v1/auth/", trust_env=False) as client:
            token = client.post("provider/demo/token", data=form).json()["access_token"]
            about = {"first_eight": key.first_eight}
            answer = client.delete("apikey", params=about, headers={"Authorization": f"Bearer {token}"})
            answer.raise_for_status()

    return revoke


@pytest.fixture
def watched(place: Path, person: Person, server: TiledServer) -> Any:
    """Return ``watched(key, …)``, a context in which the key is looked for; ``found`` has the rest."""

    def watch(key: Key) -> Watch:
        return Watch(key.secret, person.id, place, [server.port])

    return watch


@pytest.fixture
def search(place: Path, person: Person) -> Any:
    """Return what says where the key was while it was watched, and where it is now."""

    def found(watch: Watch, key: Key, job: Job | None) -> list[str]:
        return watch.found([place], job.told() if job else {}, key.path)

    return found


def note(kind: str, story: str, said: str, leaks: list[str]) -> None:
    """Record what was seen of a kind."""
    results[kind][story] = said
    _leaks[kind] |= set(leaks)


def versions() -> dict[str, str]:
    """Return what each kind was seen with."""
    if not _versions:
        script = "import importlib.metadata as m, sys; print(*(m.version(each) for each in sys.argv[1:]))"
        names = ["dask-jobqueue", "prefect", "papermill", "joblib", "ipyparallel"]
        said = subprocess.run([str(PYTHON), "-c", script, *names], check=True, capture_output=True, text=True).stdout
        of = dict(zip(names, said.split(), strict=True))
        slurm, podman, systemd = (
            _first(*each) for each in (("slurmd", "-V"), ("podman", "-v"), ("systemctl", "--version"))
        )
        slurm, podman, systemd = slurm.split()[-1], podman.split()[-1], systemd.split()[1]
        _versions.update(
            shell="bash",
            slurm=f"Slurm {slurm}",
            dask=f"dask-jobqueue {of['dask-jobqueue']}, Slurm {slurm}",
            prefect=f"Prefect {of['prefect']}",
            papermill=f"papermill {of['papermill']}",
            container=f"podman {podman}",
            apptainer="",
            cron="Debian's cron",
            systemd=f"systemd {systemd}",
            joblib=f"joblib {of['joblib']}",
            ipyparallel=f"ipyparallel {of['ipyparallel']}",
        )
        assert set(_versions) == set(KINDS)
    return _versions


def _first(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]


def pytest_sessionfinish() -> None:
    """Write what was seen into the documentation."""
    if results:
        for kind, cells in results.items():
            leaks = sorted(_leaks[kind])
            cells[table.SECRET] = f"**{'; '.join(leaks)}**" if leaks else "no"
        table.write(results, versions())
