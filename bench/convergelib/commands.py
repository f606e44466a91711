# SPDX-License-Identifier: Apache-2.0
"""What an operator's questions cost: bytes, and how long the control thread is busy."""

from __future__ import annotations

import time
from typing import Any

from ovnlab.shell import LabError


COMMANDS = ("status", "show", "stats", "ports", "peers", "bfd", "drops", "list-unsupported",
            "routes lr0", "lookup ts0 169.254.100.9", "log")


def report_commands(gateway: Any) -> None:
    print(f"\n{'command':32}{'CPU, ms':>12}{'by the clock':>14}{'bytes':>12}")
    for command in (f"{name}{option}" for name in COMMANDS for option in ("", " --json")):
        cpu, begun = gateway.cpu(), time.monotonic()
        try:
            size = len(gateway.ask(*command.split()))
        except LabError as error:
            print(f"{command:32} {error}")
            continue
        took = (time.monotonic() - begun) * 1e3
        print(f"{command:32}{gateway.cpu() - cpu:12.1f}{took:14.1f}{size:12,}", flush=True)
    time.sleep(2)
    cpu, size = gateway.cpu(), len(gateway.metrics())
    print(f"{'metrics':32}{gateway.cpu() - cpu:12.1f}{'':14}{size:12,}")
    print("CPU: of the control thread, its other work meanwhile included.")
