# SPDX-License-Identifier: Apache-2.0
"""Network namespaces, and the links between them."""

from __future__ import annotations

from .journal import Journal
from .shell import CommandError, Unavailable, run

OFFLOADS = ("tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off")


class Netns:
    def __init__(self, journal: Journal, name: str) -> None:
        # Unique on this machine: several labs may be up at once.
        self.name = f"{journal.directory.name}-{name}"
        journal.write_netns(self.name)
        run("ip", "netns", "add", self.name)
        self.sysctl("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
                    "net.ipv6.conf.default.accept_ra=0",
                    "net.ipv6.conf.default.router_solicitations=0")
        self.ip("link", "set", "lo", "up")

    def prefix(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.name)

    def run(self, *argv: str, timeout: float = 30, check: bool = True) -> str:
        return run(*self.prefix(), *argv, timeout=timeout, check=check)

    def ip(self, *argv: str) -> str:
        return run("ip", "-n", self.name, *argv)

    def sysctl(self, *settings: str) -> None:
        self.run("sysctl", "-q", "-w", *settings)


def veth(one: Netns, one_name: str, other: Netns, other_name: str) -> None:
    """A cable between two namespaces. Offloads are off: the datapaths here are
    userspace programs and must see frames as they would be on a wire."""
    one.ip("link", "add", one_name, "type", "veth", "peer", "name", other_name,
           "netns", other.name)
    for netns, name in ((one, one_name), (other, other_name)):
        netns.run("ethtool", "-K", name, *OFFLOADS)
        netns.ip("link", "set", name, "up")


def require_vlan_devices(netns: Netns) -> None:
    try:
        netns.ip("link", "add", "probe", "type", "veth", "peer", "name", "probe-peer")
        netns.ip("link", "add", "link", "probe", "name", "probe.1", "type", "vlan", "id", "1")
        netns.ip("link", "del", "probe")
    except CommandError as error:
        raise Unavailable("this kernel has no 802.1Q interfaces") from error


def hide_from_kernel(netns: Netns, device: str) -> None:
    """Let only packet sockets see what arrives on a device.

    A packet socket gets its copy before tc runs; this one-instruction classic BPF
    program then drops the frame (TC_ACT_SHOT), so that the kernel does not answer
    what a userspace datapath on the same device answers."""
    run("tc", "-n", netns.name, "qdisc", "add", "dev", device, "clsact")
    run("tc", "-n", netns.name, "filter", "add", "dev", device, "ingress",
        "bpf", "da", "bytecode", "1,6 0 0 2")
    netns.sysctl(f"net.ipv6.conf.{device}.disable_ipv6=1")
