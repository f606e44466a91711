# SPDX-License-Identifier: Apache-2.0
"""Frames and differences for a person."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING, Iterator

from .compare import normal, outcome

if TYPE_CHECKING:
    from .seed import Difference, Result

MAX_RUNS = 4
LINE = 32


def inner(frame: bytes) -> str:
    """An inner frame in one line."""
    kind = struct.unpack("!H", frame[12:14])[0]
    text = f"{frame[6:12].hex(':')} > {frame[:6].hex(':')} "
    body = frame[14:]
    if kind == 0x0806 and len(body) >= 28:
        op = struct.unpack("!H", body[6:8])[0]
        return text + f"arp op={op} {body[8:14].hex(':')} {_ip(body[14:18])} > " \
            f"{body[18:24].hex(':')} {_ip(body[24:28])}"
    if kind == 0x0800 and len(body) >= 20:
        frag = struct.unpack("!H", body[6:8])[0]
        data = body[(body[0] & 15) * 4:]
        return text + f"{_ip(body[12:16])} > {_ip(body[16:20])} ttl={body[8]} proto={body[9]} " \
            f"tos={body[1]:#x} frag={frag:#x} len={len(frame)} [{data[:4].hex(' ')}]"
    if kind == 0x86dd and len(body) >= 40:
        return text + f"{_ip(body[8:24])} > {_ip(body[24:40])} hl={body[7]} next={body[6]} " \
            f"len={len(frame)} [{body[40:44].hex(' ')}]"
    return text + f"ethertype={kind:#06x} len={len(frame)}"


def _ip(data: bytes) -> str:
    return str(ipaddress.ip_address(data))


def tunnel(frame: bytes) -> str:
    """A frame that a gateway has sent, in one line."""
    six = frame[12:14] == b"\x86\xdd"
    at = 62 if six else 42
    dst = _ip(frame[38:54] if six else frame[30:34])
    vni = struct.unpack("!I", frame[at + 4:at + 8])[0] >> 8
    inport, outport = struct.unpack("!HH", frame[at + 12:at + 16])
    wrong = "WRONG CHECKSUM " if normal(frame)[:1] == b"!" else ""
    return f"{wrong}to {dst} vni={vni:#x} in={inport} out={outport:#x}: {inner(frame[at + 16:])}"


def difference(result: "Result", each: "Difference") -> Iterator[str]:
    packet = each.packet
    yield f"seed {result.seed} packet {packet.number} ({packet.kind}): {each.verdict.kind}"
    yield f"  in from {packet.source} vni={packet.vni:#x} in={packet.inport} " \
        f"out={packet.outport:#x}: {inner(packet.inner)}"
    for frame in each.stock or [b""]:
        yield "  stock: " + (tunnel(frame) if frame else "nothing")
    seen = []
    for run in each.runs:
        now = (run.action, run.reason, run.drops, outcome(run.sent))
        if now in seen or len(seen) == MAX_RUNS:
            continue
        seen.append(now)
        yield f"  ours: {run.action} {run.reason} {' '.join(run.drops)}"
        for frame in run.sent:
            yield "        " + tunnel(frame)
    yield from _bytes(each)


def _bytes(each: "Difference") -> Iterator[str]:
    """Where two frames that ought to be the same are not."""
    for run in each.runs[:1]:
        theirs, ours = outcome(each.stock), outcome(run.sent)
        if len(theirs) != len(ours):
            return
        for one, other in zip(theirs, ours):
            at = next((at for at, (a, b) in enumerate(zip(one, other)) if a != b),
                      min(len(one), len(other)))
            if one != other:
                yield f"  first different byte {at} of {len(one)} and {len(other)}"
                yield f"    stock {one[at:at + LINE].hex(' ')}"
                yield f"    ours  {other[at:at + LINE].hex(' ')}"

