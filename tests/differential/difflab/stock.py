# SPDX-License-Identifier: Apache-2.0
"""One packet into the stock gateway, and all that comes out because of it.

Each packet is followed by a marker: a packet that dies of its TTL on a router that
only markers visit. The answer is made by ovn-controller, from a packet that went
through the same queues behind the one at hand; when it is there, whatever the packet
caused is there too, be it forwarded or made. What ovn-controller makes may have to go
through it once more (an ICMP error whose next hop is not known yet), hence more than
one marker."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ovnlab.shell import LabError

from . import headers
from .southbound import Southbound
from .world import GATEWAY, MARKER, World

PATIENCE = 5.0
MARKERS = 3     # times that a packet's consequences may pass through ovn-controller
OUTER = 14 + 20 + 8 + 16    # up to the inner Ethernet header


@dataclass
class Marker:
    """Addressed to our router on the marker switch, as if from the other zone's."""
    southbound: Southbound

    def __post_init__(self) -> None:
        target = self.southbound.by_name[f"{MARKER}-lr1m"]
        source = self.southbound.by_name[f"{MARKER}-lr2m"]
        self.vni = target.datapath.key
        self.ports = source.key, target.key
        self.ends = self.southbound.by_name["lr1m-p"].macs[0], source.macs[0]
        self.addresses = self.southbound.addresses["gw2"], self.southbound.addresses[GATEWAY]

    def packet(self, number: int) -> bytes:
        data = headers.udp("169.254.255.2", "198.18.0.1", 7, 7, bytes(8))
        inner = headers.ethernet(*self.ends, 0x0800, headers.ipv4(
            "169.254.255.2", "198.18.0.1", headers.UDP, data, ttl=1, ident=number))
        return headers.geneve(*self.addresses, self.vni, *self.ports, inner)

    def number(self, frame: bytes) -> int:
        """Which marker a frame answers; -1: none."""
        vni = struct.unpack("!I", frame[46:50])[0] >> 8 if len(frame) > OUTER + 46 else -1
        if vni != self.vni:
            return -1
        quoted = frame[OUTER + 14 + 20 + 8:]
        return int(struct.unpack("!H", quoted[4:6])[0])


class Stock:
    def __init__(self, world: World, southbound: Southbound) -> None:
        self.wire = world.wire
        self.marker = Marker(southbound)
        self.count = 0

    def exchange(self, packet: bytes) -> list[bytes]:
        """What the gateway sends because of an outer IP packet; b"" for none but markers."""
        sent: list[bytes] = []
        if packet:
            self.wire.send(packet)
        for _ in range(MARKERS):
            self._mark(sent)
        return sent

    def _mark(self, sent: list[bytes]) -> None:
        self.count = self.count % 65000 + 1
        self.wire.send(self.marker.packet(self.count))
        while True:
            frame = self.wire.receive(PATIENCE)
            if not frame:
                raise LabError(f"marker {self.count} did not come back")
            number = self.marker.number(frame)
            if number == self.count:
                return
            if number < 0:
                sent.append(frame)
