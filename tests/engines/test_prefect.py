"""What a person sees in Prefect, and what its database keeps."""

from __future__ import annotations

import re

import httpx

from tiled_jupyter.keys.jobs import NOT_STARTED

from .conftest import PYTHON


def test_a_deployed_flow_fails_with_the_sentence_in_its_state(prefect, engines, make_key, person, watched, search):
    key = make_key()
    person.write("flow.py", key.scripts["prefect"])
    key.path.unlink()
    program = [str(PYTHON), "-m", "prefect", "--no-prompt"]
    with watched(key) as watch:
        person.run([*program, "work-pool", "create", "--type", "process", "pool"])
        person.run([*program, "deploy", "flow.py:analysis", "--name", "nightly", "--pool", "pool"])
        person.run([*program, "deployment", "run", "analysis/nightly"])
        worker = engines.start_program([*program, "worker", "start", "--pool", "pool", "--run-once"]).wait()
    runs = httpx.post(f"{prefect}/flow_runs/filter", json={"sort": "START_TIME_DESC"}, trust_env=False).json()
    state = next(run["state"] for run in runs if run["deployment_id"])
    assert state["type"] == "FAILED", worker.said()
    assert f"RuntimeError: {NOT_STARTED}: no file {key.path}" in state["message"]
    assert search(watch, key, None) == []


def test_a_secret_block_is_not_in_clear_in_the_database(prefect, engines, make_key, person, watched, search, server):
    key = make_key()
    script = key.scripts["prefect"]
    begin, _, flow = script.partition("from prefect import flow")
    saves = "\n".join(re.findall(r"^#     (.+)$", script, re.MULTILINE))
    person.write("save.py", begin + saves)
    loads = 'from prefect.blocks.system import Secret\n    os.environ["TILED_API_KEY"] = Secret.load("tiled-key").get()'
    flow = flow.replace("    check_tiled_key(key_file)  # what this raises is why the flow has failed\n", "")
    flow = flow.replace('os.environ["TILED_API_KEY"] = tiled_key(key_file)', loads)
    flow = flow.replace("return list(", "return print('read', *")
    person.write("flow.py", begin + "from prefect import flow" + flow)
    with watched(key) as watch:
        assert engines.start_program([str(PYTHON), "save.py"]).wait().went_well()
        key.path.rename(key.path.with_suffix(".away"))
        job = engines.start_program([str(PYTHON), "flow.py"]).wait()
    key.path.with_suffix(".away").rename(key.path)
    assert ("read " in job.said(), job.went_well()) == (True, True), job.said()
    found = search(watch, key, None)
    # Prefect sends it to its server as that is spoken to: here in clear, over http.
    assert [each for each in found if not each.startswith("the wire")] == []
