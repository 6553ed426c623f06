"""What goes wrong between a kernel and an identity system, as the person in JupyterLab meets it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.panel import Panel
from tests.browser.waiting import until
from tests.canaries import files_below, leaks
from tests.server.tiled_server import HOST, free_port

from . import troubles
from .authority import Authority
from .cells import LONG
from .front import LIMITED
from .systems import LDAP, REFUSED, BehindNginx, ThroughAProxy

LOGIN = "%load_ext tiled_jupyter\n%tiled_login {}\nsorted(client)"
WIDGET = "from tiled_jupyter import LoginPanel\nLoginPanel({!r})"


def of(kind):
    return pytest.mark.parametrize("system", [kind], ids=lambda kind: kind.__name__, indirect=True)


def sentence_of(panel):
    expect(panel.alert).to_have_text(re.compile("[.]"))
    return panel.alert.inner_text()


# -- the directory ---------------------------------------------------------------------------------------


@of(LDAP)
def test_a_directory_that_hangs_is_waited_for_in_sight_until_cancel_or_its_end(system, open_in, read_of):
    notebook = open_in({}, [LOGIN.format(system.uri)])
    notebook.run(0)
    panel = Panel(notebook, 0)
    with system.slapd.hanging():
        panel.sign_in(system.name, system.password)
        expect(panel.region).to_contain_text("Still waiting for the server")
        waiting = panel.region.get_by_text("Still waiting for the server").first.inner_text()
        read_of(troubles.HANGS, re.sub(r" \(\d+ s\)", "", waiting), {})
        panel.cancel.click()
        expect(panel.password).to_be_editable()
        expect(panel.username).to_have_value(system.name)
        assert notebook.prompt(0) == "[*]:"
        panel.sign_in(system.name, system.password)
        said = sentence_of(panel)
        assert said == f"{system.host} cannot sign anybody in right now (500). Try again in a minute."
        read_of(troubles.HUNG, said, {system.host: "tiled.example.org"})
    panel.sign_in(system.name, system.password)
    assert "staff" in notebook.cell_done(0)


@of(LDAP)
def test_a_directory_that_is_away_is_said(system, open_in, read_of):
    notebook = open_in({}, [LOGIN.format(system.uri)])
    notebook.run(0)
    panel = Panel(notebook, 0)
    with system.slapd.away():
        panel.sign_in(system.name, system.password)
        said = sentence_of(panel)
        assert said == f"{system.host} cannot sign anybody in right now (500). Try again in a minute."
        read_of(troubles.AWAY, said, {system.host: "tiled.example.org"})
    panel.sign_in(system.name, system.password)
    assert "staff" in notebook.cell_done(0)


# -- certificates ----------------------------------------------------------------------------------------


@of(BehindNginx)
@pytest.mark.parametrize("trouble", [troubles.UNKNOWN, troubles.OTHER, troubles.MISNAMED])
def test_a_certificate_that_is_not_trusted_is_said_with_what_to_set(system, open_in, read_of, tmp_path, trouble):
    another = Authority(tmp_path / "another").certificate
    environment = {
        troubles.UNKNOWN: {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""},
        troubles.OTHER: {"SSL_CERT_FILE": str(another)},
    }
    uri = system.uri.replace(HOST, "localhost") if trouble == troubles.MISNAMED else system.uri
    notebook = open_in(environment.get(trouble, system.environment), [WIDGET.format(uri)])
    notebook.execute(0)
    panel = Panel(notebook, 0)
    said = sentence_of(panel)
    assert "so nothing was sent." in said
    cure = {
        troubles.UNKNOWN: "set SSL_CERT_FILE to its file before the kernel starts.",
        troubles.OTHER: f"add its authority to {another}, which SSL_CERT_FILE names, and restart the kernel.",
        troubles.MISNAMED: "Use the name that the server is known by, or tell the people who run it.",
    }
    assert said.endswith(cure[trouble])
    names = {system.host: "tiled.example.org", f"localhost:{system.front.port}": "tiled.example.org"}
    read_of(trouble, said, names | {str(another): "/etc/ssl/facility.pem"})


# -- what nginx becomes ----------------------------------------------------------------------------------


def become(system, trouble):
    directives = troubles.BETWEEN[trouble].replace("NOBODY", str(system.front.nobody))
    system.front.become(directives.replace("PORTAL", f"{system.front.portal_uri}/"))


@pytest.fixture
def back(system):
    """Make nginx a proxy again in the end."""
    yield
    system.front.become(None)


@of(BehindNginx)
def test_who_answers_in_place_of_the_server_is_said_when_a_panel_connects(system, open_in, read_of, back):
    notebook = open_in(system.environment, [WIDGET.format(system.uri)])
    names = {system.host: "tiled.example.org", system.front.portal_uri: "https://portal.example.org"}
    for trouble in troubles.BETWEEN:
        become(system, trouble)
        notebook.execute(0)
        panel = Panel(notebook, 0)
        if "Retry-After" in trouble and "429" in trouble:
            waiting = panel.region.get_by_text("asks to wait (429)").first
            expect(waiting).to_be_visible()
            said = waiting.inner_text()
        else:
            said = sentence_of(panel)
        assert said.startswith(system.host)
        read_of(trouble, said, names)
        system.front.become(None)
        if "429" not in trouble:
            panel.connect.click()
        expect(panel.password).to_be_editable()


@of(BehindNginx)
def test_a_limit_on_sign_ins_is_waited_for_in_sight_and_the_password_sent_again(system, open_in, read_of, back):
    system.front.become(LIMITED)
    notebook = open_in(system.environment, [LOGIN.format(system.uri)])
    notebook.run(0)
    panel = Panel(notebook, 0)
    panel.sign_in(system.name, "not the password at all")
    expect(panel.alert).to_have_text(REFUSED)
    panel.sign_in(system.name, system.password)
    waiting = panel.region.get_by_text("asks to wait before the next try (429)").first
    expect(waiting).to_be_visible()
    said = waiting.inner_text()
    read_of(troubles.LIMIT, said, {system.host: "tiled.example.org"})
    assert "staff" in notebook.cell_done(0)


@of(BehindNginx)
@pytest.mark.parametrize("trouble", troubles.BETWEEN)
def test_a_cell_that_reads_waits_for_its_end_and_asks_nobody(system, open_in, read_of, back, trouble):
    notebook = open_in(system.environment, [LOGIN.format(system.uri), LONG])
    notebook.run(0)
    Panel(notebook, 0).sign_in(system.name, system.password)
    notebook.cell_done(0)
    notebook.run(1)
    notebook.wait_for_text("begun", 1)
    become(system, trouble)
    began = len(system.front.requests())
    until(lambda: len(system.front.requests()) > began + 3, "the cell to meet the trouble")
    assert notebook.prompt(1) == "[*]:"
    expect(Panel(notebook, 1).region).to_have_count(0)
    system.front.become(None)
    (notebook.lab.notebooks / "enough").touch()
    assert "ended with (" in notebook.cell_done(1)
    expect(Panel(notebook, 1).region).to_have_count(0)
    read_of(trouble + troubles.IN_MID_CELL, "nobody is asked: the cell waits, and goes on with its data", {})


# -- proxies ---------------------------------------------------------------------------------------------


@of(ThroughAProxy)
def test_everything_goes_through_the_proxy_and_a_login_that_it_refuses_is_said_and_not_shown(system, open_in, read_of):
    closed = f"127.0.0.1:{free_port()}"
    wrong = "NotTheProxysPassword"
    environments = {
        troubles.NO_LOGIN: system.variables(),
        troubles.WRONG_LOGIN: system.variables(f"kernels:{wrong}"),
        troubles.NO_PROXY: {"HTTPS_PROXY": f"http://kernels:{wrong}@{closed}"},
    }
    proxy = f"{HOST}:{system.proxy.port}"
    cells = [
        WIDGET.format(system.uri),
        f"from tiled_jupyter import from_uri\nfrom_uri({system.uri!r})",
        "%load_ext tiled_jupyter\n%tiled_why\n%tiled_whoami\nimport tiled_jupyter\ntiled_jupyter.show_versions()",
    ]
    for trouble, variables in environments.items():
        environment = {"SSL_CERT_FILE": system.environment["SSL_CERT_FILE"], **variables}
        notebook = open_in(environment | {"TILED_RETRY_ATTEMPTS": "1"}, cells)
        notebook.execute(0)
        said = sentence_of(Panel(notebook, 0))
        shown = [said, notebook.execute(1), notebook.execute(2)]
        assert said in shown[1]
        if trouble == troubles.NO_PROXY:
            assert said.startswith(f"The proxy {closed} (HTTPS_PROXY) cannot be reached: nothing answers there")
        else:
            status = 407 if trouble == troubles.NO_LOGIN else 401  # what tinyproxy says
            wants = f"wants a user name and a password of its own ({status}), so {system.host} was not asked."
            assert said.startswith(f"The proxy {proxy} (HTTPS_PROXY) {wants}")
        notebook.save()
        places = files_below(notebook.lab.directory) | {"the cells": "\n".join(shown + notebook.console)}
        assert leaks(places, {"the password": wrong}) == []
        names = {proxy: "proxy.example.org:3128", closed: "proxy.example.org:3128"}
        by_itself = {system.host.partition(":")[0]: "tiled.example.org"}
        read_of(trouble, said, names | {system.host: "tiled.example.org"} | by_itself)
    before = system.proxy.connections(system.known_as)
    notebook = open_in(system.environment, [LOGIN.format(system.uri)])
    notebook.run(0)
    Panel(notebook, 0).sign_in(system.name, system.password)
    assert "staff" in notebook.cell_done(0)
    assert system.proxy.connections(system.known_as) > before
