# SPDX-License-Identifier: Apache-2.0
"""Gateways and databases that come and go."""

import os
import signal

from ovnlab.case import SPARE, case, check, check_equal, ovnic_zones
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import wait_for
from ovnlab.zone import Zone

ROWS = ("Chassis", "Chassis_Private")


def _expect_service(lab: Lab, zone: Zone) -> None:
    """The zone's gateway holds its port, and packets pass both ways."""
    port = f"cr-{zone.router_port}"
    wait_for(f"{port} claimed", lambda: zone.central.chassis_of(port) == zone.gateway.name)
    one, other = (each.guest for each in lab.zones)
    one.wait_ping(other.ipv4)
    one.expect_ping(other.ipv6)
    other.expect_ping(one.ipv4)


def _expect_rows(zone: Zone, gateway: OvnicGateway, count: int) -> None:
    for table in ROWS:
        check_equal(f"rows in {table}", len(zone.central.rows(table, f"name={gateway.name}")),
                    count)


@case(SPARE)
def clean_exit(lab: Lab) -> None:
    """Withdraws its rows and its claim; starts again as if new."""
    for zone, gateway in ovnic_zones(lab):
        gateway.ctl("exit")
        check_equal("exit status", gateway.process.wait(), 0)
        _expect_rows(zone, gateway, 0)
        check_equal("chassis of the gateway port",
                    zone.central.chassis_of(f"cr-{zone.router_port}"), "")
        gateway.restart()
        _expect_service(lab, zone)


@case(SPARE)
def exit_for_restart(lab: Lab) -> None:
    """Leaves everything for its successor."""
    for zone, gateway in ovnic_zones(lab):
        gateway.ctl("exit", "--restart")
        check_equal("exit status", gateway.process.wait(), 0)
        _expect_rows(zone, gateway, 1)
        check_equal("chassis of the gateway port",
                    zone.central.chassis_of(f"cr-{zone.router_port}"), gateway.name)
        gateway.restart()
        _expect_service(lab, zone)


@case(SPARE)
def broken_pipe(lab: Lab) -> None:
    """A database that dies while we write to it takes nobody along."""
    for zone, gateway in ovnic_zones(lab):
        os.kill(gateway.process.pid, signal.SIGPIPE)
        _expect_service(lab, zone)
        check(gateway.process.running(), gateway.process.tail())


@case(SPARE)
def killed(lab: Lab) -> None:
    """kill -9: the next start takes over what is there."""
    for zone, gateway in ovnic_zones(lab):
        gateway.process.stop(signal.SIGKILL)
        gateway.restart()
        _expect_service(lab, zone)
        _expect_rows(zone, gateway, 1)


@case(SPARE)
def rows_deleted(lab: Lab) -> None:
    """Someone deletes the chassis under a running gateway: it registers again."""
    for zone, gateway in ovnic_zones(lab):
        zone.central.sbctl("chassis-del", gateway.name)
        gateway.ready()
        _expect_service(lab, zone)
        zone.central.sync()


@case(SPARE)
def databases_stopped(lab: Lab) -> None:
    """Losing every database loses no packet."""
    databases = [*lab.interconnection.southbound.servers]
    for zone, _ in ovnic_zones(lab):
        databases += zone.central.southbound.servers
    for database in databases:
        database.process.stop()
    try:
        for zone, gateway in ovnic_zones(lab):
            for name in ("southbound", "ic_southbound"):
                _wait_connected(gateway, name, False)
        one, other = (zone.guest for zone in lab.zones)
        one.expect_ping(other.ipv4, count=20)
        other.expect_ping(one.ipv6, count=20)
        one.send_tcp(other, 4, 4)
    finally:
        for database in databases:
            database.start()
            database.wait()
    for zone, gateway in ovnic_zones(lab):
        for name in ("southbound", "ic_southbound"):
            _wait_connected(gateway, name, True)
        zone.central.sync()
        _expect_service(lab, zone)


@case(SPARE)
def no_database_at_start(lab: Lab) -> None:
    """Keeps trying, and registers once the database is there."""
    zone, gateway = ovnic_zones(lab)[0]
    database = zone.central.southbound.servers[0]
    gateway.ctl("exit")
    gateway.process.wait()
    database.process.stop()
    try:
        gateway.restart()
        _wait_connected(gateway, "southbound", False)
    finally:
        database.start()
        database.wait()
    gateway.ready()
    _expect_service(lab, zone)


def _wait_connected(gateway: OvnicGateway, name: str, value: bool) -> None:
    wait_for(f"{name}.connected of {gateway.name} {value}",
             lambda: gateway.query("status")[name]["connected"] is value, timeout=30)


@case(SPARE)
def quiet_log(lab: Lab) -> None:
    """After all of that the log holds no line of the kind that means a bug."""
    for _, gateway in ovnic_zones(lab):
        log = (lab.journal.directory / f"{gateway.name}.log").read_text(errors="replace")
        bad = [line for line in log.splitlines() if "|EMER|" in line or "|ERR|" in line]
        check(not bad, "\n".join(bad[:5]))
