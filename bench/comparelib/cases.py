# SPDX-License-Identifier: Apache-2.0
"""What is measured: one row of the table each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

# Inner frames of one cycle; bytes without FCS. The last is 7:4:1 of small, middling, large.
LENGTHS = {"64": (64,), "256": (256,), "1400": (1400,),
           "IMIX": (64,) * 7 + (576,) * 4 + (1400,)}
OVS_MAX_FLOWS = 250_000   # Open vSwitch makes at most 262,144 mbufs


@dataclass(frozen=True)
class World:
    """What the databases say; systems are set up once for all cases of one."""
    transits: int = 1
    checksum: bool = True


@dataclass(frozen=True)
class Case:
    outbound: bool
    length: str = "64"
    flows: int = 1024
    family: int = 4
    world: World = World()

    def __str__(self) -> str:
        parts = ["out" if self.outbound else "in", f"{self.length} B" if self.length != "IMIX"
                 else "IMIX", f"{self.flows:,} flow" + "s" * (self.flows != 1)]
        parts += ["IPv6 inside"] * (self.family == 6)
        parts += ["no checksum"] * (not self.world.checksum)
        parts += [f"{self.world.transits:,} transits"] * (self.world.transits != 1)
        return ", ".join(parts)


@dataclass(frozen=True)
class Target:
    """Least ratio of ovnic-gw to another system."""
    ovs: Optional[float]
    macswap: Optional[float]


BASE = (Case(True), Case(False))
TARGETS = {
    BASE[0]: Target(6.0, 0.60),
    BASE[1]: Target(5.0, 0.50),
    Case(True, length="1400"): Target(9.0, 0.70),
    Case(True, flows=200_000): Target(6.0, 0.55),
}


def quick() -> list[Case]:
    return list(TARGETS)


def full() -> list[Case]:
    """One thing at a time differs from the base."""
    found = quick()
    for base in BASE:
        found += [replace(base, length=length) for length in LENGTHS]
        found += [replace(base, flows=flows) for flows in (1, 200_000)]
        found += [replace(base, family=6), replace(base, world=World(checksum=False)),
                  replace(base, world=World(transits=100))]
    return list(dict.fromkeys(found))


def million() -> list[Case]:
    return [replace(base, flows=1_000_000) for base in BASE]


def thousand() -> list[Case]:
    return [replace(base, world=World(transits=1000)) for base in BASE]
