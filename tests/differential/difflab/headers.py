# SPDX-License-Identifier: Apache-2.0
"""Inner headers byte by byte."""

from __future__ import annotations

import ipaddress
import struct

from ovnlab.frames import checksum, mac

TCP, UDP, ICMP, ICMP6, SCTP, IGMP = 6, 17, 1, 58, 132, 2


def ethernet(dst: str, src: str, kind: int, payload: bytes) -> bytes:
    return mac(dst) + mac(src) + struct.pack("!H", kind) + payload


def packed(ip: str) -> bytes:
    return ipaddress.ip_address(ip).packed


def pseudo(src: str, dst: str, protocol: int, length: int) -> bytes:
    if ":" in src:
        return packed(src) + packed(dst) + struct.pack("!IHBB", length, 0, 0, protocol)
    return packed(src) + packed(dst) + struct.pack("!BBH", 0, protocol, length)


def ipv4(src: str, dst: str, protocol: int, payload: bytes, ttl: int = 64, tos: int = 0,
         ident: int = 0, fragment: int = 0, options: bytes = b"") -> bytes:
    length = 20 + len(options)
    head = struct.pack("!BBHHHBBH", 0x40 | length // 4, tos, length + len(payload), ident,
                       fragment, ttl, protocol, 0) + packed(src) + packed(dst) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(src: str, dst: str, protocol: int, payload: bytes, ttl: int = 64, tos: int = 0,
         label: int = 0) -> bytes:
    return struct.pack("!IHBB", 6 << 28 | tos << 20 | label, len(payload), protocol,
                       ttl) + packed(src) + packed(dst) + payload


def udp(src: str, dst: str, sport: int, dport: int, data: bytes, summed: bool = True) -> bytes:
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    if not summed:
        return head
    total = checksum(pseudo(src, dst, UDP, len(head)) + head) or 0xffff
    return head[:6] + struct.pack("!H", total) + head[8:]


def tcp(src: str, dst: str, sport: int, dport: int, data: bytes, flags: int,
        numbers: tuple[int, int] = (1, 0)) -> bytes:
    """numbers: sequence and acknowledgment."""
    head = struct.pack("!HHIIBBHHH", sport, dport, *numbers, 0x50, flags, 1024, 0, 0) + data
    total = checksum(pseudo(src, dst, TCP, len(head)) + head)
    return head[:16] + struct.pack("!H", total) + head[18:]


def sctp(sport: int, dport: int, data: bytes) -> bytes:
    return struct.pack("!HHII", sport, dport, 1, 0x12345678) + data


def icmp4(kind: int, code: int, rest: bytes) -> bytes:
    head = struct.pack("!BBH", kind, code, 0) + rest
    return head[:2] + struct.pack("!H", checksum(head)) + head[4:]


def icmp6(src: str, dst: str, kind: int, code: int, rest: bytes) -> bytes:
    head = struct.pack("!BBH", kind, code, 0) + rest
    total = checksum(pseudo(src, dst, ICMP6, len(head)) + head)
    return head[:2] + struct.pack("!H", total) + head[4:]


def arp(op: int, sha: str, spa: str, tha: str, tpa: str) -> bytes:
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, op) + mac(sha) + packed(spa) + mac(tha) \
        + packed(tpa)


def solicited_node(ip: str) -> tuple[str, str]:
    """The group of an address, and the Ethernet address of the group (RFC 4291, RFC 2464)."""
    low = packed(ip)[13:]
    return (f"ff02::1:ff{low[0]:02x}:{low[1]:02x}{low[2]:02x}",
            f"33:33:ff:{low[0]:02x}:{low[1]:02x}:{low[2]:02x}")


def geneve(src: str, dst: str, vni: int, inport: int, outport: int, inner: bytes,
           sport: int = 50000, summed: bool = True, tos: int = 0) -> bytes:
    """An outer IP packet, without Ethernet."""
    content = struct.pack("!BBHIHBBI", 2, 0x40, 0x6558, vni << 8, 0x0102, 0x80, 1,
                          inport << 16 | outport) + inner
    datagram = udp(src, dst, sport, 6081, content, summed)
    return ipv4(src, dst, UDP, datagram, fragment=0x4000, tos=tos)
