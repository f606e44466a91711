# SPDX-License-Identifier: Apache-2.0
"""A gateway that runs ovnic-gw, configured as the contract in the README says."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any, Sequence

from . import router
from .central import Central, Interconnection
from .journal import Journal
from .netns import Netns, hide_from_kernel, require_vlan_devices
from .process import Process
from .shell import LabError, run, wait_for
from .underlay import Underlay

BUILD = Path(os.environ.get("OVNIC_GW_BUILD") or Path(__file__).resolve().parents[3] / "build")
DAEMON = BUILD / "ovnic-gw"
CONTROL = BUILD / "ovnic-gw-ctl"
HOST_INTERFACE = "ovnic-uplink"

CONFIG = """\
[chassis]
name = {name}
encap-ip = {addresses}
[ovn]
southbound = {southbound}
ic-southbound = {ic_southbound}
{ports}
[workers]
cores = 1
idle = sleep
[dpdk]
huge-pages = no
memory = 256
[metrics]
listen = 127.0.0.1:9476
"""

PORT = """\
[port {device}]
device = net_af_packet{number},iface={device}
host-interface = {host_interface}
{address_line}
"""


class OvnicGateway:
    kind = "ovnic-gw"

    def __init__(self, journal: Journal, name: str, host: int, central: Central,
                 underlay: Underlay, interconnection: Interconnection,
                 addresses: Sequence[str] = ()) -> None:
        """addresses: where tunnels end, if not at all that the underlay has for a host."""
        self.name = name
        self.central = central
        self.underlay = underlay
        self.host = host
        behind_router = [router.tunnel_address(host)] if underlay.kind.routed else []
        self.addresses = list(behind_router or addresses or underlay.kind.addresses(host))
        self.address = self.addresses[0]
        self.netns = Netns(journal, name)
        self.socket = journal.directory / f"{name}.ctl"
        self.config = journal.directory / f"{name}.conf"
        self.config.write_text(self._config(interconnection))
        self.process = Process(journal, name, [
            str(DAEMON), "--config", str(self.config), "--unixctl", str(self.socket),
            f"--pidfile={journal.directory}/{name}.pid",
            f"--log-file={journal.directory}/{name}.log"], self.netns)
        if underlay.router:
            underlay.router.plug(self.netns, name, host, self.address)
        else:
            underlay.attach(self.netns, "uplink", name)
            hide_from_kernel(self.netns, "uplink")
        if underlay.kind.vlan:
            require_vlan_devices(self.netns)

    def _config(self, interconnection: Interconnection) -> str:
        return CONFIG.format(
            name=self.name, addresses=", ".join(self.addresses), ports=self._ports(),
            southbound=self.central.southbound.remote,
            ic_southbound=interconnection.southbound.remote)

    def _ports(self) -> str:
        kind = self.underlay.kind
        if kind.routed:
            return "".join(PORT.format(
                number=link, device=router.device(link), host_interface=f"ovnic-{link}",
                address_line=f"address = {router.link_addresses(self.host, link)[1]}/30")
                for link in range(router.LINKS))
        # With a VLAN the address belongs to a VLAN device on the host interface.
        addresses = ", ".join(map(kind.with_length, self.addresses))
        line = "" if kind.vlan else f"address = {addresses}"
        return PORT.format(number=0, device="uplink", host_interface=HOST_INTERFACE,
                           address_line=line)

    def start(self) -> None:
        if not DAEMON.exists():
            raise LabError(f"{DAEMON} is not built")
        self.process.start()

    def configure(self) -> None:
        if self.underlay.kind.vlan:
            self._add_vlan_device()
        if self.underlay.kind.routed:
            self._add_routes()

    def _add_routes(self) -> None:
        """The tunnel address is on no link; what leaves, leaves by either."""
        hops: list[str] = []
        for link in range(router.LINKS):
            wait_for(f"address of ovnic-{link} in {self.name}", lambda: (
                router.link_addresses(self.host, link)[1] in self.netns.ip("-br", "address")))
            hops += ["nexthop", "via", router.link_addresses(self.host, link)[0],
                     "dev", f"ovnic-{link}"]
        self.netns.ip("address", "replace", f"{self.address}/32", "dev", "lo")
        self.netns.ip("route", "replace", "default", "src", self.address, *hops)

    def _add_vlan_device(self) -> None:
        kind, vlan = self.underlay.kind, f"{HOST_INTERFACE}.{self.underlay.kind.vlan}"[-15:]
        wait_for(f"{HOST_INTERFACE} in {self.name}", self._has_host_interface)
        self.netns.ip("link", "add", "link", HOST_INTERFACE, "name", vlan, "type", "vlan",
                      "id", str(kind.vlan))
        self.netns.ip("address", "add", kind.with_length(self.address), "dev", vlan)
        self.netns.ip("link", "set", vlan, "up")

    def _has_host_interface(self) -> bool:
        self.process.check()
        return HOST_INTERFACE in self.netns.ip("-br", "link")

    def ready(self) -> None:
        wait_for(f"chassis {self.name}", self._registered)

    def _registered(self) -> list[str]:
        self.process.check()
        return self.central.rows("Chassis", f"name={self.name}")

    def kill(self) -> None:
        self.process.stop(signal.SIGKILL)

    def leave(self) -> None:
        self.ctl("exit")
        status = self.process.wait(30)
        if status:
            raise LabError(f"{self.name} ended with {status}: {self.process.tail()}")

    def readdress(self, address: str) -> None:
        """The next start has its tunnels end elsewhere."""
        text = self.config.read_text()
        self.config.write_text(re.sub(rf"\b{re.escape(self.address)}(?=[,/\s])", address, text))
        self.addresses[0] = self.address = address

    def restart(self) -> None:
        self.process.start()
        self.configure()

    def bfd_up(self) -> set[str]:
        """Addresses of the peers that BFD is up with."""
        return {session["remote"] for session in self.query("bfd")["sessions"]
                if session["state"] == "up"}

    def wait_drained(self) -> None:
        wait_for(f"{self.name} drained", self._drained, timeout=30)

    def _drained(self) -> bool:
        return bool(self.query("status")["drain"]["state"] == "drained")

    def ctl(self, *argv: str) -> str:
        return run(str(CONTROL), "-t", str(self.socket), *argv, timeout=10)

    def query(self, command: str, *argv: str) -> Any:
        """What a command says in JSON."""
        text = self.ctl("--json", command, *argv)
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise LabError(f"{command} of {self.name} is not JSON ({error}): {text!r}") from error

    def drops(self) -> dict[str, int]:
        counters: dict[str, int] = self.query("stats")["drops"]
        return counters

    def sent(self) -> int:
        """Packets that the workers have transmitted."""
        return sum(worker["tx_packets"] for worker in self.query("stats")["workers"])

    def processes(self) -> list[Process]:
        return [self.process]

    def describe(self) -> str:
        parts = [self.ctl(command) for command in ("status", "show", "list-unsupported")]
        return "\n".join(parts + [self.ctl("--json", "stats")])
