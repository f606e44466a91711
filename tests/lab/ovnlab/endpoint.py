# SPDX-License-Identifier: Apache-2.0
"""Guests with addresses of their own, for topologies beside the lab's plain one."""

from __future__ import annotations

from .guest import MTU, Guest
from .lab import Lab
from .ovsnode import OvsNode
from .shell import wait_for
from .zone import Zone


class Endpoint(Guest):
    def __init__(self, lab: Lab, zone: Zone, name: str, mac: str, ipv4: str, ipv6: str) -> None:
        super().__init__(lab.journal, name, zone.number, 10)
        self.mac, self.ipv4, self.ipv6 = mac, ipv4, ipv6

    def attach(self, zone: Zone, gateway4: str = "", gateway6: str = "") -> None:
        self.attach_to(zone.hypervisor, gateway4, gateway6)

    def attach_to(self, hypervisor: OvsNode, gateway4: str = "", gateway6: str = "") -> None:
        hypervisor.add_vif(self.name, self.netns, self.name)
        ip = self.netns.ip
        ip("link", "set", self.name, "address", self.mac, "mtu", str(MTU), "up")
        self.add_addresses(self.ipv4, self.ipv6)
        if gateway4:
            ip("route", "add", "default", "via", gateway4)
        if gateway6:
            ip("-6", "route", "add", "default", "via", gateway6)

    @property
    def lsp_address(self) -> str:
        return f"{self.mac} {self.ipv4} {self.ipv6}"


def router_port(switch: str, port: str, peer: str) -> list[str]:
    """Words that give a switch a port to a router's port."""
    return ["--", "lsp-add", switch, port, "--", "lsp-set-type", port, "router",
            "--", "lsp-set-addresses", port, "router",
            "--", "lsp-set-options", port, f"router-port={peer}"]


def wait_switch(zone: Zone, switch: str) -> None:
    """Until ovn-ic has given a transit switch to a zone."""
    wait_for(f"{switch} in {zone.central.name}",
             lambda: switch in zone.central.nbctl("--bare", "--columns=name", "list",
                                                  "Logical_Switch").split())


def wait_up(zone: Zone, guest: Guest) -> None:
    wait_for(f"{guest.name} up",
             lambda: zone.central.nbctl("lsp-get-up", guest.name).strip() == "up")


def second_hypervisor(lab: Lab, zone: Zone, interconnect: bool = False) -> OvsNode:
    """One more chassis of a zone, started and registered."""
    node = OvsNode(lab.journal, f"hv{zone.number}b", 50 + zone.number, zone.central, lab.underlay,
                   interconnect)
    node.start()
    node.configure()
    node.ready()
    return node
