# SPDX-License-Identifier: Apache-2.0
"""Chassis with several tunnel addresses, IPv4 and IPv6, with checksums and without."""

from __future__ import annotations

import itertools
import re
from contextlib import contextmanager
from typing import Iterator

from ovnlab.case import ENCAPS, Skip, case, check_equal, directions, ovnic_zones
from ovnlab.gateway import OvnicGateway
from ovnlab.guest import Guest
from ovnlab.lab import Lab
from ovnlab.ovsnode import OvsNode
from ovnlab.shell import wait_for
from ovnlab.wire import Capture
from ovnlab.zone import Zone

# tcpdump -vv of a tunnel packet: outer addresses, what it says of the checksum, Geneve.
OUTER = re.compile(r"([0-9a-f.:]+)\.\d+ > ([0-9a-f.:]+)\.6081: \[(.*?)\] Geneve")


def _zones(lab: Lab) -> tuple[Zone, OvnicGateway, Zone]:
    """Ours, its gateway, and the other. A stock gateway takes any tunnel to a chassis,
    whether it has an address of that family or not: with one, the lab is none."""
    if len(ovnic_zones(lab)) < len(lab.zones):
        raise Skip("stock gateways do not choose among address families")
    zone, gateway = ovnic_zones(lab)[0]
    return zone, gateway, lab.zones[1]


def _on_the_wire(lab: Lab, gateway: OvnicGateway, source: Guest, target: Guest,
                 to: OvsNode) -> set[tuple[str, str, str]]:
    """Outer source, outer destination and checksum of echo requests to one hypervisor."""
    requests = f"{source.ipv4} > {target.ipv4}: ICMP echo request"
    with Capture(lab, gateway, verbose=True) as capture:
        source.expect_ping(target.ipv4)
        def seen() -> set[tuple[str, str, str]]:
            found = (OUTER.search(line) for line in capture.packets() if requests in line)
            return {match.groups() for match in found if match and match[2] in to.addresses}
        return wait_for(f"requests to {to.name} on the wire", seen)


@contextmanager
def _vif_encap(zone: Zone, address: str) -> Iterator[None]:
    """The address at which the zone's guest wants its packets."""
    name, central = zone.guest.name, zone.central
    zone.hypervisor.vsctl("set", "Interface", name, f"external_ids:encap-ip=\"{address}\"")
    try:
        def bound() -> bool:
            encap = central.sbctl("--bare", "--columns=encap", "find", "Port_Binding",
                                  f"logical_port={name}").strip()
            return bool(encap) and address in central.sbctl("get", "Encap", encap, "ip")
        wait_for(f"{name} at {address}", bound)
        central.sync()
        yield
    finally:
        zone.hypervisor.vsctl("remove", "Interface", name, "external_ids", "encap-ip")


@contextmanager
def _hypervisor_csum(zone: Zone, value: str) -> Iterator[None]:
    vsctl = zone.hypervisor.vsctl
    vsctl("set", "Open_vSwitch", ".", f"external_ids:ovn-encap-csum={value}")
    try:
        yield
    finally:
        vsctl("remove", "Open_vSwitch", ".", "external_ids", "ovn-encap-csum")


@case(ENCAPS)
def vif_names_an_encap(lab: Lab) -> None:
    """Each of a hypervisor's addresses in turn, as its guest asks."""
    zone, gateway, far = _zones(lab)
    for address in zone.hypervisor.addresses:
        with _vif_encap(zone, address):
            far.guest.wait_ping(zone.guest.ipv4)
            ours = next(a for a in gateway.addresses if (":" in a) == (":" in address))
            sent = _on_the_wire(lab, gateway, far.guest, zone.guest, zone.hypervisor)
            check_equal(f"ways to {address}", {(src, dst) for src, dst, _ in sent},
                        {(ours, address)})
    far.guest.wait_ping(zone.guest.ipv4)


@case(ENCAPS)
def families(lab: Lab) -> None:
    """Guests reached over IPv4 or IPv6, in every combination. The gateways of zone 2 have an
    IPv6 address only, so what comes and goes by IPv4 in zone 1 changes over in between."""
    one, _, other = _zones(lab)
    for first, second in itertools.product((0, 2), repeat=2):
        with _vif_encap(one, one.hypervisor.addresses[first]), \
                _vif_encap(other, other.hypervisor.addresses[second]):
            for here, there in directions(lab):
                here.guest.wait_ping(there.guest.ipv4, timeout=20)
                here.guest.expect_ping(there.guest.ipv6)
                here.guest.send_tcp(there.guest, 4, 2)
                here.guest.send_tcp(there.guest, 6, 2)


@case(ENCAPS)
def checksums(lab: Lab) -> None:
    """Asked for or not by the gateway, which gets them or not, and by the hypervisor that it
    sends to; over IPv6 they are always there."""
    zone, gateway, far = _zones(lab)
    good = gateway.config.read_text()
    try:
        for ours in ("yes", "no"):
            _restart_with(gateway, good.replace("[ovn]", f"encap-csum = {ours}\n[ovn]", 1))
            for theirs in ("true", "false"):
                with _hypervisor_csum(zone, theirs):
                    _expect_checksums(lab, zone, gateway, far, theirs == "true")
    finally:
        _restart_with(gateway, good)
    far.guest.wait_ping(zone.guest.ipv4)


def _restart_with(gateway: OvnicGateway, config: str) -> None:
    gateway.config.write_text(config)
    gateway.ctl("exit", "--restart")
    gateway.process.wait(30)
    gateway.process.start()
    wanted = "false" if "encap-csum = no" in config else "true"
    wait_for(f"csum={wanted} of {gateway.name}", lambda: set(gateway.central.sbctl(
        "--bare", "--columns=options", "find", "Encap",
        f"chassis_name={gateway.name}").split()) == {f"csum={wanted}"})
    gateway.ready()


def _expect_checksums(lab: Lab, zone: Zone, gateway: OvnicGateway, far: Zone, wanted: bool) -> None:
    central, hypervisor = zone.central, zone.hypervisor
    value = str(wanted).lower()
    wait_for(f"csum={value} of {hypervisor.name}", lambda: all(
        f"csum={value}" in line for line in central.sbctl(
            "--bare", "--columns=options", "find", "Encap",
            f"chassis_name={hypervisor.name}").splitlines() if line))
    for address in (hypervisor.addresses[0], hypervisor.addresses[2]):
        with _vif_encap(zone, address):
            for here, there in ((zone, far), (far, zone)):
                here.guest.wait_ping(there.guest.ipv4, timeout=20)
                here.guest.expect_ping(there.guest.ipv6)
                here.guest.send_tcp(there.guest, 4, 1)
            sent = _on_the_wire(lab, gateway, far.guest, zone.guest, hypervisor)
            said = "udp sum ok" if wanted or ":" in address else "no cksum"
            check_equal(f"checksums to {address}", {(dst, csum) for _, dst, csum in sent},
                        {(address, said)})
