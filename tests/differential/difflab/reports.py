# SPDX-License-Identifier: Apache-2.0
"""Seeds one after the other in worlds that are used up by them; several worlds side by side."""

from __future__ import annotations

import itertools
import multiprocessing
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Callable, Iterator, Optional

from ovnlab.release import Release
from ovnlab.shell import LabError, Late, Unavailable

from . import show
from .seed import EFFORTS, Result, Runner
from .world import World

SEEDS_PER_WORLD = 50   # the stock ovn-controller is not made for being paused all the time
MAX_SHOWN = 8          # differences of one seed


@dataclass
class Settings:
    release: Release
    program: Path
    packets: int
    only: Optional[int]
    keep: Optional[Callable[[World], None]]   # called when all is done: the world is still there


@dataclass
class Report:
    """What there is to say about a seed."""
    seed: int
    seconds: float = 0
    counts: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    features: set[str] = field(default_factory=set)
    last_effort: bool = False   # it has differed even when run without haste
    broken: str = ""         # neither the same nor different: what has gone wrong
    late: bool = False       # … which was that something took too long
    first_turn: str = ""     # what went wrong when this is the second
    complaint: list[str] = field(default_factory=list)   # the differences, for a person …
    explained: list[str] = field(default_factory=list)   # … and all about the one packet asked for

    @property
    def failed(self) -> bool:
        return bool(self.broken or self.complaint)


def one_by_one(settings: Settings, seeds: Iterator[int]) -> Iterator[Report]:
    """Where something took too long, which a busy machine can do, a seed has a second turn."""
    late = []
    for report in _in_worlds(settings, seeds):
        if report.late:
            late.append(report)
        else:
            yield report
    for first in late:
        for report in _in_worlds(settings, iter([first.seed])):
            report.first_turn = first.broken
            yield report


def _in_worlds(settings: Settings, seeds: Iterator[int]) -> Iterator[Report]:
    """A world ends with what does not work any more in it, and after some seeds."""
    for first in seeds:
        some = itertools.islice(seeds, None if settings.keep else SEEDS_PER_WORLD - 1)
        try:
            with World(settings.release) as world:
                yield from _in_world(world, settings, itertools.chain([first], some))
                if settings.keep:
                    settings.keep(world)
        except Unavailable:
            raise
        except LabError as error:
            yield Report(first, broken=f"no world: {error}", late=isinstance(error, Late))


def _in_world(world: World, settings: Settings, seeds: Iterator[int]) -> Iterator[Report]:
    with closing(Runner(world, settings.program, settings.packets, settings.only)) as runner:
        for seed in seeds:
            try:
                result = runner.run(seed)
            except LabError as error:
                ended = world.ended()
                yield Report(seed, broken="\n".join([str(error), *ended]),
                             late=isinstance(error, Late) and not ended)
                return
            yield _report(settings, runner, result)


def _report(settings: Settings, runner: Runner, result: Result) -> Report:
    return Report(result.seed, result.seconds, result.counts, result.paths, result.kinds,
                  result.unsupported, result.features, result.efforts == len(EFFORTS),
                  complaint=_complaint(result),
                  explained=[] if settings.only is None else list(runner.explain(result)))


def _complaint(result: Result) -> list[str]:
    lines = [line for each in result.differences[:MAX_SHOWN]
             for line in show.difference(result, each)]
    if len(result.differences) > MAX_SHOWN:
        lines.append(f"… and {len(result.differences) - MAX_SHOWN} more")
    return lines + result.unfollowed


def side_by_side(settings: Settings, seeds: range, jobs: int) -> Iterator[Report]:
    """Each world has its share: what follows what in it does not depend on the machine's pace."""
    ends: dict[Connection, multiprocessing.Process] = {}
    try:
        for job in range(jobs):
            here, there = multiprocessing.Pipe(duplex=False)
            child = multiprocessing.Process(target=_work, args=(settings, seeds[job::jobs], there))
            child.start()
            there.close()   # the child has it: its end is an end of file here
            ends[here] = child
        left = list(ends)
        while left:
            for end in wait(left):
                try:
                    yield end.recv()   # type: ignore[union-attr]
                except EOFError:
                    left.remove(end)   # type: ignore[arg-type]
                    ends[end].join()   # type: ignore[index]
                    if ends[end].exitcode:   # type: ignore[index]
                        raise RuntimeError("a job has ended before its seeds, see above")
    finally:
        for child in ends.values():
            child.terminate()
            child.join()


def _work(settings: Settings, seeds: range, end: Connection) -> None:
    try:
        for report in one_by_one(settings, iter(seeds)):
            end.send(report)
    except KeyboardInterrupt:
        pass   # the world has been removed; the parent says so
