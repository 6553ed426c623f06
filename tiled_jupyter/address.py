"""The address of a server: what a person types or pastes, made safe. Nothing here asks the network."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx

from .text import Masked

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):/*")
_QUOTES = ('""', "''", "``", "<>", "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}")
_TO_THE_PATH = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?/*[^/?#]*")
_HOST_AND_PORT = re.compile(r"^[^/?#@]+:\d+(?=$|[/?#])")


class BadAddress(ValueError):
    """The text cannot be the address of a Tiled server; the message says why, and quotes no secret."""


@dataclass(frozen=True)
class Address:
    """A server's address without user, query and fragment.

    Parameters
    ----------
    uri : str
        What to connect to; it may point to a node.
    api_key : str, optional
        The key that stood in it (``tiled serve`` prints such addresses).
    """

    uri: str
    api_key: str | None = field(default=None, repr=False)

    @property
    def api_uri(self) -> str:
        """The root of the API, found as Tiled's ``Context.from_any_uri`` does."""
        url = httpx.URL(self.uri)
        path = _quoted_path(url).partition("/metadata")[0].rstrip("/")
        if "/api" not in path:
            path = f"{path}/api/v1"
        elif "/v1" not in path:
            path = f"{path}/v1"
        return str(url.copy_with(raw_path=f"{path}/".encode()))

    @property
    def node_path_parts(self) -> list[str]:
        """The node the address points to, as segments; quoted, as Tiled's client adds them to an address unchanged."""
        return [part for part in _quoted_path(httpx.URL(self.uri)).partition("/metadata")[2].split("/") if part]

    @property
    def host(self) -> str:
        """Host and, where unusual, port."""
        return host_of(self.uri)


def parse_address(text: str) -> Address:
    """Read an address as people write it.

    Parameters
    ----------
    text : str
        With or without scheme; with a key in it; as copied from Tiled's web page.

    Returns
    -------
    Address

    Raises
    ------
    BadAddress
        With a sentence that says what to do.
    """
    text = unquoted(text)
    if not text:
        raise BadAddress("Type the address of a Tiled server, for example https://tiled.example.org.")
    before = _TO_THE_PATH.match(text)
    if not text.isprintable() or (before is not None and " " in before[0]):  # in the name of a node it is quoted
        raise BadAddress("An address has no spaces in it. Check what was pasted.")
    url = _url(text)
    if url.userinfo:
        raise BadAddress("Remove the user name and password from the address (the part before @).")
    keys = parse_qs(url.query.decode("ascii", "replace")).get("api_key", [])
    if len(keys) > 1:
        raise BadAddress("The address holds more than one API key. Keep one.")
    path = re.sub(
        r"/ui(?:(/browse)(?=/)|/?$)", lambda match: "/api/v1/metadata" if match[1] else "", _quoted_path(url), count=1
    )
    clean = url.copy_with(raw_path=(path or "/").encode(), fragment=None)
    address = Address(str(clean), Masked(keys[0]) if keys else None)
    _url(address.api_uri)  # which is longer, and might be too long
    return address


def _url(text: str) -> httpx.URL:
    scheme = None if _HOST_AND_PORT.match(text) else _SCHEME.match(text)
    if scheme is None:
        bare = text.lstrip("/")
        text = f"https://{bare}"
    elif scheme[1].lower() not in ("http", "https"):
        raise BadAddress(f"Tiled addresses begin with https:// or http://, not {scheme[1]}:.")
    else:
        text = f"{scheme[1]}://{text[scheme.end() :]}"
    try:
        url = httpx.URL(text)
        if scheme is None and is_loopback(url.host):
            url = url.copy_with(scheme="http")
        port_is_possible = url.port is None or 0 < url.port < 65536
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise BadAddress("This is not an address. Type one like https://tiled.example.org.") from None
    if not url.host or not port_is_possible:
        raise BadAddress("This is not an address. Type one like https://tiled.example.org.")
    return url


def unquoted(text: str) -> str:
    """Return a text without the blanks and the quotes around it that came along when it was copied."""
    text = text.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] + text[-1] in _QUOTES else text


def without_secrets(text: str) -> str:
    """Return `text` for correction, less everything a secret could hide in."""
    return re.split(r"[?#]", re.sub(r"^([^/]*//)?[^/]*@", r"\1", text.strip()))[0]


def host_of(uri: str) -> str:
    """Host and, where unusual, port, in ASCII: look-alike letters show as what they are."""
    try:
        url = httpx.URL(uri)
    except (httpx.InvalidURL, ValueError):
        return "an address that is none"
    return url.netloc.decode("ascii", "replace").rpartition("@")[2]


def typed(api_uri: str) -> str:
    """Return the address of a server as a person would type it, from the root of its API."""
    return api_uri.removesuffix("/").removesuffix("/api/v1")


def is_loopback(host: str) -> bool:
    """Whether `host` is this computer, by its name alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"  # names below it are asked of the network on many systems


def origin_of(address: str) -> str | None:
    """Return scheme, host and port of an address, as ``https://tiled.example.org``; None where it is no address."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        return None
    return f"{url.scheme}://{host_of(address)}" if url.host and url.scheme in ("http", "https") else None


def unencrypted(uri: str, what: str) -> str:
    """Return the sentence for a credential (`what`) that others could read on its way to an address."""
    url = httpx.URL(uri)
    if url.host in ("0.0.0.0", "::"):  # noqa: S104 - nothing is bound to it here
        port = "" if url.port is None else f":{url.port}"
        way = f"For a server on this computer use {url.scheme}://127.0.0.1{port}."
    else:
        way = "Use the server's https:// address."
    return f"This connection is not encrypted ({url.scheme}://), so {what} is not sent. {way}"


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses are served by the same scheme, host and port; False where one is no address."""
    origin = origin_of(one)
    return origin is not None and origin == origin_of(other)


def is_private(address: str, *, allow_http: bool) -> bool:
    """Whether nobody on the way can read along; the configuration may say that this does not matter."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        return False
    return url.scheme == "https" or (url.scheme == "http" and (allow_http or is_loopback(url.host)))


def refusal_to_send(endpoint: str, server: str, *, allow_http: bool) -> str | None:
    """Return why a password for `server` must not go to `endpoint`.

    Parameters
    ----------
    endpoint : str
        Where the server wants it sent.
    server : str
        The address the person reads above the form.
    allow_http : bool
        Whether the configuration allows unencrypted connections to other computers.

    Returns
    -------
    str or None
        A sentence; None if it may be sent.
    """
    try:
        there = httpx.URL(endpoint)
    except (httpx.InvalidURL, ValueError):
        return "This server asks for the password at something that is not an address. Not sent."
    if not same_origin(endpoint, server):
        return f"This server asks for the password at another address ({there.scheme}://{host_of(endpoint)}). Not sent."
    return None if is_private(endpoint, allow_http=allow_http) else unencrypted(endpoint, "the password")


def _quoted_path(url: httpx.URL) -> str:
    """Return the path without the query: decoded, a # or ? in the name of a node would end it."""
    return url.raw_path.partition(b"?")[0].decode("ascii")
