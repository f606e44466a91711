# SPDX-License-Identifier: Apache-2.0
"""The network that carries the tunnels: one bridge in a namespace of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from . import router
from .journal import Journal
from .netns import Netns, veth
from .router import Router

BRIDGE = "br-underlay"


@dataclass(frozen=True)
class UnderlayKind:
    """How tunnels are carried. With a VLAN, every node tags its frames itself:
    the bridge is a wire. Routed: our gateways are behind a router."""
    family: int = 4
    vlan: Optional[int] = None
    several: bool = False   # two IPv4 addresses and an IPv6 one for every node
    routed: bool = False

    def address(self, host: int) -> str:
        return f"192.0.2.{host}" if self.family == 4 else f"2001:db8::{host}"

    def addresses(self, host: int) -> list[str]:
        """All that tunnels end at."""
        if not self.several:
            return [self.address(host)]
        return [f"192.0.2.{host}", f"192.0.2.{100 + host}", f"2001:db8::{host}"]

    def with_length(self, address: str) -> str:
        return f"{address}/{64 if ':' in address else 24}"

    def __str__(self) -> str:
        family = "several addresses" if self.several else f"IPv{self.family}"
        return family + (f", VLAN {self.vlan}" if self.vlan else "") + (
            ", routed" if self.routed else "")


class Underlay:
    def __init__(self, journal: Journal, kind: UnderlayKind) -> None:
        self.kind = kind
        self.netns = Netns(journal, "underlay")
        self.netns.ip("link", "add", BRIDGE, "type", "bridge", "mcast_snooping", "0")
        self.netns.ip("link", "set", BRIDGE, "up")
        self._keep_firewall_off()
        self.router = Router(journal) if kind.routed else None
        if self.router:
            self.attach(self.router.netns, "underlay", "router")
            self.router.netns.ip("address", "add", f"{router.ADDRESS}/24", "dev", "underlay")

    def _keep_firewall_off(self) -> None:
        """A switch does not look into IP. With br_netfilter the bridge would drop
        damaged packets and put fragments together before a gateway sees them."""
        if Path("/proc/sys/net/bridge/bridge-nf-call-iptables").exists():
            self.netns.sysctl("net.bridge.bridge-nf-call-iptables=0",
                              "net.bridge.bridge-nf-call-ip6tables=0",
                              "net.bridge.bridge-nf-call-arptables=0")

    def attach(self, netns: Netns, device: str, name: str) -> None:
        """Plug `device` of a namespace into the bridge port `name`."""
        veth(netns, device, self.netns, name)
        self.netns.ip("link", "set", name, "master", BRIDGE)
