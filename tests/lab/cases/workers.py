# SPDX-License-Identifier: Apache-2.0
"""A gateway with two workers and a device with one queue: one does all, or hands over."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from ovnlab.case import SPARE, case, check, check_equal, check_timely, ovnic_zones
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import wait_for
from ovnlab.stream import Streams

FLOWS = 4    # each way
BURST = 10   # packets on each other's heels, so that a worker could overtake the other


@contextmanager
def _two_workers(gateway: OvnicGateway, spread: str) -> Iterator[None]:
    good = gateway.config.read_text()
    gateway.leave()
    gateway.config.write_text(good.replace("cores = 1", "cores = 2")
                              .replace("host-interface =", f"spread = {spread}\nhost-interface ="))
    gateway.restart()
    gateway.ready()
    try:
        yield
    finally:
        gateway.leave()
        gateway.config.write_text(good)
        gateway.restart()
        gateway.ready()


def _all_taken_over(gateway: OvnicGateway) -> bool:
    receiver, taker = gateway.query("stats")["workers"]
    return bool(taker["taken_over"] == receiver["handed_over"])


def _expect_both_at_work(gateway: OvnicGateway) -> None:
    wait_for("all taken over that was handed over", lambda: _all_taken_over(gateway))
    receiver, taker = gateway.query("stats")["workers"]
    check(receiver["rx_packets"] > receiver["handed_over"] > 0,
          f"the receiver does not do one part and hand over the other: {receiver}")
    check_equal("received by the other worker", taker["rx_packets"], 0)
    check(taker["busy_cycles"] > 0, f"the other worker has done nothing: {taker}")


def _expect_one_at_work(gateway: OvnicGateway) -> None:
    workers = gateway.query("stats")["workers"]
    check_equal("handed over", [worker["handed_over"] for worker in workers], [0, 0])
    check_equal("workers that receive", sum(worker["rx_packets"] > 0 for worker in workers), 1)


def _expect_in_order(lab: Lab, gateway: OvnicGateway) -> None:
    one, other = (zone.guest for zone in lab.zones)
    one.wait_ping(other.ipv4)
    with Streams([(one, other), (other, one)] * FLOWS, BURST) as streams:
        pass
    for stream, outcome in zip(streams.streams, streams.outcomes):
        check_timely(not outcome.lost, f"{stream.name}: {outcome} ({outcome.holes})")
        check_equal(f"overtaken of {stream.name}", outcome.late, 0)
    check_equal("handover_full", gateway.drops()["handover_full"], 0)


def _expect_spread(gateway: OvnicGateway, name: str) -> None:
    check_equal("spread", [port["spread"] for port in gateway.query("status")["ports"]], [name])
    check("spread = " in gateway.ctl("status"), "status does not name the other choice")


@case(SPARE)
def handed_over(lab: Lab) -> None:
    """Several flows each way: each stays in order, nothing is lost, both workers work."""
    _, gateway = ovnic_zones(lab)[0]
    with _two_workers(gateway, "software"):
        _expect_spread(gateway, "software")
        _expect_in_order(lab, gateway)
        _expect_both_at_work(gateway)
    lab.zones[0].guest.wait_ping(lab.zones[1].guest.ipv4)


@case(SPARE)
def not_handed_over(lab: Lab) -> None:
    """The same by default: the worker that has the queue does all, and status says so."""
    _, gateway = ovnic_zones(lab)[0]
    with _two_workers(gateway, "auto"):
        _expect_spread(gateway, "queues")
        _expect_in_order(lab, gateway)
        _expect_one_at_work(gateway)
    lab.zones[0].guest.wait_ping(lab.zones[1].guest.ipv4)
