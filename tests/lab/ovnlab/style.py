# SPDX-License-Identifier: Apache-2.0
"""Text for people: colours where there is a terminal, tables that line up."""

from __future__ import annotations

import os
import sys
from typing import Iterable, Sequence

BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def heading(text: str) -> None:
    print(f"\n{paint(text, BOLD)}", flush=True)


def table(header: Sequence[str], rows: Iterable[Sequence[object]], indent: str = "  ") -> str:
    """Columns as wide as they must be; numbers to the right, text to the left."""
    cells = [list(row) for row in rows]
    body = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in cells]
    numeric = [bool(cells) and all(isinstance(row[column], int) for row in cells)
               for column in range(len(header))]
    widths = [max(len(line[column]) for line in [list(header), *body])
              for column in range(len(header))]

    def line(texts: Sequence[str]) -> str:
        padded = (text.rjust(width) if right else text.ljust(width)
                  for text, width, right in zip(texts, widths, numeric))
        return indent + "   ".join(padded).rstrip()

    return "\n".join([paint(line(list(header)), DIM), *map(line, body)])
