# SPDX-License-Identifier: Apache-2.0
"""A virtual machine, as far as the network can tell: a namespace with one port."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .journal import Journal
from .netns import Netns
from .ovsnode import OvsNode
from .shell import CommandError, LabError, wait_for

# Leaves room for the outer headers of either address family within 1500.
MTU = 1400
PEER = Path(__file__).with_name("tcp_peer.py")


@dataclass(frozen=True)
class Echoes:
    """The outcome of a ping."""
    sent: int
    answered: int
    average_ms: float


class Guest:
    def __init__(self, journal: Journal, name: str, zone: int, host: int) -> None:
        self.name = name
        self.journal = journal
        self.netns = Netns(journal, name)
        self.mac = f"00:00:00:0{zone}:00:{host}"
        self.ipv4 = f"10.{zone}.0.{host}"
        self.ipv6 = f"fd0{zone}::{host}"
        self.zone = zone

    def plug(self, hypervisor: OvsNode) -> None:
        hypervisor.add_vif(self.name, self.netns, self.name)
        ip, device = self.netns.ip, self.name
        ip("link", "set", device, "address", self.mac, "mtu", str(MTU), "up")
        self.add_addresses(self.ipv4, self.ipv6)
        ip("route", "add", "default", "via", f"10.{self.zone}.0.1")
        ip("-6", "route", "add", "default", "via", f"fd0{self.zone}::1")

    def add_addresses(self, ipv4: str, ipv6: str) -> None:
        self.netns.ip("address", "add", f"{ipv4}/24", "dev", self.name)
        self.netns.ip("address", "add", f"{ipv6}/64", "dev", self.name)

    def address(self, family: int) -> str:
        return self.ipv4 if family == 4 else self.ipv6

    def ping(self, target: str, count: int = 3, wait: float = 2, size: int = 56,
             interval: float = 0.05) -> int:
        """Send echo requests and return how many were answered."""
        return self.measure(target, count, wait, size, interval).answered

    def measure(self, target: str, count: int, wait: float = 2, size: int = 56,
                interval: float = 0.05) -> Echoes:
        text = self.netns.run("ping", "-n", "-q", "-c", str(count), "-i", str(interval),
                              "-W", str(wait), "-s", str(size), target,
                              timeout=30 + count * interval, check=False)
        found = re.search(r"(\d+) received", text)
        if not found:
            raise LabError(f"ping {target} from {self.name} said: {text!r}")
        times = re.search(r"= [\d.]+/([\d.]+)/", text)
        return Echoes(count, int(found[1]), float(times[1]) if times else 0.0)

    def expect_ping(self, target: str, count: int = 3, size: int = 56) -> None:
        answered = self.ping(target, count, size=size)
        if answered != count:
            raise LabError(f"ping {target} from {self.name}: {answered} of {count} answered")

    def wait_ping(self, target: str, timeout: float = 10) -> None:
        """Ping until it is answered."""
        wait_for(f"ping {target} from {self.name}",
                 lambda: self.ping(target, count=1, wait=0.3), timeout)

    def hops(self, target: str) -> list[str]:
        """What tracepath meets at each hop, the target last; "" for a silent one."""
        text = self.netns.run("tracepath", "-n", "-m", "8", target, timeout=60)
        found = re.findall(r"^ *(\d+): +([0-9a-f.:]+|no reply)", text, re.MULTILINE)
        hops = {int(number): "" if who == "no reply" else who for number, who in found}
        return [hops.get(number, "") for number in range(1, max(hops, default=0) + 1)]

    def send_tcp(self, other: "Guest", family: int, mebibytes: int) -> float:
        """Send data to another guest, check its content there; returns seconds."""
        address, port = other.address(family), "7000"
        server = subprocess.Popen(
            [*other.netns.prefix(), "/usr/bin/python3", str(PEER), "receive", address, port],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            assert server.stdout is not None
            if server.stdout.readline().strip() != "listening":
                raise LabError(f"TCP receiver in {other.name} did not start")
            sent = self.netns.run("/usr/bin/python3", str(PEER), "send", address, port,
                                  str(mebibytes), timeout=60).split()
            received = server.communicate(timeout=30)[0].split()
        except (subprocess.TimeoutExpired, CommandError) as error:
            raise LabError(f"TCP {self.name} to {address}: {error}") from error
        finally:
            server.kill()
            server.wait()
        if received[:2] != sent[:2]:
            raise LabError(f"TCP {self.name} to {address}: sent {sent}, received {received}")
        return float(sent[2])
