"""Snippets that give a job its API key: each names the file, none holds the key.

Each begins by trying the key, so that a job which waited in the queue for too long says so in its first second,
and not after a night. Makes text only; what it tries, it tries where the job runs.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from .address import host_of
from .key_files import VARIABLE

Kind: TypeAlias = Literal["shell", "slurm", "dask", "prefect", "papermill", "container"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAMES: dict[Kind, str] = {
    "shell": "Shell script",
    "slurm": "Slurm (sbatch)",
    "dask": "Dask (dask-jobqueue)",
    "prefect": "Prefect",
    "papermill": "papermill",
    "container": "Container (podman, docker)",
}
_USUAL_RUN = 48 * 3600  # seconds
NOT_STARTED = "Tiled key missing, unreadable or expired: job not started"

# Both try the key without following a redirect (a key for one server goes to that server), and without showing
# it in a list of processes.
_SHELL = """\
key_file={path}  # the key for {host} stays there
unset {variable}
if ! {{ [ -r "$key_file" ] && . "$key_file" &&
        printf 'header = "Authorization: Apikey %s"' "${variable}" |
        curl --config - --silent --show-error --fail --max-time 30 --output /dev/null {url}; }}; then
    echo "{not_started}" >&2
    exit 1
fi
export {variable}
"""
_PYTHON = """\
import os
import sys

import httpx

key_file = {path}  # the key for {host} stays there


def tiled_key():
    try:
        with open(key_file) as file:
            key = file.read().partition("{variable}=")[2].strip()
        httpx.get({url}, headers={{"Authorization": f"Apikey {{key}}"}}, timeout=30).raise_for_status()
    except (OSError, ValueError, httpx.HTTPError) as error:
        sys.exit(f"{not_started} ({{type(error).__name__}})")
    return key


"""
_BASH = "#!/bin/bash\n"
_SLURM = """\
#!/bin/bash
#SBATCH --job-name=tiled
#SBATCH --time={time}
{deadline}#SBATCH --export=NONE
# Submit with: sbatch --export=NONE job.sh    (so that nothing of your shell's environment goes along)

{begin}
srun --export=ALL python3 analysis.py
"""
_DASK = """\
{begin}tiled_key()  # may the job start?

from dask_jobqueue import SLURMCluster
from distributed import Client

from tiled_jupyter import give_key

cluster = SLURMCluster(cores=4, memory="16GB", walltime="{time}", job_extra_directives={directives!r})
client = Client(cluster)
give_key(client, key_file)  # each worker reads the file when it starts, now and later
cluster.scale(jobs=4)
"""
_PREFECT = """\
{begin}os.environ["TILED_API_KEY"] = tiled_key()

from prefect import flow


@flow
def analysis():
    from tiled.client import from_uri

    return list(from_uri({uri!r}))


if __name__ == "__main__":
    analysis()
"""
_CONTAINER = """\
{begin}
# Mounted, and not passed with --env, where `podman inspect` would show the key.
podman run --rm --volume "$key_file":/run/secrets/tiled.env:ro IMAGE \\
    sh -c 'set -a; . /run/secrets/tiled.env; exec python3 analysis.py'
"""


def snippet(
    kind: Kind, path: Path, api_uri: str, *, expires: datetime | None = None, runs_for: int | None = None
) -> str:
    """Write down how a job gets its key.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    path : Path
        The file with the key.
    api_uri : str
        Of the server.
    expires : datetime, optional
        The end of the key, and so of the job. None for never.
    runs_for : int, optional
        Seconds, for the time limits of batch systems; by default two days, or half of what the key has left.

    Returns
    -------
    str
        To be saved as a script, or, for ``dask``, to be pasted in a cell.
    """
    if kind not in KINDS:
        raise ValueError(f"There are snippets for {', '.join(KINDS)}.")
    time = _time_limit(expires, runs_for)
    # Slurm reads the time of its own computers, which is taken to be that of this one.
    deadline = [] if expires is None else [f"--deadline={expires.astimezone():%Y-%m-%dT%H:%M:%S}"]
    python = _begin(_PYTHON, repr, path, api_uri)
    shell = _begin(_SHELL, shlex.quote, path, api_uri)
    if kind == "shell":
        return f"{_BASH}{shell}\npython3 analysis.py\n"
    if kind == "papermill":
        return f"{_BASH}{shell}\npapermill analysis.ipynb result.ipynb    # the key is no parameter: those are saved\n"
    if kind == "slurm":
        ends = "".join(f"#SBATCH {each}    # the end of the key\n" for each in deadline)
        return _SLURM.format(begin=shell, time=time, deadline=ends)
    if kind == "dask":
        return _DASK.format(begin=python, time=time, directives=["--export=NONE", *deadline])
    if kind == "prefect":
        return _PREFECT.format(begin=python, uri=api_uri)
    return _BASH + _CONTAINER.format(begin=shell)


def _time_limit(expires: datetime | None, runs_for: int | None) -> str:
    """Return how long a job may run, as Slurm reads it: never longer than its key works."""
    seconds = runs_for or _USUAL_RUN
    if expires is not None:
        left = int((expires - datetime.now(timezone.utc)).total_seconds())
        seconds = min(seconds, left if runs_for is not None else left // 2)  # the other half to wait in the queue
    minutes = max(seconds // 60, 1)
    return f"{minutes // 60:02}:{minutes % 60:02}:00"


def _begin(template: str, quote: Callable[[str], str], path: Path, api_uri: str) -> str:
    return template.format(
        host=host_of(api_uri),
        not_started=NOT_STARTED,
        path=quote(str(path)),
        url=quote(f"{api_uri}auth/apikey"),
        variable=VARIABLE,
    )
