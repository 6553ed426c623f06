"""The address of a server: what a person types or pastes, made safe. Nothing here asks the network."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx

from .text import Masked

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):/*")
_EXAMPLE = "https://tiled.example.org"
_NO_ADDRESS = f"This is not an address. Type one like {_EXAMPLE}."
_TELL = "Nothing was sent. Tell the people who run the server."
_A_PATH = re.compile(r"/(?!/)|~|\.{1,2}(?:/|$)|\\|[A-Za-z]:[\\/](?!/)|file:", re.IGNORECASE)
_A_SECRET = re.compile(  # an API key with or without what stands around it in a file or a header, or a token
    r"""[^/?]*(?:\b|_)API_?KEY["'\]]*\s*[=:\s]|Bearer\s|Authorization\s*:|eyJ[\w-]*\.|\w{32,}$""", re.IGNORECASE
)
_BARE_IPV6 = re.compile(r"(?:https?://)?[0-9a-f]*(?::[0-9a-f.]*){2,}(?:%\w+)?(?:/|$)", re.IGNORECASE)
_A_NAME = re.compile(r"(?!https?$)(?=.{1,253}$)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?", re.IGNORECASE)
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
    text = _alone(text)
    wrong = _wrong_at_sight(text)
    if wrong is not None:
        raise BadAddress(wrong)
    url = _url(text)
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


def _alone(text: str) -> str:
    """Return what may be an address, without a comment, which would be a fragment, and what cannot be seen around."""
    return unquoted(unquoted(text).partition("#")[0])


def _wrong_at_sight(text: str) -> str | None:
    """Return why a text cannot be the address of a server, as far as it need not be taken apart for that."""
    before = _TO_THE_PATH.match(text)
    origin = before[0] if before is not None else ""
    if not text:
        return f"Type the address of a Tiled server, for example {_EXAMPLE}."
    if is_a_secret(text):
        return "This looks like an API key. Type the server's address here, and the key where you are asked for it."
    if _A_PATH.match(text):
        return f"This is the path of a file. Type the address of a Tiled server, for example {_EXAMPLE}."
    if "@" in origin:
        return "Remove the user name and password from the address (the part before @)."
    if not text.isprintable():
        return "There is a character in this address that cannot be seen. Type the address by hand."
    if " " in origin:  # in the name of a node it is quoted
        return f"An address has no spaces in it. Type the address alone, like {_EXAMPLE}."
    if _BARE_IPV6.match(text):
        return "Put brackets around the number of the server, for example http://[::1]:8000."
    return None


def _url(text: str) -> httpx.URL:
    scheme = None if _HOST_AND_PORT.match(text) else _SCHEME.match(text)
    if scheme is None:
        bare = text.lstrip("/")
        text = f"https://{bare}"
    elif scheme[1].lower() not in ("http", "https"):
        shown = f", not {scheme[1]}:" if "://" in scheme[0] else ""
        raise BadAddress(f"Tiled addresses begin with https:// or http://{shown}. Type one like {_EXAMPLE}.")
    else:
        text = f"{scheme[1]}://{text[scheme.end() :]}"
    text = re.sub(r"(\[[^]/%]*%)25", r"\1", text)  # a zone as RFC 6874 writes it, and no resolver reads it
    try:
        url = httpx.URL(text)
        host, port = url.host, url.port
        if scheme is None and is_loopback(host):
            url = url.copy_with(scheme="http")
    except httpx.InvalidURL as error:
        port_is_wrong = "port" in str(error) and "[" not in text
    except (ValueError, UnicodeError):
        port_is_wrong = False
    else:
        port_is_wrong = port is not None and not 0 < port < 65536
        if not port_is_wrong and (":" in host or _A_NAME.fullmatch(url.raw_host.decode("ascii", "replace"))):
            return url
    wrong = "The port in this address is not a number from 1 to 65535. Correct what stands behind the last colon."
    raise BadAddress(wrong if port_is_wrong else _NO_ADDRESS)


def is_a_secret(text: str) -> bool:
    """Whether a text where an address is wanted looks like an API key or a token: it is not to be shown."""
    return _A_SECRET.match(_alone(text)) is not None


def unquoted(text: str) -> str:
    """Return a text without the quotes, the blanks and what cannot be seen around it, which came along when copied."""
    text = _seen(text)
    return _seen(text[1:-1]) if len(text) > 1 and text[0] + text[-1] in _QUOTES else text


def _seen(text: str) -> str:
    return text.strip("".join({letter for letter in text[:1000] + text[-1000:] if not _is_seen(letter)}))


def _is_seen(letter: str) -> bool:
    return letter.isprintable() and not letter.isspace()


def without_secrets(text: str) -> str:
    """Return `text` for correction, less everything a secret could hide in."""
    if is_a_secret(text):
        return ""
    return re.split(r"[?#]", re.sub(r"^([^/]*//)?[^/]*@", r"\1", text.strip()))[0]


def host_of(uri: str) -> str:
    """Host and, where unusual, port, in ASCII: look-alike letters show as what they are."""
    try:
        url = httpx.URL(uri)
    except (httpx.InvalidURL, ValueError):
        return "an invalid address"
    return url.netloc.decode("ascii", "replace").rpartition("@")[2]


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
        return f"This server asks for the password at something that is not an address. {_TELL}"
    if not same_origin(endpoint, server):
        place = f"{there.scheme}://{host_of(endpoint)}"
        return f"This server asks for the password at another address ({place}). {_TELL}"
    return None if is_private(endpoint, allow_http=allow_http) else unencrypted(endpoint, "the password")


def _quoted_path(url: httpx.URL) -> str:
    """Return the path without the query: decoded, a # or ? in the name of a node would end it."""
    return url.raw_path.partition(b"?")[0].decode("ascii")
