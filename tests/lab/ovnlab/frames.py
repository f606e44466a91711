# SPDX-License-Identifier: Apache-2.0
"""Tunnel packets byte by byte, so that any byte can be wrong."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass, replace
from typing import Any

OPTION_CLASS, OPTION_TYPE = 0x0102, 0x80
DATAGRAM_PORT = 4369   # listen.py has it open


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def echo_reply(eth_dst: str, eth_src: str, src: str, dst: str, ttl: int = 64) -> bytes:
    """An inner frame: an ICMP echo reply, which nobody answers."""
    icmp = struct.pack("!BBHHH", 0, 0, 0, 0x1234, 1) + bytes(range(32))
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    return mac(eth_dst) + mac(eth_src) + b"\x08\x00" + ipv4(src, dst, 1, icmp, ttl=ttl)


def ipv4(src: str, dst: str, protocol: int, payload: bytes, ttl: int = 64, fragment: int = 0x4000,
         length: int = 0, version_ihl: int = 0x45, damage: int = 0) -> bytes:
    addresses = ipaddress.IPv4Address(src).packed + ipaddress.IPv4Address(dst).packed
    head = struct.pack("!BBHHHBBH", version_ihl, 0, length or 20 + len(payload), 1, fragment,
                       ttl, protocol, 0) + addresses
    right = checksum(head) ^ damage
    return head[:10] + struct.pack("!H", right) + head[12:] + payload


def udp(source: int, target: int, src: str, dst: str, payload: bytes) -> bytes:
    """A datagram with its checksum."""
    pack = ipaddress.ip_address
    length = 8 + len(payload)
    pseudo = pack(src).packed + pack(dst).packed + struct.pack("!II", length, 17)
    head = struct.pack("!HHHH", source, target, length, 0)
    right = checksum(pseudo + head + payload) or 0xffff
    return head[:6] + struct.pack("!H", right) + payload


def ipv6(src: str, dst: str, next_header: int, payload: bytes, hop_limit: int = 64) -> bytes:
    addresses = ipaddress.IPv6Address(src).packed + ipaddress.IPv6Address(dst).packed
    return struct.pack("!IHBB", 6 << 28, len(payload), next_header, hop_limit) + addresses + payload


def datagram(eth_dst: str, eth_src: str, src: str, dst: str, ttl: int, payload: bytes) -> bytes:
    """An Ethernet frame with a UDP datagram, IPv4 or IPv6 by its addresses."""
    inner = udp(5353, DATAGRAM_PORT, src, dst, payload)
    if ":" in dst:
        return mac(eth_dst) + mac(eth_src) + b"\x86\xdd" + ipv6(src, dst, 17, inner, ttl)
    return mac(eth_dst) + mac(eth_src) + b"\x08\x00" + ipv4(src, dst, 17, inner, ttl=ttl)


@dataclass(frozen=True)
class Tunnel:
    """A Geneve packet as OVN sends it; `but` gives one with something wrong."""
    eth_dst: str
    eth_src: str
    src: str
    dst: str
    vni: int
    inport: int
    outport: int
    inner: bytes
    version: int = 0
    flags: int = 0x40              # critical option present
    protocol: int = 0x6558
    option_class: int = OPTION_CLASS
    options_before: bytes = b""
    has_option: bool = True
    option_words: int = -1         # -1: what is there
    udp_length: int = 0            # 0: right
    ip_length: int = 0
    fragment: int = 0x4000
    ip_checksum_damage: int = 0
    cut: int = 0                   # bytes missing at the end of the frame

    def but(self, **changes: Any) -> "Tunnel":
        return replace(self, **changes)

    def encode(self) -> bytes:
        options = self.options_before
        if self.has_option:
            options += struct.pack("!HBBI", self.option_class, OPTION_TYPE, 1,
                                   self.inport << 16 | self.outport)
        words = len(options) // 4 if self.option_words < 0 else self.option_words
        geneve = struct.pack("!BBHI", self.version << 6 | words, self.flags, self.protocol,
                             self.vni << 8) + options + self.inner
        udp = struct.pack("!HHHH", 50000, 6081, self.udp_length or 8 + len(geneve), 0) + geneve
        packet = ipv4(self.src, self.dst, 17, udp, fragment=self.fragment, length=self.ip_length,
                      damage=self.ip_checksum_damage)
        frame = mac(self.eth_dst) + mac(self.eth_src) + b"\x08\x00" + packet
        return frame[:len(frame) - self.cut]
