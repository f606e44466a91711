# SPDX-License-Identifier: Apache-2.0
"""Results: a table for people, JSON for programs, a plot."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from statistics import median
from typing import Optional, Sequence

from .cases import TARGETS, Case

OURS = "ovnic-gw"
REFERENCES = {"ovs": "OVS-DPDK", "macswap": "testpmd macswap"}
COLOURS = ("#b0b8c1", "#7d8a99", "#d9822b", "#2f6db5")


@dataclass
class Row:
    case: Case
    samples: dict[str, list[float]] = field(default_factory=dict)   # packets per second
    notes: list[str] = field(default_factory=list)

    def median(self, system: str) -> Optional[float]:
        return median(self.samples[system]) if self.samples.get(system) else None

    def spread(self, system: str) -> float:
        """Half of the distance of lowest and highest, of the median."""
        found = self.samples[system]
        return (max(found) - min(found)) / 2 / median(found)

    def ratio(self, reference: str) -> Optional[float]:
        """Of the medians."""
        ours, other = self.median(OURS), self.median(reference)
        return ours / other if ours and other else None


def pps(row: Row, system: str) -> str:
    value = row.median(system)
    if value is None:
        return "-"
    return f"{value / 1e6:.2f} ±{row.spread(system) * 100:.0f}%"


def ratio(row: Row, key: str) -> str:
    value = row.ratio(REFERENCES[key])
    target = getattr(TARGETS.get(row.case), key, None)
    if value is None:
        return "-"
    text = f"{value:.2f}"
    return text if target is None else f"{text} (≥ {target:.2f}: {'yes' if value >= target else 'no'})"


def table(rows: Sequence[Row], systems: Sequence[str]) -> str:
    lines = [["case", *systems, "/ OVS-DPDK", "/ macswap"]]
    lines += [[str(row.case), *(pps(row, system) for system in systems), ratio(row, "ovs"),
               ratio(row, "macswap")] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = ["  ".join(cell.ljust(width) if number == 0 else cell.rjust(width)
                      for number, (cell, width) in enumerate(zip(line, widths))).rstrip()
            for line in lines]
    notes = list(dict.fromkeys(note for row in rows for note in row.notes))
    return "\n".join(["million packets/s sent, median and half the range", *text,
                      *(f"not run: {note}" for note in notes)])


def as_json(rows: Sequence[Row], systems: Sequence[str], about: dict[str, object]) -> object:
    return {"about": about, "systems": list(systems), "rows": [{
        "case": str(row.case),
        "direction": "out" if row.case.outbound else "in", "length": row.case.length,
        "flows": row.case.flows, "family": row.case.family,
        "checksum": row.case.world.checksum, "transits": row.case.world.transits,
        "packets_per_second": row.samples,
        "median": {system: row.median(system) for system in systems},
        "ratio": {key: row.ratio(name) for key, name in REFERENCES.items()},
        "not_run": row.notes} for row in rows]}


def plot(rows: Sequence[Row], systems: Sequence[str]) -> str:
    """Bars, a group for each row, as SVG."""
    bar, left, width = 12, 230, 560
    group = bar * len(systems) + 14
    top = max((row.median(system) or 0 for row in rows for system in systems), default=1) or 1
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 90}" '
             f'height="{group * len(rows) + 50}" font-family="sans-serif" font-size="11">',
             '<rect width="100%" height="100%" fill="white"/>']
    for number, system in enumerate(systems):
        x = left + number * 140
        parts.append(f'<rect x="{x}" y="10" width="10" height="10" fill="{COLOURS[number % 4]}"/>'
                     f'<text x="{x + 14}" y="19">{escape(system)}</text>')
    for number, row in enumerate(rows):
        y = 36 + number * group
        parts.append(f'<text x="{left - 8}" y="{y + group / 2}" text-anchor="end">'
                     f'{escape(str(row.case))}</text>')
        for index, system in enumerate(systems):
            value = row.median(system)
            if value is None:
                continue
            length = value / top * width
            parts.append(f'<rect x="{left}" y="{y + index * bar}" width="{length:.1f}" '
                         f'height="{bar - 2}" fill="{COLOURS[index % 4]}"/><text '
                         f'x="{left + length + 4:.1f}" y="{y + index * bar + 9}">'
                         f'{value / 1e6:.1f} Mpps</text>')
    return "\n".join([*parts, "</svg>", ""])
