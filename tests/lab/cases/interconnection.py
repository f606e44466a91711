# SPDX-License-Identifier: Apache-2.0
"""Scenarios of OVN's tests of interconnection: three zones, joined in several ways."""

from __future__ import annotations

from ovnlab.case import THREE, case, check_equal, ovnic_zones
from ovnlab.frames import datagram
from ovnlab.guest import Guest
from ovnlab.lab import Lab
from ovnlab.listener import Listeners, send
from ovnlab.three_switches import SWITCHES, ThreeSwitches, router_mac

MARK, LAST = b"from zone ", b"last"


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
