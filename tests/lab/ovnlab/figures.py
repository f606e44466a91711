# SPDX-License-Identifier: Apache-2.0
"""What was measured, for a table at the end of a run: what an action costs gateways of
one kind beside another's."""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from .stream import Outcome

_title = ""
_found: dict[str, dict[str, list[Outcome]]] = {}


def begin(title: str) -> None:
    """What is measured from now on belongs to this test."""
    global _title
    _title = title


def add(gateways: str, outcome: Outcome, part: str = "") -> None:
    row = _found.setdefault(_title + (f", {part}" if part else ""), defaultdict(list))
    row[gateways].append(outcome)


def _cell(outcomes: list[Outcome]) -> str:
    if not outcomes:
        return "-"
    lost = [outcome.lost for outcome in outcomes]
    gaps = [outcome.gap_ms for outcome in outcomes]
    text = f"{median(lost):g} lost, {median(gaps):.0f} ms"
    if len(outcomes) > 1:
        text += f" (of {len(outcomes)}; worst {max(lost)}, {max(gaps):.0f} ms)"
    return text


def table() -> str:
    """Packets lost at 100/s, and the longest silence: the median and, of several, the
    worst. Empty when nothing was measured."""
    kinds = list(dict.fromkeys(kind for row in _found.values() for kind in row))
    rows = [["", *kinds]] + [[title, *(_cell(row.get(kind, [])) for kind in kinds)]
                             for title, row in _found.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(kinds) + 1)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows) if _found else ""
