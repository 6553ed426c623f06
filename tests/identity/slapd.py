"""A real OpenLDAP server with people, a group and TLS."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.engines.daemons import Daemons
from tests.server.tiled_server import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .authority import Authority

BASE = "dc=lab,dc=example"
#: Who may look for people, as an application does that knows their mail address and not their entry.
READER, READER_PASSWORD = f"cn=reader,{BASE}", "reads the directory"
GROUP = f"cn=users,ou=groups,{BASE}"
_CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {place}/slapd.pid
argsfile {place}/slapd.args
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
database mdb
maxsize 10485760
suffix "{base}"
directory {place}/data
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"""


class Slapd:
    """One directory, from `__enter__` to `__exit__`.

    Parameters
    ----------
    place : Path
        A directory for its files, which is made.
    authority : Authority
        Signs its certificate.
    people : iterable of tuple of str
        Name, mail address and password of each; all are in `GROUP`.
    """

    def __init__(self, place: Path, authority: Authority, people: Iterable[tuple[str, str, str]]) -> None:
        (place / "data").mkdir(parents=True)
        self.port = free_port()
        self._daemons = Daemons(place)
        self._configuration = place / "slapd.conf"
        certificate, key = authority.sign(f"IP:{HOST}")
        names = {"place": place, "authority": authority.certificate, "certificate": certificate, "key": key}
        self._configuration.write_text(_CONFIGURATION.format(base=BASE, **names))
        self._entries = "\n".join(_entries(list(people)))
        self._pid = 0

    def __enter__(self) -> Slapd:
        add = ["slapadd", "-f", str(self._configuration)]
        subprocess.run(add, input=self._entries.encode(), check=True, capture_output=True)
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._daemons.end()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Be stopped meanwhile."""
        self._daemons.end()
        try:
            yield
        finally:
            self._start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Take connections meanwhile, and answer nothing."""
        os.kill(self._pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._pid, signal.SIGCONT)

    def _start(self) -> None:
        command = ["slapd", "-d", "0", "-h", f"ldap://{HOST}:{self.port}", "-f", str(self._configuration)]
        self._pid = self._daemons.start("slapd", command, self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0


def _entries(people: list[tuple[str, str, str]]) -> Iterator[str]:
    """Write entries as LDIF (RFC 2849), values in base64 where they may be anything."""
    yield f"dn: {BASE}\nobjectClass: domain\ndc: lab\n"
    for unit in ("people", "groups"):
        yield f"dn: ou={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}\n"
    yield f"dn: {READER}\nobjectClass: person\ncn: reader\nsn: reader\nuserPassword: {READER_PASSWORD}\n"
    for name, mail, password in people:
        secret = base64.b64encode(password.encode()).decode()
        yield (
            f"dn: uid={name},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n"
            f"mail: {mail}\nuserPassword:: {secret}\n"
        )
    members = "".join(f"member: uid={name},ou=people,{BASE}\n" for name, _, _ in people)
    yield f"dn: {GROUP}\nobjectClass: groupOfNames\ncn: users\n{members}"
