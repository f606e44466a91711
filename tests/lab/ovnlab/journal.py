# SPDX-License-Identifier: Apache-2.0
"""What a lab has created, on disk, so that it can be removed whatever happens.

Every process and namespace is written down when it is made. Teardown reads only this
file: the same code removes a lab that ends well, one that fails half way, one that
was left up on purpose, and one whose program was killed."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Iterable, Optional

PREFIX = "ovnic-lab-"
FILE = "journal"
NETNS = Path("/run/netns")


def started_at(pid: int) -> Optional[str]:
    """The start time of a process in clock ticks; None when it is gone or a zombie.

    Together with the pid it names a process for good: a pid alone may be used again."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


class Journal:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / FILE

    @classmethod
    def create(cls) -> "Journal":
        journal = cls(Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp")))
        journal.write("owner", str(os.getpid()), started_at(os.getpid()) or "")
        return journal

    def write(self, *words: str) -> None:
        with self.path.open("a") as stream:
            stream.write(" ".join(words) + "\n")

    def entries(self, kind: str) -> list[list[str]]:
        lines = (line.split() for line in self.path.read_text().splitlines())
        return [words[1:] for words in lines if words and words[0] == kind]

    def keep(self) -> None:
        """The lab outlives the program that created it."""
        self.write("kept")

    def kept(self) -> bool:
        return bool(self.entries("kept"))

    def owned(self) -> bool:
        """Whether the program that created this lab is still at work on it."""
        return not self.kept() and any(
            started_at(int(pid)) == start for pid, start in self.entries("owner"))

    def write_netns(self, name: str) -> None:
        """Before `ip netns add`, whose first call after a start of the machine mounts
        /run/netns."""
        if not netns_mounted():
            self.write("netns-mount")
        self.write("netns", name)

    def remove_netns_mount(self) -> None:
        """Where other labs have namespaces there, it is theirs to remove."""
        if not any(NETNS.iterdir()):
            subprocess.run(["umount", str(NETNS)], check=False, stderr=subprocess.DEVNULL)
            return
        for other in all_journals():
            if other.path != self.path:
                with contextlib.suppress(FileNotFoundError):   # it ends at this moment
                    other.write("netns-mount")
                    return

    def remove_everything(self) -> None:
        stop_processes((int(pid), start) for pid, start, *_ in reversed(self.entries("process")))
        for (name,) in reversed(self.entries("netns")):
            if (NETNS / name).exists():
                subprocess.run(["ip", "netns", "del", name], check=False)
        if self.entries("netns-mount") and netns_mounted():
            self.remove_netns_mount()
        shutil.rmtree(self.directory, ignore_errors=True)


def netns_mounted() -> bool:
    # Path.is_mount() takes a folder that is mounted on itself for none.
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return any(line.split()[4] == str(NETNS) for line in mounts)


def all_journals() -> list[Journal]:
    return [Journal(path.parent) for path in sorted(Path("/tmp").glob(f"{PREFIX}*/{FILE}"))]


def stop_processes(named: Iterable[tuple[int, str]], patience: float = 3) -> None:
    """End processes: all are asked at once, those that stay are killed."""
    handles: list[int] = []
    for pid, start in named:
        try:
            handle = os.pidfd_open(pid)
        except (ProcessLookupError, FileNotFoundError):   # which one is up to the kernel
            continue
        if started_at(pid) == start:   # checked after the handle pins the pid
            handles.append(handle)
        else:
            os.close(handle)
    for ask in (signal.SIGTERM, signal.SIGKILL):
        for handle in handles:
            for number in (ask, signal.SIGCONT):   # a paused one must run to end
                try:
                    signal.pidfd_send_signal(handle, number)
                except ProcessLookupError:
                    pass
        handles = [handle for handle in handles if not ended(handle, patience)]


def ended(handle: int, patience: float) -> bool:
    """Wait for the end of a process; closes the handle when it has come."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    if not poll.poll(patience * 1000):
        return False
    os.close(handle)
    return True
