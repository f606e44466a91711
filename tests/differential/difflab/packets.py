# SPDX-License-Identifier: Apache-2.0
"""Random tunnel packets for a topology: what peers could send, and what they should not."""

from __future__ import annotations

import ipaddress
import random
from dataclasses import dataclass

from . import headers
from .payload import Inner, make_inner
from .southbound import Binding, Datapath, Southbound
from .world import GATEWAY

UNKNOWN_PEER = "192.0.2.250"
FIRST_GROUP = 0x8000


@dataclass
class Packet:
    """One input of the gateway."""
    number: int
    kind: str        # for statistics and for a person
    source: str      # chassis that it comes from
    vni: int
    inport: int
    outport: int
    inner: bytes
    outer: bytes


class Maker:
    def __init__(self, seed: int, southbound: Southbound) -> None:
        self.random = random.Random(f"packets {seed}")
        self.southbound = southbound
        self.own = southbound.addresses[GATEWAY][0]
        held = {port.name[3:] for port in southbound.ports
                if port.kind == "chassisredirect" and port.chassis == GATEWAY}
        patches = [port for port in southbound.ports if port.kind == "patch"]
        ours = {port.name for port in southbound.ports
                if port.kind == "l3gateway" and port.chassis == GATEWAY}
        self.entries = [port for port in patches if port.datapath.transit and
                        port.peer in (ours if port.datapath.router else held)]
        self.redirects = [port for port in southbound.ports if port.kind == "chassisredirect" or (
            port.name in ours and not port.datapath.router)]
        self.pool = AddressPool(self.random, southbound)

    def packet(self, number: int) -> Packet:
        for _ in range(20):
            made = self._try(number)
            if made:
                return made
        return self._wrong(number)

    def _try(self, number: int) -> Packet | None:
        chosen = self.random.choices((self._transit, self._router, self._layer2, self._wrong),
                                     (55, 28, 10, 7))[0]
        return chosen(number)

    def _transit(self, number: int) -> Packet | None:
        """A gateway of another zone sends to a router port of ours."""
        if not self.entries:
            return None
        out = self.random.choice(self.entries)
        sources = [port for port in self.southbound.of(out.datapath) if port.kind == "remote"
                   and port.chassis]
        if not sources:
            return None
        inport = self.random.choice(sources)
        peer = self.southbound.by_name[out.peer]
        inner = make_inner(self.random, self.pool, out if out.datapath.router else inport, peer)
        return self._build(number, "transit", inport.chassis, out.datapath, inport.key, out.key,
                           inner)

    def _router(self, number: int) -> Packet | None:
        """A hypervisor has routed a packet, and sends it to the port's gateway."""
        out = self.random.choice(self.redirects)
        if out.kind == "l3gateway":
            return self._gateway_router(number, out)
        around = [port for port in self.southbound.of(out.datapath)
                  if port.kind == "patch" and port.name != out.name[3:]]
        port = self.southbound.by_name[out.name[3:]]
        inport = self.random.choice(around or [port])
        beyond = self.southbound.by_name.get(port.peer)
        others = [each for each in self.southbound.of(beyond.datapath) if each.macs] \
            if beyond else []
        target = self.random.choice(others) if others else port
        inner = make_inner(self.random, self.pool, port, target, routed=True)
        return self._build(number, "router", self._hypervisor(), out.datapath, inport.key,
                           out.key, inner)

    def _gateway_router(self, number: int, out: Binding) -> Packet:
        """A guest sends to a router that is all on the gateway."""
        guests = [port for port in self.southbound.of(out.datapath) if port.kind == ""]
        inport = self.random.choice(guests or [out])
        inner = make_inner(self.random, self.pool, inport, self.southbound.by_name[out.peer])
        return self._build(number, "gateway-router", self._hypervisor(), out.datapath,
                           inport.key, out.key, inner)

    def _layer2(self, number: int) -> Packet | None:
        """Any port or group of any datapath, by somebody who may address it."""
        datapath = self.random.choice(self.southbound.datapaths)
        ports = self.southbound.of(datapath)
        if not ports:
            return None
        groups = [key for where, key in self.southbound.groups if where is datapath]
        keys = [port.key for port in ports] * 2 + groups + [0, 77]
        senders = [port for port in ports if port.kind != "chassisredirect"]
        if not senders:
            return None
        inport, target = self.random.choice(senders), self.random.choice(ports)
        source = inport.chassis if inport.chassis not in ("", GATEWAY) else self._hypervisor()
        if datapath.transit:
            source = self.random.choice(sorted(self.southbound.remotes))
        inner = make_inner(self.random, self.pool, inport, target)
        return self._build(number, "layer2", source, datapath, inport.key,
                           self.random.choice(keys), inner)

    def _wrong(self, number: int) -> Packet:
        """Unknown networks, ports and senders."""
        datapath = self.random.choice(self.southbound.datapaths)
        port = self.random.choice(self.southbound.of(datapath) or self.southbound.ports)
        inner = make_inner(self.random, self.pool, port, port)
        kind = self.random.choice(("wrong-vni", "wrong-port", "wrong-sender", "foreign"))
        source, out = self._hypervisor(), port.key
        if kind == "wrong-vni":
            datapath = Datapath("", "", self.random.choice((0x123456, 999, 0xfffffe)), False,
                                False)
        elif kind == "wrong-port":
            out = self.random.choice((0, 4711, 0x7fff, 0xffff, FIRST_GROUP + 999))
        elif kind == "wrong-sender":
            source = ""
        else:   # another zone's gateway addresses any datapath at all
            source = self.random.choice(sorted(self.southbound.remotes))
        return self._build(number, kind, source, datapath, self.random.choice((0, port.key, 99)),
                           out, inner)

    def _hypervisor(self) -> str:
        return self.random.choice([name for name in self.southbound.addresses
                                   if name not in self.southbound.remotes and name != GATEWAY])

    def _build(self, number: int, kind: str, source: str, datapath: Datapath, inport: int,
               outport: int, inner: Inner) -> Packet:
        rng = self.random
        senders = self.southbound.addresses.get(source, [UNKNOWN_PEER])
        outer = headers.geneve(
            senders[number % len(senders)], self.own, datapath.key, inport,
            outport, inner.frame, rng.randint(49152, 65535), rng.random() < 0.6,
            ecn(inner.frame))
        return Packet(number, f"{kind} {inner.kind}", source or "nobody", datapath.key, inport,
                      outport, inner.frame, outer)


def ecn(frame: bytes) -> int:
    """What who puts a frame into a tunnel copies to the outer header: ECT(0) when the
    frame has already seen congestion (RFC 3168, 9.1.1)."""
    own = 0
    if frame[12:14] == b"\x08\x00":
        own = frame[15] & 3
    elif frame[12:14] == b"\x86\xdd":
        own = frame[15] >> 4 & 3
    return 2 if own == 3 else own


class AddressPool:
    """Addresses that matter to somebody, and some that do not."""

    def __init__(self, rng: random.Random, southbound: Southbound) -> None:
        self.random = rng
        self.known: dict[int, list[str]] = {4: [], 6: []}
        self.macs = ["0a:dd:dd:00:00:01", "00:00:00:00:00:00"]
        for port in southbound.ports:
            self.macs += port.macs
            for ip in port.ips:
                self.known[6 if ":" in ip else 4].append(ip)
        for ip, mac in southbound.neighbours:
            self.known[6 if ":" in ip else 4].append(ip)
            self.macs.append(mac)

    def mac(self) -> str:
        return self.random.choice(self.macs)

    def address(self, version: int, source: bool = False) -> str:
        rng, known = self.random, self.known[version]
        if known and rng.random() < 0.55:
            return rng.choice(known)
        if known and rng.random() < 0.6:   # a neighbour of somebody, or the end of a network
            length = rng.choice((24, 26, 16) if version == 4 else (64, 112))
            network = ipaddress.ip_network(f"{rng.choice(known)}/{length}", strict=False)
            last = network.num_addresses - 1
            return str(network[min(rng.choice((0, 1, 2, 5, 30, 77, 200, last)), last)])
        odd = {4: ["10.9.3.7", "10.2.1.200", "203.0.113.9", "198.51.100.7", "8.8.8.8",
                   "192.168.7.7", "224.0.0.1", "239.1.2.3", "255.255.255.255", "10.3.200.1"],
               6: ["fd02:1::77", "fd03:1::10", "2001:db8:5::1", "2001:db8:6::1", "ff02::1",
                   "ff05::2", "fe80::1", "fd99::9"]}[version]
        if source:
            odd += {4: ["127.0.0.1", "0.0.0.0"], 6: ["::", "::1"]}[version]
        return rng.choice(odd)

