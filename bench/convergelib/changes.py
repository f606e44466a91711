# SPDX-License-Identifier: Apache-2.0
"""Changes as northd and ovn-controllers would write them, one of a kind at a time."""

from __future__ import annotations

from typing import Any, Callable

from ovnlab.ovsdb import Operation, insert

from .zone import HYPERVISORS, Zone, chassis_rows, mac

Change = Callable[[Zone, int], list[Operation]]


def move(zone: Zone, n: int) -> list[Operation]:
    """A VM goes to the other hypervisor."""
    return [zone.bind(f"vm{n}-0", zone.chassis(list(HYPERVISORS)[1]))]


def add_vm(zone: Zone, n: int) -> list[Operation]:
    """A new VM: the port, and the flows that its neighbour has."""
    port = zone.sb.select("Port_Binding", ["datapath"], ["logical_port", "==", f"vm{n}-1"])[0]
    switch = port["datapath"]
    router = zone.sb.select("Port_Binding", ["datapath"], ["logical_port", "==", f"lr{n}-ls"])[0]
    free = zone.size.vms + 10
    old = (f"vm{n}-1", mac(2, n, 1), f"10.{n >> 8}.{n & 255}.3")
    new = (f"vm{n}-{free}", mac(2, n, free), f"10.{n >> 8}.{n & 255}.{free + 2}")
    found = [insert("Port_Binding", {
        "logical_port": new[0], "datapath": switch, "tunnel_key": 20000,
        "chassis": zone.chassis("hv1"), "mac": f"{new[1]} {new[2]}"})]
    columns = ["pipeline", "table_id", "priority", "match", "actions", "external_ids"]
    for datapath in (switch, router["datapath"]):
        for flow in zone.sb.select("Logical_Flow", columns, ["logical_datapath", "==", datapath]):
            copy: dict[str, Any] = {**flow, "logical_datapath": datapath}
            for column in ("match", "actions"):
                for before, after in zip(old, new):
                    copy[column] = replace_word(copy[column], before, after)
            if copy["match"] != flow["match"]:
                found.append(insert("Logical_Flow", copy))
    return found


def replace_word(text: str, word: str, by: str) -> str:
    """10.0.0.3, not the beginning of 10.0.0.30."""
    pieces = text.split(word)
    found = pieces[0]
    for piece in pieces[1:]:
        found += (word if piece[:1].isdigit() else by) + piece
    return found


def learn(zone: Zone, n: int) -> list[Operation]:
    """A neighbour behind a router."""
    port = zone.sb.select("Port_Binding", ["datapath"], ["logical_port", "==", f"lr{n}-ls"])[0]
    return [insert("MAC_Binding", {"logical_port": f"lr{n}-ls", "ip": f"10.{n >> 8}.{n & 255}.222",
                                   "mac": mac(6, n, 222), "datapath": port["datapath"]})]


def flow(zone: Zone, n: int) -> list[Operation]:
    """One flow of a router."""
    port = zone.sb.select("Port_Binding", ["datapath"], ["logical_port", "==", f"lr{n}-ls"])[0]
    return [insert("Logical_Flow", {
        "logical_datapath": port["datapath"], "pipeline": "ingress", "table_id": 3,
        "priority": 77, "match": f"ip4.dst == 10.{n >> 8}.{n & 255}.99", "actions": "drop;"})]


def migrate_far(zone: Zone, n: int) -> list[Operation]:
    """A port of another zone loses its chassis."""
    return [zone.bind(f"ts{n}-far", ["set", []])]


def address_set(_: Zone, n: int) -> list[Operation]:
    """An address set that no flow names."""
    return [insert("Address_Set", {"name": f"as{n}", "addresses": f"10.200.0.{n}"})]


def hypervisor(_: Zone, n: int) -> list[Operation]:
    """A chassis joins the zone."""
    return chassis_rows(f"new{n}", f"192.0.2.{100 + n}")


CHANGES: dict[str, Change] = {
    "VM on another hypervisor": move,
    "new VM with its flows": add_vm,
    "new MAC_Binding": learn,
    "one more flow of a router": flow,
    "port of another zone unbound": migrate_far,
    "new address set": address_set,
    "new hypervisor": hypervisor,
}
