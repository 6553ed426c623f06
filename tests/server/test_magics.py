"""The magics in a real kernel, without a page: completion of saved names, and what several servers ask for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.approval import approve_without_a_page

from .hostile_server import HostileServer
from .kernel import kernel
from .openid_provider import OpenIDProvider, proxied_provider
from .tiled_server import TiledServer

if TYPE_CHECKING:
    pass


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


def test_with_several_servers_the_magics_say_whom_and_ask_which(public_server, closed_server):
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
        host = addresses[0].removeprefix("http://")
        assert f"{host}: Signed out of this notebook." in here.run(f"%tiled_logout {addresses[0]}")
        assert here.run("%tiled_whoami").count("alice (demo)") == 1


@pytest.mark.parametrize(("ip", "exposed"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_a_kernel_that_others_can_listen_to_is_known(ip, exposed):
    with kernel(ip) as here:
        said = here.run("from tiled_jupyter.kernel.front_end import is_exposed\nprint(is_exposed())")
        assert said.strip() == str(exposed)


def test_without_a_panel_the_cell_shows_link_and_code_and_goes_on_once_approved(monkeypatch):
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


SIGN_IN = """
import pathlib
from types import SimpleNamespace
from tiled_jupyter import ApiKeys, from_uri
from tests.server.sessions import signed_in
contexts = [signed_in(SimpleNamespace(uri=uri), remember_me=False) for uri in {addresses}]
"""


SAYS_THAT_IT_WAITS = """
from tiled_jupyter.kernel import cells
pause = cells.pause
def say_and_pause(*arguments):
    print("waits", flush=True)
    pause(*arguments)
cells.pause = say_and_pause
"""


def test_the_stop_button_ends_the_wait_for_who_does_not_answer_a_sign_out():
    with HostileServer() as evil, kernel() as here:
        here.run("%load_ext tiled_jupyter")
        here.run(SIGN_IN.format(addresses=[evil.uri]) + SAYS_THAT_IT_WAITS)
        evil.replies["auth/session/revoke"] = lambda request, handler: handler.hostile.ended.wait(60)
        said = here.run(
            "%tiled_logout --everywhere\nprint('goes on')", lambda text: here.interrupt() if "waits" in text else None
        )
        assert "Signed out here. Whether this sign-in has ended elsewhere is not known: no answer has come yet." in said
        assert "goes on" not in said
        assert here.run("print(contexts[0].authenticated)").strip() == "False"


def test_a_session_is_signed_out_of_before_a_key_that_is_used_beside_it(signed_in_kernel, closed_server):
    here = signed_in_kernel
    here.run(
        "key = ApiKeys(contexts[0]).create('1h', scopes=['inherit'])\n"
        f"by_key = from_uri('{closed_server.uri}', api_key=key.secret).context"
    )
    said = here.run("%tiled_logout --everywhere")
    assert "has ended this sign-in, and nothing can renew it. Another sign-in to it is still in use here" in said
    assert here.run("print(by_key.authenticated)").strip() == "True"
    assert "This client no longer uses its API key" in here.run("%tiled_logout")
    assert "Nobody is signed in here." in here.run("%tiled_logout")
    here.run(SIGN_IN.format(addresses=[closed_server.uri]))  # for what tidies up


FORGET = """
from tiled_jupyter import ApiKeys
for key in ApiKeys(contexts[0]).list():
    contexts[0].revoke_api_key(key.first_eight)
"""


@pytest.fixture
def signed_in_kernel(closed_server):
    with kernel() as here:
        here.run("%load_ext tiled_jupyter")
        here.run(SIGN_IN.format(addresses=[closed_server.uri]))
        yield here
        here.run(FORGET)


def secrets_in(text):
    return re.findall(r"[0-9a-f]{72}", text)


def test_a_key_is_made_listed_and_revoked_without_being_shown(signed_in_kernel, tmp_path):
    here = signed_in_kernel
    said = here.run('%tiled_api_key create --expires-in 2d --note "for the night" --scopes read:data')
    first_eight = re.search(r"<NewApiKey ([0-9a-f]{8})…, 'for the night', expires", said)[1]
    listed = here.run("%tiled_api_key list")
    assert re.search(rf"^{first_eight} +1 d 23 h +never +read data +for the night +\S.*$", listed, re.MULTILINE)
    assert re.search(r"\d+ of 100 keys", listed)  # others of the ring have made some too
    path = tmp_path / "elsewhere" / "key.env"
    path.parent.mkdir(mode=0o700)
    saved = here.run(f"key = %tiled_api_key create --save '{path}'\nprint(key.expires, len(key.secret))")
    assert str(path) in saved
    assert secrets_in(path.read_text())
    assert f"Revoked {first_eight}" in here.run(f"%tiled_api_key revoke {first_eight}")
    assert first_eight not in here.run("%tiled_api_key list")
    assert secrets_in(said + listed + saved) == []


def test_saving_to_the_usual_place_and_using_at_once(signed_in_kernel, closed_server):
    sign_in = SIGN_IN.format(addresses=[closed_server.uri])
    said = signed_in_kernel.run("%tiled_api_key create --save --use")
    assert re.search(r"Saved to .*\.env", said)
    assert "sent to no other server" in said
    assert "may not make keys" in signed_in_kernel.run("%tiled_api_key list")
    assert secrets_in(said) == []
    signed_in_kernel.run("contexts[0].api_key = None\n" + sign_in)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("create --expires-in 2months", "60d"),
        ("create --scopes nonsense", "nonsense"),
        ("create 1a2b3c4d", "takes create, list, or revoke"),
        ("revoke", "Say which key"),
        ("revoke 1a2b3c4d", "no such key"),
        ("revoke everything", "first eight"),
        ("create --save /dev/null/key.env", "made all the same"),
    ],
)
def test_what_cannot_be_done_gets_one_sentence(signed_in_kernel, line, words):
    said = signed_in_kernel.run(f"%tiled_api_key {line}")
    assert words in said
    assert "Traceback" not in said


def test_keys_are_made_on_the_server_that_is_named(public_server, closed_server):
    addresses = [public_server.uri, closed_server.uri]
    with kernel() as here:
        here.run("%load_ext tiled_jupyter")
        assert "Nobody is signed in here" in here.run("%tiled_api_key list")
        here.run(SIGN_IN.format(addresses=addresses))
        refused = here.run("%tiled_api_key create")
        assert all(address.removeprefix("http://") in refused for address in addresses)
        assert "0 of 100 keys" in here.run(f"%tiled_api_key --server {addresses[1].removeprefix('http://')} list")
        assert here.complete("%tiled_api_key --server be") == here.complete("%tiled_login be")


def test_a_key_in_a_cell_gets_one_calm_warning_and_ones_own_can_be_revoked_from_it(signed_in_kernel):
    here = signed_in_kernel
    secret = here.run("key = %tiled_api_key create\nprint(key.secret)")
    secret = secrets_in(secret)[0]
    said = here.run(f"my_key = '{secret}'\nprint('ran')")
    assert said.index("ran") < said.index("has an API key written in it")
    command = re.search(r"%tiled_api_key revoke ([0-9a-f]{8})$", said, re.MULTILINE)
    assert command[1] == secret[:8]
    assert secrets_in(said) == []
    assert "Revoked" in here.run(command[0])
    assert "%tiled_api_key revoke" not in here.run(f"'{secret}'[:4]")  # nobody's any more
    here.run("%unload_ext tiled_jupyter")
    assert "written in it" not in here.run(f"my_key = '{secret}'")
    assert "not found" in here.run("%tiled_api_key list")
