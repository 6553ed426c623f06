"""A view of the machine's files in which it was booted by systemd, and cron has no jobs but those of the tests.

Others on the machine see nothing of it: their cron's jobs do not run, and their /run stays as it is.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .daemons import Daemons, succeeds

if TYPE_CHECKING:
    from .people import Person

_MOUNTS = """\
set -e
mount --make-rprivate /
for each in /run/systemd /run/log /etc/cron.d; do mkdir -p $each; mount -t tmpfs tmpfs $each; done
mkdir /run/systemd/system /run/systemd/journal /run/log/journal
[ ! -e /etc/crontab ] || mount --bind /dev/null /etc/crontab
mkdir "$1/crontabs"; chown root:crontab "$1/crontabs"; chmod 1730 "$1/crontabs"
mount --bind "$1/crontabs" /var/spool/cron/crontabs
mount -t tmpfs tmpfs /run/lock
touch "$1/crond.pid" /run/crond.pid; mount --bind "$1/crond.pid" /run/crond.pid
touch "$1/mounted"
exec sleep infinity
"""
_CGROUPS = [Path("/sys/fs/cgroup", name) for name in ("systemd", "unified", "")]
_USER_MANAGER = """\
for group; do echo $$ >"$group/cgroup.procs"; done
exec setpriv --reuid "$ID" --regid "$ID" --clear-groups env -u ID \\
    /lib/systemd/systemd --user --log-target=console --log-level=info
"""


class Namespace:
    """Cron, a journal, and one person's systemd, in a mount namespace of their own.

    Parameters
    ----------
    place : Path
        For their files.
    person : Person
        Who has services.
    """

    def __init__(self, place: Path, person: Person) -> None:
        self.place = place
        self._person = person
        self._daemons = Daemons(place)
        self._process = 0
        self._groups = [each / place.parent.name for each in _CGROUPS if (each / "cgroup.procs").exists()]
        self.runtime = place / "runtime"

    def inside(self, *command: str) -> list[str]:
        """Return the command that runs another one in there."""
        return ["nsenter", "--target", str(self._process), "--mount", *command]

    def __enter__(self) -> Namespace:
        """Start all three."""
        mounted = self.place / "mounted"
        script = ["unshare", "--mount", "sh", "-c", _MOUNTS, "sh", str(self.place)]
        try:
            self._process = self._daemons.start("namespace", script, mounted.exists)
            self._daemons.start("cron", self.inside("cron", "-f"), lambda: (self.place / "crond.pid").read_text() != "")
            listens = self.inside("test", "-S", "/run/systemd/journal/stdout")
            self._daemons.start("journald", self.inside("/lib/systemd/systemd-journald"), lambda: succeeds(listens))
            self._start_manager()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start_manager(self) -> None:
        person = self._person
        self.runtime.mkdir(mode=0o700)
        subprocess.run(["chown", person.name, str(self.runtime)], check=True)
        for group in self._groups:
            group.mkdir()
            subprocess.run(["chown", "-R", person.name, str(group)], check=True)
        person.environment["XDG_RUNTIME_DIR"] = str(self.runtime)
        environment = {
            "HOME": str(person.home),
            "USER": person.name,
            "PATH": "/usr/bin:/bin:/usr/sbin",
            "ID": str(person.id),
        }
        environment["XDG_RUNTIME_DIR"] = str(self.runtime)
        command = self.inside("sh", "-c", _USER_MANAGER, "sh", *map(str, self._groups))
        self._daemons.start("systemd", command, (self.runtime / "systemd/private").is_socket, env=environment)

    def __exit__(self, *error: object) -> None:
        """End them."""
        self._daemons.end()
        for group in self._groups:
            for each in sorted(group.rglob("*"), reverse=True):
                if each.is_dir():
                    with suppress(OSError):
                        each.rmdir()
            with suppress(OSError):
                group.rmdir()

    def ask(self, *command: str) -> str:
        """Return what a program says to the person, whether it ends well or not."""
        process = self._person.start(list(command), subprocess.DEVNULL, subprocess.PIPE)
        return process.communicate()[0]

    def journal(self) -> str:
        """Return all that the person's services wrote, and what their systemd says of them."""
        command = self.inside("journalctl", "--no-pager", "--output=cat", f"_UID={self._person.id}")
        said = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        return said + (self.place / "systemd.log").read_text(errors="replace")
