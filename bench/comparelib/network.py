# SPDX-License-Identifier: Apache-2.0
"""Two zones of real OVN, of which only one gateway is real.

    hv1 (192.0.2.11) -- the gateway that is measured (.21 or .31) -- gw2 (192.0.2.22)

Tenant k has a router and a switch in each zone and a transit switch tK between the
routers. hv1 and gw2 are rows of the databases; nobody stands behind them: net_pcap
makes up what they send and drops what is sent to them."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv6Address
from typing import Callable, Sequence

from ovnlab.central import Central, Interconnection
from ovnlab.journal import Journal
from ovnlab.shell import LabError, wait_for

from .captures import Way
from .cases import World

# Both are chassis of the zone at the same time, and no two have the same address.
STOCK, OVNIC = "192.0.2.21", "192.0.2.31"
HYPERVISOR, REMOTE = "192.0.2.11", "192.0.2.22"
MACS = {address: "02:00:00:00:00:" + address[-2:]
        for address in (STOCK, OVNIC, HYPERVISOR, REMOTE)}
PATIENCE = 600   # seconds, for a thousand tenants
CHUNK = 200      # rows, as many as fit into one argument


def mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def router_mac(zone: int, tenant: int) -> str:
    return f"aa:aa:0{zone}:00:{tenant >> 8:02x}:{tenant & 255:02x}"


class Network:
    def __init__(self, journal: Journal, world: World) -> None:
        self.world = world
        self.tenants = range(1, world.transits + 1)
        # One tenant has some guests; of many tenants, each has one.
        self.guests = range(10, 26) if world.transits == 1 else range(10, 11)
        self.interconnection = Interconnection(journal)
        self.zones = [Central(journal, number, self.interconnection) for number in (1, 2)]
        self.holder = ""

    def start(self) -> None:
        databases = [*self.interconnection.databases]
        for zone in self.zones:
            databases += zone.databases
        for database in databases:
            database.start()
        for database in databases:
            database.wait()
        self.interconnection.nbctl(*join(["ts-add", f"t{tenant}"] for tenant in self.tenants),
                                   timeout=PATIENCE)
        for zone in self.zones:
            zone.configure()
            zone.ic.start()
        self._add_chassis()
        for number, zone in enumerate(self.zones, 1):
            wait_until("transit switches", lambda: len(zone.nbctl(
                "--bare", "--columns=name", "list", "Logical_Switch",
                timeout=PATIENCE).split()) == len(self.tenants))
            zone.nbctl(*join(command for tenant in self.tenants
                             for command in self._tenant(number, tenant)), timeout=PATIENCE)
        self.hand_to("ovnic")
        # Only now: for each change of a thousand routers they would calculate everything again.
        for zone in self.zones:
            zone.northd.start()
        self._bind()

    def _add_chassis(self) -> None:
        csum = str(self.world.checksum).lower()
        for zone, name, address in ((self.zones[0], "hv1", HYPERVISOR),
                                    (self.zones[1], "gw2", REMOTE)):
            zone.sbctl("chassis-add", name, "geneve", address)
            zone.sbctl("set", "Chassis", name,
                       f"other_config:is-interconn={str(name == 'gw2').lower()}")
            encap = zone.rows("Encap", f"ip={address}")[0]
            zone.sbctl("set", "Encap", encap, f"options:csum={csum}")

    def _tenant(self, zone: int, tenant: int) -> list[list[str]]:
        router, switch, transit = f"r{tenant}", f"s{tenant}", f"t{tenant}"
        mac = router_mac(zone, tenant)
        found = [
            ["lr-add", router], ["ls-add", switch],
            ["lrp-add", router, f"{router}-{switch}", "00" + mac[2:], f"10.{zone}.0.1/24",
             f"fd0{zone}::1/64"],
            *plug(switch, f"{switch}-{router}", f"{router}-{switch}"),
            ["lrp-add", router, f"{router}-{transit}", mac, f"169.254.100.{zone}/24",
             f"fe80:100::{zone}/64"],
            *plug(transit, f"{transit}-z{zone}", f"{router}-{transit}"),
        ]
        if zone == 2:
            found.append(["lrp-set-gateway-chassis", f"{router}-{transit}", "gw2", "10"])
            return found
        for guest in self.guests:
            name = f"{switch}-v{guest}"
            found += [["lsp-add", switch, name],
                      ["lsp-set-addresses", name, f"00:00:02:{guest:02x}:{mac[12:]} "
                       f"10.1.0.{guest} fd01::{guest:x}"]]
        return found

    def _bind(self) -> None:
        one, two = self.zones
        bindings = {one: [(f"s{tenant}-v{guest}", "hv1")
                          for tenant in self.tenants for guest in self.guests],
                    two: [(f"cr-r{tenant}-t{tenant}", "gw2") for tenant in self.tenants]}
        for zone, ports in bindings.items():
            # northd writes all of them at once.
            wait_until(f"port {ports[-1][0]}", lambda: zone.rows(
                "Port_Binding", f"logical_port={ports[-1][0]}"))
            for first in range(0, len(ports), CHUNK):
                bind(zone, ports[first:first + CHUNK])
        wait_until("the remote zone's ports", lambda: len(one.rows(
            "Port_Binding", "type=remote")) >= len(self.tenants) and one.chassis_of(
                f"t{self.tenants[-1]}-z2") == "gw2")

    def hand_to(self, chassis: str) -> None:
        """Give all gateway ports of zone 1 to a chassis."""
        if self.holder == chassis:
            return
        commands = []
        for tenant in self.tenants:
            port = f"r{tenant}-t{tenant}"
            if self.holder:
                commands.append(["lrp-del-gateway-chassis", port, self.holder])
            commands.append(["lrp-set-gateway-chassis", port, chassis, "10"])
        self.zones[0].nbctl(*join(commands), timeout=PATIENCE)
        self.holder = chassis

    def wait_claimed(self, chassis: str) -> None:
        last = f"cr-r{self.tenants[-1]}-t{self.tenants[-1]}"
        wait_until(f"{last} claimed by {chassis}",
                   lambda: self.zones[0].chassis_of(last) == chassis)

    def ways(self, outbound: bool, gateway: str) -> list[Way]:
        datapaths = dict(self._rows("Datapath_Binding", "_uuid", "tunnel_key"))
        ports = {name: (int(key), int(datapaths[datapath])) for name, key, datapath in self._rows(
            "Port_Binding", "logical_port", "tunnel_key", "datapath")}
        return [self._way(tenant, outbound, gateway, ports) for tenant in self.tenants]

    def _rows(self, table: str, *columns: str) -> list[list[str]]:
        text = self.zones[0].sbctl("--format=csv", "--data=bare", "--no-headings",
                                   f"--columns={','.join(columns)}", "list", table,
                                   timeout=PATIENCE)
        return [line.split(",") for line in text.splitlines() if line]

    def _way(self, tenant: int, outbound: bool, gateway: str,
             ports: dict[str, tuple[int, int]]) -> Way:
        router, transit = f"r{tenant}", f"t{tenant}"
        source, target = (1, 2) if outbound else (2, 1)
        inport = f"{router}-s{tenant}" if outbound else f"{transit}-z2"
        outport = f"cr-{router}-{transit}" if outbound else f"{transit}-z1"
        out_key, vni = ports[outport]
        peer = HYPERVISOR if outbound else REMOTE
        return Way(
            mac_bytes(MACS[gateway]), mac_bytes(MACS[peer]), IPv4Address(gateway).packed,
            IPv4Address(peer).packed, vni, ports[inport][0], out_key,
            mac_bytes(router_mac(target, tenant)), mac_bytes(router_mac(source, tenant)),
            [IPv4Address(f"10.{target}.0.{guest}").packed for guest in self.guests],
            [IPv6Address(f"fd0{target}::{guest:x}").packed for guest in self.guests],
            IPv4Address(f"10.{source}.0.0").packed[:2],
            IPv6Address(f"fd0{source}::").packed[:14])


def bind(zone: Central, ports: Sequence[tuple[str, str]]) -> None:
    """As `ovn-sbctl lsp-bind`, which had not bound a thousand after three minutes."""
    names = {name for _, name in ports}
    chassis = {name: zone.rows("Chassis", f"name={name}")[0] for name in names}
    updates = [{"op": "update", "table": "Port_Binding", "where": [["logical_port", "==", port]],
                "row": {"chassis": ["uuid", chassis[name]], "up": True}} for port, name in ports]
    answer = zone.release.run("ovsdb-client", f"--timeout={PATIENCE}", "transact",
                              zone.southbound.remote, json.dumps(["OVN_Southbound", *updates]),
                              timeout=PATIENCE)
    if any(result != {"count": 1} for result in json.loads(answer)):
        raise LabError(f"binding ports: {answer[:600]}")


def wait_until(what: str, condition: Callable[[], object]) -> None:
    """Asks seldom: an answer about a thousand tenants takes as long as a client's start."""
    wait_for(what, condition, timeout=PATIENCE, interval=0.3)


def join(commands: "Sequence[list[str]] | object") -> list[str]:
    """Commands of one transaction."""
    found: list[str] = []
    for command in commands:   # type: ignore[attr-defined]
        found += [*(["--"] if found else []), *command]
    return found


def plug(switch: str, port: str, router_port: str) -> list[list[str]]:
    return [["lsp-add", switch, port], ["lsp-set-type", port, "router"],
            ["lsp-set-addresses", port, "router"],
            ["lsp-set-options", port, f"router-port={router_port}"]]
