# SPDX-License-Identifier: Apache-2.0
"""Random inner frames."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from typing import Protocol

from . import headers
from .southbound import Binding

BROADCAST = "ff:ff:ff:ff:ff:ff"
TTLS = (64, 64, 64, 64, 64, 63, 255, 0, 1, 1, 2, 2, 3)
LENGTHS = (0, 1, 7, 18, 32, 33, 100, 101, 530, 548, 549, 1200, 1240, 1252, 1253, 1372, 1373,
           1400, 1472, 1473, 2000)
ROUTER_ALERT = bytes.fromhex("94040000")
RECORD_ROUTE = bytes.fromhex("01070704000000000000")[:8]


class Pool(Protocol):
    def mac(self) -> str: ...
    def address(self, version: int, source: bool = False) -> str: ...


@dataclass
class Inner:
    kind: str
    frame: bytes


@dataclass
class Ends:
    """Ethernet addresses and what each end is known by."""
    src: str
    dst: str
    source: Binding
    target: Binding


def make_inner(rng: random.Random, pool: Pool, source: Binding, target: Binding,
               routed: bool = False) -> Inner:
    ends = Ends(source.macs[0] if source.macs and rng.random() < 0.9 else pool.mac(),
                target.macs[0] if target.macs and rng.random() < 0.88 else pool.mac(),
                source, target)
    if routed and rng.random() < 0.15:
        ends.dst = "00:00:00:00:00:00"   # not resolved yet: the gateway is to do it
    choice = rng.random()
    if choice < 0.1:
        return _arp(rng, pool, ends)
    if choice < 0.18:
        return _neighbour(rng, pool, ends)
    if choice < 0.22:
        return _group(rng, pool, ends)
    if choice < 0.24:
        return _strange(rng, ends)
    if choice < 0.68:
        return _ipv4(rng, pool, ends)
    return _ipv6(rng, pool, ends)


def _own(rng: random.Random, pool: Pool, binding: Binding, version: int) -> str:
    """Mostly an address of the port."""
    own = [ip for ip in binding.ips if (":" in ip) == (version == 6)]
    return rng.choice(own) if own and rng.random() < 0.75 else pool.address(version, True)


def _arp(rng: random.Random, pool: Pool, ends: Ends) -> Inner:
    op = rng.choice((1, 1, 1, 2, 2, 9))
    spa, tpa = _own(rng, pool, ends.source, 4), _own(rng, pool, ends.target, 4)
    if rng.random() < 0.1:
        tpa = spa   # gratuitous
    dst = BROADCAST if op == 1 and rng.random() < 0.8 else ends.dst
    tha = ends.dst if op == 2 else "00:00:00:00:00:00"
    sha = ends.src if rng.random() < 0.9 else pool.mac()
    body = headers.arp(op, sha, spa, tha, tpa) + bytes(rng.choice((0, 0, 18)))
    return Inner(f"arp op={op}", headers.ethernet(dst, ends.src, 0x0806, body))


def _neighbour(rng: random.Random, pool: Pool, ends: Ends) -> Inner:
    """Neighbour and router discovery."""
    src, target = _own(rng, pool, ends.source, 6), _own(rng, pool, ends.target, 6)
    kind = rng.choice((135, 135, 135, 136, 136, 133, 134, 137, 130, 143))
    dst, dst_mac = headers.solicited_node(target)
    if rng.random() < 0.3 or kind == 136:
        dst, dst_mac = target, ends.dst
    if kind in (133, 130, 143):
        dst, dst_mac = "ff02::2", "33:33:00:00:00:02"
    if kind == 135 and rng.random() < 0.1:
        src = "::"
    option = bytes((1 if kind == 135 else 2, 1)) + headers.mac(ends.src)
    if rng.random() < 0.15:
        option = b""
    flags = rng.choice((0, 0x60000000, 0x20000000, 0xe0000000)) if kind == 136 else 0
    rest = struct.pack("!I", flags) + headers.packed(target) + option
    limit = 255 if rng.random() < 0.9 else 64
    body = headers.ipv6(src, dst, headers.ICMP6, headers.icmp6(
        src, dst, kind, 0 if rng.random() < 0.95 else 1, rest), limit)
    return Inner(f"nd type={kind}", headers.ethernet(dst_mac, ends.src, 0x86dd, body))


def _group(rng: random.Random, pool: Pool, ends: Ends) -> Inner:
    """To a multicast or broadcast Ethernet address."""
    if rng.random() < 0.5:
        src, dst = _own(rng, pool, ends.source, 4), rng.choice(
            ("224.0.0.1", "224.0.0.5", "239.1.1.1", "255.255.255.255", pool.address(4)))
        mac = BROADCAST if dst.startswith("255") else "01:00:5e:00:00:01"
        protocol = rng.choice((headers.UDP, headers.IGMP))
        data = headers.udp(src, dst, 1024, 5000, b"x" * 20) if protocol == headers.UDP else \
            headers.icmp4(0x16, 0, bytes(4))
        frame = headers.ipv4(src, dst, protocol, data, rng.choice((1, 2, 64)))
        return Inner("multicast4", headers.ethernet(mac, ends.src, 0x0800, frame))
    src, dst = _own(rng, pool, ends.source, 6), rng.choice(("ff02::1", "ff02::fb", "ff05::1:3"))
    frame = headers.ipv6(src, dst, headers.UDP, headers.udp(src, dst, 5353, 5353, b"x" * 20),
                         rng.choice((1, 64, 255)))
    return Inner("multicast6", headers.ethernet("33:33:00:00:00:01", ends.src, 0x86dd, frame))


def _strange(rng: random.Random, ends: Ends) -> Inner:
    kind = rng.choice((0x88cc, 0x8847, 0x1234, 0x8100, 0x0005))
    body = rng.randbytes(rng.choice((46, 47, 100)))
    if kind == 0x8100:
        body = struct.pack("!HH", 5, 0x0800) + headers.ipv4("10.1.1.1", "10.2.1.1", 17, b"x" * 40)
    dst = ends.dst if rng.random() < 0.7 else BROADCAST
    return Inner(f"ethertype={kind:#06x}", headers.ethernet(dst, ends.src, kind, body))


def _transport(rng: random.Random, src: str, dst: str) -> tuple[str, int, bytes]:
    """Name, protocol number, bytes."""
    six = ":" in src
    data = rng.randbytes(rng.choice(LENGTHS) if rng.random() < 0.5 else 32)
    sport, dport = rng.randint(1024, 65535), rng.choice((80, 53, 443, 1500, 3784, 33434))
    kind = rng.choice(("udp", "udp", "udp", "tcp", "tcp", "sctp", "echo", "echo", "echo-reply",
                       "too-big", "error", "time-exceeded", "other", "udp-nosum"))
    if kind in ("udp", "udp-nosum"):
        return kind, headers.UDP, headers.udp(src, dst, sport, dport, data,
                                              six or kind == "udp")
    if kind == "tcp":
        return kind, headers.TCP, headers.tcp(src, dst, sport, dport, data,
                                              rng.choice((2, 16, 24, 4, 17, 1)),
                                              (rng.getrandbits(32), rng.getrandbits(32)))
    if kind == "sctp":
        return kind, headers.SCTP, headers.sctp(sport, dport, data)
    if kind == "other":
        return kind, rng.choice((47, 50, 89, 103, 255)), data
    numbers = {"echo": (8, 0, 128, 0), "echo-reply": (0, 0, 129, 0), "too-big": (3, 4, 2, 0),
               "error": (3, rng.choice((0, 1, 3)), 1, 4), "time-exceeded": (11, 0, 3, 0)}[kind]
    rest = struct.pack("!HH", rng.randint(0, 65535), rng.randint(500, 1500)) + data[:600]
    if six:
        return kind, headers.ICMP6, headers.icmp6(src, dst, numbers[2], numbers[3], rest)
    return kind, headers.ICMP, headers.icmp4(numbers[0], numbers[1], rest)


def _ipv4(rng: random.Random, pool: Pool, ends: Ends) -> Inner:
    src, dst = pool.address(4, True), pool.address(4)
    name, protocol, data = _transport(rng, src, dst)
    ttl, options, fragment = rng.choice(TTLS), b"", rng.choice((0, 0x4000))
    choice = rng.random()
    if choice < 0.08:
        fragment = rng.choice((0x2000, 0x2001, 0x00b9, 0x20b9))
        data, name = data[:len(data) // 8 * 8] or bytes(8), f"{name} fragment={fragment:#x}"
    elif choice < 0.13:
        options, name = rng.choice((ROUTER_ALERT, RECORD_ROUTE)), f"{name} options"
    frame = headers.ipv4(src, dst, protocol, data, ttl, rng.choice((0, 0, 0x28, 1, 2, 3, 0xb8)),
                         rng.randint(0, 65535), fragment, options)
    frame += bytes(max(0, 46 - len(frame)) * (rng.random() < 0.3))   # Ethernet padding
    return Inner(f"ipv4 {name} ttl={ttl}", headers.ethernet(ends.dst, ends.src, 0x0800, frame))


def _ipv6(rng: random.Random, pool: Pool, ends: Ends) -> Inner:
    src, dst = pool.address(6, True), pool.address(6)
    name, protocol, data = _transport(rng, src, dst)
    ttl, choice = rng.choice(TTLS), rng.random()
    if choice < 0.04:
        data, protocol = struct.pack("!BBHI", protocol, 0, rng.choice((1, 0x648, 0x649)), 7) \
            + (data or bytes(8)), 44
        name += " fragment"
    elif choice < 0.09:
        kind = rng.choice((0, 60))
        data, protocol = struct.pack("!BBHI", protocol, 0, 0x0104, 0) + data, kind
        name += f" extension={kind}"
    frame = headers.ipv6(src, dst, protocol, data, ttl, rng.choice((0, 0, 0x28, 1, 2, 3)),
                         rng.choice((0, 0xabcde)))
    return Inner(f"ipv6 {name} ttl={ttl}", headers.ethernet(ends.dst, ends.src, 0x86dd, frame))
