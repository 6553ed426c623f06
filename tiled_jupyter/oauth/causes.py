"""Why a connection did not come about, in a sentence: the name, the proxy, the certificate, who is at the other end."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator

import httpx

from ..text import legible
from .environment import CERTIFICATES, DIRECTORY, Proxy

_EXPIRED, _NOT_YET_VALID, _WRONG_NAMES = 10, 9, (62, 64)  # OpenSSL's X509_V_ERR_…
_COULD_NOT = (502, 503, 504)
# 401 is what tinyproxy says of a login that is wrong; RFC 9110 has 407 for both.
_WANTS_A_LOGIN = (401, 407)


def why(error: BaseException, host: str, proxy: Proxy | None) -> str:
    """Return the sentence for an error of a connection to `host`; it quotes nothing of the error.

    Parameters
    ----------
    error : BaseException
        Of httpx, with its causes.
    host : str
    proxy : Proxy or None
        The one that it went through.
    """
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause, host, proxy)
    if proxy is not None:
        return _through(proxy, causes, host)
    for cause in causes:
        if isinstance(cause, httpx.TimeoutException | TimeoutError):
            return f"{host} did not answer in time. Try again, or ask the people who run the server."
        if isinstance(cause, socket.gaierror) and not host.startswith("["):
            name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
            what = "address" if "." in name else "address, or of the saved name"
            return f"The name {name} cannot be found. Check the spelling of the {what}."
        if isinstance(cause, ssl.SSLError):
            return _not_spoken(cause, host)
        if isinstance(cause, ConnectionRefusedError):
            return f"Cannot reach {host}: nothing answers there. Is the server running? Check the address and port."
    return f"Cannot reach {host}. Check the network and the address."


def refused_by(proxy: Proxy | None, status: int, host: str) -> str:
    """Return the sentence for the status with which a proxy has answered instead of the server."""
    who = f"The {proxy}" if proxy is not None else f"A proxy on the way to {host}"
    if status in _WANTS_A_LOGIN:
        what = f"wants a user name and a password of its own ({status}), so {host} was not asked"
    elif status in _COULD_NOT:
        what = f"cannot reach {host} ({status})"
    else:
        what = f"does not lead to {host} ({status})" if status else f"does not lead to {host}"
    return f"{who} {what}. Ask the people who run the proxy; if none is needed for {host}, add it to NO_PROXY."


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _through(proxy: Proxy, causes: tuple[BaseException, ...], host: str) -> str:
    for cause in causes:
        if isinstance(cause, httpx.ProxyError):
            status = re.match(r"\d{3}\b", str(cause))
            return refused_by(proxy, int(status[0]) if status else 0, host)
        if isinstance(cause, ssl.SSLError) and proxy.scheme == "https":
            return (
                f"The {proxy} does not speak https, so {host} was not asked. Most proxies want http:// before "
                "their own address: correct it in the kernel's environment, and restart the kernel."
            )
        if isinstance(cause, ssl.SSLError):
            return _not_spoken(cause, host)
    is_late = any(isinstance(cause, httpx.ConnectTimeout) for cause in causes)
    if not is_late and any(isinstance(cause, httpx.ReadTimeout | TimeoutError) for cause in causes):
        return f"{host} did not answer in time through the {proxy}. Try again, or ask the people who run the server."
    what = "cannot be reached"
    if is_late:
        what = "does not answer in time"
    elif any(isinstance(cause, socket.gaierror) for cause in causes):
        what = "has a name that cannot be found"
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        what = "cannot be reached: nothing answers there"
    elif not any(isinstance(cause, httpx.ConnectError) for cause in causes):
        return f"Cannot reach {host} through the {proxy}. Try again; if none is needed for {host}, add it to NO_PROXY."
    return (
        f"The {proxy} {what}, so {host} was not asked. Correct it in the kernel's environment; if none is "
        f"needed for {host}, add that to NO_PROXY. Then restart the kernel."
    )


def _certificate(error: ssl.SSLCertVerificationError, host: str, proxy: Proxy | None) -> str:
    code = getattr(error, "verify_code", 0)
    if code == _EXPIRED:
        return (
            f"The certificate of {host} has expired, so nothing was sent. Tell the people who run the server. If this "
            "happens with every server, check the clock of this computer."
        )
    if code == _NOT_YET_VALID:
        return f"The certificate of {host} is not valid yet, so nothing was sent. Check the clock of this computer."
    if code in _WRONG_NAMES:
        return (
            f"The certificate at {host} is for another name, so nothing was sent. Use the name that the server is "
            "known by, or tell the people who run it."
        )
    whose = "your facility" if proxy is None else f"your facility, or of the {proxy}"
    given = next((name for name in (CERTIFICATES, DIRECTORY) if os.environ.get(name)), None)
    if given is not None:
        cure = (
            f"For a certificate of {whose}, add its authority to {legible(os.environ[given])}, which {given} names, "
            "and restart the kernel."
        )
    else:
        cure = f"For a certificate of {whose}, set {CERTIFICATES} to its file before the kernel starts."
    return f"The certificate of {host} is not trusted, so nothing was sent. {cure}"


def _not_spoken(error: ssl.SSLError, host: str) -> str:
    reason = str(getattr(error, "reason", None))
    if "CERTIFICATE_REQUIRED" in reason:
        return wants_a_certificate(host)
    if "ALERT" in reason or "PROTOCOL" in reason:  # it does speak https, in another way
        what = "It may want another version of TLS, or a certificate of the program's own"
        return f"{host} speaks https and refuses this kernel's. {what}: ask the people who run the server."
    return f"{host} does not speak https. If it is a test server on this computer, type http:// in front."


def wants_a_certificate(host: str) -> str:
    """Return the sentence for a server that knows programs by their certificates."""
    return (
        f"{host} lets in only programs that have a certificate of their own, and Tiled's client has none. Ask the "
        "people who run the server for another address."
    )
