# SPDX-License-Identifier: Apache-2.0
"""A large zone: transit switches with two routers each, a switch with VMs behind every
router. ovn-northd makes the logical flows; chassis are rows only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ovnlab.central import SCHEMAS, Database
from ovnlab.journal import Journal
from ovnlab.ovsdb import Client, Operation, insert, mapping, named
from ovnlab.process import Process
from ovnlab.shell import wait_for

GATEWAY, GATEWAY_ADDRESS = "gw", "192.0.2.21"
HYPERVISORS = {"hv1": "192.0.2.11", "hv2": "192.0.2.12"}
FAR = {"far": "192.0.2.22"}
FIRST_TRANSIT_KEY = 16711681
BATCH = 20   # transit switches per transaction


@dataclass(frozen=True)
class Size:
    transits: int
    vms: int   # behind each router

    @property
    def routers(self) -> int:
        return 2 * self.transits


def mac(kind: int, router: int, host: int) -> str:
    return f"{kind:02x}:00:{router >> 8:02x}:{router & 255:02x}:00:{host:02x}"


def vm_address(router: int, vm: int) -> str:
    return f"{mac(2, router, vm)} 10.{router >> 8}.{router & 255}.{vm + 2}"


def router_rows(router: int, size: Size) -> list[Operation]:
    """A router, its switch, and its port on the transit switch (named tspR)."""
    r, transit = router, router // 2
    net = f"10.{r >> 8}.{r & 255}.1/24"
    found = [
        insert("Gateway_Chassis", {"name": f"lr{r}-ts-{GATEWAY}", "chassis_name": GATEWAY,
                                   "priority": 10}, f"gc{r}"),
        insert("Logical_Router_Port", {
            "name": f"lr{r}-ts", "mac": mac(0xaa, r, 1), "gateway_chassis": named(f"gc{r}"),
            "networks": f"169.254.{100 + (transit & 63)}.{1 + r % 2}/24"}, f"lrp{r}ts"),
        insert("Logical_Router_Port", {"name": f"lr{r}-ls", "mac": mac(0, r, 1), "networks": net},
               f"lrp{r}ls"),
        insert("Logical_Router", {"name": f"lr{r}", "ports": named(f"lrp{r}ts", f"lrp{r}ls")}),
        insert("Logical_Switch_Port", {
            "name": f"ls{r}-lr", "type": "router", "addresses": "router",
            "options": mapping(router_port=f"lr{r}-ls")}, f"lsp{r}lr"),
        insert("Logical_Switch_Port", {
            "name": f"ts-lr{r}", "type": "router", "addresses": "router",
            "options": mapping(router_port=f"lr{r}-ts")}, f"tsp{r}"),
    ]
    vms = range(size.vms)
    found += [insert("Logical_Switch_Port", {"name": f"vm{r}-{vm}",
                                             "addresses": vm_address(r, vm)}, f"vm{r}n{vm}")
              for vm in vms]
    found.append(insert("Logical_Switch", {
        "name": f"ls{r}", "ports": named(f"lsp{r}lr", *(f"vm{r}n{vm}" for vm in vms))}))
    return found


def transit_rows(transit: int, size: Size) -> list[Operation]:
    first, second = 2 * transit, 2 * transit + 1
    return [
        *router_rows(first, size), *router_rows(second, size),
        insert("Logical_Switch_Port", {
            "name": f"ts{transit}-far", "type": "remote",
            "addresses": f"{mac(0xab, transit, 9)} 169.254.{100 + (transit & 63)}.9"},
            f"far{transit}"),
        insert("Logical_Switch", {
            "name": f"ts{transit}",
            "other_config": mapping(interconn_ts=f"ts{transit}",
                                    requested_tnl_key=str(FIRST_TRANSIT_KEY + transit)),
            "ports": named(f"tsp{first}", f"tsp{second}", f"far{transit}")}),
    ]


class Zone:
    def __init__(self, journal: Journal, size: Size) -> None:
        self.size = size
        self.northbound = Database(journal, "nb", SCHEMAS / "ovn-nb.ovsschema")
        self.southbound = Database(journal, "sb", SCHEMAS / "ovn-sb.ovsschema")
        self.ic = Database(journal, "ic-sb", SCHEMAS / "ovn-ic-sb.ovsschema")
        self.northd = Process(journal, "northd", [
            "ovn-northd", f"--ovnnb-db={self.northbound.remote}",
            f"--ovnsb-db={self.southbound.remote}", f"--unixctl={journal.directory}/northd.ctl",
            f"--log-file={journal.directory}/northd.log", "--n-threads=1"])

    def start(self) -> None:
        for database in (self.northbound, self.southbound, self.ic):
            database.start()
        for database in (self.northbound, self.southbound, self.ic):
            database.wait()
        self.sb = Client(self.southbound.socket, "OVN_Southbound")
        nb = Client(self.northbound.socket, "OVN_Northbound")
        self._add_chassis()
        nb.transact(insert("NB_Global", {"nb_cfg": 0}))
        for first in range(0, self.size.transits, BATCH):
            last = min(first + BATCH, self.size.transits)
            nb.transact(*(row for transit in range(first, last)
                          for row in transit_rows(transit, self.size)))
        nb.transact({"op": "update", "table": "NB_Global", "where": [], "row": {"nb_cfg": 1}})
        self.northd.start()
        wait_for("ovn-northd", lambda: nb.select("NB_Global", ["sb_cfg"])[0]["sb_cfg"] == 1,
                 timeout=1200, interval=1)
        nb.close()
        # It would take seconds of the CPU for each change of ours.
        self.northd.stop()
        self._bind()

    def _add_chassis(self) -> None:
        for name, address in {GATEWAY: GATEWAY_ADDRESS, **HYPERVISORS, **FAR}.items():
            self.sb.transact(*chassis_rows(name, address, name in FAR))

    def chassis(self, name: str) -> list[str]:
        found: list[str] = self.sb.select("Chassis", ["_uuid"], ["name", "==", name])[0]["_uuid"]
        return found

    def _bind(self) -> None:
        hypervisors = [self.chassis(name) for name in HYPERVISORS]
        far = self.chassis("far")
        # By uuid: any other condition makes the server look at every row.
        self.ports = {row["logical_port"]: row["_uuid"] for row in self.sb.select(
            "Port_Binding", ["_uuid", "logical_port"])}
        for transit in range(self.size.transits):
            operations = [self.bind(f"ts{transit}-far", far)]
            operations += [self.bind(f"vm{router}-{vm}", hypervisors[vm % 2])
                           for router in (2 * transit, 2 * transit + 1)
                           for vm in range(self.size.vms)]
            self.sb.transact(*operations)

    def bind(self, port: str, chassis: list[Any]) -> Operation:
        return {"op": "update", "table": "Port_Binding",
                "where": [["_uuid", "==", self.ports[port]]], "row": {"chassis": chassis}}

    def count(self, table: str) -> int:
        return len(self.sb.select(table, ["_uuid"]))


def chassis_rows(name: str, address: str, remote: bool = False) -> list[Operation]:
    return [
        insert("Encap", {"type": "geneve", "ip": address, "chassis_name": name,
                         "options": mapping(csum="true")}, "encap"),
        insert("Chassis", {"name": name, "hostname": name, "encaps": named("encap"),
                           "other_config": mapping(is_remote=str(remote).lower())}),
    ]
