# SPDX-License-Identifier: Apache-2.0
"""What the databases and `ovnic-gw-ctl` say about a gateway at work."""

import json
import os
import pty
import socket
import subprocess
from typing import Any

from ovnlab.case import IPV6, PAIR, VLAN, case, check, check_equal, ovnic_zones
from ovnlab.gateway import CONTROL
from ovnlab.lab import Lab
from ovnlab.shell import run, wait_for

STOCK_SHOW = """\
availability-zone az{number}
    gateway {gateway}
        type: geneve
            ip: {ip}
        port ts1-lr{number}
            transit switch: ts1
            address: ["aa:aa:aa:aa:aa:0{number} 169.254.100.{number}/24 fe80:100::{number}/64"]
"""
REPORTS = ("status", "show", "stats", "ports", "peers", "bfd", "drops", "log", "list-unsupported")
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


@case(PAIR)
def reports(lab: Lab) -> None:
    """Each report says the same as text and as JSON, by both clients; nothing is wrong."""
    for zone, gateway in ovnic_zones(lab):
        for command in REPORTS:
            check(gateway.ctl(command).strip(), f"{command} says nothing")
            check(isinstance(gateway.query(command), dict), f"{command} --json is no object")
            plain = run("ovs-appctl", "-t", str(gateway.socket), command)
            check("\033[" not in plain, f"{command} has colours without a terminal")
        wait_for("no problems", lambda g=gateway: not g.query("status")["problems"])
        ports = gateway.query("ports")["ports"]
        check_equal("ports", [(port["name"], port["link_up"]) for port in ports],
                    [("uplink", True)])
        peers = {peer["chassis"]: peer for peer in gateway.query("peers")["peers"]}
        other = next(each for each in lab.zones if each is not zone)
        check_equal("zone of the other gateway", peers[other.gateway.name]["zone"], "remote")
        check_equal("tunnels to it that are resolved",
                    [t["resolved"] for t in peers[other.gateway.name]["tunnels"]], [True])
        shown = gateway.ctl("show")
        for line in ("transit-switch ts1", f"router lr{zone.number}",
                     f"remote gateway {other.gateway.name}"):
            check(line in shown, f"show has no line {line!r}:\n{shown}")


@case(PAIR)
def lookups(lab: Lab) -> None:
    """`routes` and `lookup` find the guest, and the way to it."""
    for zone, gateway in ovnic_zones(lab):
        router, guest = f"lr{zone.number}", zone.guest
        routes = gateway.query("routes", router)["routes"]
        check(any(route["destination"].startswith(guest.ipv4.rpartition(".")[0])
                  for route in routes), f"no route to {guest.ipv4}: {routes}")
        for address in (guest.ipv4, guest.ipv6):
            entries = gateway.query("lookup", router, address)["entries"]
            found = [entry for entry in entries if entry["verdict"] == "forward"]
            check(found, f"lookup {router} {address}: {entries}")
            check_equal("chassis that has the guest", found[0]["tunnel"]["chassis"],
                        zone.hypervisor.name)
            check(zone.hypervisor.name in gateway.ctl("lookup", router, address), "text differs")


@case(PAIR)
def refusals(lab: Lab) -> None:
    """Wrong calls end with status 2 and say what would be right."""
    _, gateway = ovnic_zones(lab)[0]
    for argv, word in ((("lookup", "lr1"), "usage: lookup DATAPATH DESTINATION"),
                       (("routes", "nowhere"), "no router"),
                       (("lookup", "lr1", "10.1.0"), "neither an IP address nor a MAC address"),
                       (("status", "--yaml"), '"--yaml"'),
                       (("lokup",), 'Did you mean "lookup"?')):
        done = subprocess.run([CONTROL, "-t", gateway.socket, *argv], timeout=20,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        check_equal(f"status of {argv}", done.returncode, 2)
        check(word in done.stderr, f"{argv}: {done.stderr!r} does not say {word!r}")


@case(PAIR)
def drops_and_watch(lab: Lab) -> None:
    """A drop shows with what it means; `stats --watch` shows rates."""
    _, gateway = ovnic_zones(lab)[0]
    drops = {drop["reason"]: drop for drop in gateway.query("drops")["drops"]}
    check_equal("reasons", set(drops), set(gateway.drops()))
    check(all(drop["meaning"] for drop in drops.values()), "a reason without a meaning")
    with subprocess.Popen([CONTROL, "-t", gateway.socket, "stats", "--watch", "1"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as watch:
        try:
            assert watch.stdout is not None
            line = watch.stdout.readline()
            check("rx packets/s" in line, f"stats --watch: {line!r}")
        finally:
            watch.terminate()


@case(PAIR)
def colours(lab: Lab) -> None:
    """On a terminal only, and not with NO_COLOR."""
    _, gateway = ovnic_zones(lab)[0]
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        ours, terminal = pty.openpty()
        with open(ours, "rb", buffering=0) as reader:
            subprocess.run([CONTROL, "-t", gateway.socket, "status"], timeout=20, check=True,
                           stdin=subprocess.DEVNULL, stdout=terminal,
                           env={**os.environ, **environment})
            said = reader.read(65536)
            os.close(terminal)
        check_equal(f"colours with {environment}: {said[:200]!r}", b"\033[" in said, coloured)
