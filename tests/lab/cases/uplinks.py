# SPDX-License-Identifier: Apache-2.0
"""Gateways with two links into a routed network: one link is enough."""

from __future__ import annotations

from ovnlab import figures
from ovnlab.case import UPLINKS, case, check_timely, ovnic_zones
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.router import LINKS
from ovnlab.shell import wait_for
from ovnlab.stream import Streams


def _links(gateway: OvnicGateway) -> list[bool]:
    return [port["link_up"] for port in gateway.query("status")["ports"]]


def _tunnel_ports(gateway: OvnicGateway) -> set[str]:
    """The ports by which tunnel packets leave."""
    return {tunnel["port"] for tunnel in gateway.query("peers")["tunnels"] if tunnel["resolved"]}


@case(UPLINKS)
def link_lost(lab: Lab) -> None:
    """Either link fails in turn: what left by it leaves by the other, and comes back."""
    one, other = (zone.guest for zone in lab.zones)
    router = lab.underlay.router
    assert router
    _, gateway = ovnic_zones(lab)[0]
    for link in range(LINKS):
        with Streams([(one, other)]) as streams:
            router.set_link(gateway.name, link, False)
            try:
                expected = [number != link for number in range(LINKS)]
                wait_for(f"link {link} down", lambda: _links(gateway) == expected)
                streams.wait_steady()
                moved = streams.streams[0].now()["gap"] * 1000
                reasons = gateway.query("status")["drain"]["reasons"]
                check_timely(not reasons, f"drains for {reasons}")
            finally:
                router.set_link(gateway.name, link, True)
            wait_for("both links", lambda: all(_links(gateway)))
            streams.wait_steady()
        outcome = streams.outcomes[0]
        print(f"       link {link}: silence of {moved:.0f} ms when it went; {outcome}", flush=True)
        figures.add("ovnic-gw", outcome)
        check_timely(moved < 1000, f"link {link}: silence of {moved:.0f} ms")
