"""Snippets that give a job its API key: each names the file, none holds the key.

Each begins by trying the key, so that a job which waited in the queue for too long says so in its first second,
and not after a night. What it tries, it tries where the job runs.
"""

from __future__ import annotations

import os
import secrets
import shlex
import sys
from datetime import datetime, timezone
from pathlib import Path
from string import Template
from typing import Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from ..address import host_of, is_loopback
from ..session.key_files import VARIABLE, notebook_folder

Kind: TypeAlias = Literal[
    "shell",
    "slurm",
    "dask",
    "prefect",
    "papermill",
    "container",
    "apptainer",
    "cron",
    "systemd",
    "joblib",
    "ipyparallel",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAMES: dict[Kind, str] = {
    "shell": "Shell script",
    "slurm": "Slurm (sbatch)",
    "dask": "Dask (dask-jobqueue)",
    "prefect": "Prefect",
    "papermill": "Notebook (papermill, nbclient)",
    "container": "Container (podman, docker)",
    "apptainer": "Apptainer (Singularity)",
    "cron": "cron",
    "systemd": "systemd service",
    "joblib": "joblib",
    "ipyparallel": "ipyparallel",
}
# What each is saved as. A cell of a notebook is no file; who starts the others by a name expects it in the home folder.
FILES: dict[Kind, str | None] = {
    **dict.fromkeys(KINDS, "job.sh"),
    **dict.fromkeys(("joblib", "ipyparallel"), "job.py"),
    "prefect": "flow.py",
    "cron": "~/job.sh",
    "systemd": "~/tiled-job.sh",
    "dask": None,
}
NOT_STARTED = "Job not started"
_ADVICE = (
    "Make another in a notebook (tab API keys, or %tiled_api_key create --save), and name its file in this script."
)
_USUAL_RUN = 48 * 3600  # seconds

# Follows no redirect: a key for one server goes to that server. No frame that raises holds the key.
_CHECK = Template('''\
import sys
import time
from datetime import datetime, timezone

import httpx

HOST = $host
URL = $url
ADVICE = $advice


def trouble_with(key_file):
    """Return what is wrong with the key, if anything, and whether that may pass."""
    try:
        with open(key_file, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except FileNotFoundError:
        return f"no file {key_file}", False
    except OSError as error:
        return f"{key_file} cannot be read ({error.strerror})", False
    key = text.partition("$variable=")[2].strip()
    if not (key.isascii() and key.isalnum()):
        return f"no key in {key_file}", False
    try:
        answer = httpx.get(URL, headers={"Authorization": f"Apikey {key}"}, timeout=30)
    except Exception as error:
        return f"{HOST} cannot be reached ({error or type(error).__name__})", True
    if answer.status_code == 401:
        until = text.partition("# expires: ")[2].partition("\\n")[0]
        is_over = until < datetime.now(timezone.utc).isoformat()
        why = "revoked or expired" if not until else f"expired on {until}" if is_over else "revoked"
        return f"{HOST} refuses the key ({why})", False
    if answer.status_code != 200 or key[:8] not in answer.text:
        return f"{HOST} cannot be reached (it answers {answer.status_code}, and not as Tiled does)", True
    return None, False


def check_tiled_key(key_file, patience=600):
    """Raise if the key is of no use; wait, in seconds, for a server that is away."""
    pause, end = 1, time.monotonic() + patience
    while True:
        trouble, may_pass = trouble_with(key_file)
        if trouble is None:
            return
        if not may_pass or time.monotonic() + pause > end:
            break
        print(f"{trouble}; tried again in {pause} s", file=sys.stderr, flush=True)
        time.sleep(pause)
        pause = min(2 * pause, 60)
    raise RuntimeError(f"$not_started: {trouble}. {ADVICE}")
''')
_READ = '''\


def tiled_key(key_file):
    """Return the key; who calls this keeps it out of logs and results."""
    with open(key_file, encoding="utf-8") as file:
        return file.read().partition("TILED_API_KEY=")[2].strip()
'''
_SHELL = Template("""\
# The environment of the notebook; write here which other one the job shall run in.
$activate
${no_proxy}export key_file=$path  # the key for $host stays there
unset $variable
python3 - "$$key_file" <<'END' || exit 1
$check

try:
    check_tiled_key(sys.argv[1])
except RuntimeError as error:
    sys.exit(str(error))
END
""")
_PYTHON = Template("""\
#!$python
# That is the Python of the notebook; write there which other one the job shall run in.
import os
$check

key_file = $path  # the key for $host stays there
$no_proxy""")
_NO_PROXY = Template("""\
others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
os.environ["no_proxy"] = ",".join([$host, others])  # this computer needs none
""")
_RUN = 'set -a  # so that programs get what the file sets\n. "$key_file"\n'
_IN_TASK = "sh -c 'set -a; . {key_file}; exec python3 analysis.py'"

_NOTEBOOK = """\
# The key is no parameter: those are saved in the notebook. With nbclient the last line is
#     jupyter execute --output=result analysis.ipynb
papermill analysis.ipynb result.ipynb
"""

_SLURM = Template("""\
#!/bin/bash
#SBATCH --job-name=tiled
#SBATCH --time=$time
$deadline#SBATCH --export=NONE
##SBATCH --array=0-19    # with one # it is an array of 20 jobs
# Submit with: sbatch --export=NONE job.sh    (so that nothing of your shell's environment goes along)

$begin
# Each task reads the key: what srun passes on goes over the network in clear.
srun --export=ALL $task
""")
_DASK = Template("""\
${begin}check_tiled_key(key_file)  # may the job start?

from dask_jobqueue import SLURMCluster
from distributed import Client, TimeoutError

from tiled_jupyter import give_key

cluster = SLURMCluster(cores=4, memory="16GB", walltime="$time", job_extra_directives=$directives)
client = Client(cluster)
give_key(client, key_file)  # each worker reads the file when it starts, now and later
cluster.scale(jobs=4)
$wait""")
# Dask itself waits for workers without end, and is not told that the queue has cancelled their jobs.
_WAIT = Template("""\
end = datetime.fromisoformat("$end")  # of the key; a job that waits for longer is cancelled in the queue
try:
    client.wait_for_workers(1, timeout=max(1, (end - datetime.now(timezone.utc)).total_seconds()))
except TimeoutError:
    cluster.close()
    raise RuntimeError(f"$not_started: no worker has started before the key's end ({end}). {ADVICE}") from None
""")
_PREFECT = Template("""\
${begin}
from prefect import flow

# For workers that cannot read the file, keep the key in a Secret block, once and from where the file is:
#     from prefect.blocks.system import Secret
#     Secret(value=tiled_key(key_file)).save("tiled-key", overwrite=True)
# and take Secret.load("tiled-key").get() for tiled_key(key_file) below, without the check. A parameter or a Variable
# would show the key.


@flow
def analysis():
    check_tiled_key(key_file)  # what this raises is why the flow has failed
    os.environ["$variable"] = tiled_key(key_file)
    from tiled.client import from_uri

    return list(from_uri($uri))


if __name__ == "__main__":
    analysis()
""")
_CONTAINER = Template("""\
#!/bin/bash
$begin
# Mounted, and not passed with --env, where `podman inspect` would show the key. Run as you, whatever the image's
# USER is, since nobody else may read the file. With docker leave out --userns=keep-id.
podman run --rm --userns=keep-id --user "$$(id -u):$$(id -g)" --volume "$$key_file":/run/secrets/tiled.env:ro,z IMAGE \\
    $task
""")
_APPTAINER = Template("""\
#!/bin/bash
$begin
apptainer exec --cleanenv --bind "$$key_file":/run/secrets/tiled.env:ro IMAGE.sif \\
    $task
""")
_CRON = Template("""\
#!/bin/bash
# In `crontab -e`, for each night at three:
#     0 3 * * * /bin/bash "$$HOME/job.sh" >>"$$HOME/job.log" 2>&1

$begin
${run}python3 analysis.py
""")
_SYSTEMD = Template("""\
#!/bin/bash
# Save this as ~/tiled-job.sh, and its unit as ~/.config/systemd/user/tiled-job.service:
#     [Service]
#     Type=oneshot
#     LoadCredential=tiled.env:$unit_path
#     ExecStart=/bin/bash %h/tiled-job.sh
# Then: systemctl --user daemon-reload; systemctl --user start tiled-job
# Its status is 243/CREDENTIALS where the file is missing or cannot be read: then systemd starts no script.

$begin
${run}python3 analysis.py
""")
_JOBLIB = Template("""\
${begin}check_tiled_key(key_file)  # may the job start?

from joblib import Parallel, delayed


def analysis(name):
    from tiled.client import from_uri

    try:
        client = from_uri($uri, api_key=tiled_key(key_file))  # each process reads the file itself
        return repr(client[name])
    except Exception as error:  # of Tiled's kind, which cannot be sent between processes
        raise RuntimeError(f"{type(error).__name__}: {error}") from None


print(Parallel(n_jobs=4)(delayed(analysis)(name) for name in ["NAME"]))
""")
_IPYPARALLEL = Template("""\
${begin}check_tiled_key(key_file)  # may the job start?

import ipyparallel


def use_key(key_file):
    import os

    with open(key_file, encoding="utf-8") as file:
        os.environ["$variable"] = file.read().partition("$variable=")[2].strip()


def analysis():
    from tiled.client import from_uri

    return list(from_uri($uri))


with ipyparallel.Cluster(n=4) as engines:
    engines[:].apply_sync(use_key, key_file)  # each engine reads the file itself
    print(engines[:].apply_sync(analysis))
""")


def snippet(
    kind: Kind,
    path: Path,
    api_uri: str,
    *,
    note: str | None = None,
    expires: datetime | None = None,
    runs_for: int | None = None,
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
    note : str, optional
        Of the key, for whoever has to make another.
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
    check = _check(api_uri, note)
    # Slurm reads the time of its own computers, which is taken to be that of this one.
    deadline = [] if expires is None else [f"--deadline={expires.astimezone():%Y-%m-%dT%H:%M:%S}"]
    in_python = {
        "time": _time_limit(expires, runs_for),
        "directives": repr(["--export=NONE", *deadline]),
        "uri": repr(api_uri),
        "variable": VARIABLE,
        "wait": "" if expires is None else _WAIT.substitute(end=expires.isoformat(), not_started=NOT_STARTED),
    }
    in_shell = {
        "begin": _shell(check, shlex.quote(str(path)), api_uri),
        "run": _RUN,
        "time": in_python["time"],
        "deadline": "".join(f"#SBATCH {each}    # the end of the key\n" for each in deadline),
        "task": _IN_TASK.format(key_file='"$key_file"'),
    }
    mounted = {**in_shell, "task": _IN_TASK.format(key_file="/run/secrets/tiled.env")}
    match kind:
        case "shell":
            return f"#!/bin/bash\n{in_shell['begin']}\n{_RUN}python3 analysis.py\n"
        case "papermill":
            return f"#!/bin/bash\n{in_shell['begin']}\n{_RUN}{_NOTEBOOK}"
        case "slurm":
            return _SLURM.substitute(in_shell)
        case "container":
            return _CONTAINER.substitute(mounted)
        case "apptainer":
            return _APPTAINER.substitute(mounted)
        case "cron":
            return _CRON.substitute(in_shell)
        case "systemd":
            given = '"${CREDENTIALS_DIRECTORY:?is set by systemd}/tiled.env"'
            unit_path = str(path).replace("%", "%%")
            return _SYSTEMD.substitute(in_shell, begin=_shell(check, given, api_uri), unit_path=unit_path)
        case "dask":
            return _DASK.substitute(in_python, begin=_python(check, path, api_uri))
        case "prefect":
            return _PREFECT.substitute(in_python, begin=_python(check + _READ, path, api_uri))
        case "joblib":
            return _JOBLIB.substitute(in_python, begin=_python(check + _READ, path, api_uri))
        case "ipyparallel":
            return _IPYPARALLEL.substitute(in_python, begin=_python(check, path, api_uri))


def script_path(save_as: str) -> Path:
    """Return where a script lies that is saved under one of the names of `FILES`.

    That is beside the notebook, on the computer of its kernel, from where jobs are submitted.
    """
    return notebook_folder() / Path(save_as).expanduser()


def save_script(path: Path, text: str, *, replace: bool = False) -> None:
    """Save a script.

    Parameters
    ----------
    path : Path
    text : str
    replace : bool
        Whether another file may be replaced. The same text may stand there already.

    Raises
    ------
    FileExistsError
        And nothing is changed.
    OSError
        If it cannot be written.
    """
    if replace:
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")  # a program that reads it finds it whole
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        return
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        if path.is_file() and path.read_bytes() == text.encode():
            return
        raise
    try:
        with file:
            file.write(text)
    except BaseException:  # such as a full disk
        path.unlink(missing_ok=True)
        raise


def activation(prefix: Path) -> str:
    """Return the line of a shell that activates the environment of a Python, by its `sys.prefix`."""
    if (prefix / "conda-meta").is_dir():
        # The environment that has conda itself, which a named one lies in and any other one was made by.
        roots = [prefix, *prefix.parents[1:2], *Path(os.environ.get("CONDA_EXE", "")).parents[1:2]]
        activate = next((root / "bin/activate" for root in roots if (root / "condabin").is_dir()), None)
        if activate is not None and activate.is_file():
            return f". {shlex.quote(str(activate))} {shlex.quote(str(prefix))} || exit 1"
    elif (prefix / "bin/activate").is_file():
        return f". {shlex.quote(str(prefix / 'bin/activate'))} || exit 1"
    return f'export PATH={shlex.quote(str(prefix / "bin"))}:"$PATH"'


def _check(api_uri: str, note: str | None) -> str:
    return _CHECK.substitute(
        host=repr(host_of(api_uri)),
        url=repr(f"{api_uri}auth/apikey"),
        advice=repr(f"The note of its key is {note!r}. {_ADVICE}" if note else _ADVICE),
        not_started=NOT_STARTED,
        variable=VARIABLE,
    )


def _shell(check: str, path: str, api_uri: str) -> str:
    host = urlsplit(api_uri).hostname or ""
    no_proxy = f'export no_proxy="{host},${{no_proxy:-$NO_PROXY}}"  # this computer needs none\n'
    return _SHELL.substitute(
        activate=activation(Path(sys.prefix)),
        check=check,
        host=host_of(api_uri),
        no_proxy=no_proxy if is_loopback(host) else "",
        path=path,
        variable=VARIABLE,
    )


def _python(check: str, path: Path, api_uri: str) -> str:
    host = urlsplit(api_uri).hostname or ""
    no_proxy = _NO_PROXY.substitute(host=repr(host)) if is_loopback(host) else ""
    return _PYTHON.substitute(
        check=check, host=host_of(api_uri), no_proxy=no_proxy, path=repr(str(path)), python=sys.executable
    )


def _time_limit(expires: datetime | None, runs_for: int | None) -> str:
    """Return how long a job may run, as Slurm reads it: never longer than its key works."""
    seconds = runs_for or _USUAL_RUN
    if expires is not None:
        left = int((expires - datetime.now(timezone.utc)).total_seconds())
        seconds = min(seconds, left if runs_for is not None else left // 2)  # the other half to wait in the queue
    minutes = max(seconds // 60, 1)
    return f"{minutes // 60:02}:{minutes % 60:02}:00"
