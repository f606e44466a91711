# SPDX-License-Identifier: Apache-2.0
"""Frames byte by byte: sent by one guest, and what each of the others gets of them."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Iterable, Mapping, Sequence

from .guest import Guest
from .process import Process
from .shell import wait_for

LISTEN = Path(__file__).with_name("listen.py")
INJECT = Path(__file__).with_name("inject.py")

_numbers = itertools.count(1)


def send(guest: Guest, *frames: bytes) -> None:
    guest.netns.run("/usr/bin/python3", str(INJECT), guest.name, *(each.hex() for each in frames))


class Listeners:
    """A context in which every frame that has a mark in it is written down."""

    def __init__(self, guests: Iterable[Guest], mark: bytes) -> None:
        number = next(_numbers)
        self.processes = {guest: Process(guest.journal, f"listen{number}-{guest.name}", [
            "/usr/bin/python3", str(LISTEN), guest.name, mark.hex()], guest.netns)
            for guest in guests}

    def __enter__(self) -> "Listeners":
        for process in self.processes.values():
            process.start()
        for guest, process in self.processes.items():
            wait_for(f"listener in {guest.name}", lambda: "listening" in self._lines(process))
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            if process.running():
                process.stop()

    @staticmethod
    def _lines(process: Process) -> list[str]:
        process.check()
        return process.output.read_text().splitlines()

    def heard(self, guest: Guest) -> list[bytes]:
        return [bytes.fromhex(line) for line in self._lines(self.processes[guest])[1:]]

    def expect(self, expected: Mapping[Guest, Sequence[bytes]], last: bytes) -> None:
        """Each guest gets exactly these frames, in any order, the others none. `last` is
        what every one of the last packets has in it: nothing is under way behind it."""
        for guest, frames in expected.items():
            n = sum(last in frame for frame in frames)
            wait_for(f"{n} frames with {last!r} at {guest.name}",
                     lambda: sum(last in frame for frame in self.heard(guest)) >= n)
        for guest in self.processes:
            missing, more = _difference(expected.get(guest, []), self.heard(guest))
            if missing or more:
                raise AssertionError(f"{guest.name}: not received {missing}, "
                                     f"not expected {more}")


def _difference(expected: Sequence[bytes], found: Sequence[bytes]) -> tuple[list[str], list[str]]:
    want, got = Counter(expected), Counter(found)
    return ([frame.hex() for frame in (want - got).elements()],
            [frame.hex() for frame in (got - want).elements()])
