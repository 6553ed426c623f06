"""How a person starts the script of each kind, and how its end and what it says are seen.

The scripts are run as the product wrote them. Edited is what a person edits: the image, and the lines that analyse.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from .namespace import Namespace
    from .people import Person
    from .slurm import Slurm

IMAGE = "localhost/tiled-test"
#: What stands for a person's program: it says what it read, and with ``loop`` reads until it is refused.
ANALYSIS = """\
import os, pathlib, sys
from tiled.client import from_uri
client = from_uri({uri!r})
print("read", list(client), os.environ["TILED_API_KEY"][:8], flush=True)
pathlib.Path("begun").touch()
while {loop}:
    list(client)
"""
# In the scripts in Python, what stands in the place of the line that reads.
_LINES = """\
while {loop}:
        list(client)
    print("read", list(client))
    return "read " + str(list(client))"""
_ON_A_WORKER = """

def analysis():
    import pathlib
    from tiled.client import from_uri

    client = from_uri({uri!r})
    pathlib.Path({begun!r}).touch()
    {lines}


print(client.submit(analysis).result())
client.close()
cluster.close()
"""


class Job:
    """A script that was started.

    Parameters
    ----------
    log : Path
        What it has written so far.
    process : Popen, optional
        Whose end is the job's.
    also : Path, optional
        What else it writes.
    """

    def __init__(self, log: Path, process: subprocess.Popen[str] | None = None, also: Path = Path("/dev/null")) -> None:
        self._log = log
        self._also = also
        self._process = process

    def said(self) -> str:
        """Return what it has written so far."""
        return "".join(each.read_text(errors="replace") for each in (self._log, self._also) if each.exists())

    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._process is not None and self._process.poll() is not None

    def went_well(self) -> bool:
        """Whether it ended, and well."""
        return self._process is not None and self._process.poll() == 0

    def wait(self, until: Any = None, limit: float = 3 * PATIENCE) -> Job:
        """Wait for its end, or for something before it."""
        end = time.monotonic() + limit
        while not self.is_over() and not (until and until()):
            if time.monotonic() > end:
                raise TimeoutError(f"A job went on and on:\n{self.said()[-3000:]}")
            time.sleep(0.2)
        return self

    def told(self) -> dict[str, str]:
        """Return what its engine tells of it."""
        return {}


class SlurmJob(Job):
    """One that was given to Slurm, or an array."""

    def __init__(self, slurm: Slurm, number: str, home: Path) -> None:
        self._slurm = slurm
        self.number = number
        self._home = home

    def said(self) -> str:
        """Return what all its elements have written."""
        logs = sorted(self._home.glob(f"slurm-{self.number}*.out"))
        return "".join(log.read_text(errors="replace") for log in logs)

    def state(self) -> str:
        """Return its state, once."""
        return self._slurm.state(self.number)

    def is_over(self) -> bool:
        """Whether no element waits or runs."""
        state = self.state()
        return state != "" and not re.search("PENDING|RUNNING|COMPLETING|REQUEUED", state)

    def went_well(self) -> bool:
        """Whether all elements did."""
        return self.state() == "COMPLETED"

    def told(self) -> dict[str, str]:
        """Return what Slurm tells of it."""
        return self._slurm.told(self.number)


class CronJob(Job):
    """One that cron has started, or will within a minute."""

    def __init__(self, person: Person, log: Path) -> None:
        super().__init__(log)
        self._person = person

    def is_over(self) -> bool:
        """Whether it has begun, and no process is left."""
        return self._log.exists() and not any(_command(each).endswith("job.sh\0") for each in self._person.processes())

    def went_well(self) -> bool:
        """Cron tells nobody."""
        return True


class Service(Job):
    """One that systemd runs."""

    def __init__(self, namespace: Namespace, process: subprocess.Popen[str], log: Path) -> None:
        super().__init__(log, process)
        self._namespace = namespace
        self._before = len(namespace.journal())

    def said(self) -> str:
        """Return what the journal has of it, and what `systemctl` says."""
        command = ["systemctl", "--user", "status", "--no-pager", "tiled-job"]
        status = self._namespace.ask(*command) if self.is_over() else ""
        return self._namespace.journal()[self._before :] + super().said() + status


def _command(process: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text(errors="replace")
    return ""


class Engines:
    """All engines of one machine, for one person.

    Parameters
    ----------
    person : Person
    python : Path
        Of the environment that the notebook and the jobs run in.
    slurm : Slurm
    namespace : Namespace
    """

    def __init__(self, person: Person, python: Path, slurm: Slurm, namespace: Namespace) -> None:
        self.person = person
        self._python = python
        self.slurm = slurm
        self._namespace = namespace
        self._number = 0

    def start(self, kind: str, script: str, uri: str, *, loop: bool = False) -> Job:
        """Start the script of one kind, edited where a person edits."""
        person = self.person
        for left in ("begun", "job.log", "result.ipynb"):
            (person.home / left).unlink(missing_ok=True)
        analysis = ANALYSIS.format(uri=uri, loop=loop)
        person.write("analysis.py", analysis)
        lines = _LINES.format(loop=loop)
        match kind:
            case "slurm":
                person.write("job.sh", script)
                return self.submit("job.sh")
            case "papermill":
                self._write_notebook(analysis)
            case "container":
                script = script.replace(" IMAGE ", f" {IMAGE} ")
            case "prefect" | "ipyparallel":
                api_uri = f"{uri}/api/v1/"
                client = f"client = from_uri({uri!r})\n    {lines}"
                script = _instead(script, f"return list(from_uri({api_uri!r}))", client)
            case "joblib":
                script = _instead(script, "return repr(client[name])", lines.replace("\n", "\n    "))
            case "dask":
                begun = str(person.home / "begun")
                script += _ON_A_WORKER.format(uri=uri, lines=lines, begun=begun)
            case "cron":
                return self._start_cron(script)
            case "systemd":
                return self._start_service(script)
        python = kind in ("prefect", "ipyparallel", "joblib", "dask")
        path = person.write("job.py" if python else "job.sh", script)
        command = [str(self._python), *(["-m", "IPython"] if kind == "dask" else []), str(path)]
        return self.start_program(command if python else ["bash", str(path)])

    def start_program(self, command: list[str], **environment: str) -> Job:
        """Start a program of the person's."""
        self._number += 1
        log = self.person.write(f"logs/{self._number}.log", "")
        with log.open("w") as output:
            process = self.person.start(command, subprocess.DEVNULL, output, **environment)
        return Job(log, process, self.person.home / "result.ipynb")

    def submit(self, script: str) -> SlurmJob:
        """Submit a script as its own comment says."""
        said = self.person.run(["sbatch", "--export=NONE", script])
        return self.job(re.findall(r"Submitted batch job (\d+)", said)[0])

    def job(self, number: str) -> SlurmJob:
        """Return a job of Slurm's."""
        return SlurmJob(self.slurm, number, self.person.home)

    def _start_cron(self, script: str) -> Job:
        person = self.person
        person.write("job.sh", script)
        line = re.findall(r"^#     0 3 \* \* \* (.+)$", script, re.MULTILINE)[0]
        user = ["crontab", "-u", person.name]
        table = f"* * * * * {line}\n"  # each minute
        subprocess.run(self._namespace.inside(*user, "-"), input=table, text=True, check=True)
        job = CronJob(person, person.home / "job.log")
        try:
            Job(Path("/dev/null")).wait((person.home / "job.log").exists)
        finally:
            subprocess.run(self._namespace.inside(*user, "-r"), check=True)
        return job

    def _start_service(self, script: str) -> Job:
        person = self.person
        person.write("tiled-job.sh", script)
        unit = re.findall(r"^#     (.+)$", script, re.MULTILINE)
        person.write(".config/systemd/user/tiled-job.service", "\n".join(unit) + "\n")
        person.run(["systemctl", "--user", "daemon-reload"])
        with suppress(RuntimeError):
            person.run(["systemctl", "--user", "reset-failed", "tiled-job"])
        job = self.start_program(["systemctl", "--user", "start", "tiled-job"])
        assert job._process is not None
        return Service(self._namespace, job._process, job._log)

    def _write_notebook(self, text: str) -> None:
        kernel = "{'kernelspec': {'name': 'python3', 'display_name': 'Python 3'}}"
        cells = "[v.new_code_cell(sys.stdin.read())]"
        make = f"import nbformat.v4 as v, sys; print(v.writes(v.new_notebook(cells={cells}, metadata={kernel})))"
        self.person.write("analysis.ipynb", self.person.run([str(self._python), "-c", make], text))

    def make_image(self, packages: Path) -> str:
        """Make an image with a user of its own; return why no container runs here, or nothing.

        It has the Python of this machine, and Tiled, which the site's configuration mounts, as it gives containers the
        network of their host: there the Tiled server of the tests listens.
        """
        person = self.person
        files = io.BytesIO()
        with tarfile.open(fileobj=files, mode="w") as tar:
            for name in ("usr", "etc", "tmp", "run", "run/secrets", "proc", "sys", "dev", "opt", "opt/tiled", "work"):
                folder = tarfile.TarInfo(name)
                folder.type, folder.mode = tarfile.DIRTYPE, 0o777
                tar.addfile(folder)
            for name in ("bin", "lib", "lib64"):
                link = tarfile.TarInfo(name)
                link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
                tar.addfile(link)
        path = person.home / "image.tar"
        path.write_bytes(files.getvalue())
        path.chmod(0o644)
        program = person.write("analysis.py", "")
        volumes = f'["/usr:/usr:ro", "{packages}:/opt/tiled:ro", "{program}:/work/analysis.py:ro"]'
        person.write(
            ".config/containers/containers.conf",
            f'[containers]\nnetns="host"\nvolumes={volumes}\n[engine]\ncgroup_manager="cgroupfs"\nevents_logger="file"\n'
            'runtime="runc"\n',
        )
        changes = ["USER 4711", "WORKDIR /work", "ENV PYTHONPATH=/opt/tiled", "ENV HOME=/tmp"]
        options = [part for change in changes for part in ("--change", change)]
        try:
            person.run(["podman", "import", *options, str(path), IMAGE])
            person.run(["podman", "run", "--rm", "--userns=keep-id", IMAGE, "python3", "-c", "import tiled.client"])
        except RuntimeError as error:
            return str(error)
        return ""


def _instead(script: str, lines: str, others: str) -> str:
    assert script.count(lines) == 1, f"The script has other lines now than these:\n{lines}"
    return script.replace(lines, others)
