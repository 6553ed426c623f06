"""The identity systems: how each is started, who signs in there and how, and how its sessions end."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
from playwright.sync_api import expect

from tests.engines.daemons import Daemons
from tests.server.nginx import find_nginx
from tests.server.openid_provider import openid_provider, password_provider
from tests.server.tiled_server import HOST, TiledServer, free_port

from .accounts import accounts, new_name
from .authority import Authority
from .forward_proxy import ForwardProxy
from .front import PREFIX, Front
from .slapd import BASE, GROUP, READER, READER_PASSWORD, Slapd

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.panel import Panel

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".identity"
PYTHON = ENVIRONMENT / "bin/python"
#: What a name may be; Tiled's own pattern knows no mail addresses.
NAMES = r"^[a-z][.@a-z0-9_-]*$"
#: How a server is called that only the proxy knows.
NAME = "tiled.identity.test"
REFUSED = "User name or password not recognised, or the second factor was refused. Try again."
# Long enough to be looked for in files; each once, so that the one that is found is known.
RIGHT, WRONG = "right with Umlauts äöü", "wrong with Umlauts äöü"
# Seconds: a session that was ended is soon known to be over.
_ACCESS_TOKENS_LAST = 3


class System:
    """One identity system before a Tiled server, from `__enter__` to `__exit__`.

    Parameters
    ----------
    place : Path
        A directory for its files.

    Attributes
    ----------
    uri : str
        The address people type.
    environment : dict
        What kernels have in their environment.
    name, shown : str
        How somebody signs in, and what Tiled calls them.
    others : dict
        Passwords of more people, by name; to be given before it starts.
    """

    title: ClassVar[str]

    def __init__(self, place: Path) -> None:
        self.place = place
        self.environment: dict[str, str] = {}
        self.name = self.shown = "anna"
        self.password, self.wrong = RIGHT, WRONG
        self.others: dict[str, str] = {}
        self._stack = ExitStack()
        self.server: TiledServer

    def __enter__(self) -> System:
        with ExitStack() as stack:
            self._stack = stack
            self._start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        raise NotImplementedError

    def version(self) -> str:
        """Return what was seen."""
        raise NotImplementedError

    def _serve(self, provider: dict[str, Any], **options: Any) -> None:
        self.server = self._stack.enter_context(self._new_server(provider, **options))

    @staticmethod
    def _new_server(provider: dict[str, Any], **options: Any) -> TiledServer:
        known = {"allow_anonymous_access": False, "access_token_max_age": _ACCESS_TOKENS_LAST, "python": str(PYTHON)}
        return TiledServer(providers=[provider], **(known | options))

    @property
    def uri(self) -> str:
        """The address people type."""
        return self.server.uri

    @property
    def host(self) -> str:
        """How the panel calls the server."""
        return httpx.URL(self.uri).netloc.decode()

    # What somebody does ------------------------------------------------------------------------------------

    def sign_in_wrongly(self, panel: Panel, elsewhere: Page) -> str:
        """Try with a wrong password, and return the sentence that is read then."""
        panel.sign_in(self.name, self.wrong)
        expect(panel.alert).to_have_text(re.compile("."))
        return panel.alert.inner_text()

    def sign_in(self, panel: Panel, elsewhere: Page) -> None:
        """Sign in as is right."""
        panel.sign_in(self.name, self.password)

    def secrets(self) -> dict[str, str]:
        """Return what must be nowhere."""
        return {"the right password": self.password, "the wrong password": self.wrong}

    # What happens to sessions ------------------------------------------------------------------------------

    def expire_sessions(self) -> None:
        """Have every session be over as when its time has come."""
        with closing(sqlite3.connect(self.server.database, timeout=60)) as database, database:
            database.execute("UPDATE sessions SET expiration_time = datetime('now', '-1 minute')")

    def revoke_session(self, refresh_token: str) -> None:
        """End a session, as its owner does in another notebook."""
        self._revoke(refresh_token).raise_for_status()

    def is_over(self, refresh_token: str) -> bool:
        """Whether the server renews a session no more."""
        place = f"{self.server.uri}/api/v1/auth/session/refresh"
        return httpx.post(place, json={"refresh_token": refresh_token}, trust_env=False).status_code == 401

    def _revoke(self, refresh_token: str) -> httpx.Response:
        place = f"{self.server.uri}/api/v1/auth/session/revoke"
        return httpx.post(place, json={"refresh_token": refresh_token}, trust_env=False)


class PAM(System):
    """Accounts of the computer that Tiled's server runs on."""

    title = "PAM"

    def _start(self) -> None:
        self.name = self.shown = new_name()
        self._stack.enter_context(accounts({self.name: self.password, **self.others}))
        self._serve(self.provider())

    @staticmethod
    def provider() -> dict[str, Any]:
        """Describe it to Tiled."""
        return {"provider": "lab", "authenticator": "tiled.authenticators:PAMAuthenticator", "args": {}}

    def version(self) -> str:
        return f"Linux-PAM {_debian('libpam0g')}, pamela {_python('pamela')}"


class LDAP(System):
    """A directory in which a name leads to an entry."""

    title = "LDAP, entry by a template"

    def _start(self) -> None:
        authority = Authority(self.place / "authority")
        people = [(self.name, f"{self.name}.lind@lab.example", self.password)]
        people += [(name, f"{name}.mail@lab.example", password) for name, password in self.others.items()]
        self.slapd = self._stack.enter_context(Slapd(self.place / "slapd", authority, people))
        self._serve(ldap(self.slapd, **self._arguments()))

    def _arguments(self) -> dict[str, Any]:
        return by_template()

    def version(self) -> str:
        return f"slapd {_debian('slapd')}, ldap3 {_python('ldap3')}"


class LDAPSearch(LDAP):
    """A directory that is searched for a mail address, over TLS, and in which a group may sign in."""

    title = "LDAP, searched by mail address, STARTTLS, a group"

    def _start(self) -> None:
        super()._start()
        self.name = f"{self.shown}.lind@lab.example"

    def _arguments(self) -> dict[str, Any]:
        return by_search("mail")

    def sign_in(self, panel: Panel, elsewhere: Page) -> None:
        """Type the mail address; where the form has the name in the directory, once that was refused."""
        expect(panel.password).to_be_editable()
        if not panel.username.is_editable():
            panel.sign_in(self.shown, self.password)
            expect(panel.region).to_contain_text(f"another name than {self.shown}, type that one.")
        super().sign_in(panel, elsewhere)


def by_template(**arguments: Any) -> dict[str, Any]:
    """Return what Tiled needs to know where people's entries are."""
    known = {"use_tls": False, "bind_dn_template": f"uid={{username}},ou=people,{BASE}"}
    return known | {"receive_timeout": 20, "valid_username_regex": NAMES} | arguments


def by_search(attribute: str, **arguments: Any) -> dict[str, Any]:
    """Return what Tiled needs to find people by an attribute."""
    return {
        "use_tls": True,
        "lookup_dn": True,
        "user_search_base": f"ou=people,{BASE}",
        "user_attribute": attribute,
        "lookup_dn_user_dn_attribute": "uid",
        "lookup_dn_search_user": READER,
        "lookup_dn_search_password": READER_PASSWORD,
        "allowed_groups": [GROUP],
        "valid_username_regex": NAMES,
    } | arguments


def ldap(slapd: Slapd, **arguments: Any) -> dict[str, Any]:
    """Describe a directory to Tiled."""
    known = {"server_address": HOST, "server_port": slapd.port}
    return {
        "provider": "lab",
        "authenticator": "tiled.authenticators:LDAPAuthenticator",
        "args": known | arguments,
    }


class BehindNginx(System):
    """nginx with TLS of the facility's own authority, HTTP/2, and Tiled below a prefix."""

    title = "nginx: TLS of a private authority, HTTP/2 offered, a prefix"
    known_as = HOST

    def _start(self) -> None:
        self.password, self.wrong = "right, in ASCII", "wrong, in ASCII"  # Tiled compares no others
        self._serve(password_provider("lab", {self.name: self.password}), root_path=PREFIX)
        self.authority = Authority(self.place / "authority")
        self.front = self._stack.enter_context(Front(self.server.port, self.authority, self.known_as))
        self.environment = {"SSL_CERT_FILE": str(self.authority.certificate)}

    @property
    def uri(self) -> str:
        return self.front.uri

    def version(self) -> str:
        said = subprocess.run([find_nginx(), "-v"], check=True, capture_output=True, text=True)
        return said.stderr.strip().removeprefix("nginx version: ").replace("/", " ")


class ThroughAProxy(BehindNginx):
    """A forward proxy that wants a name and a password, on the way to such an nginx."""

    title = "a forward proxy with a login of its own (HTTPS_PROXY), then that nginx"
    known_as = NAME
    login = ("kernels", "AProxysOwnPassword")

    def _start(self) -> None:
        super()._start()
        proxy = ForwardProxy(self.place / "proxy", self.known_as, self.front.port, self.login)
        self.proxy = self._stack.enter_context(proxy)
        self.environment |= self.variables(":".join(self.login))

    def variables(self, login: str = "") -> dict[str, str]:
        """Return the environment of a kernel that has this login, or none."""
        address = self.proxy.address(login)
        return {"HTTPS_PROXY": address, "HTTP_PROXY": address}

    def secrets(self) -> dict[str, str]:
        return super().secrets() | {"the proxy's password": self.login[1]}

    def version(self) -> str:
        return f"tinyproxy {_debian('tinyproxy')}, {super().version()}"


class Django(System):
    """An OpenID provider of another maker than the demo's: code flow, behind Tiled's own device flow."""

    title = "OpenID: Django OAuth Toolkit"

    def _start(self) -> None:
        place, port = self.place / "django", free_port()
        place.mkdir()
        described = openid_provider(f"http://{HOST}:{port}/o")
        arguments = described["args"]
        server = self._new_server(described)
        about = {
            "people": {self.name: self.password},
            "key": subprocess.run(["openssl", "genrsa"], check=True, capture_output=True, text=True).stdout,
            "client": {
                "client_id": arguments["client_id"],
                "client_secret": arguments["client_secret"],
                "redirect_uris": f"{server.uri}/api/v1/auth/provider/openid/device_code",
            },
        }
        (place / "about.json").write_text(json.dumps(about))
        command = [str(PYTHON), str(Path(__file__).with_name("django_provider.py")), str(port), str(place)]
        daemons = Daemons(place)
        self._stack.callback(daemons.end)
        daemons.start("django", command, lambda: _answers(arguments["well_known_uri"]))
        self.server = self._stack.enter_context(server)

    def sign_in_wrongly(self, panel: Panel, elsewhere: Page) -> str:
        """Type a wrong password at the provider, whose page says so; the panel waits on, and is cancelled."""
        code = panel.begin()
        elsewhere.goto(str(panel.link.get_attribute("href")))
        self._log_in(elsewhere, self.wrong)
        said = elsewhere.locator(".errorlist").inner_text()
        expect(panel.user_code).to_have_text(code)
        panel.cancel.click()
        return said

    def sign_in(self, panel: Panel, elsewhere: Page) -> None:
        """Log in at the provider where it asks, allow it, and type the code at Tiled's page."""
        code = panel.begin()
        elsewhere.goto(str(panel.link.get_attribute("href")))
        asked = elsewhere.get_by_label("Password")
        allow = elsewhere.get_by_role("button", name="Authorize")
        field = elsewhere.locator("input[name=user_code]")
        for _ in range(3):
            asked.or_(allow).or_(field).first.wait_for()
            if field.count():
                break
            if asked.count():
                self._log_in(elsewhere, self.password)
            else:
                allow.click()
        field.fill(code)
        elsewhere.locator("button[type=submit], input[type=submit]").click()
        elsewhere.get_by_role("heading", name="Success").wait_for()

    def _log_in(self, page: Page, password: str) -> None:
        page.get_by_label("Username").fill(self.name)
        page.get_by_label("Password").fill(password)
        with page.expect_navigation():
            page.get_by_role("button", name="Log in").click()

    def version(self) -> str:
        return f"django-oauth-toolkit {_python('django-oauth-toolkit')}, Django {_python('django')}"


SYSTEMS: list[type[System]] = [PAM, LDAP, LDAPSearch, BehindNginx, ThroughAProxy, Django]


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=10).is_success
    except httpx.TransportError:
        return False


def _debian(package: str) -> str:
    command = ["dpkg-query", "--show", "--showformat", "${source:Upstream-Version}", package]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _python(package: str) -> str:
    script = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
    command = [str(PYTHON), "-c", script, package]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
