# SPDX-License-Identifier: Apache-2.0
"""The logical topology of a zone, and when it is in force."""

from __future__ import annotations

from .shell import wait_for
from .zone import Gateway, Zone

TRANSIT = "ts1"


def build(zone: Zone) -> None:
    """Switch and router of a zone, the router on the transit switch too."""
    number, guest = zone.number, zone.guest
    switch, router = f"ls{number}", f"lr{number}"
    wait_for(f"{TRANSIT} in {zone.central.name}",
             lambda: TRANSIT in zone.central.nbctl("--bare", "--columns=name", "list",
                                                   "Logical_Switch"))
    zone.central.nbctl(
        "ls-add", switch,
        "--", "lsp-add", switch, guest.name,
        "--", "lsp-set-addresses", guest.name, f"{guest.mac} {guest.ipv4} {guest.ipv6}",
        "--", "lr-add", router,
        "--", "lrp-add", router, f"{router}-{switch}", f"00:00:00:0{number}:00:01",
        f"10.{number}.0.1/24", f"fd0{number}::1/64",
        *_attach(switch, f"{switch}-{router}", f"{router}-{switch}"),
        "--", "lrp-add", router, zone.router_port, f"aa:aa:aa:aa:aa:0{number}",
        f"169.254.100.{number}/24", f"fe80:100::{number}/64",
        *_attach(TRANSIT, zone.transit_port, zone.router_port),
        "--", "lrp-set-gateway-chassis", zone.router_port, zone.gateway.name, "10")


def _attach(switch: str, port: str, router_port: str) -> list[str]:
    return ["--", "lsp-add", switch, port, "--", "lsp-set-type", port, "router",
            "--", "lsp-set-addresses", port, "router",
            "--", "lsp-set-options", port, f"router-port={router_port}"]


def wait_built(zone: Zone, zones: int) -> None:
    """Guest plugged, gateway port claimed, the other zones' routes learned."""
    central = zone.central
    wait_for(f"{zone.guest.name} up",
             lambda: central.nbctl("lsp-get-up", zone.guest.name).strip() == "up")
    wait_for(f"cr-{zone.router_port} claimed by {zone.gateway.name}",
             lambda: central.chassis_of(f"cr-{zone.router_port}") == zone.gateway.name)
    wait_routes(zone, zones)


def wait_routes(zone: Zone, zones: int) -> None:
    central = zone.central
    wait_for(f"routes of other zones in {central.name}", lambda: len(central.nbctl(
        "--bare", "--columns=_uuid", "find", "Logical_Router_Static_Route",
        "options:origin=connected").split()) >= 2 * (zones - 1))


def move_transit_port(zone: Zone, chassis: str) -> None:
    """Give the zone's gateway port to another chassis, in one transaction."""
    old = zone.central.nbctl("--bare", "--columns=chassis_name", "find",
                             "Gateway_Chassis", f"chassis_name!={chassis}").split()
    removals: list[str] = []
    for name in old:
        removals += ["--", "lrp-del-gateway-chassis", zone.router_port, name]
    zone.central.nbctl("lrp-set-gateway-chassis", zone.router_port, chassis, "10", *removals)


def set_priorities(zone: Zone, order: list[Gateway]) -> None:
    """Make a group of gateways, the first of them the one to hold the port."""
    commands: list[str] = []
    for priority, gateway in zip(range(30, 0, -10), order):
        commands += ["--", "lrp-set-gateway-chassis", zone.router_port, gateway.name,
                     str(priority)]
    zone.central.nbctl(*commands[1:])


def wait_group(zone: Zone, timeout: float = 30) -> None:
    """BFD among gateways and with the hypervisor, seen from both ends."""
    nodes = zone.nodes if len(zone.gateways) > 1 else []
    for node in nodes:
        others = {other.address for other in nodes if other is not node}
        wait_for(f"BFD of {node.name} up with {others}", lambda: node.bfd_up() >= others, timeout)
