# SPDX-License-Identifier: Apache-2.0
"""The programs that are compared. All forward from net_pcap to nowhere on one core."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ovnlab.central import Database
from ovnlab.journal import Journal, started_at
from ovnlab.netns import Netns
from ovnlab.process import Process
from ovnlab.shell import LabError, run, wait_for

from .cases import OVS_MAX_FLOWS, Case
from .network import HYPERVISOR, MACS, OVNIC, REMOTE, STOCK, Network

VSWITCHD = Path("/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk")
VSWITCH_SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")
CONTROL_CORE, WORKER_CORE = 0, 1
WARM_UP = 0.5            # seconds before a measurement
SETTLE = 300             # at most so long until packets are forwarded
MBUF = 2600              # bytes, with all that belongs to one


class Unable(Exception):
    """A system cannot run a case."""


@dataclass(frozen=True)
class Counters:
    received: int
    sent: int


@dataclass(frozen=True)
class Sample:
    pps: float     # in the time that the worker had its core
    share: float   # of the time that it had it


def thread_times(pid: int) -> dict[str, int]:
    """Nanoseconds on a CPU, by thread."""
    return {task.name: int((task / "schedstat").read_text().split()[0])
            for task in Path(f"/proc/{pid}/task").iterdir()}


def device(file: Path, number: int = 0) -> str:
    return f"net_pcap{number},rx_pcap={file},infinite_rx=1"


def memory_mib(case: Case) -> int:
    return 256 + case.flows * MBUF // 2**20


class System:
    """A program that forwards one capture at a time."""
    name = ""
    address = OVNIC   # where the captures' packets go to

    def missing(self) -> Optional[str]:
        """Why it cannot run on this machine."""
        return None

    def begin(self, network: Network) -> None:
        """Take the gateway's place."""

    def end(self) -> None:
        """Leave it."""

    def load(self, case: Case, file: Path) -> None:
        raise NotImplementedError

    def unload(self) -> None:
        raise NotImplementedError

    def counters(self) -> Counters:
        raise NotImplementedError

    def pid(self) -> int:
        raise NotImplementedError

    def measure(self, case: Case, file: Path, seconds: float) -> Sample:
        self.load(case, file)
        try:
            wait_for(f"{self.name} to forward", self._forwards, SETTLE, interval=0.2)
            time.sleep(WARM_UP)
            return self._sample(seconds)
        finally:
            self.unload()

    def _sample(self, seconds: float) -> Sample:
        """Packets are counted against the worker's time, not the clock's: where others use
        its core, too, that spoils a figure less. The worker is the busiest thread."""
        start, times, before = time.monotonic(), thread_times(self.pid()), self.counters()
        time.sleep(seconds)
        after, now, end = self.counters(), thread_times(self.pid()), time.monotonic()
        used = max(now[task] - spent for task, spent in times.items() if task in now) / 1e9
        return Sample((after.sent - before.sent) / used, used / (end - start))

    def _forwards(self) -> bool:
        before = self.counters()
        time.sleep(0.1)
        after = self.counters()
        return after.sent - before.sent > 0.99 * (after.received - before.received) > 0


class Testpmd(System):
    def __init__(self, journal: Journal, mode: str) -> None:
        self.name = f"testpmd {mode}"
        self.mode = mode
        self.output = journal.directory / f"testpmd-{mode}.out"
        self.journal = journal
        self.child: Optional[subprocess.Popen[str]] = None

    def missing(self) -> Optional[str]:
        return None if shutil.which("dpdk-testpmd") else "no dpdk-testpmd (package dpdk-dev)"

    def load(self, case: Case, file: Path) -> None:
        self.output.write_text("")
        self.child = subprocess.Popen(
            ["stdbuf", "-oL", "dpdk-testpmd", "-l", f"{CONTROL_CORE},{WORKER_CORE}", "--in-memory", "--no-pci",
             "--no-telemetry", "-m", str(memory_mib(case)), "--vdev", device(file), "--", "-i",
             f"--forward-mode={self.mode}", "--nb-cores=1", "--burst=32",
             f"--total-num-mbufs={case.flows + 16384}"],
            stdin=subprocess.PIPE, stdout=self.output.open("w"), stderr=subprocess.STDOUT,
            text=True, start_new_session=True)
        self.journal.write("process", str(self.child.pid), started_at(self.child.pid) or "-",
                           self.name)
        self._tell("start")

    def _tell(self, command: str) -> None:
        assert self.child is not None and self.child.stdin is not None
        if self.child.poll() is not None:
            raise Unable(f"{self.name} ended: {self.output.read_text()[-300:]}")
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()

    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    def counters(self) -> Counters:
        shown = self._count()
        self._tell("show port stats 0")
        wait_for("testpmd's answer", lambda: self._count() > shown, timeout=60, interval=0.01)
        text = self.output.read_text()
        received = re.findall(r"RX-packets: (\d+)", text)
        sent = re.findall(r"TX-packets: (\d+)", text)
        return Counters(int(received[-1]), int(sent[-1]))

    def _count(self) -> int:
        if self.child is None or self.child.poll() is not None:
            raise Unable(f"{self.name} ended: {self.output.read_text()[-300:]}")
        return self.output.read_text().count("Tx-pps:")

    def unload(self) -> None:
        if self.child is None:
            return
        try:
            self.child.communicate("stop\nquit\n", timeout=20)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.child.kill()
            self.child.wait()
        self.child = None


class Ovs(System):
    """The stock gateway: ovs-vswitchd on DPDK and ovn-controller."""
    name = "OVS-DPDK"
    address = STOCK

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.network: Optional[Network] = None
        self.number = 0

    def missing(self) -> Optional[str]:
        return None if VSWITCHD.exists() else "no ovs-vswitchd-dpdk (openvswitch-switch-dpdk)"

    def _start(self, network: Network) -> None:
        self.network = network
        self.directory = self.journal.directory / "stock"
        self.directory.mkdir()
        environment = {"OVS_RUNDIR": str(self.directory), "OVN_RUNDIR": str(self.directory)}
        self.netns = Netns(self.journal, "stock")
        self.database = Database(self.journal, "stock-ovsdb", VSWITCH_SCHEMA)
        self.database.start()
        self.database.wait()
        self.vswitchd = Process(self.journal, "stock-vswitchd", [
            str(VSWITCHD), self.database.remote, f"--unixctl={self.directory}/vswitchd.ctl",
            f"--log-file={self.journal.directory}/stock-vswitchd.log"], self.netns, environment)
        self.controller = Process(self.journal, "stock-controller", [
            "ovn-controller", self.database.remote,
            f"--log-file={self.journal.directory}/stock-controller.log"], self.netns, environment)
        self.vsctl("--no-wait", "init", "--", "set", "Open_vSwitch", ".",
                   "other_config:dpdk-init=true", "other_config:dpdk-extra=--no-pci --in-memory",
                   f"other_config:pmd-cpu-mask={1 << WORKER_CORE:#x}",
                   f"other_config:dpdk-lcore-mask={1 << CONTROL_CORE:#x}")
        self.vswitchd.start()
        self._configure()
        self.controller.start()

    def _configure(self) -> None:
        assert self.network is not None
        csum = str(self.network.world.checksum).lower()
        self.vsctl(
            "set", "Open_vSwitch", ".", "external_ids:system-id=stock",
            f"external_ids:ovn-remote={self.network.zones[0].southbound.remote}",
            "external_ids:ovn-encap-type=geneve", f"external_ids:ovn-encap-ip={STOCK}",
            f"external_ids:ovn-encap-csum={csum}", "external_ids:ovn-is-interconn=true",
            "external_ids:ovn-remote-probe-interval=0",
            "--", "add-br", "br-phy", "--", "set", "Bridge", "br-phy", "datapath_type=netdev",
            "fail_mode=standalone", f"other-config:hwaddr={MACS[STOCK]}",
            "--", "add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev",
            "fail_mode=secure")
        self.netns.ip("address", "replace", f"{STOCK}/24", "dev", "br-phy")
        self.netns.ip("link", "set", "br-phy", "up")

    def vsctl(self, *argv: str) -> str:
        return run("ovs-vsctl", f"--db={self.database.remote}", "--timeout=60", *argv, timeout=70)

    def appctl(self, *argv: str) -> str:
        return run("ovs-appctl", "-t", f"{self.directory}/vswitchd.ctl", *argv)

    def begin(self, network: Network) -> None:
        if self.network is not network:
            self._start(network)
            wait_for("chassis stock", lambda: network.zones[0].rows("Chassis", "name=stock"))
        network.hand_to("stock")
        network.wait_claimed("stock")

    def load(self, case: Case, file: Path) -> None:
        if case.flows > OVS_MAX_FLOWS:
            raise Unable(f"{case.flows:,} flows: Open vSwitch makes no more than 262,144 mbufs")
        self.number += 1
        self.vsctl("add-port", "br-phy", "p0", "--", "set", "Interface", "p0", "type=dpdk",
                   f"options:dpdk-devargs={device(file, self.number)}")
        error = self.vsctl("--bare", "get", "Interface", "p0", "error").strip()
        if error not in ("[]", ""):
            raise Unable(f"{self.name}: {error}")
        for address in (HYPERVISOR, REMOTE):
            self.appctl("tnl/neigh/set", "br-phy", address, MACS[address])

    def unload(self) -> None:
        self.vsctl("--if-exists", "del-port", "br-phy", "p0")

    def pid(self) -> int:
        return self.vswitchd.pid

    def counters(self) -> Counters:
        text = self.appctl("dpctl/show", "-s")
        found = re.search(r"port \d+: p0 .*?RX packets:(\d+).*?TX packets:(\d+)", text, re.DOTALL)
        if not found:
            raise LabError(f"no counters of p0 in {text!r}")
        return Counters(int(found[1]), int(found[2]))


CONFIG = """\
[chassis]
name = ovnic
encap-ip = {gateway}
[ovn]
southbound = {southbound}
ic-southbound = {ic_southbound}
[port uplink]
device = {device}
host-interface = uplink
address = {gateway}/24
[workers]
cores = 1
idle = busy
[dpdk]
huge-pages = yes
memory = {memory}
"""


class OvnicGw(System):
    name = "ovnic-gw"

    def __init__(self, journal: Journal, build: Path) -> None:
        self.journal = journal
        self.build = build
        self.netns: Optional[Netns] = None
        self.network: Optional[Network] = None

    def missing(self) -> Optional[str]:
        program = self.build / "ovnic-gw"
        return None if program.exists() else f"{program} is not built"

    def begin(self, network: Network) -> None:
        if self.netns is None:
            self.netns = Netns(self.journal, "ovnic")
        self.network = network
        network.hand_to("ovnic")

    def load(self, case: Case, file: Path) -> None:
        assert self.netns is not None and self.network is not None
        directory = self.journal.directory
        self.socket = directory / "ovnic.ctl"
        config = directory / "ovnic.conf"
        config.write_text(CONFIG.format(
            gateway=OVNIC, device=device(file), memory=memory_mib(case) + 256,
            southbound=self.network.zones[0].southbound.remote,
            ic_southbound=self.network.interconnection.southbound.remote))
        self.process = Process(self.journal, "ovnic", [
            str(self.build / "ovnic-gw"), "--config", str(config), "--unixctl", str(self.socket),
            f"--pidfile={directory}/ovnic.pid", f"--log-file={directory}/ovnic.log"], self.netns)
        self.process.start()
        wait_for("the host interface", self._has_interface, timeout=60)
        self.network.wait_claimed("ovnic")

    def _forwards(self) -> bool:
        # Nobody answers ARP here. Entries do not outlive a change of the link's state.
        assert self.netns is not None
        for address in (HYPERVISOR, REMOTE):
            self.netns.ip("neigh", "replace", address, "lladdr", MACS[address], "nud", "permanent",
                          "dev", "uplink")
        return super()._forwards()

    def _has_interface(self) -> bool:
        assert self.netns is not None
        self.process.check()
        return OVNIC in self.netns.ip("-br", "address")

    def pid(self) -> int:
        return self.process.pid

    def counters(self) -> Counters:
        self.process.check()
        text = run(str(self.build / "ovnic-gw-ctl"), "-t", str(self.socket), "--json", "stats")
        workers = json.loads(text)["workers"]
        return Counters(sum(worker["rx_packets"] for worker in workers),
                        sum(worker["tx_packets"] for worker in workers))

    def unload(self) -> None:
        # Not a clean exit, which would first wait for packets to stay away.
        run(str(self.build / "ovnic-gw-ctl"), "-t", str(self.socket), "exit", "--restart",
            check=False)
        self.process.wait(30)
