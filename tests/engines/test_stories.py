"""Each script, as the product wrote it, while all goes well and while it does not."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import datetime, timezone

import pytest

from tests.patience import PATIENCE
from tiled_jupyter.keys.jobs import KINDS, NOT_STARTED

from .conftest import PYTHON, note

# A key does not end in the middle of these: their engine ends them before. Theirs is revoked instead.
TIMED = ("slurm", "dask")
RUN = [kind for kind in KINDS if kind != "apptainer"]


@pytest.fixture(scope="session", params=RUN)
def kind(request):
    if request.param == "prefect":
        request.getfixturevalue("prefect")
    elif request.param == "container":
        request.getfixturevalue("image")
    return request.param


@pytest.fixture(scope="session")
def image(engines):
    (packages,) = PYTHON.parents[1].glob("lib/python3*/site-packages")
    why = engines.make_image(packages)
    if why:
        pytest.fail(f"No container of podman runs here: {why}")


@pytest.fixture
def story(kind, make_key, watched, search, engines, server):
    """Run the script of a kind once; return what it said and whether it went well."""

    def run(name, before=None, during=None, *, seen, well=False, loop=False, key=None, until=None):
        key = key or make_key()
        job, word = None, "**no**"
        try:
            if before:
                before(key)
            with watched(key) as watch:
                job = engines.start(kind, key.scripts[kind], server.uri, loop=loop)
                if during:
                    job.wait(until=lambda: until(job))
                    during(key)
                job.wait()
            said = job.said()
            assert seen.format(key=key, until=f"{key.expires:%Y-%m-%dT%H:%M:%S}+00:00", host=server.uri[7:]) in said, (
                said
            )
            assert kind == "cron" or job.went_well() is well, said
            if not well and not during and not loop and seen.startswith(NOT_STARTED):
                assert ("read [" in said, key.note in said, "tab API keys" in said) == (False, True, True)
            word = "yes" if well else "says so"
        finally:
            found = search(watch, key, job)
            note(kind, name, word, found)
        assert not found
        return said

    return run


def expire(key):
    while key.expires > datetime.now(timezone.utc):
        time.sleep(0.1)


def test_a_job_reads(story):
    story("reads", seen="read [", well=True)


def test_a_job_whose_key_was_revoked_says_so(story, revoke):
    story("revoked", before=revoke, seen=f"{NOT_STARTED}: {{host}} refuses the key (revoked)")


def test_a_job_that_is_late_says_so(kind, story, make_key, engines, server, watched, search):
    if kind == "slurm":
        pytest.skip("Slurm does not start it: test_slurm.py")
    key = make_key(expires_in="1s")
    story("late", before=expire, key=key, seen=f"{NOT_STARTED}: {{host}} refuses the key (expired on {{until}})")


def test_a_job_whose_file_is_missing_says_so(kind, story):
    seen = "243/CREDENTIALS" if kind == "systemd" else f"{NOT_STARTED}: no file {{key.path}}"
    story("missing", before=lambda key: key.path.unlink(), seen=seen)


def test_a_job_that_may_not_read_the_file_says_so(kind, story):
    # The file is root's, and the job somebody else's.
    seen = "243/CREDENTIALS" if kind == "systemd" else f"{NOT_STARTED}: {{key.path}} cannot be read (Permission denied)"
    story("unreadable", before=lambda key: os.chown(key.path, 0, 0), seen=seen)


def test_a_job_whose_key_ends_meanwhile_fails(kind, story, make_key, revoke, person):
    if kind in TIMED:
        begun = person.home / "begun"
        story("ends", during=revoke, until=lambda job: begun.exists(), loop=True, seen="401")
        return
    lasts = 75 if kind == "cron" else 15  # which begins with the next minute
    while True:
        try:
            said = story("ends", loop=True, key=make_key(expires_in=lasts), seen="401")
        except AssertionError as error:
            if NOT_STARTED not in str(error) or lasts > PATIENCE:  # too slow to begin
                raise
            lasts *= 3
        else:
            assert NOT_STARTED not in said
            return


def test_a_job_waits_for_a_server_that_comes_back(story, server):
    try:
        story(
            "away",
            before=lambda key: server.stop(),
            during=lambda key: server.start(),
            until=lambda job: "cannot be reached" in job.said(),
            seen="read [",
            well=True,
        )
    finally:
        if server._process is None:
            server.start()


def test_a_job_gives_up_on_a_server_that_stays_away(engines, make_key, server):
    key = make_key()
    server.stop()
    try:
        begun = time.monotonic()
        job = engines.start("shell", key.scripts["shell"], server.uri).wait(limit=1200)
        took = time.monotonic() - begun
    finally:
        server.start()
    last = job.said().splitlines()[-1]
    assert last.startswith(f"{NOT_STARTED}: {server.uri[7:]} cannot be reached ([Errno 111] Connection refused)."), last
    assert took > 540, "It promises ten minutes."  # less the last pause


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("dask", "prefect", "joblib", "ipyparallel")])
def test_a_script_is_sound(make_key, kind):
    script = make_key().scripts[kind]
    command = [
        "shellcheck",
        "--shell=bash",
        "--exclude=SC1090,SC1091,SC2016",
        "-",
    ]  # files it cannot follow; what tasks expand
    checked = subprocess.run(command, input=script, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
