"""What stands between a kernel and a server, on real sockets: names, proxies, certificates, other programs."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from tiled.client.utils import ClientError

from tiled_jupyter import from_uri
from tiled_jupyter.states import SignedOut

from .hostile_server import HostileServer
from .shown import Shown


@pytest.mark.parametrize("how", ["panel", "from_uri"])
def test_a_node_is_asked_for_by_the_name_it_has(how):
    name = "scan%2342/what%3F/two%20words/50%25"
    with HostileServer() as server:
        server.about["authentication"]["required"] = False
        address = f"{server.api_uri}metadata/{name}"
        with suppress(ClientError):  # there is no such node
            if how == "panel":
                shown = Shown()
                shown.connect(address, SignedOut)
                shown.session.client()
            else:
                from_uri(address)
        assert f"/api/v1/metadata/{name}" in [urlsplit(request.path).path for request in server.seen]
