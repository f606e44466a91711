# SPDX-License-Identifier: Apache-2.0
"""Three zones of real northd and ovn-ic; one stock gateway; all else are rows.

    zone 1   gw1 (Open vSwitch and ovn-controller), hv11 … hv14, gw1b    SB1 is what gw1 reads
    zone 2   gw2, gw2b                                                   each with its own
    zone 3   gw3                                                         NB, SB, northd, ovn-ic

It is started once; topologies come and go in it."""

from __future__ import annotations

import re
import signal
import time
from dataclasses import dataclass

from ovnlab.central import Central, Database, Interconnection
from ovnlab.journal import Journal
from ovnlab.lab import INTERRUPTS
from ovnlab.ovsnode import OvsNode
from ovnlab.process import Process
from ovnlab.release import Release
from ovnlab.shell import Late, Patience, wait_for

from .wire import ROUTER_MAC, Wire

GATEWAY, GATEWAY_HOST = "gw1", 21
ZONES = (1, 2, 3)
TRANSIT = ("ts1", "ts2", "ts3")
MARKER = "tsm"          # the transit switch of the marker packets, see marker.py
MARKER_DATAPATHS = (MARKER, "lr1m")
NEVER = 3600            # seconds that Open vSwitch keeps a next hop at the most
LOOK, QUIET_LOOKS = 0.02, 15   # no database has changed for so many looks: everybody is done


@dataclass(frozen=True)
class Chassis:
    name: str
    zone: int
    host: int
    csum: bool = True
    interconnect: bool = False
    second: int = 0     # host part of another encap's address

    @property
    def addresses(self) -> list[str]:
        return [f"192.0.2.{host}" for host in (self.host, self.second) if host]


# Tunnels with and without UDP checksums, both within the zone and to others.
CHASSIS = (
    Chassis("hv11", 1, 31), Chassis("hv12", 1, 32, csum=False),
    Chassis("hv13", 1, 33, second=43), Chassis("hv14", 1, 34, csum=False, second=44),
    Chassis("gw1b", 1, 61, interconnect=True),
    Chassis("gw2", 2, 22, interconnect=True),
    Chassis("gw2b", 2, 62, csum=False, interconnect=True),
    Chassis("gw3", 3, 23, csum=False, interconnect=True),
)

class World:
    def __init__(self, release: Release) -> None:
        self.release = release
        self.journal = Journal.create()
        try:
            self.wire = Wire(self.journal)
            self.interconnection = Interconnection(self.journal, release=release)
            self.zones = {n: Central(self.journal, n, self.interconnection, release=release)
                          for n in ZONES}
            self.gateway = OvsNode(self.journal, GATEWAY, GATEWAY_HOST, self.zones[1], self.wire,
                                   interconnect=True)   # type: ignore[arg-type]
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> "World":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def databases(self) -> list[Database]:
        found = [*self.interconnection.databases]
        for central in self.zones.values():
            found += central.databases
        return found

    def processes(self) -> list[Process]:
        found = [each.process for each in self.databases()]
        for central in self.zones.values():
            found += [central.northd, central.ic]
        return found + self.gateway.processes()

    def start(self) -> None:
        for database in self.databases():
            database.start()
        for database in self.databases():
            database.wait()
        for name in (*TRANSIT, MARKER):
            self.interconnection.nbctl("ts-add", name)
        self.gateway.start()
        for central in self.zones.values():
            central.start()
        self.gateway.configure()
        self.gateway.ready()
        self._await_transit()
        self._add_chassis()
        self._add_marker()
        self._fix_next_hops()

    def _await_transit(self) -> None:
        for central in self.zones.values():
            wait_for(f"transit switches in {central.name}", lambda: {*TRANSIT, MARKER} <= set(
                central.nbctl("--bare", "--columns=name", "list", "Logical_Switch").split()))

    def _add_chassis(self) -> None:
        """Fake chassis have the features of the real one: northd goes by the least."""
        own = self.zones[1].sbctl("get", "Chassis", GATEWAY, "other_config")
        features = [f"other_config:{name}=true"
                    for name in re.findall(r'([\w-]+)="true"', own) if name != "is-interconn"]
        for zone, central in self.zones.items():
            argv: list[str] = []
            for each in (each for each in CHASSIS if each.zone == zone):
                argv += ["--", "chassis-add", each.name, "geneve", each.addresses[0],
                         "--", "set", "Chassis", each.name, *features,
                         f"other_config:is-interconn={str(each.interconnect).lower()}"]
                for number, address in enumerate(each.addresses[1:]):
                    encap = f"@{each.name}-{number}"
                    argv += ["--", f"--id={encap}", "create", "Encap", "type=geneve",
                             f"ip={address}", f"chassis_name={each.name}", "options:csum=true",
                             "--", "add", "Chassis", each.name, "encaps", encap]
            central.sbctl(*argv)
        for each in CHASSIS:
            if not each.csum:
                central = self.zones[each.zone]
                for uuid in central.rows("Encap", f"chassis_name={each.name}"):
                    central.sbctl("set", "Encap", uuid, "options:csum=false")

    def _add_marker(self) -> None:
        for zone, gateway in ((1, GATEWAY), (2, "gw2")):
            central, router = self.zones[zone], f"lr{zone}m"
            central.nbctl(
                "--wait=sb", "lr-add", router, "--", "lrp-add", router, f"{router}-p",
                f"0a:00:00:00:ff:0{zone}", f"169.254.255.{zone}/24",
                "--", "lsp-add", MARKER, f"{MARKER}-{router}",
                "--", "lsp-set-type", f"{MARKER}-{router}", "router",
                "--", "lsp-set-addresses", f"{MARKER}-{router}", "router",
                "--", "lsp-set-options", f"{MARKER}-{router}", f"router-port={router}-p",
                "--", "lrp-set-gateway-chassis", f"{router}-p", gateway, "10")
        self.zones[2].sbctl("lsp-bind", "cr-lr2m-p", "gw2")
        wait_for("marker's remote port", lambda: self.zones[1].chassis_of(f"{MARKER}-lr2m"))

    def _fix_next_hops(self) -> None:
        """Nothing of the underlay has to be resolved, nor is forgotten."""
        self.gateway.appctl("tnl/neigh/aging", str(NEVER))
        self.gateway.netns.ip("neighbour", "flush", "all")
        for each in CHASSIS:
            for address in each.addresses:
                self.gateway.appctl("tnl/neigh/set", "br-phy", address, ROUTER_MAC)
        text = self.gateway.netns.run("cat", "/sys/class/net/br-phy/address")
        self.wire.mac = bytes.fromhex(text.strip().replace(":", ""))

    def settle(self, timeout: float = 20) -> None:
        """Return when no database has changed for a while, and the gateway is up to date."""
        self.zones[1].sync()
        patience = Patience(timeout)
        before, same = self.fingerprint(), 0
        while same < QUIET_LOOKS:
            if patience.over():
                raise Late(f"databases still change after {timeout:g} s")
            time.sleep(LOOK)
            now = self.fingerprint()
            same = same + 1 if now == before else 0
            before = now
        self.zones[1].sync()

    def fingerprint(self) -> tuple[int, ...]:
        """Changes with every transaction: databases append to their files."""
        return tuple(each.file.stat().st_size for each in self.databases())

    def controller(self, command: str) -> None:
        """`debug/pause` keeps ovn-controller from reading and writing databases; the
        thread that handles packets goes on."""
        pid = self.gateway.controller.pid
        self.gateway.appctl(command, socket=f"ovn-controller.{pid}.ctl")

    def ended(self) -> list[str]:
        """Daemons that have crashed, with their last words."""
        return [f"{each.name} has ended ({each.child.returncode}): {each.tail(6)}"
                for each in self.processes() if each.child and not each.running()]

    def stop(self) -> None:
        """Remove everything; not to be disturbed by a second Ctrl-C."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
        if hasattr(self, "wire"):
            self.wire.close()
        self.journal.remove_everything()
        if hasattr(self, "gateway"):
            for process in self.processes():
                if process.child:
                    process.child.wait()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
