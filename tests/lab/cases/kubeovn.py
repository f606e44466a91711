# SPDX-License-Identifier: Apache-2.0
"""Clusters of Kube-OVN, their default VPCs joined over three transit switches."""

from __future__ import annotations

import re

from ovnlab.case import KUBEOVN, Skip, case, check, check_equal, directions, ovnic_zones
from ovnlab.kubeovn import ROUTER, SWITCHES, KubeOvn, transit_address
from ovnlab.lab import Lab
from ovnlab.shell import wait_for
from ovnlab.wire import Capture
from ovnlab.zone import Zone

PRIORITY = "32000"   # above all that the controller uses

_built: dict[Lab, KubeOvn] = {}


def _topology(lab: Lab) -> KubeOvn:
    if lab not in _built:
        _built.clear()
        topology = KubeOvn(lab)
        topology.build()
        _built[lab] = topology
    return _built[lab]


@case(KUBEOVN)
def traffic(lab: Lab) -> None:
    pods = _topology(lab).pods
    for here, there in directions(lab):
        one, other = pods[here.number], pods[there.number]
        for family in (4, 6):
            one.wait_ping(other.address(family))
            one.expect_ping(other.address(family), size=1200)
            one.send_tcp(other, family, 8)


@case(KUBEOVN)
def three_ways(lab: Lab) -> None:
    """Over each transit switch. Which one a flow takes is the hypervisor's choice, so
    a policy that goes before the others takes the choice away."""
    if len(ovnic_zones(lab)) < len(lab.zones):
        raise Skip("the capture looks for the frames of our gateways")
    topology = _topology(lab)
    used = set()
    for index in range(len(SWITCHES)):
        for here, there in directions(lab):
            here.central.nbctl("lr-policy-add", ROUTER, PRIORITY,
                               f"ip4.dst == {topology.pods[there.number].ipv4}", "reroute",
                               transit_address(index, there))
        try:
            for zone in lab.zones:
                zone.central.sync()
            for here, there in directions(lab):
                used.add(_way(lab, here, there))
        finally:
            for here, _ in directions(lab):
                here.central.nbctl("lr-policy-del", ROUTER, PRIORITY)
    check_equal("transit switches in use", len(used), len(SWITCHES))


def _way(lab: Lab, here: Zone, there: Zone) -> str:
    """The key of the transit switch by which packets leave a zone."""
    pods = _topology(lab).pods
    with Capture(lab, here.gateway) as capture:
        pods[here.number].expect_ping(pods[there.number].ipv4)
        requests = f"{pods[here.number].ipv4} > {pods[there.number].ipv4}: ICMP echo request"
        wait_for("requests on the wire", lambda: any(
            requests in line for line in capture.packets()))
    keys = {found[1] for line in capture.packets() if requests in line
            if (found := re.search(r"vni (0x[0-9a-f]+)", line))}
    check_equal(f"transit switches that packets of {here.central.name} took", len(keys), 1)
    return keys.pop()


@case(KUBEOVN)
def fast_path(lab: Lab) -> None:
    """Of policies that look at the source, none keeps a destination off the fast path."""
    pods = _topology(lab).pods
    one, other = (pods[zone.number] for zone in lab.zones)
    for _, gateway in ovnic_zones(lab):
        check_equal("list-unsupported", gateway.query("list-unsupported"),
                    {"slow": [], "unsupported": []})
        before = sum(gateway.query("stats")["slow_path"].values())
        for family in (4, 6):
            one.expect_ping(other.address(family), count=8)
            other.expect_ping(one.address(family), count=8)
        rise = sum(gateway.query("stats")["slow_path"].values()) - before
        check(rise < 10, f"{rise} of 64 packets took the slow path of {gateway.name}")
