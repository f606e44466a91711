# SPDX-License-Identifier: Apache-2.0
"""What a random topology is made of, while it is being made up."""

from __future__ import annotations

import ipaddress
import random
from dataclasses import dataclass, field

from .batch import Batch


@dataclass
class Port:
    """Of a router. Networks are addresses with a prefix length."""
    name: str
    router: "Router"
    mac: str
    networks: list[str]
    peer: str = ""              # switch or transit switch
    transit: str = ""           # transit switch, or ""
    chassis: str = ""

    def addresses(self, version: int) -> list[str]:
        found = [ipaddress.ip_interface(each) for each in self.networks]
        return [str(each.ip) for each in found if each.version == version]


@dataclass
class Router:
    name: str
    zone: int
    ports: list[Port] = field(default_factory=list)
    route_tables: list[str] = field(default_factory=list)


@dataclass
class Vm:
    name: str
    switch: str
    mac: str
    ips: list[str]
    chassis: str                # "" not bound
    unknown: bool = False


@dataclass
class Switch:
    name: str
    zone: int
    networks: list[str]         # prefixes
    vms: list[Vm] = field(default_factory=list)


@dataclass
class Zone:
    number: int
    batch: Batch = field(default_factory=Batch)
    routers: list[Router] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    sets: dict[str, int] = field(default_factory=dict)     # address set: IP version
    bindings: dict[str, str] = field(default_factory=dict) # logical port: chassis
    encaps: dict[str, str] = field(default_factory=dict)   # logical port: address of an encap
    macs: dict[tuple[str, str], str] = field(default_factory=dict)   # (port, IP): MAC

    def ports(self) -> list[Port]:
        return [port for router in self.routers for port in router.ports]

    def vms(self) -> list[Vm]:
        return [vm for switch in self.switches for vm in switch.vms]


@dataclass
class Topology:
    seed: int
    random: random.Random
    transit: list[str]
    zones: dict[int, Zone]
    release: str                # of OVN, for what it cannot do
    later: random.Random        # for what was added later: earlier seeds stay as they were
    discarded: set[str] = field(default_factory=set)   # prefixes with a discard route …
    forwarded: set[str] = field(default_factory=set)   # … and with others
    interconnection: Batch = field(default_factory=Batch)
    awaited: list[str] = field(default_factory=list)   # ports of a transit router
    features: set[str] = field(default_factory=set)
    counter: int = 0

    def chance(self, probability: float, feature: str = "") -> bool:
        """Throw the dice for a feature; those that came up are counted."""
        hit = self.random.random() < probability
        if hit and feature:
            self.features.add(feature)
        return hit

    def mac(self, zone: int) -> str:
        self.counter += 1
        return f"0a:00:{zone:02x}:00:{self.counter >> 8:02x}:{self.counter & 255:02x}"


def host(rng: random.Random, prefix: str, low: int = 2, high: int = 250) -> str:
    """An address of a prefix, near its beginning."""
    network = ipaddress.ip_network(prefix)
    top = min(high, network.num_addresses - 2)
    return str(network[rng.randint(min(low, top), max(min(low, top), top))])


def version(text: str) -> int:
    return 6 if ":" in text else 4
