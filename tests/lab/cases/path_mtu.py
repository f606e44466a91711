# SPDX-License-Identifier: Apache-2.0
"""Packets that do not fit somewhere: their senders are told how much does, and from then on
send no more. After OVN's tests of gateway_mtu and of path MTU discovery."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Iterator

from ovnlab.case import PAIR, case, check, check_equal, ovnic_zones
from ovnlab.gateway import HOST_INTERFACE, OvnicGateway
from ovnlab.guest import MTU, Guest
from ovnlab.lab import Lab
from ovnlab.release import Release
from ovnlab.shell import wait_for
from ovnlab.zone import Zone

HEADERS = {4: 28, 6: 48}       # IP and ICMP
GATEWAY_MTU = 1300             # IPv6 wants 1280 at least
LINK = 1400                    # bytes of outer packet
FITS = LINK - 58               # of which Geneve and what is around it take so many
FIRST_WITH_ERRORS = Release("24.03")   # of which the flows bring the errors home


def _zones(lab: Lab) -> tuple[Zone, OvnicGateway, Zone]:
    zone, gateway = ovnic_zones(lab)[0]
    return zone, gateway, next(other for other in lab.zones if other is not zone)


def _forget(guest: Guest) -> None:
    for family in ("-4", "-6"):
        guest.netns.ip(family, "route", "flush", "cache")


def _ping(guest: Guest, target: str, size: int) -> str:
    """One request of so many bytes of IP that must not be fragmented; what ping says."""
    return guest.netns.run("ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", str(size), target,
                           check=False)


def _known_mtu(guest: Guest, target: str) -> int:
    found = re.search(r"mtu (\d+)", guest.netns.ip("route", "get", target))
    return int(found[1]) if found else MTU


def _expect_limit(guest: Guest, other: Guest, family: int, limit: int, teller: str = "") -> None:
    """A packet of the limit passes; one that is a byte larger comes back as an error."""
    _forget(guest)
    target, largest = other.address(family), limit - HEADERS[family]
    said = _ping(guest, target, largest)
    check(" 1 received" in said, f"{limit} bytes to {target}: {said!r}")
    check_equal("path MTU known before", _known_mtu(guest, target), MTU)
    said = _ping(guest, target, largest + 1)
    check(f"mtu = {limit}" in said or f"mtu={limit}" in said,
          f"{limit + 1} bytes to {target}: {said!r}")
    check(f"From {teller}" in said, f"not from {teller}: {said!r}")
    check_equal("path MTU learned", _known_mtu(guest, target), limit)
    guest.send_tcp(other, family, 1)


@case(PAIR)
def gateway_mtu(lab: Lab) -> None:
    """Into the router whose port has a gateway_mtu; it is the one to complain."""
    zone, _, far = _zones(lab)
    n, port = zone.number, zone.router_port
    zone.central.nbctl("set", "Logical_Router_Port", port, f"options:gateway_mtu={GATEWAY_MTU}")
    try:
        zone.central.sync()
        _expect_limit(far.guest, zone.guest, 4, GATEWAY_MTU, f"169.254.100.{n}")
        _expect_limit(far.guest, zone.guest, 6, GATEWAY_MTU, f"fe80:100::{n}")
    finally:
        zone.central.nbctl("remove", "Logical_Router_Port", port, "options", "gateway_mtu")
        zone.central.sync()
        _forget(far.guest)
    far.guest.expect_ping(zone.guest.ipv4, size=MTU - 28)


@contextmanager
def _narrow(gateway: OvnicGateway, target: str) -> Iterator[None]:
    """The way of tunnels to one chassis takes smaller packets only."""
    gateway.netns.ip("route", "add", f"{target}/32", "dev", HOST_INTERFACE, "mtu", str(LINK))
    try:
        yield
    finally:
        gateway.netns.ip("route", "del", f"{target}/32", "dev", HOST_INTERFACE)


def _wait_too_big(gateway: OvnicGateway, guest: Guest, target: str) -> None:
    """Until a full packet is too big: the gateway has heard of the route."""
    before = gateway.drops().get("too_big", 0)
    def is_too_big() -> bool:
        _ping(guest, target, MTU - HEADERS[4])
        return gateway.drops().get("too_big", 0) > before
    _forget(guest)
    wait_for("a packet that is too big", is_too_big)


def _expect_narrow(lab: Lab, gateway: OvnicGateway, guest: Guest, other: Guest) -> None:
    _wait_too_big(gateway, guest, other.ipv4)
    if gateway.central.release.number() < FIRST_WITH_ERRORS.number():
        said = _ping(guest, other.ipv4, MTU - HEADERS[4])
        check(" 0 received" in said and "mtu" not in said, f"expected silence: {said!r}")
        _ping(guest, other.ipv4, FITS - HEADERS[4])
        return
    for family in (4, 6):
        _expect_limit(guest, other, family, FITS)


@case(PAIR)
def narrow_way_to_the_other_zone(lab: Lab) -> None:
    """The error goes back to a guest of the own zone. Before 24.03, OVN has no flows for
    that: nobody is told, and the drop is counted."""
    zone, gateway, far = _zones(lab)
    with _narrow(gateway, far.gateway.address):
        _expect_narrow(lab, gateway, zone.guest, far.guest)
    _forget(zone.guest)
    zone.guest.wait_ping(far.guest.ipv4)


@case(PAIR)
def narrow_way_to_a_hypervisor(lab: Lab) -> None:
    """The error goes back to the other zone, whose gateway gets it by a tunnel."""
    zone, gateway, far = _zones(lab)
    with _narrow(gateway, zone.hypervisor.address):
        _expect_narrow(lab, gateway, far.guest, zone.guest)
    _forget(far.guest)
    far.guest.wait_ping(zone.guest.ipv4)
