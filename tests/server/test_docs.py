"""Every Python example of the README and of docs/ runs, from top to bottom, in a kernel and with a real server.

What is to be checked after an example, or stands for a person, is in a comment that readers do not see
(``<!--- invisible-code-block: python``).
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser

from .notebooks import alice as alice
from .notebooks import run

ROOT = Path(__file__).parents[2]
EXAMPLE_SERVER = "https://tiled.example.org"
BEGIN = "c = get_ipython().config"  # as in a file of IPython's configuration
SIGNED_IN = f"%load_ext tiled_jupyter\nfrom tiled_jupyter import from_uri\nclient = from_uri('{EXAMPLE_SERVER}')"
CLUSTER = """
from distributed import Client, LocalCluster
dask_client = Client(LocalCluster(n_workers=1, dashboard_address=None))
"""
END = """
from tiled_jupyter.settings import settings
settings()  # refuses what is no setting's value
if "dask_client" in globals():
    dask_client.close()
    dask_client.cluster.close()
"""
# Signs in where a page has the person do it.
PERSON = """
%load_ext tiled_jupyter
def person(http_client, providers):
    form = {"grant_type": "password", "username": "alice", "password": "wonderland"}
    answer = http_client.post(providers[0].links["auth_endpoint"], data=form)
    answer.raise_for_status()
    return answer.json()
c.TiledJupyter.token_source = "__main__:person"
"""
# What the reader of a page has already.
GIVEN = {
    "README.md": SIGNED_IN + CLUSTER,
    "docs/how-to/batch-jobs.md": SIGNED_IN + CLUSTER,
    "docs/how-to/parallel.md": SIGNED_IN,
    "docs/how-to/shared-computers.md": PERSON,
}


def examples(path):
    """Return the sources of a page's Python examples, those in comments too."""

    def is_run_by_a_kernel(example):
        raise NotImplementedError

    document = Sybil([CodeBlockParser("python", is_run_by_a_kernel)]).parse(path)
    return [example.parsed for example in document.examples()]


PAGES = {
    str(path.relative_to(ROOT)): path
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    if "_build" not in path.parts and examples(path)
}


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run(page, alice, public_server):
    sources = [BEGIN, GIVEN.get(page, ""), *examples(PAGES[page]), END]
    cells = [nbformat.v4.new_code_cell(source.replace(EXAMPLE_SERVER, public_server.uri)) for source in sources]
    run(nbformat.v4.new_notebook(cells=cells))


def test_the_pages_with_examples_are_found():
    assert {"README.md", "docs/tutorial.md", "docs/how-to/jupyterhub.md", "docs/settings.md"} <= PAGES.keys()
    assert "%tiled_login https://tiled.example.org" in "".join(examples(PAGES["docs/tutorial.md"]))
