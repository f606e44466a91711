# SPDX-License-Identifier: Apache-2.0
"""Databases by ssl: whose certificates are replaced."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterator

from ovnlab.case import SPARE, case, check, check_equal, check_timely, ovnic_zones
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import CommandError, wait_for
from ovnlab.stream import Streams
from ovnlab.tls import Authority, Credentials, Relay
from ovnlab.zone import Zone

PORT = 16642
KEYS = "[ovn] private-key, certificate, ca-cert"


def _connected(gateway: OvnicGateway) -> bool:
    status = gateway.query("status")
    return bool(status["southbound"]["connected"] and status["ic_southbound"]["connected"])


def _disconnected(gateway: OvnicGateway) -> bool:
    status = gateway.query("status")
    return not (status["southbound"]["connected"] or status["ic_southbound"]["connected"])


@dataclass(frozen=True)
class Served:
    """A gateway whose databases are reached by ssl: alone."""
    gateway: OvnicGateway
    zone: Zone
    client: Credentials
    server: Credentials
    relays: list[Relay]
    old: Authority    # signed both ends, and both trust it
    new: Authority

    def restart(self) -> None:
        """And wait until the gateway has noticed."""
        for relay in self.relays:
            relay.stop()
        wait_for("both connections gone", lambda: _disconnected(self.gateway))
        for relay in self.relays:
            relay.start()

    def reload(self) -> None:
        check_equal("applied", self.gateway.query("reload")["applied"], [KEYS])

    def wait_connected(self) -> None:
        wait_for("connections by ssl:", lambda: _connected(self.gateway), timeout=30)


@contextmanager
def _served(lab: Lab) -> Iterator[Served]:
    zone, gateway = ovnic_zones(lab)[0]
    directory = lab.journal.directory
    client, server = (Credentials(directory, name) for name in ("tls-client", "tls-server"))
    relays = [Relay(lab.journal, gateway.netns, database.servers[0], schema, PORT + index, server)
              for index, (database, schema) in enumerate((
                  (zone.central.southbound, "OVN_Southbound"),
                  (lab.interconnection.southbound, "OVN_IC_Southbound")))]
    good = gateway.config.read_text()
    old, new = (Authority(directory, name) for name in ("tls-old-ca", "tls-new-ca"))
    for end in (client, server):
        old.issue(end)
        old.trusted_by(end)
    lab.zones[0].guest.wait_ping(lab.zones[1].guest.ipv4)
    served = Served(gateway, zone, client, server, relays, old, new)
    try:
        for relay in relays:
            relay.start()
        _use(gateway, good, relays, client)
        served.wait_connected()
        yield served
    finally:
        gateway.config.write_text(good)
        gateway.ctl("reload")
        for relay in relays:
            relay.stop()
    wait_for("connections as before", lambda: _connected(gateway), timeout=30)
    zone.central.sync()


def _streams(lab: Lab) -> Streams:
    return Streams([(lab.zones[0].guest, lab.zones[1].guest)])


def _expect_no_loss(streams: Streams) -> None:
    check_timely(not streams.outcomes[0].lost, str(streams.outcomes[0]))


@case(SPARE)
def certificates_replaced(lab: Lab) -> None:
    """Servers that trust only a new authority turn us away until we have a certificate
    of it and are told to reload; meanwhile what is known goes on."""
    with _served(lab) as served:
        with _streams(lab) as streams:
            served.new.trusted_by(served.server)
            served.restart()
            served.new.issue(served.client)
            for relay in served.relays:
                relay.wait_refused()
            check(_disconnected(served.gateway),
                  "connected without a certificate of the new authority")
            served.reload()
            served.wait_connected()
            served.zone.central.sync()
            _mismatch(served.gateway, served.client, served.old)
        _expect_no_loss(streams)


@case(SPARE)
def authority_replaced(lab: Lab) -> None:
    """The authority of the servers: for a while both are trusted, then only the new one."""
    with _served(lab) as served:
        with _streams(lab) as streams:
            served.new.trusted_by(served.client, beside=served.old)
            served.reload()
            served.new.issue(served.server)
            served.restart()
            served.wait_connected()
            served.new.trusted_by(served.client)
            served.reload()
            served.restart()
            served.wait_connected()
            served.zone.central.sync()
            served.old.issue(served.server)
            served.restart()
            for relay in served.relays:
                relay.wait_rejected()
            check(_disconnected(served.gateway), "connected to a server of the old authority")
        _expect_no_loss(streams)


def _use(gateway: OvnicGateway, good: str, relays: list[Relay], client: Credentials) -> None:
    lines = []
    for line in good.splitlines():
        key = line.split(" = ")[0]
        if key in ("southbound", "ic-southbound"):
            line = f"{key} = {relays[key == 'ic-southbound'].remote}"
        lines.append(line)
        if key == "ic-southbound":
            lines += [f"{key} = {path}" for key, path in zip(
                ("private-key", "certificate", "ca-cert"), client.paths())]
    gateway.config.write_text("\n".join(lines) + "\n")
    gateway.ctl("reload")


def _mismatch(gateway: OvnicGateway, client: Credentials, authority: Authority) -> None:
    """A key that does not belong to the certificate is refused by name."""
    key = client.key.read_bytes()
    client.key.write_bytes(authority.key.read_bytes())
    try:
        gateway.ctl("reload")
        check(False, "a key of another certificate was taken")
    except CommandError as error:
        check(f"{client.key} cannot be used: key values mismatch" in error.output, error.output)
    finally:
        client.key.write_bytes(key)
    check(_connected(gateway), "not connected after a reload that was refused")
