# SPDX-License-Identifier: Apache-2.0
"""Two zones (or more), each with a hypervisor, a guest and its gateways.

    vmN -- lsN -- lrN -- ts1 -- other zones       10.N.0.0/24, fd0N::/64, ts1 169.254.100.0/24
    underlay 192.0.2.0/24 (2001:db8::/64): hvN has .1N, gwN .2N, its second gateway gwNb .3N
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Iterator

from . import logical
from .central import Central, Interconnection
from .gateway import OvnicGateway
from .guest import Guest
from .journal import Journal
from .ovsnode import OvsNode
from .process import Process
from .release import Release, own
from .shell import LabError
from .underlay import Underlay, UnderlayKind
from .zone import Gateway, Zone

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOCK, OVNIC = OvsNode.kind, OvnicGateway.kind


@dataclass(frozen=True)
class LabSpec:
    """Which gateways each zone has, and what carries the tunnels."""
    gateways: tuple[tuple[str, ...], ...] = ((STOCK,), (STOCK,))
    underlay: UnderlayKind = UnderlayKind()
    grouped: bool = False    # all gateways of a zone share its port; else the first has it
    clustered: tuple[int, ...] = ()   # zones whose Southbound is a cluster; then IC-SB is, too
    releases: tuple[Release, ...] = ()   # of OVN, by zone, the last also of all others

    def __str__(self) -> str:
        zones = " | ".join("+".join(kinds) for kinds in self.gateways)
        plain = self.underlay == UnderlayKind()
        zones += " as groups" if self.grouped else ""
        zones = zones if plain else f"{zones}, {self.underlay}"
        return zones + (f", OVN {' | '.join(map(str, self.releases))}" if self.releases else "")

    def release(self, zone: int) -> Release:
        return self.releases[min(zone, len(self.releases)) - 1] if self.releases else own()

    def newest(self) -> Release:
        return max(self.releases, key=Release.number, default=own())


class Lab:
    def __init__(self, spec: LabSpec) -> None:
        self.spec = spec
        self.journal = Journal.create()
        self.notes: list[str] = []
        self.zones: list[Zone] = []
        try:
            self.interconnection = Interconnection(self.journal, bool(spec.clustered),
                                                   spec.newest())
            self.underlay = Underlay(self.journal, spec.underlay)
            for number, kinds in enumerate(spec.gateways, 1):
                self._add_zone(number, kinds)
        except BaseException:
            self.stop()
            raise

    def _add_zone(self, number: int, kinds: tuple[str, ...]) -> None:
        central = Central(self.journal, number, self.interconnection,
                          number in self.spec.clustered, self.spec.release(number))
        hypervisor = OvsNode(self.journal, f"hv{number}", 10 + number, central, self.underlay)
        gateways = [self._gateway(kind, f"gw{number}" + ("", "b", "c")[index],
                                  20 + 10 * index + number, central)
                    for index, kind in enumerate(kinds)]
        guest = Guest(self.journal, f"vm{number}", number, 10)
        self.zones.append(Zone(number, central, hypervisor, gateways, guest))

    def _gateway(self, kind: str, name: str, host: int, central: Central) -> Gateway:
        addresses = self.underlay.kind.addresses(host)
        if central is not self._first_central(central):
            # Where nodes have several, those of all zones but the first have an IPv6 one only.
            addresses = addresses[-1:]
        if kind == STOCK:
            return OvsNode(self.journal, name, host, central, self.underlay, True, addresses)
        if kind == OVNIC:
            return OvnicGateway(self.journal, name, host, central, self.underlay,
                                self.interconnection, addresses)
        raise LabError(f"gateway kind {kind!r}: allowed are {STOCK}, {OVNIC}")

    def _first_central(self, central: Central) -> Central:
        """That of the first zone; the given one while there is none."""
        return self.zones[0].central if self.zones else central

    def __enter__(self) -> "Lab":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        databases = [*self.interconnection.databases]
        for zone in self.zones:
            databases += zone.central.databases
        for database in databases:
            database.start()
        for database in databases:
            database.wait()
        self.interconnection.nbctl("ts-add", "ts1")
        for zone in self.zones:
            zone.central.start()
        for node in self.nodes():
            node.start()
        for node in self.nodes():
            node.configure()
        for zone in self.zones:
            logical.build(zone)
            zone.guest.plug(zone.hypervisor)
        self.wait_ready()

    def wait_ready(self) -> None:
        for node in self.nodes():
            node.ready()
        for zone in self.zones:
            logical.wait_built(zone, len(self.zones))
        if self.spec.grouped:
            for zone in self.zones:
                logical.set_priorities(zone, zone.gateways)
            for zone in self.zones:
                logical.wait_group(zone)
        self.warm_up()

    def warm_up(self) -> None:
        """Let the underlay learn its neighbours. A failure is for the tests to
        report, which know better what does not work."""
        for one in self.zones:
            for other in self.zones:
                if one is not other:
                    try:
                        one.guest.wait_ping(other.guest.ipv4, timeout=8)
                    except LabError as error:
                        self.notes.append(str(error))

    def stop(self) -> None:
        """Remove everything; not to be disturbed by a second Ctrl-C."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
        self.journal.remove_everything()
        for process in self.processes():
            if process.child:
                process.child.wait()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def nodes(self) -> Iterator[Gateway]:
        for zone in self.zones:
            yield from zone.nodes

    def processes(self) -> Iterator[Process]:
        """All daemons; also of a lab that was built only in part."""
        for zone in self.zones:
            for database in zone.central.databases:
                yield database.process
            yield from (zone.central.northd, zone.central.ic)
            for node in zone.nodes:
                yield from node.processes()
        if hasattr(self, "interconnection"):
            for database in self.interconnection.databases:
                yield database.process
