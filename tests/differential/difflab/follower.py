# SPDX-License-Identifier: Apache-2.0
"""ovnic-gw that stays: its databases become those of the next seed by one transaction
each. What it makes of packets is to be what one makes of them that has just started."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path
from typing import Iterator

from ovnlab.ovsdb import Client, Operation, Row
from ovnlab.shell import ProcessEnded, wait_for

from .ours import PATIENCE, Copy, Outcome, Run, lines_of, parse
from .packets import Packet
from .world import GATEWAY, World

MAX_SHOWN = 4
FIRST_NB_CFG = 1_000_000   # above those of northd


def update(table: str, before: dict[str, Row], after: dict[str, Row]) -> Iterator[Operation]:
    """What makes one of the other, UUIDs included."""
    for uuid in before.keys() - after.keys():
        yield {"op": "delete", "table": table, "where": [["_uuid", "==", ["uuid", uuid]]]}
    for uuid, row in after.items():
        if uuid not in before:
            yield {"op": "insert", "table": table, "uuid": uuid, "row": row}
            continue
        changed = {name: value for name, value in row.items() if before[uuid][name] != value}
        if changed:
            yield {"op": "update", "table": table, "where": [["_uuid", "==", ["uuid", uuid]]],
                   "row": changed}


def make_same(there: Path, here: Path, database: str, nb_cfg: int = 0) -> None:
    """In one transaction, like the changes of a busy northd."""
    with closing(Client(there, database)) as source, closing(Client(here, database)) as target:
        tables = source.tables()
        after, before = source.everything(tables), target.everything(tables)
        if nb_cfg:
            for row in after["SB_Global"].values():
                row["nb_cfg"] = nb_cfg
        target.transact(*(operation for table in tables
                          for operation in update(table, before[table], after[table])))


class Follower:
    def __init__(self, world: World, program: Path, own: str) -> None:
        self.copy = Copy(world, "follower").start()
        self.nb_cfg = FIRST_NB_CFG
        self.output = self.copy.directory / "outcome"
        self.errors = self.copy.directory / "errors"
        with self.output.open("w") as out, self.errors.open("w") as err:
            self.child = subprocess.Popen(
                [str(program), self.copy.remote, self.copy.remote, GATEWAY, own, "0"],
                stdin=subprocess.PIPE, stdout=out, stderr=err, text=True)

    def run(self, copy: Copy, packets: list[Packet]) -> Outcome:
        """As somebody who reads the databases of the copy anew."""
        self.nb_cfg += 1
        make_same(copy.socket, self.copy.socket, "OVN_IC_Southbound")
        make_same(copy.socket, self.copy.socket, "OVN_Southbound", self.nb_cfg)
        begin = self.output.stat().st_size
        assert self.child.stdin is not None
        try:
            self.child.stdin.write(lines_of(packets, self.nb_cfg))
            self.child.stdin.flush()
        except BrokenPipeError:
            pass   # said below
        return parse(wait_for("outcome of the follower", lambda: self._turn(begin),
                              timeout=PATIENCE, interval=0.02))

    def _turn(self, begin: int) -> str:
        """The output from there, once it is complete."""
        with self.output.open() as output:
            output.seek(begin)
            text = output.read()
        if self.child.poll() is not None:
            raise ProcessEnded(f"the follower has ended ({self.child.returncode}): "
                               f"{self.errors.read_text()[-2000:]}")
        return text if f"\n{text}".endswith("\nend\n") else ""

    def close(self) -> None:
        self.child.kill()
        self.child.wait()
        self.copy.stop()


def differences(fresh: Outcome, followed: Outcome) -> Iterator[str]:
    """Lines for a person."""
    gone = [each for each in fresh.reports if each not in followed.reports]
    more = [each for each in followed.reports if each not in fresh.reports]
    for what, reports in (("only when started anew", gone), ("only after changes", more)):
        for report in reports[:MAX_SHOWN]:
            yield f"reported {what}: {report}"
    others = [number for number, (one, other) in enumerate(zip(fresh.runs, followed.runs))
              if one != other]
    for number in others[:MAX_SHOWN]:
        yield f"packet {number}, started anew: {_words(fresh.runs[number])}"
        yield f"packet {number}, after changes: {_words(followed.runs[number])}"
    if len(others) > MAX_SHOWN:
        yield f"… and {len(others) - MAX_SHOWN} more packets"


def _words(runs: list[Run]) -> str:
    return "; ".join(f"{run.action} {run.reason} {run.drops} {run.learned} "
                     f"{[frame.hex() for frame in run.sent]}" for run in runs)
