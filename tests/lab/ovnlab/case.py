# SPDX-License-Identifier: Apache-2.0
"""What a lab test is: a function that gets a running lab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

from .gateway import OvnicGateway
from .lab import OVNIC, STOCK, Lab, LabSpec
from .release import Release, own
from .shell import Unavailable
from .underlay import UnderlayKind
from .zone import Zone

# Labs that tests share, in the order in which they run. "spare" has a second gateway
# in zone 2 and serves the tests that stop things; what a test stops it starts again.
# "group" has zones with two gateways in one group: a pair of zone 2's kind, a stock
# one to compare it with, and a mixed one. "transit-router" needs a release that has them.
PAIR, SPARE, VLAN, IPV6, GROUP = "pair", "spare", "vlan", "ipv6", "group"
UPLINKS = "uplinks"   # our gateways are behind a router, with two links each
# "three-zones" is for scenarios of OVN's own tests, see README.md.
TRANSIT_ROUTER, KUBEOVN, THREE = "transit-router", "kube-ovn", "three-zones"
ENCAPS = "encaps"   # every node has two IPv4 addresses and an IPv6 one
LABS = (PAIR, SPARE, VLAN, IPV6, UPLINKS, GROUP, TRANSIT_ROUTER, KUBEOVN, THREE, ENCAPS)
FIRST_WITH_TRANSIT_ROUTERS = Release("25.09")

Test = Callable[[Lab], None]


class Skip(Exception):
    """This test says nothing about the gateways of this lab."""


class Disturbed(AssertionError):
    """Packets were lost, or something took too long: our fault, or that of a machine which
    was busy with something else. Such a test gets a second turn; our fault stays."""


@dataclass(frozen=True)
class Case:
    name: str
    lab: str
    test: Test


CASES: list[Case] = []


_long = False
_kills = 1


def take_long() -> None:
    global _long
    _long = True


def take_kills(number: int) -> None:
    global _kills
    _kills = number


def kills() -> int:
    """How often a gateway is killed for one figure: when it happens between two packets
    of BFD is chance."""
    return _kills


def duration(seconds: float, long: float) -> float:
    """How long something lasts: the second with --long."""
    return long if _long else seconds


def case(*labs: str) -> Callable[[Test], Test]:
    """Register a test for one or more of the labs."""
    def register(test: Test) -> Test:
        group = test.__module__.rpartition(".")[2]
        for lab in labs or (PAIR,):
            CASES.append(Case(f"{group}.{test.__name__}", lab, test))
        return test
    return register


def spec_of(lab: str, one: str, other: str, releases: tuple[Release, ...] = ()) -> LabSpec:
    if lab == SPARE:
        return LabSpec(((one,), (other, other)), releases=releases)
    if lab == GROUP:
        pairs = [(other, other), (STOCK, STOCK), (STOCK, OVNIC)]
        if OVNIC not in (one, other):
            pairs = [(STOCK, STOCK)]
        return LabSpec(((one,), *dict.fromkeys(pairs)), grouped=True, clustered=(2,),
                       releases=releases)
    if lab == THREE:
        return LabSpec(((one,), (other,), (one,)), releases=releases)
    if lab == TRANSIT_ROUTER:
        _require_transit_routers(releases or (own(),))
    underlay = {VLAN: UnderlayKind(vlan=100), IPV6: UnderlayKind(family=6),
                ENCAPS: UnderlayKind(several=True), UPLINKS: UnderlayKind(routed=True)}.get(lab)
    return LabSpec(((one,), (other,)), underlay or UnderlayKind(), releases=releases)


def _require_transit_routers(releases: tuple[Release, ...]) -> None:
    for release in releases:
        if release.number() < FIRST_WITH_TRANSIT_ROUTERS.number():
            raise Unavailable(f"OVN {release} has no transit routers; "
                              f"{FIRST_WITH_TRANSIT_ROUTERS} has")


def ovnic_zones(lab: Lab) -> list[tuple[Zone, OvnicGateway]]:
    """The zones whose first gateway is ours; skips the test when there is none."""
    found = [(zone, zone.gateway) for zone in lab.zones if isinstance(zone.gateway, OvnicGateway)]
    if not found:
        raise Skip(f"no {OVNIC} in this lab")
    return found


def directions(lab: Lab) -> list[tuple[Zone, Zone]]:
    one, other = lab.zones
    return [(one, other), (other, one)]


def check(condition: object, complaint: str) -> None:
    if not condition:
        raise AssertionError(complaint)


def check_timely(condition: object, complaint: str) -> None:
    """For what a busy machine can spoil: packets lost, times."""
    if not condition:
        raise Disturbed(complaint)


def check_equal(what: str, found: object, expected: object) -> None:
    check(found == expected, f"{what}: {found!r}, expected {expected!r}")


def check_within(what: str, found: object, allowed: Optional[list[object]]) -> None:
    check(allowed is None or found in allowed, f"{what}: {found!r}, allowed {allowed!r}")
