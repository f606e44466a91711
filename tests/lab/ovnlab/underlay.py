# SPDX-License-Identifier: Apache-2.0
"""The network that carries the tunnels: one bridge in a namespace of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from .journal import Journal
from .netns import Netns, veth

BRIDGE = "br-underlay"


@dataclass(frozen=True)
class UnderlayKind:
    """How tunnels are carried. With a VLAN, every node tags its frames itself:
    the bridge is a wire."""
    family: int = 4
    vlan: Optional[int] = None

    def address(self, host: int) -> str:
        return f"192.0.2.{host}" if self.family == 4 else f"2001:db8::{host}"

    @property
    def prefix_length(self) -> int:
        return 24 if self.family == 4 else 64

    def __str__(self) -> str:
        return f"IPv{self.family}" + (f", VLAN {self.vlan}" if self.vlan else "")


class Underlay:
    def __init__(self, journal: Journal, kind: UnderlayKind) -> None:
        self.kind = kind
        self.netns = Netns(journal, "underlay")
        self.netns.ip("link", "add", BRIDGE, "type", "bridge", "mcast_snooping", "0")
        self.netns.ip("link", "set", BRIDGE, "up")

    def attach(self, netns: Netns, device: str, name: str) -> None:
        """Plug `device` of a namespace into the bridge port `name`."""
        veth(netns, device, self.netns, name)
        self.netns.ip("link", "set", name, "master", BRIDGE)
