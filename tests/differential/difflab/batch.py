# SPDX-License-Identifier: Apache-2.0
"""Many ovn-nbctl commands as one transaction, and the one that takes them back."""

from __future__ import annotations

from typing import Callable


class Batch:
    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.undo: list[list[str]] = []

    def add(self, *words: str) -> None:
        self.commands.append(list(words))

    def later(self, *words: str) -> None:
        """What removes it when the topology goes."""
        self.undo.insert(0, list(words))

    def text(self) -> str:
        return "\n".join(" ".join(words) for words in self.commands)


def run_batch(tool: Callable[..., str], commands: list[list[str]], *options: str) -> None:
    """tool: Central.nbctl or Interconnection.nbctl."""
    argv = list(options)
    for words in commands:
        argv += ["--", *words]
    if commands:
        tool(*argv)
