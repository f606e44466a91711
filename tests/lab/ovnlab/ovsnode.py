# SPDX-License-Identifier: Apache-2.0
"""A stock chassis: Open vSwitch's userspace datapath with ovn-controller.

Serves as hypervisor and, with is-interconn, as the stock gateway."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Sequence

from . import router
from .central import Central, Database
from .journal import Journal
from .netns import Netns, hide_from_kernel
from .process import Process
from .shell import wait_for
from .underlay import Underlay

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")


class OvsNode:
    kind = "stock"

    def __init__(self, journal: Journal, name: str, host: int, central: Central,
                 underlay: Underlay, interconnect: bool = False,
                 addresses: Sequence[str] = ()) -> None:
        """addresses: where tunnels end, if not at all that the underlay has for a host."""
        self.name = name
        self.central = central
        self.underlay = underlay
        self.interconnect = interconnect
        self.addresses = list(addresses or underlay.kind.addresses(host))
        self.address = self.addresses[0]
        self.netns = Netns(journal, name)
        self.directory = journal.directory / name
        self.directory.mkdir()
        self.environment = {"OVS_RUNDIR": str(self.directory), "OVN_RUNDIR": str(self.directory)}
        self.release = central.release
        self.database = Database(journal, f"{name}-ovsdb", SCHEMA, self.release)
        self.vswitchd = Process(journal, f"{name}-vswitchd", self.release.argv(
            "ovs-vswitchd", self.database.remote, f"--unixctl={self.directory}/vswitchd.ctl",
            f"--log-file={journal.directory}/{name}-vswitchd.log"), self.netns, self.environment)
        self.controller = Process(journal, f"{name}-controller", self.release.argv(
            "ovn-controller", self.database.remote,
            f"--log-file={journal.directory}/{name}-controller.log"), self.netns, self.environment)
        underlay.attach(self.netns, "uplink", name)
        # Else the kernel, too, answers ARP for the address of br-phy, with a wrong
        # MAC address, and tunnels that follow it with "port unreachable".
        hide_from_kernel(self.netns, "uplink")

    def start(self) -> None:
        self.database.start()

    def configure(self) -> None:
        """Bridges and tunnel address. vsctl returns once vswitchd has done it."""
        self.database.wait()
        self.vsctl("--no-wait", "init")
        self.vswitchd.start()
        kind = self.underlay.kind
        tag = ("--", "set", "Port", "br-phy", f"tag={kind.vlan}") if kind.vlan else ()
        self.vsctl(
            "set", "Open_vSwitch", ".", f"external_ids:system-id={self.name}",
            f"external_ids:hostname={self.name}",
            f"external_ids:ovn-remote={self.central.southbound.remote}",
            "external_ids:ovn-encap-type=geneve",
            f"external_ids:ovn-encap-ip={','.join(self.addresses)}",
            f"external_ids:ovn-is-interconn={str(self.interconnect).lower()}",
            "--", "--may-exist", "add-br", "br-phy", "--", "set", "Bridge", "br-phy", "datapath_type=netdev",
            "fail_mode=standalone", "--", "--may-exist", "add-port", "br-phy", "uplink", *tag,
            "--", "--may-exist", "add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev",
            "fail_mode=secure")
        for address in self.addresses:
            self.netns.ip("address", "replace", kind.with_length(address), "dev", "br-phy")
        self.netns.ip("link", "set", "br-phy", "up")
        if kind.routed:
            self.netns.ip("route", "replace", router.TUNNELS, "via", router.ADDRESS)
        self.controller.start()

    def ready(self) -> None:
        wait_for(f"chassis {self.name}", self._registered)

    def _registered(self) -> list[str]:
        for process in self.processes():
            process.check()
        return self.central.rows("Chassis", f"name={self.name}")

    def vsctl(self, *argv: str) -> str:
        return self.release.run("ovs-vsctl", f"--db={self.database.remote}", *argv)

    def appctl(self, *argv: str, socket: str = "vswitchd.ctl") -> str:
        return self.release.run("ovs-appctl", "-t", f"{self.directory}/{socket}", *argv)

    def add_vif(self, port: str, guest: Netns, device: str) -> None:
        """A port on br-int, handed to a guest's namespace."""
        self.vsctl("add-port", "br-int", device, "--", "set", "Interface", device,
                   "type=internal", f"external_ids:iface-id={port}")
        self.netns.ip("link", "set", device, "netns", guest.name)

    def kill(self) -> None:
        for process in self.processes():
            process.stop(signal.SIGKILL)

    def leave(self) -> None:
        """The end that an operator would give it: first the chassis, then the switch."""
        self.appctl("exit", socket=f"ovn-controller.{self.controller.pid}.ctl")
        self.controller.wait()
        self.vswitchd.stop()
        self.database.process.stop()

    def restart(self) -> None:
        self.start()
        self.configure()

    def bfd_up(self) -> set[str]:
        """Addresses of the peers that BFD is up with."""
        return set(re.findall(r"remote_ip=(\S+)", self.vsctl(
            "--bare", "--columns=options", "find", "Interface", "bfd_status:state=up")))

    def bfd_status(self, address: str) -> dict[str, str]:
        """What bfd_status says of the session with a peer."""
        names = self.vsctl("--bare", "--columns=name", "find", "Interface",
                           f'options:remote_ip="{address}"', "bfd:enable=true").split()
        text = self.appctl("bfd/show", names[0])
        status = {"state": re.search(r"Local Session State: (\S+)", text),
                  "remote_state": re.search(r"Remote Session State: (\S+)", text),
                  "forwarding": re.search(r"Forwarding: (\S+)", text)}
        found = {key: match[1] for key, match in status.items() if match}
        flaps = self.vsctl("get", "Interface", names[0], "bfd_status:flap_count")
        return {**found, "flap_count": flaps.strip().strip('"')}

    def bfd_min_rx(self) -> set[str]:
        """The shortest time between two BFD packets that it admits, of all sessions."""
        return set(re.findall(r"min_rx=(\S+)", self.vsctl(
            "--bare", "--columns=bfd", "find", "Interface", "bfd:enable=true")))

    def processes(self) -> list[Process]:
        return [self.database.process, self.vswitchd, self.controller]

    def describe(self) -> str:
        self.vswitchd.check()
        parts = [self.vsctl("--timeout=2", "show"), self.appctl("tnl/neigh/show"),
                 self.appctl("dpctl/dump-flows", "-m")]
        return "\n".join(parts)
