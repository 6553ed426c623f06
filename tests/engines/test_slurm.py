"""What only a batch system does: arrays, queues, time limits; and that the search would find a key."""

from __future__ import annotations

import re

from .conftest import note


def test_each_job_of_an_array_reads(engines, make_key, person, watched, search, server):
    key = make_key()
    script = key.scripts["slurm"].replace("##SBATCH --array=0-19", "#SBATCH --array=0-19")
    with watched(key) as watch:
        job = engines.start("slurm", script, server.uri).wait()
    said = job.said()
    assert (job.state(), said.count("read ["), said.count(key.first_eight)) == ("COMPLETED", 20, 20), said
    assert search(watch, key, job) == []


def test_a_job_that_waits_past_its_key_is_not_started(engines, make_key, person, slurm, watched, search, server):
    person.write("all.sh", "#!/bin/bash\n#SBATCH --exclusive\nsleep 600\n")
    other = engines.submit("all.sh")
    key, word = make_key(expires_in="2m"), "**no**"
    try:
        with watched(key) as watch:
            job = engines.start("slurm", key.scripts["slurm"], server.uri).wait()
        assert (job.state(), job.said()) == ("DEADLINE", "")
        word = "cancelled in the queue (DEADLINE)"
    finally:
        slurm.ask("scancel", other.number)
        note("slurm", "late", word, search(watch, key, job))
    other.wait()


def test_a_job_is_over_before_its_key(engines, make_key, server):
    key = make_key(expires_in="3m")
    job = engines.start("slurm", key.scripts["slurm"], server.uri, loop=True).wait()
    said = job.said()
    assert (job.state(), "read [" in said, "DUE TO TIME LIMIT" in said) == ("TIMEOUT", True, True), said
    assert "401" not in said


def test_a_key_that_is_passed_on_the_wrong_way_is_found(engines, make_key, person, watched, search):
    key = make_key()
    lines = [
        "#!/bin/bash",
        "#SBATCH --export=ALL",
        f'srun sh -c "sleep 2; : {key.secret}"',
        "echo $TILED_API_KEY >left",
    ]
    person.write("wrong.sh", "\n".join(lines))
    environment = {"TILED_API_KEY": key.secret}
    with watched(key) as watch:
        said = person.run(["sbatch", "wrong.sh"], **environment)
        job = engines.job(re.findall(r"\d+", said)[0]).wait()
    found = "\n".join(search(watch, key, job))
    for place in ("the wire", "a command line", "sacct, the environment", "sacct, the script", "/slurm/", "/left"):
        assert place in found
    (person.home / "left").unlink()
