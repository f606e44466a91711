# SPDX-License-Identifier: Apache-2.0
"""What changes under traffic: the keys of datapaths and ports, the place of a guest."""

from __future__ import annotations

import itertools
from typing import Callable, Iterable, Iterator

from ovnlab.case import ENCAPS, PAIR, Skip, case, check, check_equal, check_timely, ovnic_zones
from ovnlab.endpoint import Endpoint, second_hypervisor
from ovnlab.gateway import OvnicGateway
from ovnlab.guest import MTU
from ovnlab.lab import Lab
from ovnlab.ovsnode import OvsNode
from ovnlab.release import Release
from ovnlab.shell import wait_for
from ovnlab.stream import RATE, Streams
from ovnlab.zone import Zone

FIRST_TO_FOLLOW = Release("25.03")   # of those here; stock gateways of 23.03 do not either
# Chassis take up a new key one after the other; in between, what is under way is lost. Stock
# gateways lose as much, so this only tells a hole from a path that has gone.
LONGEST_SILENCE = 3000   # ms


def _through(lab: Lab, changes: Iterable[Callable[[], None]]) -> None:
    """Traffic in both directions that goes on after each of the changes."""
    one, other = (zone.guest for zone in lab.zones)
    n = 0
    with Streams([(one, other), (other, one)]) as streams:
        for n, change in enumerate(changes, 1):
            change()
            streams.wait_steady()
    for outcome in streams.outcomes:
        check_timely(outcome.gap_ms < LONGEST_SILENCE, str(outcome))
        check_timely(outcome.lost < n * RATE * LONGEST_SILENCE / 1000, str(outcome))


def _follows_keys(zone: Zone) -> None:
    if zone.central.release.number() < FIRST_TO_FOLLOW.number():
        raise Skip(f"hypervisors of OVN {zone.central.release} do not follow a changed key")


def _key(zone: Zone, table: str, condition: str) -> str:
    return zone.central.sbctl("--bare", "--columns=tunnel_key", "find", table, condition).strip()


def _there_and_back(zone: Zone, table: str, name: str, column: str,
                    where: tuple[str, str], key: str) -> Iterator[Callable[[], None]]:
    """Changes that give something another tunnel key, and the one that it had."""
    before = _key(zone, *where)
    for wanted in (key, before):
        def change() -> None:
            zone.central.nbctl("set", table, name, f"{column}:requested-tnl-key={wanted}")
            zone.central.sync()
            check_equal(f"key of {name}", _key(zone, *where), wanted)
        yield change
    zone.central.nbctl("remove", table, name, column, "requested-tnl-key")


@case(PAIR)
def datapath_keys(lab: Lab) -> None:
    """Of the switch with the guest and of the router, there and back."""
    zone, gateway = ovnic_zones(lab)[0]
    _follows_keys(zone)
    switch, router = f"ls{zone.number}", f"lr{zone.number}"
    _through(lab, itertools.chain(
        _there_and_back(zone, "Logical_Switch", switch, "other_config",
                        ("Datapath_Binding", f"external_ids:name={switch}"), "4711"),
        _there_and_back(zone, "Logical_Router", router, "options",
                        ("Datapath_Binding", f"external_ids:name={router}"), "4712")))
    _expect_fast(gateway)


@case(PAIR)
def port_keys(lab: Lab) -> None:
    """Of the guest's port and of the router's port."""
    zone, gateway = ovnic_zones(lab)[0]
    _follows_keys(zone)
    guest, port = zone.guest.name, f"lr{zone.number}-ls{zone.number}"
    _through(lab, itertools.chain(
        _there_and_back(zone, "Logical_Switch_Port", guest, "options",
                        ("Port_Binding", f"logical_port={guest}"), "98"),
        _there_and_back(zone, "Logical_Router_Port", port, "options",
                        ("Port_Binding", f"logical_port={port}"), "99")))
    _expect_fast(gateway)


def _expect_fast(gateway: OvnicGateway) -> None:
    check_equal("list-unsupported", gateway.query("list-unsupported"),
                {"slow": [], "unsupported": []})


class Migrant(Endpoint):
    """A guest that is on two hypervisors at once: the one that it leaves and the one it
    comes to, each with a namespace of its own."""

    def __init__(self, lab: Lab, zone: Zone, name: str, hypervisor: OvsNode) -> None:
        n = zone.number
        super().__init__(lab, zone, name, f"00:00:00:0{n}:00:fe", f"10.{n}.0.200", f"fd0{n}::200")
        self.hypervisor = hypervisor

    def attach_as(self, port: str) -> None:
        self.hypervisor.add_vif(port, self.netns, self.name)
        ip, n = self.netns.ip, self.zone
        ip("link", "set", self.name, "address", self.mac, "mtu", str(MTU), "up")
        self.add_addresses(self.ipv4, self.ipv6)
        ip("route", "add", "default", "via", f"10.{n}.0.1")
        ip("-6", "route", "add", "default", "via", f"fd0{n}::1")

    def received(self) -> int:
        """Echo requests that came in."""
        text = self.netns.run("nstat", "-a", "-z", "-s", "IcmpInEchos")
        return next(int(line.split()[1]) for line in text.splitlines() if "IcmpInEchos" in line)


@case(ENCAPS)
def migration(lab: Lab) -> None:
    """A guest of our zone goes to another hypervisor. While it is on both, each gets what is
    sent to it, and the gateway says why that is not the fast path; before and after, one does,
    on the fast path. After OVN's tests of several requested chassis."""
    zone, gateway = ovnic_zones(lab)[0]
    far = next(other for other in lab.zones if other is not zone)
    central, n = zone.central, zone.number
    old, new = zone.hypervisor, second_hypervisor(lab, zone)
    leaving, coming = (Migrant(lab, zone, f"{name}{n}", node)
                       for name, node in (("leaving", old), ("coming", new)))
    port = f"migrant{n}"
    central.nbctl("lsp-add", f"ls{n}", port, "--", "lsp-set-addresses", port, leaving.lsp_address,
                  "--", "lsp-set-options", port, f"requested-chassis={old.name}")
    try:
        for guest in (leaving, coming):
            guest.attach_as(port)
        _wait_places(zone, port, old.name, set())
        far.guest.wait_ping(leaving.ipv4)
        _expect_copies(far, leaving, coming, (1, 0))
        _expect_fast(gateway)

        for places in (f"{old.name},{new.name}", f"{new.name},{old.name}"):
            central.nbctl("lsp-set-options", port, f"requested-chassis={places}")
            first, second = places.split(",")
            _wait_places(zone, port, first, {second})
            far.guest.wait_ping(leaving.ipv4)
            _expect_copies(far, leaving, coming, (1, 1))
            listed = gateway.query("list-unsupported")
            check(any(entry["why"] == f"{port} is on more than one chassis while it moves"
                      for entry in listed["slow"]), f"not listed: {listed}")

        central.nbctl("lsp-set-options", port, f"requested-chassis={new.name}")
        _wait_places(zone, port, new.name, set())
        far.guest.wait_ping(coming.ipv4)
        _expect_copies(far, leaving, coming, (0, 1))
        _expect_fast(gateway)
    finally:
        central.nbctl("lsp-del", port)


def _wait_places(zone: Zone, port: str, chassis: str, additional: set[str]) -> None:
    def places() -> bool:
        uuids = zone.central.sbctl("--bare", "--columns=additional_chassis", "find",
                                   "Port_Binding", f"logical_port={port}").split()
        names = {zone.central.sbctl("get", "Chassis", uuid, "name").strip().strip('"')
                 for uuid in uuids}
        return zone.central.chassis_of(port) == chassis and names == additional
    wait_for(f"{port} on {chassis} and {additional}", places)
    zone.central.sync()


def _expect_copies(far: Zone, leaving: Migrant, coming: Migrant, each: tuple[int, int]) -> None:
    """How many copies of a request come to either place. IPv6 goes along unwatched."""
    requests = 5
    def settled() -> bool:   # hypervisors and gateway take up a change one after the other
        before = leaving.received(), coming.received()
        far.guest.ping(leaving.ipv4, count=requests)
        now = leaving.received(), coming.received()
        return tuple(b - a for a, b in zip(before, now)) == tuple(requests * k for k in each)
    wait_for(f"{each} copies at {leaving.name} and {coming.name}", settled)
    check(far.guest.ping(leaving.ipv6, count=3) == 3, "IPv6 is not answered")
