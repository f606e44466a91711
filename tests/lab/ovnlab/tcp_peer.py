#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One end of a TCP transfer: `receive ADDRESS PORT` or `send ADDRESS PORT MEBIBYTES`.

Both print the number of bytes and their digest; the sender also the seconds taken."""

from __future__ import annotations

import hashlib
import random
import socket
import sys
import time

MEBIBYTE = 1 << 20
PATIENCE = 20   # seconds without any progress


def receive(address: str, port: int) -> None:
    with socket.create_server((address, port), family=family_of(address)) as server:
        server.settimeout(PATIENCE)
        print("listening", flush=True)
        connection, _ = server.accept()
    digest, count = hashlib.sha256(), 0
    with connection:
        connection.settimeout(PATIENCE)
        while data := connection.recv(MEBIBYTE):
            digest.update(data)
            count += len(data)
        # The sender waits for this byte: what it measures includes delivery.
        connection.sendall(b".")
    print(count, digest.hexdigest(), flush=True)


def send(address: str, port: int, mebibytes: int) -> None:
    digest, noise = hashlib.sha256(), random.Random(1)
    began = time.monotonic()
    with socket.create_connection((address, port), PATIENCE) as connection:
        for _ in range(mebibytes):
            data = noise.randbytes(MEBIBYTE)
            digest.update(data)
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    print(mebibytes * MEBIBYTE, digest.hexdigest(), f"{time.monotonic() - began:.3f}", flush=True)


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


if __name__ == "__main__":
    mode, host, service, *rest = sys.argv[1:]
    if mode == "receive":
        receive(host, int(service))
    else:
        send(host, int(service), int(rest[0]))
