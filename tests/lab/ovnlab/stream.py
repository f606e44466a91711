# SPDX-License-Identifier: Apache-2.0
"""Traffic that runs while something happens, and what became of it."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable

from .guest import Guest
from .process import Process
from .shell import LabError, wait_for

PEER = Path(__file__).with_name("udp_peer.py")
PORT = 7100
RATE = 100     # packets a second, each way
STEADY = 50    # answers in a row that count as undisturbed

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Outcome:
    sent: int
    lost: int
    late: int       # answers that a later one has overtaken
    gap_ms: float   # longest time without an answer
    holes: str      # which were lost: "17-20 35 …"

    def __str__(self) -> str:
        return f"{self.lost} of {self.sent} lost, longest silence {self.gap_ms:.0f} ms"


def ranges(numbers: list[int], limit: int = 20) -> str:
    """Ascending numbers for a person: runs as first-last, the first of them."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
    return " ".join(words[:limit] + (["…"] if len(words) > limit else []))


class Stream:
    """Numbered packets from one guest to another and back."""

    def __init__(self, source: Guest, target: Guest, burst: int = 1) -> None:
        self.name = f"{source.name} to {target.name}"
        number, journal = next(_numbers), source.journal
        program = ["/usr/bin/python3", str(PEER)]
        port = str(PORT + number % 1000)
        self.echo = Process(journal, f"echo{number}", [*program, "echo", target.ipv4, port],
                            target.netns)
        self.sender = Process(journal, f"stream{number}", [
            *program, "send", target.ipv4, port, str(RATE), str(burst)], source.netns)

    def start(self) -> "Stream":
        self.echo.start()
        wait_for(f"echo server of {self.name}", lambda: "listening" in self.echo.tail())
        self.sender.start()
        return self

    def now(self) -> dict[str, Any]:
        """The last report; empty before the first."""
        self.sender.check()
        lines = self.sender.output.read_text().splitlines()
        report: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return report

    def wait_steady(self, timeout: float = 30) -> None:
        """Until enough answers in a row have come to packets sent from now on."""
        before = self.now().get("sent", 0)
        wait_for(f"steady traffic {self.name}", lambda: self._steady_since(before), timeout)

    def _steady_since(self, before: int) -> bool:
        now = self.now()
        return bool(now) and now["last"] >= before + STEADY and now["run"] >= STEADY

    def finish(self) -> Outcome:
        try:
            self.sender.stop()
        finally:
            self.echo.stop()
        last = json.loads(self.sender.output.read_text().splitlines()[-1])
        if "lost" not in last:
            raise LabError(f"{self.name}: the sender ended early: {self.sender.tail()}")
        return Outcome(last["sent"], len(last["lost"]), last["late"], last["gap"] * 1000,
                       ranges(last["lost"]))


class Streams:
    """Several at once; a context, so that none outlives a test that fails."""

    def __init__(self, pairs: Iterable[tuple[Guest, Guest]], burst: int = 1) -> None:
        self.streams = [Stream(source, target, burst) for source, target in pairs]
        self.outcomes: list[Outcome] = []

    def __enter__(self) -> "Streams":
        try:
            for stream in self.streams:
                stream.start()
            self.wait_steady()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if failure:
            self._kill()
        else:
            self.outcomes = [stream.finish() for stream in self.streams]

    def wait_steady(self) -> None:
        for stream in self.streams:
            stream.wait_steady()

    def _kill(self) -> None:
        for stream in self.streams:
            for process in (stream.sender, stream.echo):
                if process.running():
                    process.stop()
