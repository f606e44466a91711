# SPDX-License-Identifier: Apache-2.0
"""A router between the underlay and gateways with two links each, as in a routed fabric:
the tunnel address is on no link, and both links lead to it."""

from __future__ import annotations

from .journal import Journal
from .netns import Netns, hide_from_kernel, veth

ADDRESS = "192.0.2.1"          # on the underlay
TUNNELS = "198.51.100.0/24"    # where the gateways' tunnels end
LINKS = 2


def device(link: int) -> str:
    return f"uplink{link}"


def tunnel_address(host: int) -> str:
    return f"198.51.100.{host}"


def link_addresses(host: int, link: int) -> tuple[str, str]:
    """Of the router and of the gateway."""
    first = (host * LINKS + link) * 4 % 256
    return f"203.0.113.{first + 1}", f"203.0.113.{first + 2}"


class Router:
    def __init__(self, journal: Journal) -> None:
        self.netns = Netns(journal, "router")
        self.netns.sysctl("net.ipv4.ip_forward=1")

    def plug(self, gateway: Netns, name: str, host: int, tunnels_end: str) -> None:
        hops: list[str] = []
        for link in range(LINKS):
            port, (ours, theirs) = self.port(name, link), link_addresses(host, link)
            veth(gateway, device(link), self.netns, port)
            hide_from_kernel(gateway, device(link))
            self.netns.ip("address", "add", f"{ours}/30", "dev", port)
            hops += ["nexthop", "via", theirs, "dev", port]
        self.netns.ip("route", "add", tunnels_end, *hops)

    def port(self, name: str, link: int) -> str:
        return f"{name}.{link}"

    def set_link(self, name: str, link: int, up: bool) -> None:
        """Pull a cable, or plug it in."""
        self.netns.ip("link", "set", self.port(name, link), "up" if up else "down")
