# SPDX-License-Identifier: Apache-2.0
"""Daemons of the lab: started in the foreground as our children, known by pid."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Optional, Sequence

from .journal import Journal, started_at
from .netns import Netns
from .shell import LabError, Late, Patience, ProcessEnded


CRASHES = (-signal.SIGSEGV, -signal.SIGABRT)


class Process:
    def __init__(self, journal: Journal, name: str, argv: Sequence[str],
                 netns: Optional[Netns] = None, env: Optional[dict[str, str]] = None,
                 monitored: bool = False) -> None:
        """monitored: started again after a crash, as the monitor of OVN's scripts does it."""
        self.journal = journal
        self.name = name
        self.monitored = monitored
        self.argv = list(netns.prefix() if netns else ()) + list(argv)
        self.env = {**os.environ, **(env or {})}
        self.output = journal.directory / f"{name}.out"
        self.child: Optional[subprocess.Popen[bytes]] = None

    def start(self) -> "Process":
        with self.output.open("ab") as output:
            # A session of its own: Ctrl-C reaches us, and we stop things in order.
            self.child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=output,
                                          stderr=output, env=self.env, start_new_session=True)
        self.journal.write("process", str(self.child.pid), started_at(self.child.pid) or "-",
                           self.name)
        if self.monitored:
            threading.Thread(target=self._monitor, args=[self.child], daemon=True).start()
        return self

    def _monitor(self, child: "subprocess.Popen[bytes]") -> None:
        if child.wait() in CRASHES and child is self.child and self.journal.path.exists():
            self.start()

    @property
    def pid(self) -> int:
        if self.child is None:
            raise LabError(f"{self.name} was never started")
        return self.child.pid

    def running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def check(self) -> None:
        if not self.running():
            status = self.child.returncode if self.child else "never started"
            raise ProcessEnded(f"{self.name} is not running ({status}): {self.tail(6)}")

    def stop(self, number: int = signal.SIGTERM, patience: float = 10) -> int:
        """Send a signal, wait for the end, return the exit status."""
        if self.running():
            os.kill(self.pid, number)
        return self.wait(patience)

    def wait(self, patience: float = 10) -> int:
        assert self.child is not None
        left = Patience(patience)
        while True:
            try:
                return self.child.wait(min(Patience.LOOK, patience))
            except subprocess.TimeoutExpired:
                if left.over():
                    self.child.kill()
                    self.child.wait()
                    raise Late(f"{self.name} did not end within {patience:g} s; killed") from None

    def tail(self, lines: int = 12) -> str:
        """The end of its log, or of what it printed when it has no log."""
        for path in (self.journal.directory / f"{self.name}.log", self.output):
            text = tail(path, lines)
            if text:
                return text
        return "(silent)"


def tail(path: Path, lines: int) -> str:
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
