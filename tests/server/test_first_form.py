"""What a panel shows before Tiled's client is imported is what its login shows a moment later, or nothing."""

from __future__ import annotations

import sys

import pytest

from tiled_jupyter.demo.server import password_provider
from tiled_jupyter.oauth.exchange import tls_context
from tiled_jupyter.session import tokens as files
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in import profiles
from tiled_jupyter.sign_in.first_form import first_form, target_of
from tiled_jupyter.state.states import SignedIn, SignedOut

from .hostile_server import HostileServer
from .kernel import COMPUTES, HELD, kernel
from .openid_provider import OpenIDProvider, own_device_provider, proxied_provider
from .sessions import sign_in_as
from .shown import Shown
from .tiled_server import PASSWORDS, TiledServer, free_port


def form_of(text, settings=None, provider=None, *, use_saved=True):
    here = settings or TiledJupyter()
    return first_form(target_of(text, here), here, provider=provider, use_saved=use_saved)


@pytest.fixture(scope="module")
def provider():
    with OpenIDProvider() as op:
        yield op


@pytest.fixture(scope="module")
def federated_server(provider):
    with TiledServer(providers=[own_device_provider(provider), password_provider("other")]) as server:
        yield server


@pytest.fixture(scope="module")
def proxied_server(provider):
    with TiledServer(providers=[proxied_provider(provider)]) as server:
        yield server


@pytest.mark.parametrize("path", ["", "/api/v1/metadata/scan"], ids=["its address", "of a node"])
@pytest.mark.parametrize("which", ["closed_server", "public_server", "federated_server", "proxied_server"])
def test_the_first_form_is_that_of_the_login(request, which, path):
    address = request.getfixturevalue(which).uri + path
    shown = Shown()
    assert shown.connect(address) == form_of(address)
    assert shown.states[0].address == target_of(address, TiledJupyter()).shown


def test_the_provider_that_is_wished_for_is_chosen(federated_server):
    form = form_of(federated_server.uri, provider="other")
    assert form.server.preferred == "other"
    assert Shown(provider="other").connect(federated_server.uri) == form


def test_where_it_may_come_to_something_else_nothing_is_said(closed_server, monkeypatch):
    uri = closed_server.uri
    assert isinstance(form_of(uri), SignedOut)
    assert form_of(f"{uri}?api_key={'a' * 72}") is None
    assert form_of(uri, TiledJupyter(token_source="site:tokens")) is None
    assert form_of(uri, provider="of another server") is None
    assert target_of("not an address", TiledJupyter()) is None
    assert target_of(uri, TiledJupyter(servers=["https://t.example"], allow_unlisted_servers=False)) is None
    monkeypatch.setenv("TILED_API_KEY", "a" * 72)
    assert form_of(uri) is None


def test_for_what_may_be_a_profile_tileds_module_is_not_imported(closed_server, monkeypatch, tmp_path):
    (tmp_path / "beamlines.yml").write_text("beamline: {uri: https://t.example}\n")
    monkeypatch.setattr(profiles, "_load", lambda: pytest.fail("they were read"))
    monkeypatch.setattr(profiles, "directories", lambda: [tmp_path])
    monkeypatch.delitem(sys.modules, "tiled.profiles", raising=False)
    assert target_of("beamline", TiledJupyter()) is None
    assert target_of(" 'beamline' ", TiledJupyter()) is None
    assert target_of(closed_server.uri, TiledJupyter(servers=["beamline"])) is None
    assert isinstance(form_of(closed_server.uri), SignedOut)


def test_of_a_saved_sign_in_nothing_is_said_unless_it_is_not_to_be_used(closed_server):
    context = sign_in_as(closed_server)
    uri = closed_server.uri
    assert files.directory_of(str(context.api_uri)) == context.token_directory
    assert form_of(uri) is None
    assert isinstance(form_of(uri, use_saved=False), SignedOut)


ABOUTS = {
    "no Tiled server": {},
    "no authentication": {"api_version": 0},
    "providers by name": {"api_version": 0, "authentication": {"required": True, "providers": {"a": {}}}},
    "required, perhaps": {"api_version": 0, "authentication": {"required": "yes", "providers": []}},
    "links to half": {
        "api_version": 0,
        "authentication": {"required": True, "providers": [], "links": {"whoami": "/"}},
    },
}


@pytest.mark.parametrize("about", ABOUTS.values(), ids=ABOUTS)
def test_what_tiled_does_not_understand_is_no_form(about):
    with HostileServer() as server:
        server.about.clear()
        server.about.update(about)
        assert form_of(server.api_uri) is None


def test_a_panel_that_was_closed_asks_nothing_more(closed_server):
    with kernel() as running:
        said = running.run(
            f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({closed_server.uri!r})\npanel.close()\n"
            "panel._late.make_if_open()\nimport sys; print('tiled.client' in sys.modules)"
        )
    assert said.strip() == "False"


def test_trouble_with_certificates_is_for_the_login_to_tell(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    monkeypatch.setattr("tiled_jupyter.session.bare.tls_context", tls_context.__wrapped__)
    with pytest.raises(OSError, match="No such file"):
        tls_context.__wrapped__()
    assert form_of(f"https://127.0.0.1:{free_port()}") is None


def test_of_who_does_not_answer_nothing_is_said():
    assert form_of(f"http://127.0.0.1:{free_port()}") is None


# -- in a kernel that was just started -------------------------------------------------------------------

#: Whether anything that takes long was imported.
HEAVY = "import sys; print(sorted({'httpx', 'tiled.client'} & set(sys.modules)))"
FORM = """
import time
panel = LoginPanel({uri!r})
while panel.shown.kind != "signed_out":
    time.sleep(0.02)
"""


def test_a_panel_is_made_before_httpx_is_imported_and_its_form_before_tileds_client(closed_server):
    with kernel() as running:
        assert running.run(f"{HELD}panel = LoginPanel()\n{HEAVY}").strip() == "[]"
    with kernel() as running:
        said = running.run(f"{HELD}{FORM.format(uri=closed_server.uri)}print(panel.status)\n{HEAVY}")
        assert said.split() == ["connecting", "['httpx']"]
        assert running.run("print(panel.context.api_uri, panel.status)").split() == [
            f"{closed_server.uri}/api/v1/",
            "signed_out",
        ]


def test_a_program_that_looks_at_the_status_in_its_cell_sees_a_saved_sign_in(closed_server):
    sign_in_as(closed_server)
    with kernel() as running:
        said = running.run(
            f"import time\nfrom tiled_jupyter import LoginPanel\npanel = LoginPanel({closed_server.uri!r})\n"
            "while panel.status != 'signed_in': time.sleep(0.02)\nprint(panel.identity.id)"
        )
    assert said.strip() == "alice"


def test_what_is_pressed_before_the_login_is_made_is_done_after_it(closed_server):
    with kernel() as running:
        said = running.run(
            f"{HELD}{FORM.format(uri=closed_server.uri)}from tiled_jupyter.state.wire import SignIn\n"
            f"panel.obey(SignIn('demo', 'alice', False), {PASSWORDS['alice']!r})\n"
            "while panel.status != 'signed_in': time.sleep(0.02)\nprint(panel.identity.id, panel._early)"
        )
    assert said.strip() == "alice None"


def test_cancel_in_the_first_form_is_for_the_cell_that_waits_and_the_form_stays(closed_server):
    with kernel() as running:
        said = running.run(
            f"{HELD}{FORM.format(uri=closed_server.uri)}from tiled_jupyter.state.wire import Plain\n"
            "panel.obey(Plain.CANCEL, '')\nprint(panel.barrier.cancels, panel.shown.kind, panel.shown.failure.kind)\n"
            "print(panel.context is not None, panel.status)\n"
            "while panel._early is not None: time.sleep(0.02)\nprint(panel.session.state.failure.kind)"
        )
    assert said.split() == ["1", "signed_out", "cancelled", "True", "signed_out", "cancelled"]


def test_another_server_can_be_chosen_in_the_first_form(closed_server, public_server):
    with kernel() as running:
        said = running.run(
            f"{HELD}{FORM.format(uri=closed_server.uri)}from tiled_jupyter.state.wire import Plain\n"
            "panel.obey(Plain.CHANGE_SERVER, '')\nprint(panel.shown.kind)\n"
            "while panel.status != 'disconnected': time.sleep(0.02)\n"
            f"panel.obey(Plain.CONNECT, {public_server.uri!r})\n"
            "while panel.status != 'signed_out': time.sleep(0.02)\nprint(panel.shown.server.uri, panel._early)"
        )
    assert said.split() == ["disconnected", f"{public_server.uri}/api/v1/", "None"]


def test_a_program_that_asks_first_waits_until_a_saved_sign_in_is_found(closed_server):
    sign_in_as(closed_server)
    with kernel() as running:
        said = running.run(
            f"{HELD}panel = LoginPanel({closed_server.uri!r})\nprint(panel.client and panel.identity.id)"
        )
    assert said.strip() == "alice"


BROKEN = """
import sys
class NoTiled:
    def find_spec(self, name, path=None, target=None):
        if name == "tiled.client":
            raise ImportError("canary")
sys.meta_path.insert(0, NoTiled())
"""


def test_where_tileds_client_cannot_be_imported_the_panel_says_so(closed_server):
    with kernel() as running:
        said = running.run(
            f"{BROKEN}import time\nfrom tiled_jupyter import LoginPanel\npanel = LoginPanel({closed_server.uri!r})\n"
            "while panel.status != 'disconnected': time.sleep(0.02)\nprint(panel.shown.failure.sentence)"
        )
    assert said.strip() == (
        "Tiled's client cannot be imported here (ImportError). Repair its installation, and restart the kernel."
    )


def test_a_saved_sign_in_calls_back_while_the_cell_goes_on(closed_server, tmp_path):
    sign_in_as(closed_server)
    flag = tmp_path / "called"
    with kernel() as running:
        said = running.run(
            f"from tiled_jupyter import LoginPanel\npanel = LoginPanel({closed_server.uri!r})\n"
            f"panel.on_signed_in(lambda client: open({str(flag)!r}, 'w').close())\n{COMPUTES.format(flag=str(flag))}"
            "print(panel.status)"
        )
    assert said.split()[-1] == SignedIn.__dataclass_fields__["kind"].default
