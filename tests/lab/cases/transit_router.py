# SPDX-License-Identifier: Apache-2.0
"""Zones joined by a transit router, and a switch with ports in both."""

from __future__ import annotations

from ovnlab.case import TRANSIT_ROUTER, case, check, check_equal, ovnic_zones
from ovnlab.guest import Guest
from ovnlab.lab import Lab
from ovnlab.shell import wait_for
from ovnlab.transit_router import TransitRouter

_built: dict[Lab, TransitRouter] = {}


def _topology(lab: Lab) -> TransitRouter:
    if lab not in _built:
        _built.clear()
        topology = TransitRouter(lab)
        topology.build()
        _built[lab] = topology
    return _built[lab]


def _ways(lab: Lab) -> list[tuple[Guest, Guest]]:
    """Every way that passes a gateway: within a zone, and from zone to zone."""
    topology = _topology(lab)
    ways: list[tuple[Guest, Guest]] = []
    for zone in lab.zones:
        for other in lab.zones:
            ways += [(topology.ext[zone.number], topology.pods[other.number]),
                     (topology.pods[zone.number], topology.ext[other.number])]
            if zone is not other:
                ways.append((topology.ext[zone.number], topology.ext[other.number]))
    return ways


@case(TRANSIT_ROUTER)
def first_packets(lab: Lab) -> None:
    """Nobody knows a neighbour yet. Answers to a zone's router are heard by another
    zone's, which passes them on."""
    for here, there in _ways(lab):
        for family in (4, 6):
            check(here.ping(there.address(family), count=1, wait=4) or
                  here.ping(there.address(family), count=1, wait=4),
                  f"{here.name} does not reach {there.address(family)}")


@case(TRANSIT_ROUTER)
def learned(lab: Lab) -> None:
    """The neighbours of tr are known in all zones, with the port that they are behind."""
    for zone in lab.zones:
        for other in lab.zones:
            if zone is not other:
                m = other.number
                for ip in (f"100.65.{m}.1", f"fd65:{m}::1"):
                    wait_for(f"{ip} in {zone.central.name}", lambda: zone.central.sbctl(
                        "--bare", "--columns=logical_port", "find", "MAC_Binding",
                        f'ip="{ip}"').strip() == f"tr-gwr{m}")


@case(TRANSIT_ROUTER)
def traffic(lab: Lab) -> None:
    for here, there in _ways(lab):
        for family in (4, 6):
            here.expect_ping(there.address(family))
    topology = _topology(lab)
    one, other = (zone.number for zone in lab.zones)
    for here, there in ((topology.ext[one], topology.pods[other]),
                        (topology.pods[one], topology.ext[other]),
                        (topology.ext[one], topology.ext[other])):
        here.send_tcp(there, 4, 4)
        here.send_tcp(there, 6, 4)


@case(TRANSIT_ROUTER)
def routers_answer(lab: Lab) -> None:
    """Addresses of the gateway router and of tr, near and far."""
    topology = _topology(lab)
    for zone in lab.zones:
        n, ext = zone.number, topology.ext[zone.number]
        for address in (f"192.168.{n}.1", f"100.65.{n}.1", f"100.65.{n}.2", "10.200.0.1",
                        f"fd0{n}:1::1", f"fd65:{n}::2", "fd20::1"):
            ext.expect_ping(address)


@case(TRANSIT_ROUTER)
def fast_path(lab: Lab) -> None:
    ways = _ways(lab)
    for _, gateway in ovnic_zones(lab):
        check_equal("list-unsupported", gateway.query("list-unsupported"),
                    {"slow": [], "unsupported": []})
        before = sum(gateway.query("stats")["slow_path"].values())
        for here, there in ways:
            here.expect_ping(there.ipv4, count=4)
            here.expect_ping(there.ipv6, count=4)
        rise = sum(gateway.query("stats")["slow_path"].values()) - before
        check(rise < 10, f"{rise} of {16 * len(ways)} packets took the slow path of {gateway.name}")
