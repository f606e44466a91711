# SPDX-License-Identifier: Apache-2.0
"""Databases and central daemons that go away under traffic: no packet may be lost."""

from __future__ import annotations

import signal
import time
from typing import Callable

from ovnlab import logical
from ovnlab.case import GROUP, Skip, case, duration
from ovnlab.central import Cluster, Database
from ovnlab.lab import Lab
from ovnlab.process import Process
from ovnlab.shell import wait_for

from .ha import expect_no_loss, groups, measure, ours, wait_holder

OUTAGE, LONG_OUTAGE = 15, 60   # seconds; the second with --long


def _all_databases(lab: Lab) -> list[Database]:
    found = [*lab.interconnection.databases]
    for zone in lab.zones:
        found += zone.central.databases
    return found


@case(GROUP)
def raft_leaders_killed(lab: Lab) -> None:
    """kill -9 of the leader of the Southbound's cluster, then of IC-SB's."""
    zone = ours(lab)
    clusters = [each for each in (zone.central.southbound, lab.interconnection.southbound)
                if isinstance(each, Cluster)]
    if not clusters:
        raise Skip("no clusters in this lab")

    def kill() -> None:
        for cluster in clusters:
            victim = cluster.leader()
            victim.process.stop(signal.SIGKILL)
            wait_for("another leader", lambda: cluster.leader() is not victim)
            zone.central.sync()
            victim.start()
            victim.wait()

    expect_no_loss(measure(lab, [zone], kill))


@case(GROUP)
def databases_stopped(lab: Lab) -> None:
    """All databases of all zones at once."""
    def stop() -> None:
        databases = _all_databases(lab)
        try:
            for database in databases:
                database.process.stop()
            time.sleep(duration(OUTAGE, LONG_OUTAGE))   # the outage is what is tested
        finally:
            for database in databases:
                database.start()
        for database in databases:
            database.wait()
        for zone in lab.zones:
            zone.central.sync(timeout=40)

    expect_no_loss(measure(lab, groups(lab), stop))


@case(GROUP)
def central_daemons_stopped(lab: Lab) -> None:
    """ovn-northd and ovn-ic of every zone."""
    daemons = [daemon for zone in lab.zones for daemon in (zone.central.northd, zone.central.ic)]

    def stop() -> None:
        _while_stopped(daemons, lambda: time.sleep(duration(3, LONG_OUTAGE)))
        for zone in lab.zones:
            zone.central.sync()

    expect_no_loss(measure(lab, groups(lab), stop))


def _while_stopped(daemons: list[Process], action: Callable[[], None]) -> None:
    try:
        for daemon in daemons:
            daemon.stop()
        action()
    finally:
        for daemon in daemons:
            daemon.start()


@case(GROUP)
def rows_deleted(lab: Lab) -> None:
    """Someone deletes the chassis that holds the port, as garbage collectors do."""
    zones = groups(lab)

    def delete() -> None:
        for zone in zones:
            zone.central.sbctl("chassis-del", zone.gateway.name)
        for zone in zones:
            zone.gateway.ready()
            logical.wait_group(zone)
            wait_holder(lab, zone, zone.gateway)

    expect_no_loss(measure(lab, zones, delete))


@case(GROUP)
def interconnection_emptied(lab: Lab) -> None:
    """All rows of IC-SB vanish; ovn-ic of each zone writes its own again."""
    zones = groups(lab)
    tables = ("Route", "Port_Binding", "Gateway", "Datapath_Binding")

    def empty() -> None:
        commands = [word for table in tables for word in ("--", "--all", "destroy", table)]
        lab.interconnection.sbctl(*commands[1:])
        for zone in zones:
            wait_holder(lab, zone, zone.gateway)
        for zone in lab.zones:
            logical.wait_built(zone, len(lab.zones))

    expect_no_loss(measure(lab, zones, empty))


@case(GROUP)
def southbound_emptied(lab: Lab) -> None:
    """Our zone's Southbound loses every row; northd and all chassis fill it again."""
    zone = ours(lab)

    def empty() -> None:
        roots = ("Chassis_Private", "Chassis", "Logical_Flow", "Multicast_Group", "Port_Binding",
                 "MAC_Binding", "Datapath_Binding", "HA_Chassis_Group", "Address_Set")
        commands = [word for table in roots for word in ("--", "--all", "destroy", table)]
        zone.central.sbctl(*commands[1:])
        for node in zone.nodes:
            node.ready()
        logical.wait_group(zone)
        wait_holder(lab, zone, zone.gateway)
        zone.central.sync()

    expect_no_loss(measure(lab, [zone], empty))
