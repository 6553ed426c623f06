"""Rows C5, C15, D16 and D18: a job gets its key from a file, tries it first, and its script holds no secret."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import nbformat
import pytest

from tiled_jupyter.jobs import KINDS, NOT_STARTED, snippet

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
READ_ON_A_WORKER = """
def read():
    from tiled.client import from_uri
    return list(from_uri({uri!r}))

print("read", client.submit(read).result(60))
client.close()
cluster.close()
"""
PYTHON = ("dask", "prefect")
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
    monkeypatch.setenv("PATH", f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    uri = f"{closed_server.uri}/api/v1/"
    (tmp_path / "analysis.py").write_text(ANALYSIS.format(uri=uri))
    cell = nbformat.v4.new_code_cell(ANALYSIS.format(uri=uri))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), tmp_path / "analysis.ipynb")
    (tools / "srun").write_text('#!/bin/sh\nshift\nexec "$@"\n')
    # What podman does with these arguments, as far as files go.
    (tools / "podman").write_text(
        '#!/bin/bash\nfile="${4%:/run/secrets/tiled.env:ro}"\nexec env -u TILED_API_KEY "${@:6:2}" '
        '"$(sed "s,/run/secrets/tiled.env,\\"$file\\"," <<<"${@:8}")"\n'
    )
    for tool in ("srun", "podman"):
        (tools / tool).chmod(0o755)

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


@pytest.mark.parametrize("kind", KINDS)
def test_a_snippet_names_the_file_tries_the_key_first_and_holds_no_secret(key, kind):
    text = key.snippet(kind)
    assert key.secret not in text
    assert "tiled key.env" in text
    begins = text.index(NOT_STARTED)
    for work in ("analysis.py", "papermill analysis", "SLURMCluster(", "@flow", "podman run"):
        assert work not in text[:begins]
    if kind in PYTHON:
        ast.parse(text)
    else:
        assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0
    assert "no such" not in text


def test_a_batch_job_takes_nothing_of_the_environment_along_and_ends_with_its_key(keys):
    week, short, hour = keys.create("7d"), keys.create(runs_for="90m"), keys.create("1h")
    for each, time in ((week, "48:00:00"), (short, "01:30:00"), (hour, "00:29:00")):
        each.save()
        slurm, dask = each.snippet("slurm"), each.snippet("dask")
        end = f"--deadline={each.expires.astimezone():%Y-%m-%dT%H:%M:%S}"
        assert (f"#SBATCH --time={time}" in slurm, f"#SBATCH {end} " in slurm) == (True, True), slurm
        assert (f'walltime="{time}"' in dask, f"'--export=NONE', '{end}'" in dask) == (True, True), dask
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
        key.snippet("cron")
    with pytest.raises(ValueError, match="Save the key first"):
        keys.create("1h").snippet("shell")


@pytest.mark.parametrize("kind", SHELL)
def test_a_job_reads_with_its_key(key, run, kind):
    done = run(key.snippet(kind))
    assert done.returncode == 0, done.stderr
    output = done.stdout
    if kind == "papermill":
        output = (Path(os.environ["XDG_STATE_HOME"]).parent / "result.ipynb").read_text()
    assert "read [" in output
    assert key.first_eight in output
    assert key.secret not in done.stdout + done.stderr + output


@pytest.mark.parametrize("kind", SHELL)
@pytest.mark.parametrize("why", ["revoked", "missing", "empty"])
def test_a_job_whose_key_is_gone_does_not_start_and_says_so(key, keys, run, kind, why):
    text = key.snippet(kind)
    if why == "revoked":
        keys.revoke(key.first_eight)
    elif why == "missing":
        key.saved_to.unlink()
    else:
        key.saved_to.write_text("")
    done = run(text)
    assert done.returncode == 1
    assert NOT_STARTED in done.stderr
    assert "read [" not in done.stdout
    assert key.secret not in done.stderr


@pytest.mark.parametrize("why", [None, "revoked", "missing"])
def test_a_prefect_flow_reads_with_its_key_or_does_not_start(key, keys, run, tmp_path, why):
    # Prefect itself is not installed here: its decorator, as far as this script needs it.
    (tmp_path / "prefect.py").write_text("def flow(function):\n    return lambda: print('read', function())\n")
    text = key.snippet("prefect")
    if why == "revoked":
        keys.revoke(key.first_eight)
    elif why == "missing":
        key.saved_to.unlink()
    done = run(text, [sys.executable])
    assert (done.returncode, "read [" in done.stdout, NOT_STARTED in done.stderr) == (
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


def test_the_key_is_in_no_list_of_processes(key, run, tmp_path):
    (tmp_path / "bin" / "curl").write_text(
        '#!/bin/sh\ntr "\\0" " " </proc/$$/cmdline >>curl.txt\nexec /usr/bin/env -i cat\n'
    )
    (tmp_path / "bin" / "curl").chmod(0o755)
    done = run(key.snippet("shell"))
    assert "auth/apikey" in (tmp_path / "curl.txt").read_text()
    assert key.secret not in (tmp_path / "curl.txt").read_text()
    assert key.secret in done.stdout  # it went through the pipe, which this curl shows


def test_an_environment_that_has_another_key_does_not_count(key, run):
    text = key.snippet("shell")
    key.saved_to.write_text("# no key in here\n")
    done = run(text, TILED_API_KEY=key.secret)
    assert done.returncode == 1
    assert NOT_STARTED in done.stderr
