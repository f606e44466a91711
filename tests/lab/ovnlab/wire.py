# SPDX-License-Identifier: Apache-2.0
"""A stranger on the underlay: sends any frame, and sees what a gateway sends."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

from .lab import Lab
from .netns import Netns
from .shell import wait_for
from .zone import Gateway

INJECT = Path(__file__).with_name("inject.py")
DEVICE = "uplink"


class Stranger:
    def __init__(self, lab: Lab) -> None:
        self.netns = Netns(lab.journal, "stranger")
        lab.underlay.attach(self.netns, DEVICE, "stranger")
        self.mac = device_mac(self.netns, DEVICE)

    def send(self, *frames: bytes) -> None:
        self.netns.run("/usr/bin/python3", str(INJECT), DEVICE, *(each.hex() for each in frames))


class Capture:
    """What a gateway sends by the underlay while this is open: tunnels and ICMP."""

    def __init__(self, lab: Lab, gateway: Gateway, verbose: bool = False) -> None:
        """verbose: with checksums; each packet is then one line all the same."""
        self.file = lab.journal.directory / f"{gateway.name}.capture"
        source = device_mac(gateway.netns, DEVICE)
        self.verbose = verbose
        self.argv = [*lab.underlay.netns.prefix(), "tcpdump", "-n", "-l", "--immediate-mode",
                     *(["-v", "-v"] if verbose else []),
                     "-i", gateway.name, f"ether src {source} and (udp or icmp)"]

    def __enter__(self) -> "Capture":
        with self.file.open("wb") as output:
            self.child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=output,
                                          stderr=output, start_new_session=True)
        wait_for("tcpdump", lambda: "listening on" in self.file.read_text())
        return self

    def __exit__(self, *_: object) -> None:
        self.child.send_signal(signal.SIGINT)
        self.child.wait(10)

    def packets(self) -> list[str]:
        text = self.file.read_text()
        if self.verbose:   # the rest of a packet is on lines that are indented
            text = re.sub(r"\n[\t ]+", " ", text)
        return [line for line in text.splitlines() if " IP" in line]


def device_mac(netns: Netns, device: str) -> str:
    return netns.run("cat", f"/sys/class/net/{device}/address").strip()
