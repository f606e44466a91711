# SPDX-License-Identifier: Apache-2.0
"""ovnic-gw's side: copies of the databases, and differential-replay on them."""

from __future__ import annotations

import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from ovnlab.process import Process
from ovnlab.shell import LabError, Late, run, wait_for

from .packets import Packet
from .world import GATEWAY, World

PATIENCE = 120
EXCLUDING = ("unsupported", "zone_violation", "unknown_vni", "unknown_port", "unbound_port")


@dataclass
class Run:
    """One way that a packet can go."""
    action: str = ""      # of the tables: tx, slow, drop, host
    reason: str = ""
    drops: list[str] = field(default_factory=list)   # of the slow path
    learned: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)

    def plain(self) -> bool:
        """Nothing that a stock gateway would leave to ovn-controller, and nothing that
        excludes a packet from the comparison."""
        return not any(map(self.dropped_for, EXCLUDING)) and \
            (self.action == "tx" or not self.sent)

    def dropped_for(self, reason: str) -> bool:
        return reason in self.drops or (self.action == "drop" and self.reason == reason)


@dataclass
class Report:
    port: str
    destination: str
    kind: str     # slow or unsupported
    why: str
    flow: str


@dataclass
class Outcome:
    reports: list[Report] = field(default_factory=list)
    runs: list[list[Run]] = field(default_factory=list)   # by packet


class Copy:
    """A server with the Southbound and IC-SB as they are now. ovnic-gw registers itself
    there; the originals stay untouched."""

    def __init__(self, world: World, name: str = "copy") -> None:
        self.directory = world.journal.directory / name
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        files = []
        for database in (world.zones[1].southbound, world.interconnection.southbound):
            files.append(self.directory / database.file.name)
            shutil.copyfile(database.file, files[-1])
        self.socket = self.directory / "copy.sock"
        self.remote = f"unix:{self.socket}"
        self.process = Process(world.journal, name, [
            "ovsdb-server", *map(str, files), f"--remote=p{self.remote}",
            f"--unixctl={self.directory}/copy.ctl", f"--log-file={self.directory}/copy.log"])

    def start(self) -> "Copy":
        self.process.start()
        wait_for(self.process.name, lambda: run("ovsdb-client", "list-dbs", self.remote, timeout=5),
                 interval=0.01)
        return self

    def stop(self) -> None:
        self.process.stop(signal.SIGKILL)   # nobody needs its files

    def __enter__(self) -> "Copy":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def lines_of(packets: list[Packet], nb_cfg: int = -1) -> str:
    """What differential-replay is told: replay.c."""
    frame_head = bytes.fromhex("020000000001" "0200000000fe")
    frames = [(frame_head + (b"\x86\xdd" if each.outer[0] >> 4 == 6 else b"\x08\x00")
               + each.outer).hex() for each in packets]
    return "\n".join([f"tables {nb_cfg}", *frames, "end", ""])


def replay(program: Path, copy: Copy, own: str, packets: list[Packet], ties: int = 0) -> Outcome:
    """What ovnic-gw makes of them that has just started.

    ties: another order of flows that OVN leaves open, see replay_ties.c."""
    argv = [str(program), copy.remote, copy.remote, GATEWAY, own, str(ties)]
    try:
        done = subprocess.run(argv, input=lines_of(packets), capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired as late:
        raise Late(f"replay did not end within {PATIENCE} s") from late
    if done.returncode or not done.stdout.endswith("end\n"):
        raise LabError(f"replay ended with {done.returncode}: {done.stderr[-2000:]}\n"
                       f"{done.stdout[-500:]}")
    return parse(done.stdout)


def parse(text: str) -> Outcome:
    outcome = Outcome()
    for line in text.splitlines():
        word, *rest = line.split("\t")
        if word == "report":
            outcome.reports.append(Report(*rest))
        elif word == "packet":
            outcome.runs.append([])
        elif word == "run":
            outcome.runs[-1].append(Run())
        elif word != "end":
            take(outcome.runs[-1][-1], word, rest)
    return outcome


def take(current: Run, word: str, rest: list[str]) -> None:
    if word == "fast":
        current.action, current.reason = rest
    elif word == "drop":
        current.drops.append(rest[0])
    elif word == "learn":
        current.learned.append(" ".join(rest))
    elif word == "send":
        current.sent.append(bytes.fromhex(rest[0]))
    else:
        raise LabError(f"replay said {word!r}")
