"""A Slurm of one node, with munge, and with accounting that keeps the scripts and the environments of jobs."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path
from string import Template

from tests.server.tiled_server import free_port

from .daemons import Daemons, succeeds

_LOOKS = 60  # at accounting, a second apart
_CONFIGURATION = Template("""\
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$controller
SlurmdPort=$node
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$place/munge/socket
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/spool
SlurmctldPidFile=$place/slurmctld.pid
SlurmdPidFile=$place/slurmd.pid
SlurmctldDebug=debug
SlurmdDebug=debug2
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
KillWait=5
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$database
AccountingStoragePass=$place/munge/socket
AccountingStoreFlags=job_comment,job_env,job_script
JobAcctGatherType=jobacct_gather/none
NodeName=$host NodeAddr=127.0.0.1 CPUs=24 RealMemory=96000
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
""")
_DATABASE = Template("""\
AuthType=auth/munge
AuthInfo=socket=$place/munge/socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$database
SlurmUser=root
DebugLevel=debug
PidFile=$place/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm
""")


class Slurm:
    """The daemons, each with its files below one place and its ports on loopback.

    Parameters
    ----------
    place : Path
        A directory that others may look into.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.configuration = place / "slurm.conf"
        self.environment = {**os.environ, "SLURM_CONF": str(self.configuration)}
        self._daemons = Daemons(place)

    def __enter__(self) -> Slurm:
        """Start all five."""
        host, place = socket.gethostname().partition(".")[0], self.place
        names = {"host": host, "place": place} | {name: free_port() for name in ("controller", "node", "database")}
        self.configuration.write_text(_CONFIGURATION.substitute(names))
        accounting = place / "slurmdbd.conf"
        accounting.write_text(_DATABASE.substitute(names))
        accounting.chmod(0o600)
        for name in ("munge", "state", "spool"):
            (place / name).mkdir()
        try:
            self._start()
        except BaseException:
            self._daemons.end()
            raise
        return self

    def _start(self) -> None:
        start, environment, place = self._daemons.start, self.environment, self.place
        key, database = place / "munge/key", place / "mariadb"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        files = [f"--{name}-file={place}/munge/{name}" for name in ("key", "pid", "log", "seed")]
        sockets = f"--socket={place}/munge/socket"
        start("munged", ["munged", "--foreground", "--force", sockets, *files], (place / "munge/socket").is_socket)
        options = ["--no-defaults", f"--datadir={database}", "--user=root", "--innodb-log-file-size=8M"]
        subprocess.run(["mariadb-install-db", *options, "--skip-test-db"], check=True, capture_output=True)
        local = f"--socket={place}/mariadb.socket"
        asks = ["mariadb-admin", "--no-defaults", local, "ping"]
        start("mariadbd", ["mariadbd", *options, local, "--skip-networking"], lambda: succeeds(asks))
        told = {**environment, "MYSQL_UNIX_PORT": f"{place}/mariadb.socket"}
        asks = ["sacctmgr", "--immediate", "show", "cluster"]
        start("slurmdbd", ["slurmdbd", "-D"], lambda: succeeds(asks, env=environment), env=told)
        subprocess.run(
            ["sacctmgr", "--immediate", "add", "cluster", "test"], check=True, capture_output=True, env=environment
        )
        asks = ["scontrol", "ping"]
        start("slurmctld", ["slurmctld", "-D", "-c"], lambda: succeeds(asks, env=environment), env=environment)
        start("slurmd", ["slurmd", "-D", "-c"], lambda: "idle" in self.ask("sinfo", "--noheader"), env=environment)

    def __exit__(self, *error: object) -> None:
        """End them."""
        self._daemons.end()

    def ask(self, *command: str) -> str:
        """Return what one of Slurm's programs says to root."""
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=self.environment, timeout=120)
        return done.stdout + done.stderr

    def state(self, job: str) -> str:
        """Return the state of a job, or of its elements, as the accounting has it."""
        said = self.ask(
            "sacct", "--allusers", "--noheader", "--parsable2", "--allocations", "--format=State", "-j", job
        )
        return ",".join(sorted({line.split(" ")[0] for line in said.split("\n") if line}))

    def told(self, job: str) -> dict[str, str]:
        """Return all that Slurm tells of a job to root, by the command that asks."""
        asked = {
            "scontrol show job": ["scontrol", "--details", "--oneliner", "show", "job", job],
            "sacct": ["sacct", "--allusers", "--parsable2", "--format=ALL", "-j", job],
            "sacct, the script": ["sacct", "--allusers", "--batch-script", "-j", job],
            "sacct, the environment": ["sacct", "--allusers", "--env-vars", "-j", job],
        }
        told = {name: self.ask(*command) for name, command in asked.items()}
        for _ in range(_LOOKS):  # the script and the environment get to the database after the job has
            if not any(said.rstrip().endswith("NONE") for said in told.values()):
                break
            time.sleep(1)
            told = {name: self.ask(*command) for name, command in asked.items()}
        return told
