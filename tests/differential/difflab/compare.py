# SPDX-License-Identifier: Apache-2.0
"""When two gateways have done the same.

Free are the outer Ethernet addresses, the outer IP identification and the UDP source
port. What a checksum covers may therefore differ: it has to be right, and present on
both sides or on neither."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Optional

from ovnlab.frames import checksum

from . import headers
from .ours import Run
from .packets import FIRST_GROUP, Packet
from .world import CHASSIS

SAME, NOTHING = "same", "nothing"           # sent, or nothing sent by either
LISTED, FOREIGN, ELSEWHERE = "listed", "foreign", "elsewhere"   # excluded, see judge()
TIED = "tied"       # excluded: flows of the same priority contradict each other, see seed.py
PARTLY = "partly"   # excluded too: some packets for the destination are listed
UNASKED = "unasked"  # excluded too: an answer that nobody sends
LATE, DIFFERENT = "late", "DIFFERENT"       # failures

# Addresses of chassis with several encaps, and the first of the chassis.
ENCAPS = {headers.packed(address): headers.packed(each.addresses[0])
          for each in CHASSIS if each.second for address in each.addresses}


@dataclass
class Verdict:
    kind: str
    note: str = ""


def normal(frame: bytes) -> bytes:
    """Without what is free; b"!" in front of a frame with a wrong checksum."""
    if frame[12:14] == b"\x86\xdd":
        at, ip = 54, frame[14:54]
        head = ip
    else:
        at, ip = 34, frame[14:34]
        head = ip[:4] + b"\0\0" + ip[6:10] + b"\0\0" + ip[12:]
        if checksum(ip):
            return b"!" + frame
        head = head[:16] + one_encap(frame)
    length = struct.unpack("!H", frame[at + 4:at + 6])[0]
    datagram = frame[at:at + length]
    summed = datagram[6:8] != b"\0\0"
    addresses = ip[8:40] if at == 54 else ip[12:20]
    if summed and checksum(addresses + struct.pack("!HH", 17, length) + datagram):
        return b"!" + frame
    return b"\0" * 12 + frame[12:14] + head + b"\0\0" + frame[at + 2:at + 6] \
        + bytes([summed, 0]) + frame[at + 8:]


def one_encap(frame: bytes) -> bytes:
    """The destination; for a group, which no encap is asked for, that of the first."""
    address = frame[30:34]
    return ENCAPS.get(address, address) if to_group(frame) else address


def to_group(frame: bytes) -> bool:
    return bool(struct.unpack("!H", frame[56:58])[0] >= FIRST_GROUP)


def outcome(frames: list[bytes], sender: Optional[Packet] = None) -> tuple[bytes, ...]:
    """Which encap of a chassis a flood goes to is stock's choice, and with it whether it
    goes back to who sent the packet by the other one: such frames do not count."""
    several = sender is not None and sender.outer[12:16] in ENCAPS
    return tuple(sorted(normal(frame) for frame in frames if not (
        several and to_group(frame) and ENCAPS.get(frame[30:34]) == ENCAPS[sender.outer[12:16]])))


def is_answer(frame: bytes) -> bool:
    """An ARP answer, or a neighbour advertisement."""
    if frame[12:14] == b"\x08\x06":
        return frame[20:22] == b"\0\2"
    return frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54:56] == b"\x88\0"


def is_path_mtu_error(frame: bytes) -> bool:
    if frame[12:14] == b"\x08\0":
        at = 14 + 4 * (frame[14] & 15)
        return frame[23] == headers.ICMP and frame[at:at + 2] == b"\3\4"
    return frame[12:14] == b"\x86\xdd" and frame[20] == headers.ICMP6 and \
        frame[54:56] == b"\2\0"


def judge(stock: list[bytes], runs: list[Run], packet: Packet, known: set[int],
          listed: bool) -> Verdict:
    """Routes of equal cost: stock has chosen one; ours must be able to choose it. `known`
    are the VNIs that exist, `listed` says whether something at the packet's port is on the list.

    Excluded: what the list of unsupported destinations has; what another zone sends to a
    datapath of ours, which no such gateway does; what is addressed to, or flooded through,
    a router of the zone whose gateway is another one, also when it is an error about the
    path MTU, which a stock gateway takes all the same: who sends asks that one; answers about
    neighbours to no port in particular, but on a transit router: on switches nobody floods
    them."""
    want = outcome(stock, packet)
    offered = {outcome(run.sent, packet): run for run in runs}
    if want in offered:
        return Verdict(SAME if want else NOTHING, offered[want].action)
    if any(run.action == "drop" and run.reason == "unsupported" for run in runs):
        return Verdict(LISTED)
    if any(run.dropped_for("zone_violation") for run in runs):
        return Verdict(FOREIGN)
    if any(run.dropped_for("unsupported") for run in runs):
        return Verdict(PARTLY if listed else LATE)
    if any(run.dropped_for("unknown_vni") for run in runs) and packet.vni in known:
        return Verdict(ELSEWHERE)
    if is_path_mtu_error(packet.inner) and any(run.dropped_for("not_resident") for run in runs):
        return Verdict(ELSEWHERE)
    if packet.outport == 0 and is_answer(packet.inner) and \
            any(run.dropped_for("unknown_port") for run in runs):
        return Verdict(UNASKED)
    flooded = packet.inner[0] & 1 and any("unbound_port" in run.drops for run in runs)
    if flooded and any(set(sent) < set(want) for sent in offered):
        return Verdict(ELSEWHERE)
    return Verdict(DIFFERENT)
