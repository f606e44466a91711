# SPDX-License-Identifier: Apache-2.0
"""One packet into the stock gateway, and all that comes out because of it.

Behind each packet goes a marker, a packet on a network that only markers visit. When it
comes back, what Open vSwitch sends because of the packet has come out.

What ovn-controller sends takes longer. For packets that may have it do something the
markers are of another kind: they die of their TTL, and ovn-controller makes the answer
from what went through the same queues behind the packet at hand. What it makes may have
to go through it once more (an ICMP error whose next hop is not known yet), hence more
than one of those."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ovnlab.shell import Late

from . import headers
from .southbound import Southbound
from .world import GATEWAY, MARKER, World

PATIENCE = 15.0   # seconds
ROUNDS = 3      # times that a packet's consequences may pass through ovn-controller
OTHER, UNREACHED = "169.254.255.2", "198.18.0.1"   # router of the other zone, and nobody
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
        self.addresses = [self.southbound.addresses[name][0] for name in ("gw2", GATEWAY)]

    def packet(self, number: int, expires: bool) -> bytes:
        """Routed back to where it came from, unless it expires."""
        target = UNREACHED if expires else OTHER
        data = headers.udp(OTHER, target, 7, 7, bytes(8))
        inner = headers.ethernet(*self.ends, 0x0800, headers.ipv4(
            OTHER, target, headers.UDP, data, ttl=1 if expires else 2, ident=number))
        return headers.geneve(*self.addresses, self.vni, *self.ports, inner)

    def number(self, frame: bytes) -> int:
        """Which marker a frame is, or answers; -1: none."""
        vni = struct.unpack("!I", frame[46:50])[0] >> 8 if len(frame) >= OUTER + 42 else -1
        if vni != self.vni:
            return -1
        ip = frame[OUTER + 14:]
        quoted = ip[28:] if ip[9] == headers.ICMP else ip
        return int(struct.unpack("!H", quoted[4:6])[0])


class Stock:
    def __init__(self, world: World, southbound: Southbound, rounds: int = ROUNDS) -> None:
        self.wire = world.wire
        self.rounds = rounds
        self.marker = Marker(southbound)
        self.count = 0

    def exchange(self, packet: bytes, patient: bool) -> list[bytes]:
        """What the gateway sends because of an outer IP packet. patient: with what
        ovn-controller makes; else that may come with the next packets."""
        sent: list[bytes] = []
        self.wire.send(packet)
        if patient:
            self.flush(sent)
        else:
            self._mark(sent, expires=False)
        return sent

    def flush(self, sent: list[bytes]) -> None:
        """Wait for everything that earlier packets have caused."""
        for _ in range(self.rounds):
            self._mark(sent, expires=True)

    def _mark(self, sent: list[bytes], expires: bool) -> None:
        self.count = self.count % 65000 + 1
        self.wire.send(self.marker.packet(self.count, expires))
        while True:
            frame = self.wire.receive(PATIENCE)
            if not frame:
                raise Late(f"marker {self.count} did not come back")
            number = self.marker.number(frame)
            if number == self.count:
                return
            if number < 0:
                sent.append(frame)
