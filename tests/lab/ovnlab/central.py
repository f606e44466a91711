# SPDX-License-Identifier: Apache-2.0
"""Databases and the central daemons: one set per zone, one interconnection pair."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence, Union

from .journal import Journal
from .process import Process
from .release import Release, own
from .shell import wait_for

SCHEMAS = Path("/usr/share/ovn")


class Database:
    """An ovsdb-server with one database, on a unix socket."""

    def __init__(self, journal: Journal, name: str, schema: Path,
                 release: Optional[Release] = None) -> None:
        self.release = release or own()
        self.schema = schema
        self.socket = journal.directory / f"{name}.sock"
        self.remote = f"unix:{self.socket}"
        self.control = journal.directory / f"{name}.ctl"
        self.file = journal.directory / f"{name}.db"
        self.log = journal.directory / f"{name}.log"
        self.create()
        self.process = Process(journal, name, self.release.argv(
            "ovsdb-server", str(self.file), f"--remote=p{self.remote}", f"--log-file={self.log}",
            f"--unixctl={self.control}"))

    def create(self) -> None:
        self.release.run("ovsdb-tool", "create", str(self.file), str(self.schema))

    @property
    def servers(self) -> Sequence["Database"]:
        return [self]

    def start(self) -> None:
        """Start without waiting: several come up side by side."""
        self.process.start()

    def wait(self) -> None:
        wait_for(f"database {self.process.name}", lambda: self.release.run(
            "ovsdb-client", "list-dbs", self.remote, timeout=5))


class Member(Database):
    """A server of a cluster; the first one founds it."""

    def __init__(self, journal: Journal, name: str, number: int, schema: Path,
                 release: Optional[Release] = None) -> None:
        self.cluster = name
        self.number = number
        super().__init__(journal, f"{name}-{number}", schema, release)

    def create(self) -> None:
        here, first = (f"unix:{self.socket.parent}/{self.cluster}-{n}.raft"
                      for n in (self.number, 1))
        if self.number == 1:
            self.release.run("ovsdb-tool", "create-cluster", str(self.file), str(self.schema), here)
        else:
            self.release.run("ovsdb-tool", "join-cluster", str(self.file), self.schema_name(),
                             here, first)

    def schema_name(self) -> str:
        return self.release.run("ovsdb-tool", "schema-name", str(self.schema)).strip()

    def status(self) -> str:
        return self.release.run("ovs-appctl", "-t", str(self.control), "cluster/status",
                                self.schema_name())

    def wait(self) -> None:
        wait_for(f"{self.process.name} in its cluster",
                 lambda: "Status: cluster member" in self.status())


class Cluster:
    """A database that three servers hold together."""

    def __init__(self, journal: Journal, name: str, schema: Path,
                 release: Optional[Release] = None) -> None:
        self.servers: Sequence[Member] = [Member(journal, name, number, schema, release)
                                          for number in (1, 2, 3)]
        self.remote = ",".join(server.remote for server in self.servers)

    def leader(self) -> Member:
        """Waits for an election to end."""
        def find() -> list[Member]:
            return [server for server in self.servers
                    if server.process.running() and "Role: leader" in server.status()]
        return wait_for("a leader", find)[0]


class Interconnection:
    """The pair of databases that all zones share."""

    def __init__(self, journal: Journal, clustered: bool = False,
                 release: Optional[Release] = None) -> None:
        self.release = release or own()
        kind: Union[type[Cluster], type[Database]] = Cluster if clustered else Database
        self.northbound = Database(journal, "ic-nb", SCHEMAS / "ovn-ic-nb.ovsschema", self.release)
        self.southbound = kind(journal, "ic-sb", SCHEMAS / "ovn-ic-sb.ovsschema", self.release)
        self.databases = (*self.northbound.servers, *self.southbound.servers)

    def nbctl(self, *argv: str, timeout: float = 30) -> str:
        return self.release.run("ovn-ic-nbctl", f"--db={self.northbound.remote}", *argv,
                                timeout=timeout)

    def sbctl(self, *argv: str) -> str:
        return self.release.run("ovn-ic-sbctl", f"--db={self.southbound.remote}", *argv)

    def gateway_of(self, port: str) -> str:
        """The gateway that holds a transit port, as zones tell each other."""
        return self.sbctl("--bare", "--columns=gateway", "find", "Port_Binding",
                          f"logical_port={port}").strip()


class Central:
    """The databases of one zone with ovn-northd and ovn-ic."""

    def __init__(self, journal: Journal, zone: int, interconnection: Interconnection,
                 clustered: bool = False, release: Optional[Release] = None) -> None:
        kind: Union[type[Cluster], type[Database]] = Cluster if clustered else Database
        self.release = release or own()
        self.name = f"az{zone}"
        self.northbound = Database(journal, f"nb{zone}", SCHEMAS / "ovn-nb.ovsschema",
                                   self.release)
        self.southbound = kind(journal, f"sb{zone}", SCHEMAS / "ovn-sb.ovsschema", self.release)
        self.databases = (*self.northbound.servers, *self.southbound.servers)
        local = [f"--ovnnb-db={self.northbound.remote}", f"--ovnsb-db={self.southbound.remote}"]
        shared = [f"--ic-nb-db={interconnection.northbound.remote}",
                  f"--ic-sb-db={interconnection.southbound.remote}"]
        self.northd = self._daemon(journal, "ovn-northd", zone, local)
        # That of 26.03 often crashes in its first moments.
        self.ic = self._daemon(journal, "ovn-ic", zone, local + shared, monitored=True)

    def _daemon(self, journal: Journal, program: str, zone: int, remotes: list[str],
                monitored: bool = False) -> Process:
        base = journal.directory / f"{program}{zone}"
        return Process(journal, base.name, self.release.argv(
            program, *remotes, f"--unixctl={base}.ctl", f"--log-file={base}.log"),
            monitored=monitored)

    def configure(self) -> None:
        self.nbctl("init")
        self.nbctl("set", "NB_Global", ".", f"name={self.name}", "options:ic-route-adv=true",
                   "options:ic-route-learn=true")

    def start(self) -> None:
        self.configure()
        self.northd.start()
        self.ic.start()

    def nbctl(self, *argv: str, timeout: float = 30) -> str:
        return self.release.run("ovn-nbctl", f"--db={self.northbound.remote}", *argv, timeout=timeout)

    def sbctl(self, *argv: str, timeout: float = 30) -> str:
        return self.release.run("ovn-sbctl", f"--db={self.southbound.remote}", *argv,
                                timeout=timeout)

    def chassis_of(self, port: str) -> str:
        """The name of the chassis that a port is bound to; "" when there is none."""
        uuid = self.sbctl("--bare", "--columns=chassis", "find", "Port_Binding",
                          f"logical_port={port}").strip()
        return self.sbctl("get", "Chassis", uuid, "name").strip().strip('"') if uuid else ""

    def rows(self, table: str, condition: str) -> list[str]:
        """UUIDs of the Southbound rows that fulfil a condition."""
        return self.sbctl("--bare", "--columns=_uuid", "find", table, condition).split()

    def sync(self, timeout: float = 20) -> None:
        """Return once every chassis says that it holds the present state."""
        self.nbctl("--wait=hv", "sync", timeout=timeout)
