#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One end of a stream of numbered packets: `echo ADDRESS PORT` or `send ADDRESS PORT RATE BURST`.

The sender prints a line of JSON every 100 ms (how many were sent, how many came back,
how many of the last ones without a hole) until it is asked to end by SIGTERM; then it
waits for what is still under way and prints the outcome."""

from __future__ import annotations

import json
import select
import signal
import socket
import struct
import sys
import time

NUMBER = struct.Struct("!Q")
PADDING = bytes(56)
LAST_WAIT = 1.0     # seconds for the last answers
REPORT_EVERY = 0.1


def echo(address: str, port: int) -> None:
    with udp(address) as server:
        server.bind((address, port))
        print("listening", flush=True)
        while True:
            try:
                data, sender = server.recvfrom(2048)
                server.sendto(data, sender)
            except OSError:   # an ICMP error about an earlier packet
                continue


class Sender:
    def __init__(self, address: str, port: int, rate: float, burst: int) -> None:
        self.socket = udp(address)
        self.target = (address, port)
        self.interval = 1 / rate
        self.burst = burst      # packets sent at once
        self.sent = 0
        self.back: set[int] = set()
        self.run = 0            # answers in a row, up to the last
        self.last = -1          # number of the last answer
        self.last_at = 0.0
        self.late = 0           # answers that came after that to a later packet
        self.gap = 0.0          # longest time between two answers
        self.ending = False
        signal.signal(signal.SIGTERM, self.end)

    def end(self, *_: object) -> None:
        self.ending = True

    def work(self) -> None:
        began = time.monotonic()
        report_at = began
        while not self.ending:
            now = time.monotonic()
            while self.sent * self.interval <= now - began:
                for _ in range(self.burst):
                    self.send()
            if now >= report_at:
                self.report()
                report_at = now + REPORT_EVERY
            self.receive(began + self.sent * self.interval)
        deadline = time.monotonic() + LAST_WAIT
        while len(self.back) < self.sent and time.monotonic() < deadline:
            self.receive(deadline)
        if self.last < self.sent - 1:
            self.gap = max(self.gap, time.monotonic() - LAST_WAIT - self.last_at)
        self.report(lost=self.holes())

    def send(self) -> None:
        try:
            self.socket.sendto(NUMBER.pack(self.sent) + PADDING, self.target)
        except OSError:   # an ICMP error about an earlier packet: this one counts as lost
            pass
        self.sent += 1

    def receive(self, until: float) -> None:
        wait = max(0.0, until - time.monotonic())
        if not select.select([self.socket], [], [], wait)[0]:
            return
        try:
            number = NUMBER.unpack_from(self.socket.recv(2048))[0]
        except OSError:
            return
        now = time.monotonic()
        if self.back:
            self.gap = max(self.gap, now - self.last_at)
        self.last_at = now
        self.back.add(number)
        self.late += number < self.last
        self.run = self.run + 1 if number == self.last + 1 else 1
        self.last = number

    def holes(self) -> list[int]:
        return [number for number in range(self.sent) if number not in self.back]

    def report(self, **more: object) -> None:
        print(json.dumps({"sent": self.sent, "received": len(self.back), "run": self.run,
                          "last": self.last, "late": self.late, "gap": round(self.gap, 4),
                          **more}), flush=True)


def udp(address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.socket(family, socket.SOCK_DGRAM)


if __name__ == "__main__":
    mode, host, service, *rest = sys.argv[1:]
    if mode == "echo":
        echo(host, int(service))
    else:
        Sender(host, int(service), float(rest[0]), int(rest[1])).work()
