"""What stands between a kernel and a server, on real sockets: names, proxies, certificates, other programs."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tiled.client.utils import ClientError

from tiled_jupyter import from_uri
from tiled_jupyter.oauth.exchange import tls_context
from tiled_jupyter.state.states import Disconnected, SignedOut

from .hostile_server import HostileServer, untrusted
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


# -- proxies ---------------------------------------------------------------------------------------------


class Answering(BaseHTTPRequestHandler):
    """A proxy that leads nowhere."""

    status = 407

    def answer(self) -> None:
        self.send_response(self.status, "As it was told to")
        self.send_header("content-length", "0")
        self.end_headers()

    do_CONNECT = do_GET = answer  # noqa: N815 - the names are http.server's

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def proxy(status):
    """Yield the host of a proxy that answers everything with a status."""
    handler = type("Handler", (Answering,), {"status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def environment(monkeypatch):
    """A kernel's environment, without what this computer has; yield what sets a variable for a new kernel."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("SSL_CERT_")]:
        monkeypatch.delenv(name)
    tls_context.cache_clear()
    yield monkeypatch.setenv
    tls_context.cache_clear()


def refusal(address):
    return Shown().connect(address, Disconnected).failure.sentence


ASK = "Ask the people who run the proxy; if none is needed for tiled.example.org, add it to NO_PROXY."
CORRECT = "Correct it in the kernel's environment; if none is needed for tiled.example.org, add that to NO_PROXY."


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("status", "says"),
    [
        (407, "wants a user name and a password of its own (407), so tiled.example.org was not asked"),
        (401, "wants a user name and a password of its own (401), so tiled.example.org was not asked"),
        (403, "does not lead to tiled.example.org (403)"),
        (502, "cannot reach tiled.example.org (502)"),
    ],
)
def test_a_proxy_that_refuses_is_named_and_the_server_is_not_blamed(environment, variable, status, says):
    with proxy(status) as host:
        environment(variable, f"http://alice:s3cr3t@{host}")
        assert refusal("https://tiled.example.org") == f"The proxy {host} ({variable}) {says}. {ASK}"


def test_a_proxy_that_refuses_a_plain_request_is_named_too(environment):
    with proxy(407) as host:
        environment("HTTP_PROXY", host)
        sentence = refusal("http://tiled.example.org")
        assert sentence.startswith(f"The proxy {host} (HTTP_PROXY) wants a user name and a password of its own (407)")


@pytest.mark.parametrize("address", ["https://tiled.example.org", "http://tiled.example.org"])
@pytest.mark.parametrize(
    ("there", "says"),
    [
        ("127.0.0.1:1", "cannot be reached: nothing answers there"),
        ("none.invalid:8080", "has a name that cannot be found"),
    ],
)
def test_a_proxy_that_is_not_there_is_named_and_the_server_is_not_blamed(environment, there, says, address):
    environment("ALL_PROXY", f"http://alice:s3cr3t@{there}")
    sentence = f"The proxy {there} (ALL_PROXY) {says}, so tiled.example.org was not asked. {CORRECT}"
    assert refusal(address) == f"{sentence} Then restart the kernel."


def test_a_proxy_whose_own_address_says_https_by_mistake_is_named(environment):
    with proxy(407) as host:
        environment("HTTPS_PROXY", f"https://{host}")
        assert refusal("https://tiled.example.org").startswith(f"The proxy {host} (HTTPS_PROXY) does not speak https")


@pytest.mark.parametrize("exceptions", ["none.invalid", ".invalid", "*", "other.example, none.invalid"])
def test_a_proxy_that_is_not_used_is_not_blamed(environment, exceptions):
    environment("ALL_PROXY", "http://127.0.0.1:1")
    environment("NO_PROXY", exceptions)
    assert (
        refusal("https://none.invalid") == "The name none.invalid cannot be found. Check the spelling of the address."
    )
    assert refusal("http://127.0.0.1:1").startswith("Cannot reach 127.0.0.1:1: nothing answers there.")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        (
            "HTTPS_PROXY",
            "socks5://alice:s3cr3t@p.example:1080",
            "names a SOCKS proxy (p.example:1080), and the package socksio",
        ),
        ("ALL_PROXY", "socks5h://p.example:1080", "names a SOCKS proxy (p.example:1080), and the package socksio"),
        (
            "HTTP_PROXY",
            "ftp://alice:s3cr3t@p.example",
            "names a proxy of a kind that Tiled's client cannot use",
        ),
        ("HTTPS_PROXY", "http://alice:s3cr3t@p.example:port", "is not the address of a proxy"),
        ("no_proxy", "localhost,[::1]", "holds [::1], which Tiled's client cannot read"),
    ],
)
@pytest.mark.parametrize("address", ["https://tiled.example.org", "http://127.0.0.1:1"])
def test_an_environment_that_breaks_every_connection_is_named(environment, variable, value, says, address):
    environment(variable, value)
    sentence = refusal(address)
    assert sentence.startswith(f"{variable} {says}")
    assert "restart the kernel" in sentence
    assert "s3cr3t" not in sentence
    assert "tiled.example.org" not in sentence


# What people have in the environment of a kernel; DIR stands for a directory that has what is named.
ENVIRONMENTS = [
    *({"SSL_CERT_FILE": f"DIR/{name}"} for name in ("none", "empty", "binary", "directory")),
    *({"SSL_CERT_DIR": f"DIR/{name}"} for name in ("none", "empty", "binary", "directory")),
    {"SSL_CERT_FILE": "~/certificates.pem"},
    {"SSLKEYLOGFILE": "DIR/none/keys"},
    {"LC_ALL": "xx_YY"},
    {"LC_ALL": "POSIX"},
    {"TMPDIR": "DIR/none"},
    {"TILED_CACHE_DIR": "/proc/none"},
    {"TILED_CACHE_DIR": ""},
    {"TILED_PROFILES": "DIR/binary"},
    {"TILED_API_KEY": "two words"},
    {"TILED_API_KEY": "s3cr3t\n"},
    *(
        {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy}
        for proxy in (
            "127.0.0.1:1",
            "http://alice:s3cr3t@127.0.0.1:1",
            "https://alice:s3cr3t@127.0.0.1:1",
            "http://alice:s3#cr3t@127.0.0.1:1",
            "socks4://alice:s3cr3t@127.0.0.1:1",
            "socks5://alice:s3cr3t@127.0.0.1:1",
            "'http://127.0.0.1:1'",
            "http:127.0.0.1:1",
            "http://127.0.0.1:99999",
            "http://",
            "://",
            " ",
            "http://a b:1",
            "http://p\x01:1",
            "http://xn--0:1",
            "http://\u00e9.invalid:1",
            "http://[::1",
            "direct://",
            "file:///proxy.pac",
            "none",
        )
    ),
    *(
        {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": names}
        for names in (
            "[::1]",
            "*",
            "10.0.0.0/8",
            "a b",
            "alice:s3cr3t@h",
            "[",
            "%zz",
            ";",
            "*.invalid",
            "::1",
            "\udcff",
        )
    ),
]
ADDRESSES = ("https://none.invalid", "http://127.0.0.1:1")
TO_HELP = re.compile(r"\b(ask|check|correct|restart|set|tell|try|type|use)\b", re.IGNORECASE)


@pytest.mark.parametrize("how", ["panel", "from_uri"])
@pytest.mark.parametrize("variables", ENVIRONMENTS, ids=ascii)
def test_in_whatever_environment_what_ends_a_connection_is_said(environment, monkeypatch, tmp_path, variables, how):
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "directory").mkdir()
    monkeypatch.setattr("tiled.client.utils.TILED_RETRY_ATTEMPTS", 1)
    for name, value in variables.items():
        environment(name, value.replace("DIR", str(tmp_path)))
    for address in ADDRESSES:
        require_help(refusal(address) if how == "panel" else error_of(address))


pieces = st.sampled_from(
    [
        "http://",
        "https://",
        "socks5://",
        "alice:s3cr3t@",
        "127.0.0.1",
        ":1",
        "none.invalid",
        "[::1]",
        ",",
        "*",
        "/",
        ":",
        "%",
    ]
)
values = st.lists(pieces | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=2), max_size=5)
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(NAMES), values.map("".join), max_size=3), st.sampled_from(ADDRESSES))
@example({"SSL_CERT_FILE": "alice:s3cr3t@"}, "https://none.invalid")
@example({"SSL_CERT_FILE": "http://alice:s3cr3t@127.0.0.1"}, "https://none.invalid")
def test_whatever_stands_in_the_environment_what_ends_a_connection_is_said(environment, variables, address):
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        tls_context.cache_clear()
        require_help(refusal(address))


def require_help(sentence):
    """See that a sentence names a cause and no secret, and that its end says what to do."""
    assert sentence.isprintable()
    assert "Something went wrong" not in sentence
    assert "s3cr3t" not in sentence
    assert "alice" not in sentence
    assert TO_HELP.search(re.split(r"[.:] ", sentence)[-1]), sentence


def error_of(address):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of whatever kind: it is to have a sentence
        from_uri(address)
    return str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "kind"),
    [
        ("HTTPS_PROXY", "socks5://p.example:1080", ImportError),
        ("SSL_CERT_FILE", "/nowhere", FileNotFoundError),
        ("HTTPS_PROXY", "ftp://p.example", ValueError),
        ("HTTPS_PROXY", "http://127.0.0.1:1", httpx.ConnectError),
    ],
)
def test_from_uri_names_the_cause_in_an_error_of_the_kind_that_there_was(
    environment, monkeypatch, variable, value, kind
):
    monkeypatch.setattr("tiled.client.utils.TILED_RETRY_ATTEMPTS", 1)
    environment(variable, value)
    with pytest.raises(kind, match=variable) as caught:
        from_uri("https://none.invalid")
    assert str(caught.value) == refusal("https://none.invalid")
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_from_uri_says_who_answers_in_place_of_a_server(environment, monkeypatch):
    monkeypatch.setattr("tiled.client.utils.TILED_RETRY_ATTEMPTS", 1)
    with proxy(404) as host, pytest.raises(ClientError, match="answers, but not as a Tiled server") as caught:
        from_uri(f"http://{host}")
    assert caught.value.response.status_code == 404


def test_from_uri_leaves_an_argument_that_is_wrong_to_python():
    with pytest.raises(TypeError, match="no_such_option"):
        from_uri("http://127.0.0.1:1", no_such_option=1)


def test_an_account_without_a_home_is_told_what_to_set(environment, monkeypatch):
    def unknown(_):
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.delenv("TILED_CACHE_DIR")
    monkeypatch.setattr("pwd.getpwuid", unknown)  # as in a container that runs under some number
    with HostileServer() as server:
        assert refusal(server.uri).startswith("HOME is not set in the kernel's environment")


# -- certificates ----------------------------------------------------------------------------------------


def test_a_file_of_certificates_that_is_no_good_is_named(environment, tmp_path):
    for name, content, says in [
        ("none", None, "and there is no such file"),
        ("empty", "", "which holds no certificates"),
    ]:
        file = tmp_path / name
        if content is not None:
            file.write_text(content)
        environment("SSL_CERT_FILE", str(file))
        for address in ("https://tiled.example.org", "http://127.0.0.1:1"):
            assert refusal(address).startswith(f"SSL_CERT_FILE names {file}, {says}. Correct or unset it")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_of_the_environment_that_do_not_suffice_are_named(environment, tmp_path, variable):
    tls = untrusted(tmp_path)
    (tmp_path / "other").mkdir()
    untrusted(tmp_path / "other")
    place = tmp_path / "other" / "certificate.pem" if variable == "SSL_CERT_FILE" else tmp_path / "nowhere"
    environment(variable, str(place))
    with HostileServer(tls) as server:
        sentence = refusal(server.uri)
        assert sentence.startswith(f"The certificate of {server.uri[8:]} is not trusted, so nothing was sent.")
        assert f"add its authority to {place}, which {variable} names" in sentence


def test_an_expired_certificate_is_said_and_no_other_file_is_asked_for(environment, tmp_path):
    key, certificate, request, names = (tmp_path / name for name in ("key", "certificate", "request", "names"))
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    for command in (
        f"req -newkey rsa:2048 -nodes -keyout {key} -out {request} -subj /CN=127.0.0.1",
        f"x509 -req -in {request} -signkey {key} -days -1 -extfile {names} -out {certificate}",
    ):
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    environment("SSL_CERT_FILE", str(certificate))
    with HostileServer(tls) as server:
        assert refusal(server.uri) == (
            f"The certificate of {server.uri[8:]} has expired, so nothing was sent. Tell the people who run the "
            "server. If this happens with every server, check the clock of this computer."
        )
        assert server.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_for_another_name_is_said_and_no_file_is_asked_for(environment, tmp_path, host):
    tls = untrusted(tmp_path, "-subj /CN=other.example -addext subjectAltName=DNS:other.example")
    environment("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with HostileServer(tls) as server:
        there = f"{host}:{server.uri.rpartition(':')[2]}"
        assert refusal(f"https://{there}") == (
            f"The certificate at {there} is for another name, so nothing was sent. Use the name that the server is "
            "known by, or tell the people who run it."
        )
        assert server.seen == []


# -- other programs --------------------------------------------------------------------------------------


def test_http_typed_for_a_server_of_https_proposes_https(environment, tmp_path):
    environment("SSL_CERT_FILE", "")
    with HostileServer(untrusted(tmp_path)) as server:
        host = server.uri[8:]
        assert refusal(f"http://{host}") == (
            f"{host} ends the connection without an answer. If it speaks https, type https:// in front of the address."
        )


@pytest.mark.parametrize(
    ("version", "says"),
    [
        (ssl.TLSVersion.TLSv1_2, "speaks https and refuses this kernel's. It may want another version of TLS, or a"),
        (ssl.TLSVersion.TLSv1_3, "lets in only programs that have a certificate of their own, and Tiled's client"),
    ],
)
def test_a_server_that_wants_a_certificate_of_its_clients_is_said(environment, tmp_path, version, says):
    tls = untrusted(tmp_path, "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1")
    environment("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.minimum_version = tls.maximum_version = version
    with HostileServer(tls) as server:
        assert refusal(server.uri).startswith(f"{server.uri[8:]} {says}")
