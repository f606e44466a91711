# SPDX-License-Identifier: Apache-2.0
"""Databases by ssl: whose certificates are replaced."""

from __future__ import annotations

from ovnlab.case import SPARE, case, check, check_equal, ovnic_zones
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import CommandError, wait_for
from ovnlab.stream import Streams
from ovnlab.tls import Authority, Credentials, Relay

PORT = 16642
KEYS = "[ovn] private-key, certificate, ca-cert"


def _connected(gateway: OvnicGateway) -> bool:
    status = gateway.query("status")
    return bool(status["southbound"]["connected"] and status["ic_southbound"]["connected"])


def _disconnected(gateway: OvnicGateway) -> bool:
    status = gateway.query("status")
    return not (status["southbound"]["connected"] or status["ic_southbound"]["connected"])


@case(SPARE)
def certificates_replaced(lab: Lab) -> None:
    """Servers that trust only a new authority turn us away until we have a certificate
    of it and are told to reload; meanwhile what is known goes on."""
    zone, gateway = ovnic_zones(lab)[0]
    one, other = (each.guest for each in lab.zones)
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
    one.wait_ping(other.ipv4)
    try:
        for relay in relays:
            relay.start()
        _use(gateway, good, relays, client)
        wait_for("connections by ssl:", lambda: _connected(gateway), timeout=30)
        with Streams([(one, other)]) as streams:
            new.trusted_by(server)
            for relay in relays:
                relay.stop()
            wait_for("both connections gone", lambda: _disconnected(gateway))
            for relay in relays:
                relay.start()
            new.issue(client)
            for relay in relays:
                relay.wait_refused()
            check(_disconnected(gateway), "connected without a certificate of the new authority")
            check_equal("applied", gateway.query("reload")["applied"], [KEYS])
            wait_for("connections with the new certificate", lambda: _connected(gateway),
                     timeout=30)
            zone.central.sync()
            _mismatch(gateway, client, old)
        check_equal("packets lost", [outcome.lost for outcome in streams.outcomes], [0])
    finally:
        gateway.config.write_text(good)
        gateway.ctl("reload")
        for relay in relays:
            relay.stop()
    wait_for("connections as before", lambda: _connected(gateway), timeout=30)
    zone.central.sync()


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
