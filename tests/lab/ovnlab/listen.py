#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints each frame that arrives at a device and has a mark in it: `listen DEVICE MARK`.

Frame and mark are hexadecimal; the first line says that it listens. The port that frames.py
sends datagrams to is open, so that the kernel does not answer them."""

import socket
import sys

ETH_P_ALL = 3
PORT = 4369

device, mark = sys.argv[1], bytes.fromhex(sys.argv[2])
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as sniffer, \
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as taker:
    sniffer.bind((device, ETH_P_ALL))
    taker.bind(("::", PORT))
    print("listening", flush=True)
    while True:
        frame, (_, _, kind, *_) = sniffer.recvfrom(65536)
        if kind != socket.PACKET_OUTGOING and mark in frame:
            print(frame.hex(), flush=True)
