# SPDX-License-Identifier: Apache-2.0
"""A gateway that lives, but cannot do its work: it resigns, and comes back by itself."""

from __future__ import annotations

import signal
import os

from ovnlab import logical
from ovnlab.case import GROUP, case, check, check_equal
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import wait_for
from ovnlab.threads import threads_named, threads_stopped

from .ha import measure, ours, wait_holder


@case(GROUP)
def worker_stuck(lab: Lab) -> None:
    """The worker of the active gateway stands still: noticed, named, left to the other."""
    zone = ours(lab)
    first, second = zone.gateways
    assert isinstance(first, OvnicGateway)

    def reasons() -> list[str]:
        return list(first.query("status")["drain"]["reasons"])

    def stop() -> None:
        workers = threads_named(first.process.pid, "rte-worker")
        check_equal("workers", len(workers), 1)
        with threads_stopped(*workers):
            wait_for("it resigns", lambda: reasons() == ["worker"])
            text = first.ctl("status")
            check("worker 0 has been stuck" in text, text)
            wait_holder(lab, zone, second)
        wait_for("it takes part again", lambda: not reasons())
        logical.wait_group(zone)
        wait_holder(lab, zone, first)

    measure(lab, [zone], stop)


@case(GROUP)
def process_stopped(lab: Lab) -> None:
    """SIGSTOP: nobody is left to notice, so that BFD has to, as with a stock gateway."""
    zone = ours(lab)
    first, second = zone.gateways
    assert isinstance(first, OvnicGateway)

    def stop() -> None:
        os.kill(first.process.pid, signal.SIGSTOP)
        try:
            wait_holder(lab, zone, second)
        finally:
            os.kill(first.process.pid, signal.SIGCONT)
        logical.wait_group(zone)
        wait_holder(lab, zone, first)

    measure(lab, [zone], stop)
    check_equal("workers are not blamed", first.query("status")["drain"]["reasons"], [])
