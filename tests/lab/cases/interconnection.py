# SPDX-License-Identifier: Apache-2.0
"""Scenarios of OVN's tests of interconnection: three zones, joined in several ways."""

from __future__ import annotations

import ipaddress

from ovnlab.case import FIRST_WITH_TRANSIT_ROUTERS, THREE, Skip, case, check_equal, ovnic_zones
from ovnlab.frames import datagram
from ovnlab.guest import Guest
from ovnlab.lab import Lab
from ovnlab.listener import Listeners, send
from ovnlab.multicast import GUESTS, SENDER, Multicast
from ovnlab.multicast import SWITCH as MULTICAST_SWITCH
from ovnlab.multicast import router_mac as router_mac_of
from ovnlab.shell import wait_for
from ovnlab.spine import SpineLeaf
from ovnlab.three_switches import SWITCHES, ThreeSwitches, router_mac

MARK, LAST, WARM = b"ovnic-gw lab: ", b"last", b"warm up"

GROUPS = ("239.0.1.68", "ff0a:dead:beef::1")

_built: dict[Lab, Multicast] = {}


def _multicast(lab: Lab) -> Multicast:
    if lab not in _built:
        _built.clear()
        topology = Multicast(lab)
        topology.build()
        _built[lab] = topology
    return _built[lab]


@case(THREE)
def three_transit_switches(lab: Lab) -> None:
    """From every zone to every other over each of the switches: whoever is meant gets the
    packet once, two hops older and from its own router; nobody else gets it."""
    topology = ThreeSwitches(lab)
    topology.build()
    guests = topology.guests
    ways = [(here.number, there.number, t) for here in lab.zones for there in lab.zones
            if here is not there for t in SWITCHES]
    for here, there, t in ways:
        for family in (4, 6):
            guests[here, t].wait_ping(guests[there, t].address(family))
    expected: dict[Guest, list[bytes]] = {guest: [] for guest in guests.values()}
    with Listeners(guests.values(), MARK) as listeners:
        for here, there, t in ways:
            one, other = guests[here, t], guests[there, t]
            for family in (4, 6):
                for which in (b"first", LAST):
                    payload = MARK + b"%d to %d over %d, " % (here, there, t) + which
                    ends = one.address(family), other.address(family)
                    send(one, datagram(router_mac(here, t), one.mac, *ends, 64, payload))
                    expected[other].append(
                        datagram(other.mac, router_mac(there, t), *ends, 62, payload))
        listeners.expect(expected, LAST)
    for _, gateway in ovnic_zones(lab):
        check_equal(f"list-unsupported of {gateway.name}", gateway.query("list-unsupported"),
                    {"slow": [], "unsupported": []})


def _group_mac(group: str) -> str:
    packed = ipaddress.ip_address(group).packed
    low = bytes([packed[-3] & 0x7f, *packed[-2:]]) if len(packed) == 4 else packed[-4:]
    return ((b"\x01\x00\x5e" if len(packed) == 4 else b"\x33\x33") + low).hex(":")


def _warm_up(topology: Multicast, group: str, names: list[str]) -> None:
    """Send until all hear it: a stock switch drops the first packets of a way."""
    guests, sender = topology.guests, topology.guests[SENDER]
    source = sender.ipv6 if ":" in group else sender.ipv4
    with Listeners([guests[name] for name in names], WARM) as listeners:
        def all_hear() -> bool:
            send(sender, datagram(_group_mac(group), sender.mac, source, group, 32, WARM))
            return all(listeners.heard(guests[name]) for name in names)
        wait_for(f"{group} at {names}", all_hear)


def _expect_multicast(topology: Multicast, group: str, routed: list[str]) -> None:
    """To the sender's neighbour as it is, to `routed` two hops older, to nobody else."""
    guests, sender = topology.guests, topology.guests[SENDER]
    source = sender.ipv6 if ":" in group else sender.ipv4
    _warm_up(topology, group, ["rx4", *routed])
    expected: dict[Guest, list[bytes]] = {guest: [] for guest in guests.values()}
    with Listeners(guests.values(), MARK) as listeners:
        for which in (b"first", LAST):
            payload = MARK + group.encode() + which
            send(sender, datagram(_group_mac(group), sender.mac, source, group, 32, payload))
            for name, left, eth_src in [("rx4", 32, sender.mac), *(
                    (name, 30, router_mac_of(GUESTS[name])) for name in routed)]:
                expected[guests[name]].append(
                    datagram(_group_mac(group), eth_src, source, group, left, payload))
        listeners.expect(expected, LAST)


@case(THREE)
def static_multicast(lab: Lab) -> None:
    """Routers that flood multicast by configuration; the transit switch knows nothing of it.
    IPv4 groups of the link stay on the link (OVN's flows let those of IPv6 pass)."""
    topology = _multicast(lab)
    topology.switch_options(mcast_snoop="true", mcast_flood_unregistered="true")
    topology.relay()
    topology.flood_from_routers((2, MULTICAST_SWITCH), (1, "mls1"), (3, "mls3"))
    topology.sync()
    _expect_multicast(topology, "239.0.1.68", ["rx1", "rx3"])
    _expect_multicast(topology, "ff0a:dead:beef::1", ["rx1", "rx3"])
    _expect_multicast(topology, "224.0.0.1", [])


@case(THREE)
def flooded_by_the_transit_switch(lab: Lab) -> None:
    """A transit switch that looks for listeners, finds none and floods; guests join by IGMP
    and MLD at their own switches."""
    topology = _multicast(lab)
    topology.switch_options(mcast_snoop="true", mcast_flood_unregistered="false")
    topology.transit_options(mcast_snoop="true", mcast_flood_unregistered="true")
    topology.relay()
    topology.flood_from_routers((1, MULTICAST_SWITCH), (2, MULTICAST_SWITCH),
                                (3, MULTICAST_SWITCH))
    topology.no_flood_from_routers((1, "mls1"), (3, "mls3"))
    with topology.joined(["rx1", "rx3", "rx4"], GROUPS):
        topology.sync()
        for group in GROUPS:
            _expect_multicast(topology, group, ["rx1", "rx3"])
    for _, gateway in ovnic_zones(lab):
        check_equal(f"what {gateway.name} cannot do", {entry["destination"] for entry in
                    gateway.query("list-unsupported")["unsupported"]}, {"IGMP and MLD"})


BROADCAST, NOBODY = "ff:ff:ff:ff:ff:ff", "f0:00:00:01:02:99"


@case(THREE)
def spine_leaf(lab: Lab) -> None:
    """One network over three zones. Frames go unchanged to whoever is meant; to all for a
    broadcast; for an address that nobody has, to the guest whose address is not known."""
    release = min(zone.central.release.number() for zone in lab.zones)
    if release < FIRST_WITH_TRANSIT_ROUTERS.number():
        raise Skip(f"only {FIRST_WITH_TRANSIT_ROUTERS} and later join switches with switches")
    if len(ovnic_zones(lab)) < len(lab.zones):
        raise Skip("a stock gateway without guests of its own does not serve the spine")
    topology = SpineLeaf(lab)
    topology.build()
    guests = topology.guests
    firsts = [guests[zone.number, 1] for zone in lab.zones]
    for here in firsts:   # the spine learns where everybody is
        for guest in guests.values():
            if guest is not here:
                here.wait_ping(guest.ipv4)
                guest.wait_ping(here.ipv6)
    unknown = guests[topology.last, 1]
    expected: dict[Guest, list[bytes]] = {guest: [] for guest in guests.values()}
    with Listeners(guests.values(), MARK) as listeners:
        for here in firsts:
            others = [guest for guest in guests.values() if guest is not here]
            ways = [(guest.mac, guest.ipv4, [guest]) for guest in others]
            ways += [(BROADCAST, "172.16.1.255", others),
                     (NOBODY, "172.16.1.99", [unknown] if here is not unknown else [])]
            for which in (b"first", LAST):
                for eth_dst, ip, receivers in ways:
                    payload = MARK + f"{here.name} to {ip}, ".encode() + which
                    frame = datagram(eth_dst, here.mac, here.ipv4, ip, 64, payload)
                    send(here, frame)
                    for guest in receivers:
                        expected[guest].append(frame)
        listeners.expect(expected, LAST)
