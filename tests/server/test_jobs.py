"""A job gets its key from a file, tries it first, and its script holds no secret."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import httpx
import nbformat
import pytest

from tiled_jupyter.keys.jobs import FILES, KINDS, NAMES, NOT_STARTED, activation, save_script, script_path, snippet

ANALYSIS = """\
import os
from tiled.client import from_uri
print("read", list(from_uri({uri!r})), os.environ["TILED_API_KEY"][:8])
"""
SLURM_HERE = """\
from distributed import LocalCluster

class SLURMCluster(LocalCluster):
    def __init__(self, **slurm):
        super().__init__(n_workers=0, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0")

    def scale(self, n=0, jobs=0):
        super().scale(n + min(jobs, 1))
"""
QUEUE_CANCELS = """

class Cancels(SLURMCluster):
    def scale(self, n=0, jobs=0):
        pass

SLURMCluster = Cancels
"""
READ_ON_A_WORKER = """
def read():
    from tiled.client import from_uri
    return list(from_uri({uri!r}))

print("read", client.submit(read).result(60))
client.close()
cluster.close()
"""
PYTHON = ("dask", "prefect", "joblib", "ipyparallel")
# What podman and apptainer do with their arguments, as far as files and the environment go.
CONTAINER = """#!/bin/bash
for each; do case "$each" in *:/run/secrets/tiled.env:ro*) file="${each%%:/run/secrets/*}" ;; esac; done
exec env -u key_file sh -c "$(sed "s,/run/secrets/tiled.env,\\"$file\\"," <<<"${!#}")"
"""
SHELL = tuple(kind for kind in KINDS if kind not in PYTHON)


@pytest.fixture
def key(keys):
    """A key that was saved, with a path that wants quoting."""
    made = keys.create("1h", "overnight fit")
    made.save(Path(os.environ["XDG_STATE_HOME"]) / "it's my {key}" / "tiled key.env")
    return made


@pytest.fixture
def run(tmp_path, closed_server, monkeypatch):
    """Run a script where `analysis.py` and what stands for the tools of a cluster are."""
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")  # a script finds its environment itself
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    uri = f"{closed_server.uri}/api/v1/"
    (tmp_path / "analysis.py").write_text(ANALYSIS.format(uri=uri))
    cell = nbformat.v4.new_code_cell(ANALYSIS.format(uri=uri))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), tmp_path / "analysis.ipynb")
    (tools / "srun").write_text('#!/bin/sh\n{ env; cat /proc/$PPID/cmdline; echo "$@"; } >srun.txt\nshift\nexec "$@"\n')
    for tool in ("podman", "apptainer"):
        (tools / tool).write_text(CONTAINER)
    for tool in tools.iterdir():
        tool.chmod(0o755)

    def run(script, program=("bash",), **environment):
        path = tmp_path / "job"
        path.write_text(script)
        return subprocess.run(
            [*program, str(path)],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def given(key):
    """Return what systemd gives a service with the credential that the unit names."""
    credentials = key.saved_to.parent / "credentials"
    credentials.mkdir()
    (credentials / "tiled.env").symlink_to(key.saved_to)
    return {"CREDENTIALS_DIRECTORY": str(credentials)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_snippet_names_the_file_tries_the_key_first_and_holds_no_secret(key, kind):
    text = key.snippet(kind)
    assert key.secret not in text
    assert "tiled key.env" in text
    begins = text.index(NOT_STARTED)
    for work in ("analysis.py", "papermill analysis", "SLURMCluster(", "podman run", "apptainer exec", "Parallel("):
        assert work not in text[:begins]
    if kind in PYTHON:
        ast.parse(text)
    else:
        assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0
    assert "no such" not in text


def test_every_kind_has_a_name_and_is_saved_beside_the_notebook_or_where_it_is_looked_for(tmp_path, monkeypatch):
    assert tuple(NAMES) == KINDS
    monkeypatch.setenv("HOME", "/home/alice")
    monkeypatch.setenv("JPY_SESSION_NAME", f"{tmp_path}/scan 7.ipynb")
    paths = {kind: None if FILES[kind] is None else str(script_path(FILES[kind])) for kind in KINDS}
    assert (paths["slurm"], paths["cron"], paths["dask"]) == (f"{tmp_path}/job.sh", "/home/alice/job.sh", None)
    for kind, path in paths.items():
        assert path is None or path.endswith(".py") == (kind in PYTHON), path
        if path is not None and path.startswith("/home"):
            text = snippet(kind, tmp_path / "key.env", "https://t.example/api/v1/")
            assert re.search(f"(~|[$]HOME)/{Path(path).name}", text)


@pytest.mark.parametrize("replace", [False, True])
def test_a_script_that_cannot_be_written_whole_is_not_there(tmp_path, monkeypatch, replace):
    path = tmp_path / "job.sh"
    if replace:
        path.write_text("of before")
    with pytest.raises(UnicodeEncodeError):
        save_script(path, "half of it, and \ud800", replace=replace)
    assert [each.read_text() for each in tmp_path.iterdir()] == (["of before"] if replace else [])


def test_a_batch_job_takes_nothing_of_the_environment_along_and_ends_with_its_key(keys):
    week, short, hour = keys.create("7d"), keys.create(runs_for="90m"), keys.create("1h")
    for each, limit in ((week, "48:00:00"), (short, "01:30:00"), (hour, "00:29:00")):
        each.save()
        slurm, dask = each.snippet("slurm"), each.snippet("dask")
        end = f"--deadline={each.expires.astimezone():%Y-%m-%dT%H:%M:%S}"
        assert (f"#SBATCH --time={limit}" in slurm, f"#SBATCH {end} " in slurm) == (True, True), slurm
        assert (f'walltime="{limit}"' in dask, f"'--export=NONE', '{end}'" in dask) == (True, True), dask
        assert "#SBATCH --export=NONE" in slurm
        assert "sbatch --export=NONE" in slurm


def test_a_key_that_is_used_up_or_never_ends_sets_a_limit_that_can_be_submitted(tmp_path):
    now = datetime.now(timezone.utc)
    path, uri = tmp_path / "key.env", "https://t.example/api/v1/"
    assert "--time=00:49:00" in snippet("slurm", path, uri, expires=now + timedelta(minutes=50), runs_for=3600)
    assert "--time=00:01:00" in snippet("slurm", path, uri, expires=now - timedelta(days=1))
    endless = snippet("slurm", path, uri, runs_for=100 * 3600)
    assert ("--time=100:00:00" in endless, "--deadline" in endless) == (True, False)


def test_a_job_that_outlasts_its_key_gets_no_key(keys):
    before = keys.list().of_limit
    with pytest.raises(ValueError, match="needs its key for 2 d, and this key would work for 1 h"):
        keys.create("1h", runs_for="48h")
    assert keys.list().of_limit == before


def test_an_unknown_kind_and_a_key_without_a_file_get_a_sentence(key, keys):
    with pytest.raises(ValueError, match="shell, slurm"):
        key.snippet("pbs")
    with pytest.raises(ValueError, match="Save the key first"):
        keys.create("1h").snippet("shell")


@pytest.mark.parametrize("kind", SHELL)
def test_a_job_reads_with_its_key(key, run, kind):
    done = run(key.snippet(kind), **given(key))
    assert done.returncode == 0, done.stderr
    output = done.stdout
    if kind == "papermill":
        output = (Path(os.environ["XDG_STATE_HOME"]).parent / "result.ipynb").read_text()
    assert "read [" in output
    assert key.first_eight in output
    assert key.secret not in done.stdout + done.stderr + output


@pytest.mark.parametrize("kind", SHELL)
def test_a_job_whose_key_is_gone_does_not_start(key, run, kind):
    text = key.snippet(kind)
    key.saved_to.unlink()
    done = run(text, **given(key))
    assert done.returncode == 1
    assert NOT_STARTED in done.stderr.splitlines()[-1]
    assert "read [" not in done.stdout


def revoked(key, keys):
    keys.revoke(key.first_eight)
    key.save(key.saved_to)


def expired(key, _):
    while key.expires > datetime.now(timezone.utc):
        time.sleep(0.1)


def missing(key, _):
    key.saved_to.unlink()


def empty(key, _):
    key.saved_to.write_text("# no key in here\n")


def unreadable(key, _):
    key.saved_to.unlink()
    key.saved_to.mkdir()


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (revoked, "{host} refuses the key (revoked)"),
        (expired, "{host} refuses the key (expired on {expires})"),
        (missing, "no file {path}"),
        (empty, "no key in {path}"),
        (unreadable, "{path} cannot be read (Is a directory)"),
    ],
)
def test_a_job_that_does_not_start_says_why_and_what_to_do(keys, run, trouble, sentence):
    key = keys.create(1 if trouble is expired else "1h", "overnight fit")
    path = key.save(Path(os.environ["XDG_STATE_HOME"]) / "it's my {key}" / "tiled key.env")
    text = key.snippet("shell")
    trouble(key, keys)
    done = run(text, TILED_API_KEY=keys.create("1h").secret)  # another one does not count
    host, expires = keys.host, f"{key.expires:%Y-%m-%dT%H:%M:%S}+00:00"
    said = sentence.format(host=host, path=path, expires=expires)
    assert done.stderr.strip() == (
        f"{NOT_STARTED}: {said}. The note of its key is 'overnight fit'. Make another in a notebook (tab API keys, or "
        "%tiled_api_key create --save), and name its file in this script."
    )
    assert (done.returncode, done.stdout) == (1, "")


def test_a_job_waits_for_a_server_that_is_away(key, run, closed_server):
    """Nothing listens at a port, until something that passes all on to the server does."""
    with socket.socket() as door, ThreadPoolExecutor() as pool:
        door.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{door.getsockname()[1]}/api/v1/"
        text = snippet("shell", key.saved_to, away, note=key.note)
        done = run(text.replace("patience=600", "patience=2"))
        host = away.split("/")[2]
        assert f"{NOT_STARTED}: {host} cannot be reached ([Errno 111] Connection refused)." in done.stderr
        assert (done.returncode, done.stdout, "overnight fit" in done.stderr) == (1, "", True)
        later = pool.submit(run, text)
        time.sleep(1)
        door.listen()
        Thread(target=passes_on, args=(door, httpx.URL(closed_server.uri).port), daemon=True).start()
        done = later.result()
    assert "read [" in done.stdout, done.stderr


def passes_on(door, port):
    with contextlib.suppress(OSError):  # the door is closed
        while True:
            client, _ = door.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for source, sink in ((client, server), (server, client)):
                Thread(target=pour, args=(source, sink), daemon=True).start()


def pour(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def test_what_slurm_passes_on_to_tasks_has_no_key_in_it(key, run, tmp_path):
    done = run(key.snippet("slurm"), TILED_API_KEY=key.secret)
    assert "read [" in done.stdout, done.stderr
    passed_on = (tmp_path / "srun.txt").read_text(errors="replace")
    assert "key_file=" in passed_on
    assert "analysis.py" in passed_on
    assert key.secret not in passed_on


def test_a_server_on_this_computer_is_reached_without_a_proxy(key, run):
    done = run(key.snippet("shell"), HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9")
    assert "read [" in done.stdout, done.stderr


def test_the_environment_of_the_notebook_is_activated(tmp_path, monkeypatch):
    root, bare = tmp_path / "my conda", tmp_path / "bare"
    named, elsewhere, venv = root / "envs" / "tiled", tmp_path / "elsewhere", tmp_path / "it's"
    for place in (root, named, elsewhere):
        (place / "conda-meta").mkdir(parents=True)
    for place in (root, venv):
        (place / "bin").mkdir(parents=True)
        (place / "bin/activate").touch()
    (root / "condabin").mkdir()
    monkeypatch.delenv("CONDA_EXE", raising=False)
    conda = f". '{root}/bin/activate'"
    assert activation(root) == f"{conda} '{root}' || exit 1"
    assert activation(named) == f"{conda} '{named}' || exit 1"
    assert activation(elsewhere) == f'export PATH={elsewhere}/bin:"$PATH"'  # nothing to activate it with
    monkeypatch.setenv("CONDA_EXE", str(root / "bin/conda"))
    assert activation(elsewhere) == f"{conda} {elsewhere} || exit 1"
    assert activation(venv) == f""". '{tmp_path}/it'"'"'s/bin/activate' || exit 1"""
    assert activation(bare) == f'export PATH={bare}/bin:"$PATH"'


@pytest.mark.parametrize("why", [None, "revoked", "missing"])
def test_a_prefect_flow_reads_with_its_key_or_does_not_start(key, keys, run, tmp_path, why):
    # Prefect itself is not installed here: its decorator, as far as this script needs it.
    (tmp_path / "prefect.py").write_text(
        "def flow(function):\n    return lambda: [print('begun'), print('read', function())]\n"
    )
    text = key.snippet("prefect")
    if why == "revoked":
        keys.revoke(key.first_eight)
    elif why == "missing":
        key.saved_to.unlink()
    done = run(text, [sys.executable])
    assert "begun" in done.stdout  # an error before that reaches no log of Prefect's
    assert (done.returncode, "read [" in done.stdout, f"RuntimeError: {NOT_STARTED}" in done.stderr) == (
        (0, True, False) if why is None else (1, False, True)
    ), done.stderr
    assert key.secret not in done.stdout + done.stderr


@pytest.mark.parametrize("why", [None, "revoked", "missing"])
def test_dask_workers_of_a_batch_system_read_with_the_key_or_are_not_asked_for(key, keys, run, tmp_path, why):
    (tmp_path / "dask_jobqueue.py").write_text(SLURM_HERE)  # there is no Slurm here, and the cluster is real
    text = key.snippet("dask") + READ_ON_A_WORKER.format(uri=str(keys._context.api_uri))
    if why == "revoked":
        keys.revoke(key.first_eight)
    elif why == "missing":
        key.saved_to.unlink()
    done = run(text, [sys.executable, "-c", "import sys; sys.path.insert(0, ''); exec(open(sys.argv[1]).read())"])
    assert (done.returncode, "read [" in done.stdout, NOT_STARTED in done.stderr) == (
        (0, True, False) if why is None else (1, False, True)
    ), done.stderr
    assert key.secret not in done.stdout + done.stderr


def test_a_cell_with_dask_does_not_wait_past_its_key_for_jobs_that_the_queue_has_cancelled(keys, run, tmp_path):
    (tmp_path / "dask_jobqueue.py").write_text(SLURM_HERE + QUEUE_CANCELS)
    lasts = 5
    while True:
        key = keys.create(lasts, "overnight fit")
        key.save()
        done = run(key.snippet("dask"), [sys.executable])
        if "refuses the key" not in done.stderr:  # slower than that to begin
            break
        lasts *= 3
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"RuntimeError: {NOT_STARTED}: no worker has started before the key's end ({key.expires}). The note of its key "
        "is 'overnight fit'. Make another in a notebook (tab API keys, or %tiled_api_key create --save), and name its "
        "file in this script."
    )


def test_a_job_with_joblib_whose_key_ends_meanwhile_says_so(key, keys, run):
    text = key.snippet("joblib").replace("check_tiled_key(key_file)  # may the job start?", "")
    keys.revoke(key.first_eight)
    key.save(key.saved_to)
    done = run(text, [sys.executable])
    assert (done.returncode, "RuntimeError: ClientError: 401" in done.stderr) == (1, True), done.stderr
    assert key.secret not in done.stdout + done.stderr
