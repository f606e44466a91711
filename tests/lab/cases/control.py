# SPDX-License-Identifier: Apache-2.0
"""What the databases and `ovnic-gw-ctl` say about a gateway at work."""

import json
import socket
from typing import Any

from ovnlab.case import IPV6, PAIR, VLAN, case, check, check_equal, ovnic_zones
from ovnlab.lab import Lab
from ovnlab.shell import run

STOCK_SHOW = """\
availability-zone az{number}
    gateway {gateway}
        type: geneve
            ip: {ip}
        port ts1-lr{number}
            transit switch: ts1
            address: ["aa:aa:aa:aa:aa:0{number} 169.254.100.{number}/24 fe80:100::{number}/64"]
"""
WORKER = ("core", "rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "busy_cycles", "polls")


@case(PAIR, VLAN, IPV6)
def interconnection_show(lab: Lab) -> None:
    """`ovn-ic-sbctl show` reads as it does for stock gateways."""
    text = lab.interconnection.sbctl("show")
    found = "".join(line + "\n" for line in text.splitlines() if "hostname:" not in line)
    expected = "".join(STOCK_SHOW.format(number=zone.number, gateway=zone.gateway.name,
                                         ip=zone.gateway.address) for zone in lab.zones)
    check_equal("ovn-ic-sbctl show", found, expected)
    check_equal("gateways with a hostname", text.count("hostname: "), len(lab.zones))


@case(PAIR)
def sync(lab: Lab) -> None:
    """`ovn-nbctl --wait=hv sync` returns, again and again."""
    for zone in lab.zones:
        for _ in range(3):
            zone.central.sync(timeout=10)


@case(PAIR)
def gateway_port_is_up(lab: Lab) -> None:
    for zone in lab.zones:
        up = zone.central.sbctl("--bare", "--columns=up", "find", "Port_Binding",
                                f"logical_port=cr-{zone.router_port}").strip()
        check_equal(f"up of cr-{zone.router_port}", up, "true")


@case(PAIR, VLAN, IPV6)
def status(lab: Lab) -> None:
    for zone, gateway in ovnic_zones(lab):
        said = gateway.query("status")
        check_equal("chassis", _name_in(said["chassis"]), gateway.name)
        check_equal("southbound.connected", said["southbound"]["connected"], True)
        check_equal("ic_southbound.connected", said["ic_southbound"]["connected"], True)
        check(f"cr-{zone.router_port}" in said["claimed"], f"claimed: {said['claimed']}")
        check("workers" in said, f"no workers in {said}")


def _name_in(chassis: Any) -> str:
    return str(chassis["name"] if isinstance(chassis, dict) else chassis)


@case(PAIR)
def stats(lab: Lab) -> None:
    """The counters of the contract are there, and count what guests send."""
    for _, gateway in ovnic_zones(lab):
        before = gateway.query("stats")
        lab.zones[0].guest.expect_ping(lab.zones[1].guest.ipv4, count=20)
        after = gateway.query("stats")
        for worker in after["workers"]:
            check(all(isinstance(worker[key], int) for key in WORKER), f"worker: {worker}")
        for section in ("drops", "slow_path"):
            check(all(isinstance(value, int) for value in after[section].values()),
                  f"{section}: {after[section]}")
        for key in ("rx_packets", "tx_packets"):
            rise = sum(worker[key] for worker in after["workers"]) \
                - sum(worker[key] for worker in before["workers"])
            check(rise >= 40, f"{key} of {gateway.name} rose by {rise} for 20 pings")


@case(PAIR)
def fast_path(lab: Lab) -> None:
    """Traffic between guests is the workers' business, not the control thread's."""
    one, other = (zone.guest for zone in lab.zones)
    for _, gateway in ovnic_zones(lab):
        before = sum(gateway.query("stats")["slow_path"].values())
        one.expect_ping(other.ipv4, count=20)
        other.expect_ping(one.ipv6, count=20)
        rise = sum(gateway.query("stats")["slow_path"].values()) - before
        check(rise < 10, f"{rise} of 80 packets took the slow path of {gateway.name}")


@case(PAIR)
def other_commands(lab: Lab) -> None:
    for _, gateway in ovnic_zones(lab):
        check(gateway.ctl("version").strip(), "version says nothing")
        check(gateway.ctl("show").strip(), "show says nothing")
        gateway.query("show")
        check_equal("list-unsupported", _count(gateway.query("list-unsupported")), 0)
        plain = run("ovs-appctl", "-t", str(gateway.socket), "status", "--json")
        check_equal("ovs-appctl", _name_in(json.loads(plain)["chassis"]), gateway.name)


def _count(unsupported: Any) -> int:
    """Entries of a list, or of the lists in an object."""
    if isinstance(unsupported, dict):
        return sum(_count(value) for value in unsupported.values()
                   if isinstance(value, (dict, list)))
    return len(unsupported)


@case(PAIR)
def host_interface(lab: Lab) -> None:
    """All that is not a tunnel packet reaches the kernel: it answers ping."""
    for zone, gateway in ovnic_zones(lab):
        family = socket.AF_INET6 if ":" in gateway.address else socket.AF_INET
        zone.hypervisor.netns.run("ping", "-6" if family == socket.AF_INET6 else "-4", "-n", "-q",
                                  "-c", "3", "-i", "0.05", "-W", "2", gateway.address)
