# SPDX-License-Identifier: Apache-2.0
"""A zone's transit port goes from one gateway to another."""

import os
import signal

from ovnlab import logical
from ovnlab.case import SPARE, Skip, case, check_equal
from ovnlab.lab import STOCK, Lab
from ovnlab.shell import wait_for
from ovnlab.zone import Gateway


def _move(lab: Lab, target: Gateway) -> None:
    zone = lab.zones[1]
    logical.move_transit_port(zone, target.name)
    wait_for(f"{zone.transit_port} on {target.name} in IC-SB", lambda: (
        lab.interconnection.gateway_of(zone.transit_port) == target.name))


def _expect_alone(lab: Lab, idle: Gateway) -> None:
    """Traffic flows both ways while the other gateway of the zone is frozen."""
    one, other = (zone.guest for zone in lab.zones)
    for process in idle.processes():
        os.kill(process.pid, signal.SIGSTOP)
    try:
        one.wait_ping(other.ipv4)
        other.wait_ping(one.ipv4)
        one.expect_ping(other.ipv6)
    finally:
        for process in idle.processes():
            os.kill(process.pid, signal.SIGCONT)


@case(SPARE)
def planned(lab: Lab) -> None:
    """There and back, with both ovn-ic at work."""
    first, second = lab.zones[1].gateways
    for target, idle in ((second, first), (first, second)):
        _move(lab, target)
        _expect_alone(lab, idle)


@case(SPARE)
def local_ovn_ic_stopped(lab: Lab) -> None:
    """Nobody copies the move into our Southbound: IC-SB alone tells of it."""
    near, far = lab.zones
    if near.gateway.kind == STOCK:
        raise Skip("a stock gateway reads only what ovn-ic copies")
    first, second = far.gateways
    near.central.ic.stop()
    try:
        for target, idle in ((second, first), (first, second)):
            _move(lab, target)
            _expect_alone(lab, idle)
            check_equal("chassis that the Southbound copy still names",
                        near.central.chassis_of(far.transit_port), first.name)
    finally:
        near.central.ic.start()
