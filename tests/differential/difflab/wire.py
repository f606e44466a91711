# SPDX-License-Identifier: Apache-2.0
"""The far end of the stock gateway's uplink: sends frames, collects what comes back."""

from __future__ import annotations

import ctypes
import os
import select
import socket

from ovnlab.frames import mac
from ovnlab.journal import Journal
from ovnlab.netns import Netns, hide_from_kernel, veth
from ovnlab.shell import Patience
from ovnlab.underlay import UnderlayKind

DEVICE = "wire"
ETH_P_ALL = 3
CLONE_NEWNET = 0x40000000
SOCKET_BUFFER = 8 << 20
ROUTER_MAC = "02:00:00:00:00:fe"   # of every chassis: the underlay is one next hop


class Wire:
    """Stands in for ovnlab's underlay: one cable, and nobody else on it."""
    kind = UnderlayKind()

    def __init__(self, journal: Journal) -> None:
        self.netns = Netns(journal, "wire")
        self.mac = b""
        self.socket: socket.socket

    def attach(self, netns: Netns, device: str, _name: str) -> None:
        veth(netns, device, self.netns, DEVICE)
        hide_from_kernel(self.netns, DEVICE)   # OvsNode does the same at its end
        for end, name in ((netns, device), (self.netns, DEVICE)):
            end.ip("link", "set", name, "mtu", "9000")
        self.socket = socket_in(self.netns)
        self.socket.bind((DEVICE, ETH_P_ALL))

    def close(self) -> None:
        if hasattr(self, "socket"):
            self.socket.close()

    def send(self, packet: bytes) -> None:
        """An outer IP packet; the gateway's own MAC address has been learned before."""
        family = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
        self.socket.send(self.mac + mac(ROUTER_MAC) + family + packet)

    def receive(self, timeout: float) -> bytes:
        """The next frame that the gateway has sent; b"" when none comes in time."""
        patience = Patience(timeout)
        while not patience.over():
            if not select.select([self.socket], [], [], Patience.LOOK)[0]:
                continue
            frame, address = self.socket.recvfrom(65535)
            if address[2] != socket.PACKET_OUTGOING and is_tunnel(frame):
                return frame
        return b""


def is_tunnel(frame: bytes) -> bool:
    if frame[12:14] == b"\x08\x00":
        return frame[23] == 17 and frame[36:38] == b"\x17\xc1"
    return frame[12:14] == b"\x86\xdd" and frame[20] == 17 and frame[56:58] == b"\x17\xc1"


def socket_in(netns: Netns) -> socket.socket:
    """A packet socket of a namespace; it stays there when we go back."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{netns.name}", os.O_RDONLY)
    try:
        if libc.setns(there, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        result = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        result.setsockopt(socket.SOL_SOCKET, 33, SOCKET_BUFFER)   # SO_RCVBUFFORCE
        return result
    finally:
        libc.setns(home, CLONE_NEWNET)
        os.close(home)
        os.close(there)
