"""A certificate authority of a facility, which no computer knows unless it is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

_REQUEST = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7")
_MAY_SIGN = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")


class Authority:
    """One that signs for names.

    Parameters
    ----------
    place : Path
        A directory for its files.

    Attributes
    ----------
    certificate : Path
        What ``SSL_CERT_FILE`` may name.
    """

    def __init__(self, place: Path) -> None:
        place.mkdir()
        self._place = place
        self.certificate = place / "authority.pem"
        self._make("authority", "/CN=A facility's authority", _MAY_SIGN)

    def sign(self, *names: str) -> tuple[Path, Path]:
        """Return a certificate for names such as ``IP:127.0.0.1`` or ``DNS:tiled.example``, and its key."""
        by = ("-CA", "authority.pem", "-CAkey", "authority.key")
        about = ("basicConstraints=critical,CA:FALSE", f"subjectAltName={','.join(names)}")
        self._make("server", "/CN=server", about, *by)
        return self._place / "server.pem", self._place / "server.key"

    def _make(self, name: str, subject: str, about: tuple[str, ...], *options: str) -> None:
        added = (part for each in about for part in ("-addext", each))
        files = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
        command = [*_REQUEST, "-subj", subject, *added, *options, *files]
        subprocess.run(command, cwd=self._place, check=True, capture_output=True)
