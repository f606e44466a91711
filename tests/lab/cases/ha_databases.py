# SPDX-License-Identifier: Apache-2.0
"""Databases and central daemons that go away under traffic: no packet may be lost."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from typing import Callable, Iterable

from ovnlab import figures, logical
from ovnlab.case import GROUP, SPARE, Skip, case, check, check_timely, duration, \
    ovnic_zones
from ovnlab.central import Cluster, Database
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.process import Process
from ovnlab.shell import run, wait_for
from ovnlab.stream import Streams
from ovnlab.zone import Zone

from .ha import OURS, THEIRS, expect_no_loss, groups, measure, ours, wait_holder

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


# What follows disturbs stock hypervisors, too: they take tunnels and flows away for as
# long as the database has none, whatever the gateways do. So the measure is the stock
# pair beside ours.
SLACK = 10   # packets


def _expect_no_worse(lab: Lab, action: Callable[[], None]) -> None:
    found = measure(lab, groups(lab), action)
    if OURS in found and THEIRS in found:
        check_timely(found[OURS].lost <= found[THEIRS].lost + SLACK,
                     f"{'+'.join(OURS)}: {found[OURS]}; {'+'.join(THEIRS)}: {found[THEIRS]}")


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

    _expect_no_worse(lab, delete)


def _destroy_all(tables: Iterable[str]) -> list[str]:
    return [word for table in tables for word in ("--", "--all", "destroy", table)][1:]


@case(GROUP)
def interconnection_emptied(lab: Lab) -> None:
    """All rows of IC-SB vanish; ovn-ic of each zone writes its own again, with other keys,
    which each zone follows at its own time: our gateways know the old ones and the new ones."""
    zones = groups(lab)
    before = _unknown_keys(lab)

    def empty() -> None:
        lab.interconnection.sbctl(*_destroy_all(("Route", "Port_Binding", "Gateway",
                                                 "Datapath_Binding")))
        for zone in zones:
            wait_holder(lab, zone, zone.gateway)
        for zone in lab.zones:
            logical.wait_routes(zone, len(lab.zones))

    _expect_no_worse(lab, empty)
    after = _unknown_keys(lab)
    check_timely(after == before, f"keys that a gateway does not know: {before}, then {after}")


def _unknown_keys(lab: Lab) -> dict[str, int]:
    return {node.name: sum(node.drops()[reason] for reason in ("unknown_port", "unknown_vni"))
            for node in lab.nodes() if isinstance(node, OvnicGateway)}


@case(GROUP)
def southbound_emptied(lab: Lab) -> None:
    """Our zone's Southbound loses every row; northd and all chassis fill it again."""
    zone = ours(lab)
    kept = ("SB_Global", "Connection", "SSL", "RBAC_Role", "RBAC_Permission")
    tables = run("ovsdb-client", "list-tables", zone.central.southbound.servers[0].remote,
                 "OVN_Southbound", "--format=csv", "--no-headings").split()

    def empty() -> None:
        zone.central.sbctl(*_destroy_all(table for table in tables if table not in kept))
        for node in zone.nodes:
            node.ready()
        logical.wait_group(zone)
        wait_holder(lab, zone, zone.gateway)
        zone.central.sync()

    measure(lab, [zone], empty)


@case(GROUP)
def restart_without_databases(lab: Lab) -> None:
    """exit --restart and a start while Southbound and IC-SB are away: the state that the
    last run has left is enough to forward."""
    zone = ours(lab)
    gateway = zone.gateways[0]
    databases: list[Database] = [*zone.central.southbound.servers,
                                 *lab.interconnection.southbound.servers]
    assert isinstance(gateway, OvnicGateway)
    restart = partial(_restart_without, lab, zone, gateway, databases)
    measure(lab, [zone], restart)


def _restart_without(lab: Lab, zone: Zone, gateway: OvnicGateway,
                     databases: list[Database]) -> None:
    for database in databases:
        database.process.stop()
    try:
        gateway.ctl("exit", "--restart")
        check(gateway.process.wait() == 0, gateway.process.tail())
        gateway.restart()
        # Other zones send to the gateway that IC-SB named last.
        wait_for(f"{gateway.name} forwards", lambda: gateway.sent() > 50)
        check(not gateway.query("status")["southbound"]["connected"], "a Southbound?")
    finally:
        for database in databases:
            database.start()
    for database in databases:
        database.wait()
    logical.wait_group(zone)
    wait_holder(lab, zone, gateway)


def _kept(gateway: OvnicGateway) -> int:
    """When the state file was last written or confirmed, in ns."""
    return os.stat(f"{gateway.socket}.state").st_mtime_ns


@case(SPARE)
def killed_without_databases(lab: Lab) -> None:
    """kill -9 of the only gateway of a zone while all databases stand still: it comes back
    by the state that it has kept while running."""
    zone, gateway = ovnic_zones(lab)[0]
    one, other = (each.guest for each in lab.zones)
    zone.central.sync()
    wait_for("a state file", lambda: os.path.exists(f"{gateway.socket}.state"))
    # It may be of before the sync; the next time it has it all.
    before = _kept(gateway)
    wait_for("the state written or confirmed", lambda: _kept(gateway) > before, timeout=30)
    databases = _all_databases(lab)
    with Streams([(one, other)]) as streams:
        try:
            for database in databases:
                os.kill(database.process.pid, signal.SIGSTOP)
            gateway.kill()
            gateway.restart()
            streams.wait_steady()
            check(not gateway.query("status")["southbound"]["connected"], "a Southbound?")
            check(not os.path.exists(f"{gateway.socket}.state"), "the file is still there")
        finally:
            for database in databases:
                os.kill(database.process.pid, signal.SIGCONT)
        zone.central.sync(timeout=40)
        streams.wait_steady()
        wait_for("a state file again", lambda: os.path.exists(f"{gateway.socket}.state"))
    outcome = streams.outcomes[0]
    print(f"       {outcome}", flush=True)
    figures.add(OvnicGateway.kind, outcome)
    check_timely(outcome.gap_ms < 5000, str(outcome))
