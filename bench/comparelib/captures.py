# SPDX-License-Identifier: Apache-2.0
"""Captures for net_pcap: tunnel packets as a gateway receives them, one per flow."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

from .cases import LENGTHS, Case

PCAP_HEADER = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
OUTER_LEN = 20 + 8 + 16   # IP, UDP, Geneve with OVN's option


@dataclass(frozen=True)
class Way:
    """How packets of one transit switch come to the gateway, and where they go."""
    eth_dst: bytes
    eth_src: bytes
    ip_dst: bytes          # outer
    ip_src: bytes
    vni: int
    inport: int
    outport: int
    inner_dst: bytes       # MAC addresses
    inner_src: bytes
    targets4: Sequence[bytes]
    targets6: Sequence[bytes]
    source4: bytes         # network; the last two bytes are the flow's
    source6: bytes


def ones_sum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1]))
    if len(data) & 1:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def with_checksum(header: bytes) -> bytes:
    return header[:10] + struct.pack("!H", ~ones_sum(header) & 0xffff) + header[12:]


def ipv4(total: int, proto: int, ttl: int, source: bytes, target: bytes) -> bytes:
    return with_checksum(struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, 0, 0x4000, ttl, proto, 0,
                                     source, target))


def inner_frame(path: Way, case: Case, flow: int, length: int) -> bytes:
    """UDP in Ethernet; flows differ in source address, source port and target."""
    ports = struct.pack("!HH", 1024 + flow % 50_000, 443)
    suffix = struct.pack("!H", 0x100 + flow // 50_000)
    if case.family == 6:
        payload = length - 14 - 40
        target = path.targets6[flow % len(path.targets6)]
        ip = struct.pack("!IHBB16s16s", 0x60000000, payload, 17, 63, path.source6 + suffix, target)
        cover = 1
    else:
        payload = length - 14 - 20
        target = path.targets4[flow % len(path.targets4)]
        ip = ipv4(length - 14, 17, 63, path.source4 + suffix, target)
        cover = 0
    kind = b"\x86\xdd" if case.family == 6 else b"\x08\x00"
    udp = ports + struct.pack("!HH", payload, cover)
    return path.inner_dst + path.inner_src + kind + ip + udp + bytes(payload - 8)


def outer_frame(path: Way, case: Case, flow: int, inner: bytes) -> bytes:
    udp_len = 8 + 16 + len(inner)
    geneve = struct.pack("!BBHI", 2, 0x40, 0x6558, path.vni << 8)
    geneve += struct.pack("!HBBHH", 0x0102, 0x80, 1, path.inport, path.outport)
    sport = 0xc000 | flow * 0x9e3779b1 >> 18 & 0x3fff
    udp = struct.pack("!HHHH", sport, 6081, udp_len, 0)
    if case.world.checksum:
        pseudo = path.ip_src + path.ip_dst + struct.pack("!HH", 17, udp_len)
        value = ~ones_sum(pseudo + udp + geneve + inner) & 0xffff
        udp = udp[:6] + struct.pack("!H", value or 0xffff)
    ip = ipv4(20 + udp_len, 17, 64, path.ip_src, path.ip_dst)
    return path.eth_dst + path.eth_src + b"\x08\x00" + ip + udp + geneve + inner


def frames(paths: Sequence[Way], case: Case) -> Iterator[bytes]:
    lengths = itertools.cycle(LENGTHS[case.length])
    for flow in range(case.flows):
        path = paths[flow % len(paths)]
        inner = inner_frame(path, case, flow // len(paths), next(lengths))
        yield outer_frame(path, case, flow, inner)


def write(file: Path, paths: Sequence[Way], case: Case) -> None:
    with file.open("wb") as stream:
        stream.write(PCAP_HEADER)
        for number, frame in enumerate(frames(paths, case)):
            stream.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)
