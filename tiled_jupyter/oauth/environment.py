"""What the kernel's environment puts between it and a server: proxies, certificates; and what of that is broken.

Users and passwords of proxies are left out of everything here.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.request import getproxies

import httpx

from ..address import host_of, is_loopback
from ..text import legible

CERTIFICATES, DIRECTORY, KEY_LOG = "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"
_CORRECT = "Correct or unset it in the kernel's environment, and restart the kernel."
_SOCKS = ("socks5", "socks5h")
_NAME = re.compile(r"(?:\[[^\]]+\]|[\w.-]+)(?::\d+)?", re.ASCII)  # of a host, with a port


@dataclass(frozen=True)
class Proxy:
    """A proxy that the environment wants used.

    Parameters
    ----------
    variable : str
        Where it is named.
    scheme, host : str
        Without a user.
    """

    variable: str
    scheme: str
    host: str

    def __str__(self) -> str:
        """Name it and who names it."""
        return f"proxy {self.host} ({self.variable})"


def proxy_for(address: str) -> Proxy | None:
    """Return the proxy that httpx uses for an address; for this computer there is none."""
    url, proxies = httpx.URL(address), getproxies()
    if is_loopback(url.host) or _is_excepted(url.host, proxies.get("no", "")):
        return None
    for kind in (url.scheme, "all"):
        if proxies.get(kind):
            return _proxy(kind, proxies[kind])
    return None


def broken() -> str | None:
    """Return a sentence for what httpx cannot make a connection with, whoever is asked; None where nothing is."""
    return _wrong_proxy() or _wrong_exceptions() or _wrong_certificates() or _wrong_key_log() or _no_home()


def _proxy(kind: str, value: str) -> Proxy:
    try:
        url = httpx.URL(value if "://" in value else f"http://{value}")
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL()
    return Proxy(_variable(f"{kind}_proxy"), url.scheme, host_of(str(url)))


def _is_excepted(host: str, exceptions: str) -> bool:
    names = [name.strip().lower() for name in exceptions.split(",") if name.strip()]
    return any(name in ("*", host) or host.endswith(f".{name.lstrip('.')}") for name in names)


def _variable(name: str) -> str:
    found = next((each for each in (name, name.upper()) if os.environ.get(each)), None)
    return found or "the settings of this computer"


def _wrong_proxy() -> str | None:
    proxies = getproxies()
    for kind in ("http", "https", "all"):
        if not proxies.get(kind):
            continue
        proxy = _proxy(kind, proxies[kind])
        if not proxy.scheme or not _NAME.fullmatch(proxy.host):
            return f"{proxy.variable} is not the address of a proxy. {_CORRECT}"
        if proxy.scheme not in ("http", "https", *_SOCKS):
            return f"{proxy.variable} names a proxy of a kind that Tiled's client cannot use. {_CORRECT}"
        if proxy.scheme in _SOCKS and find_spec("socksio") is None:
            return (
                f"{proxy.variable} names a SOCKS proxy ({proxy.host}), and the package socksio is missing. Install it "
                "with %pip install socksio, or unset the variable in the kernel's environment; then restart the kernel."
            )
    return None


def _wrong_exceptions() -> str | None:
    for entry in getproxies().get("no", "").split(","):
        name = entry.strip()
        try:
            ipaddress.ip_address(name.partition("/")[0])
        except ValueError:
            try:
                httpx.URL(name if "://" in name else f"all://*{name}")
            except (httpx.InvalidURL, ValueError):
                held = legible(name.rpartition("@")[2], 50)
                return f"{_variable('no_proxy')} holds {held}, which Tiled's client cannot read. {_CORRECT}"
    return None


def _shown(file: str) -> str:
    """Return a path to be shown; the name and password of a proxy may have been put there."""
    return legible(re.sub("[^/]*:[^/]*@", "…@", file))


def _wrong_certificates() -> str | None:
    file = os.environ.get(CERTIFICATES)
    if not file:
        return None
    if Path(file).is_dir():
        return f"{CERTIFICATES} names {_shown(file)}, which is a directory: {DIRECTORY} is for those. {_CORRECT}"
    if not Path(file).is_file():
        return f"{CERTIFICATES} names {_shown(file)}, and there is no such file. {_CORRECT}"
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        return f"{CERTIFICATES} names {_shown(file)}, which holds no certificates. {_CORRECT}"
    except OSError as error:
        return f"{CERTIFICATES} names {_shown(file)}, which cannot be read ({error.strerror}). {_CORRECT}"
    return None


def _wrong_key_log() -> str | None:
    """Return a sentence where OpenSSL cannot write down the keys of connections, as those who look into them want."""
    file = os.environ.get(KEY_LOG)
    if not file:
        return None
    try:
        ssl.create_default_context()
    except OSError as error:
        return f"{KEY_LOG} names {_shown(file)}, which cannot be written ({error.strerror}). {_CORRECT}"
    return None


def _no_home() -> str | None:
    try:
        Path.home()
    except RuntimeError:
        return (
            "HOME is not set in the kernel's environment, so Tiled's client finds no place for its files. Set it to a "
            "directory you can write to, and restart the kernel."
        )
    return None
