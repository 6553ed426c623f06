"""The magics in a real kernel, without a page: completion of saved names, and what several servers ask for."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from jupyter_client import KernelManager

from tests.approval import approve_without_a_page

from .openid_provider import OpenIDProvider, proxied_provider
from .tiled_server import TiledServer

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kernel:
    """Runs cells and completes lines."""

    def __init__(self, client) -> None:
        self._client = client

    def run(self, code: str, hear=lambda text: None) -> str:
        """Run a cell and give all that it wrote; `hear` is called with each part."""
        texts = []

        def heard(message) -> None:
            content = message["content"]
            data = content.get("data", {})
            texts.append(content.get("text") or data.get("text/plain") or content.get("evalue") or "")
            hear(texts[-1])

        self._client.execute_interactive(code, timeout=60, output_hook=heard, allow_stdin=True)
        return "\n".join(texts)

    def complete(self, line: str) -> list[str]:
        return self._client.complete(line, reply=True, timeout=30)["content"]["matches"]


@contextmanager
def kernel(ip: str = "127.0.0.1") -> Iterator[Kernel]:
    manager = KernelManager(ip=ip)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


@pytest.fixture
def saved_names(tmp_path, monkeypatch):
    monkeypatch.setenv("TILED_PROFILES", str(tmp_path))
    monkeypatch.setenv("TILED_SITE_PROFILES", str(tmp_path / "none"))
    (tmp_path / "mine.yml").write_text("beamline: {uri: 'http://127.0.0.1:1'}\nbench: {uri: 'http://127.0.0.1:2'}\n")


def test_saved_names_are_completed_and_no_longer_after_unloading(saved_names):
    with kernel() as here:
        assert "beamline" not in here.complete("%tiled_login be")
        here.run("%load_ext tiled_jupyter")
        assert {"beamline", "bench"} <= set(here.complete("%tiled_login be"))
        assert "beamline" in here.complete("%tiled_logout beam")
        assert "beamline" not in here.complete("print(be")
        here.run("%unload_ext tiled_jupyter")
        assert "beamline" not in here.complete("%tiled_login be")


def test_a_panel_for_a_saved_name_with_a_chosen_provider(saved_names):
    with kernel() as here:
        here.run("%load_ext tiled_jupyter")
        said = here.run("panel = %tiled_login beamline --provider orcid --no-wait\nprint(panel.session._provider)")
        assert "orcid" in said


def test_d14_with_several_servers_the_magics_say_whom_and_ask_which(public_server, closed_server):
    addresses = [public_server.uri, closed_server.uri]
    with kernel() as here:
        here.run("%load_ext tiled_jupyter")
        assert "Nobody is signed in here." in here.run("%tiled_whoami")
        here.run(
            "from types import SimpleNamespace\n"
            "from tests.server.sessions import signed_in\n"
            f"contexts = [signed_in(SimpleNamespace(uri=uri), remember_me=False) for uri in {addresses}]"
        )
        assert here.run("%tiled_whoami").count("alice (demo)") == 2
        refused = here.run("%tiled_logout")
        assert all(address.removeprefix("http://") in refused for address in addresses)
        assert "Signed out of" in here.run(f"%tiled_logout {addresses[0]}")
        assert here.run("%tiled_whoami").count("alice (demo)") == 1


@pytest.mark.parametrize(("ip", "exposed"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_d26_a_kernel_that_others_can_listen_to_is_known(ip, exposed):
    with kernel(ip) as here:
        said = here.run("from tiled_jupyter.front_end import is_exposed\nprint(is_exposed())")
        assert said.strip() == str(exposed)


def test_d3_without_a_panel_the_cell_shows_link_and_code_and_goes_on_once_approved(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "a notebook")  # somebody is there, and no page answers

    def approve(text: str) -> None:
        found = re.search(r"^(http\S+)$.*the code (\S+)\. ", text, re.MULTILINE | re.DOTALL)
        if found:
            approve_without_a_page(found[1], user_code=found[2])

    with (
        OpenIDProvider(interval=1) as op,
        TiledServer(allow_anonymous_access=False, providers=[proxied_provider(op)]) as server,
        kernel() as here,
    ):
        said = here.run(f"%load_ext tiled_jupyter\n%tiled_login {server.uri}\nprint('goes on', len(client))", approve)
    assert "Approve only if you started this" in said
    assert re.search(r"goes on \d", said)
