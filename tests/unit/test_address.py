"""Addresses as people write them: made safe, and never echoing a secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiled_jupyter.address import BadAddress, host_of, is_loopback, parse_address, refusal_to_send, without_secrets


@pytest.mark.parametrize(
    ("typed", "api_uri", "parts"),
    [
        ("https://tiled.example.org", "https://tiled.example.org/api/v1/", []),
        ("  tiled.example.org/ ", "https://tiled.example.org/api/v1/", []),
        ("localhost:8000", "http://localhost:8000/api/v1/", []),
        ("127.0.0.1:8000/api", "http://127.0.0.1:8000/api/v1/", []),
        ("[::1]:8000", "http://[::1]:8000/api/v1/", []),
        ("https://h/api/v1/metadata/a/b", "https://h/api/v1/", ["a", "b"]),
        ("https://h/sub/api/v1", "https://h/sub/api/v1/", []),
        ("https://h/ui/browse/a/b", "https://h/api/v1/", ["a", "b"]),
        ("https://h/ui/", "https://h/api/v1/", []),
        ("https:/h", "https://h/api/v1/", []),
        ("tiled.example.org:8443", "https://tiled.example.org:8443/api/v1/", []),
        ("https://h/api/v1/metadata/scan%2342/a%3Fb", "https://h/api/v1/", ["scan%2342", "a%3Fb"]),
        ("https://h/ui/browse/scan%2342/a%3Fb", "https://h/api/v1/", ["scan%2342", "a%3Fb"]),
        ("https://h/api/v1/metadata/two words/50%25", "https://h/api/v1/", ["two%20words", "50%25"]),
        ("https://h/api/v1/metadata/two%20words", "https://h/api/v1/", ["two%20words"]),
        ("https://h/api/v1/metadata/a%2Fb/\u00fc", "https://h/api/v1/", ["a%2Fb", "%C3%BC"]),
        (' "https://h/ui" ', "https://h/api/v1/", []),
        ("<https://h>", "https://h/api/v1/", []),
        ("https://h/beam%23line/", "https://h/beam%23line/api/v1/", []),
    ],
)
def test_addresses_people_write(typed, api_uri, parts):
    address = parse_address(typed)
    assert (address.api_uri, address.node_path_parts, address.api_key) == (api_uri, parts, None)


def test_a_key_in_the_address_becomes_the_key_and_is_gone_from_it():
    address = parse_address("http://localhost:8000/?api_key=s3cr3t&other=1#part")
    assert address.api_key == "s3cr3t"
    assert address.uri == "http://localhost:8000/"
    assert "s3cr3t" not in repr(address)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "for example https://tiled.example.org"),
        ("ftp://tiled.example.org", "not ftp:"),
        ("htps://tiled.example.org", "not htps:"),
        ("https://alice:s3cr3t@tiled.example.org", "Remove the user name and password"),
        ("alice:s3cr3t@tiled.example.org", ""),
        ("a b", "no spaces"),
        ("https://h x/a", "no spaces"),
        ("https://h/a\nb", "cannot be seen"),
        (f"https://h/{'a' * 65_520}", "not an address"),
        ("https://", "not an address"),
        ("https://h:99999", "The port in this address"),
        ("https://h/?api_key=a&api_key=s3cr3t", "more than one API key"),
    ],
)
def test_what_is_no_address_gets_a_sentence_without_the_secret(typed, says):
    with pytest.raises(BadAddress) as caught:
        parse_address(typed)
    assert says in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@given(st.text() | st.builds("https://h/{}".format, st.text()))
def test_anything_typed_is_an_address_or_is_refused(typed):
    try:
        address = parse_address(typed)
    except BadAddress:
        return
    assert address.api_uri.startswith(("http://", "https://"))
    assert address.api_uri.endswith("/")
    assert address.host
    assert parse_address(address.uri).node_path_parts == address.node_path_parts


@pytest.mark.parametrize(
    "typed", ["https://alice:s3cr3t@h/x?api_key=s3cr3t#s3cr3t", "alice:s3cr3t@h/x", "h/x?api_key=s3cr3t"]
)
def test_what_is_shown_for_correction_holds_no_secret(typed):
    assert "s3cr3t" not in without_secrets(typed)
    assert "h/x" in without_secrets(typed)


def test_the_host_is_shown_in_ascii():
    assert host_of("https://tiled.ex\u0430mple.org/") == "tiled.xn--exmple-4nf.org"  # a Cyrillic letter


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_computer(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.evil.org", "x.localhost", "127.evil.org", "10.0.0.1", "0.0.0.0"])
def test_not_this_computer(host):
    assert not is_loopback(host)


SERVER = "https://tiled.example.org/api/v1/"


@pytest.mark.parametrize(
    ("endpoint", "server", "says"),
    [
        ("https://tiled.example.org/api/v1/auth/provider/pam/token", SERVER, None),
        ("https://tiled.example.org:443/token", SERVER, None),
        ("http://localhost:8000/token", "http://localhost:8000/api/v1/", None),
        ("https://evil.org/token", SERVER, "another address (https://evil.org)"),
        ("http://tiled.example.org/token", SERVER, "another address"),
        ("https://tiled.example.org:8443/token", SERVER, "another address"),
        ("https://tiled.example.org.evil.org/token", SERVER, "another address"),
        ("http://tiled.example.org/token", "http://tiled.example.org/api/v1/", "not encrypted"),
        ("http://[", SERVER, "another address"),
        ("", SERVER, "another address"),
    ],
)
def test_where_a_password_may_go(endpoint, server, says):
    refusal = refusal_to_send(endpoint, server, allow_http=False)
    assert refusal is None if says is None else says in refusal


def test_a_place_that_is_no_address_is_said_to_be_none():
    assert refusal_to_send("https://tiled.example.org:x/token", SERVER, allow_http=False) == (
        "This server asks for the password at something that is not an address. Nothing was sent. Tell the people who "
        "run the server."
    )


def test_the_configuration_may_allow_http_but_never_another_address():
    http = "http://tiled.example.org/api/v1/"
    assert refusal_to_send("http://tiled.example.org/token", http, allow_http=True) is None
    assert refusal_to_send("http://evil.org/token", http, allow_http=True) is not None
