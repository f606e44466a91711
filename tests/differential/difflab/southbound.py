# SPDX-License-Identifier: Apache-2.0
"""What the Southbound says, as far as who makes up packets has to know it."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from ovnlab.shell import run

TABLES = ("Datapath_Binding", "Port_Binding", "Chassis", "Encap", "MAC_Binding",
          "Multicast_Group")
FIRST_TRANSIT_KEY = 0xff0001   # switches and routers that zones have in common


@dataclass
class Datapath:
    uuid: str
    name: str
    key: int
    transit: bool
    router: bool


@dataclass
class Binding:
    """A row of Port_Binding."""
    name: str
    key: int
    datapath: Datapath
    kind: str
    chassis: str
    macs: list[str]
    ips: list[str]
    peer: str


class Southbound:
    def __init__(self, remote: str) -> None:
        query = json.dumps(["OVN_Southbound", *({"op": "select", "table": table, "where": []}
                                                for table in TABLES)])
        answer = json.loads(run("ovsdb-client", "query", remote, query))
        rows = {table: [{name: plain(value) for name, value in row.items()}
                        for row in part["rows"]] for table, part in zip(TABLES, answer)}
        # Everything in an order that does not depend on UUIDs: a seed is to give the same
        # packets each time.
        self.datapaths = sorted(map(_datapath, rows["Datapath_Binding"]), key=_name)
        by_uuid = {each.uuid: each for each in self.datapaths}
        chassis = {row["_uuid"]: row["name"] for row in rows["Chassis"]}
        self.encaps = {row["ip"]: row["_uuid"] for row in rows["Encap"]}
        self.addresses: dict[str, list[str]] = {}
        for name, ip in sorted((row["chassis_name"], row["ip"]) for row in rows["Encap"]):
            self.addresses.setdefault(name, []).append(ip)
        self.remotes = {row["name"] for row in rows["Chassis"]
                        if row["other_config"].get("is-remote") == "true"}
        self.ports = sorted((_binding(row, by_uuid, chassis) for row in rows["Port_Binding"]),
                            key=_name)
        self.by_name = {port.name: port for port in self.ports}
        self.neighbours = sorted((row["ip"], row["mac"]) for row in rows["MAC_Binding"])
        self.groups = sorted(((by_uuid[row["datapath"]], row["tunnel_key"])
                              for row in rows["Multicast_Group"]),
                             key=lambda group: (group[0].name, group[1]))

    def of(self, datapath: Datapath) -> list[Binding]:
        return [port for port in self.ports if port.datapath is datapath]

    def without(self, names: tuple[str, ...]) -> "Southbound":
        """As if some datapaths were not there."""
        other = copy.copy(self)
        other.datapaths = [each for each in self.datapaths if each.name not in names]
        other.ports = [port for port in self.ports if port.datapath.name not in names]
        other.groups = [group for group in self.groups if group[0].name not in names]
        other.by_name = {port.name: port for port in other.ports}
        return other


def plain(value: Any) -> Any:
    """OVSDB's JSON (RFC 7047, 5.1) as Python has it."""
    if not isinstance(value, list):
        return value
    kind, content = value
    if kind == "set":
        return [plain(each) for each in content]
    if kind == "map":
        return {key: plain(each) for key, each in content}
    return content


def _name(row: Datapath | Binding) -> str:
    return row.name


def _datapath(row: dict[str, Any]) -> Datapath:
    ids = row["external_ids"]
    return Datapath(row["_uuid"], ids.get("interconn-ts", ids.get("name", "")),
                    row["tunnel_key"], row["tunnel_key"] >= FIRST_TRANSIT_KEY,
                    "logical-router" in ids)


def _binding(row: dict[str, Any], datapaths: dict[str, Datapath],
             chassis: dict[str, str]) -> Binding:
    words = as_list(row["mac"])
    parts = " ".join(words).split()
    macs = [part for part in parts if part.count(":") == 5 and "/" not in part
            and len(part) == 17]
    ips = [part.split("/")[0] for part in parts if part not in macs and part != "router"
           and part != "unknown"]
    return Binding(row["logical_port"], row["tunnel_key"], datapaths[row["datapath"]],
                   row["type"], chassis.get(row["chassis"] or "", "")
                   if isinstance(row["chassis"], str) else "", macs, ips,
                   row["options"].get("peer", ""))


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
