# SPDX-License-Identifier: Apache-2.0
"""What a gateway of ours cannot do, it says, and does not do wrongly: connection tracking."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator

from ovnlab.case import PAIR, case, check, check_equal, ovnic_zones
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import wait_for
from ovnlab.zone import Zone

NOTHING: dict[str, list[Any]] = {"slow": [], "unsupported": []}


def _near_and_far(lab: Lab) -> tuple[Zone, OvnicGateway, Zone]:
    zone, gateway = ovnic_zones(lab)[0]
    return zone, gateway, next(other for other in lab.zones if other is not zone)


def _unsupported(gateway: OvnicGateway) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = gateway.query("list-unsupported")["unsupported"]
    return listed


@contextmanager
def _configured(zone: Zone, gateway: OvnicGateway, add: list[str],
                remove: list[str]) -> Iterator[None]:
    check_equal("list-unsupported before", gateway.query("list-unsupported"), NOTHING)
    zone.central.nbctl(*add)
    try:
        zone.central.sync()
        wait_for("an entry of list-unsupported", lambda: _unsupported(gateway))
        yield
    finally:
        zone.central.nbctl(*remove)
        zone.central.sync()
    wait_for("list-unsupported empty", lambda: gateway.query("list-unsupported") == NOTHING)


def _check_listed(gateway: OvnicGateway, destination: str, action: str) -> None:
    """One entry names the destination, the flow with its UUID, and what it needs."""
    entries = [entry for entry in _unsupported(gateway)
               if entry["destination"] == destination and action in entry["flow"]]
    check(entries, f"no {destination} with {action} in {_unsupported(gateway)}")
    for entry in entries:
        check(entry["needs"].startswith("connection tracking (ct_"), f"needs: {entry['needs']!r}")
        uuid = entry["flow"].split()[0]
        check(gateway.central.sbctl("--bare", "--columns=actions", "list", "Logical_Flow",
                                    uuid).strip(), f"no logical flow {uuid}")
    for words in ("needs: connection tracking", destination):
        check(words in gateway.ctl("list-unsupported"), f"text lacks {words!r}")
    check(gateway.ctl("show").count("not on the fast path"), "show does not mark the port")


def _check_dropped(gateway: OvnicGateway, before: int, packets: int) -> None:
    rise = gateway.drops()["unsupported"] - before
    check(rise >= packets, f"{rise} drops for {packets} packets")


@case(PAIR)
def snat(lab: Lab) -> None:
    """The way out is listed, what would be translated is dropped, the rest goes on."""
    zone, gateway, far = _near_and_far(lab)
    router, outside = f"lr{zone.number}", f"169.254.100.{200 + zone.number}"
    with _configured(zone, gateway,
                     ["lr-nat-add", router, "snat", outside, f"10.{zone.number}.0.0/24"],
                     ["lr-nat-del", router, "snat", f"10.{zone.number}.0.0/24"]):
        _check_listed(gateway, f"{outside}/32", "ct_snat")
        # 23.03 looks at the destination address too, which a switch does not go by.
        way_out = f"aa:aa:aa:aa:aa:0{far.number} IPv4"
        check(way_out in gateway.ctl("list-unsupported"), f"{way_out} is not listed")
        before = gateway.drops()["unsupported"]
        check_equal("answers", zone.guest.ping(far.guest.ipv4, count=3, wait=1), 0)
        _check_dropped(gateway, before, 3)
        zone.guest.expect_ping(far.guest.ipv6)
    zone.guest.wait_ping(far.guest.ipv4)


@case(PAIR)
def floating_address(lab: Lab) -> None:
    """An address in both directions, of one guest alone."""
    zone, gateway, far = _near_and_far(lab)
    router, outside = f"lr{zone.number}", f"169.254.100.{210 + zone.number}"
    with _configured(zone, gateway,
                     ["lr-nat-add", router, "dnat_and_snat", outside, zone.guest.ipv4],
                     ["lr-nat-del", router, "dnat_and_snat", outside]):
        _check_listed(gateway, f"{outside}/32", "ct_")
        before = gateway.drops()["unsupported"]
        far.central.nbctl("lr-route-add", f"lr{far.number}", outside, f"169.254.100.{zone.number}")
        try:
            far.central.sync()
            check_equal("answers", far.guest.ping(outside, count=3, wait=1), 0)
        finally:
            far.central.nbctl("lr-route-del", f"lr{far.number}", outside)
        _check_dropped(gateway, before, 3)
    zone.guest.wait_ping(far.guest.ipv4)


@case(PAIR)
def load_balancer(lab: Lab) -> None:
    zone, gateway, far = _near_and_far(lab)
    router, address = f"lr{zone.number}", f"10.{zone.number}.250.1"
    with _configured(zone, gateway,
                     ["lb-add", "lb-test", f"{address}:80", f"{zone.guest.ipv4}:80", "tcp",
                      "--", "lr-lb-add", router, "lb-test"],
                     ["lb-del", "lb-test"]):
        _check_listed(gateway, f"{address}/32", "ct_")
        # Neither the guest's other services nor other guests are part of it.
        far.guest.expect_ping(zone.guest.ipv6)
    far.guest.wait_ping(zone.guest.ipv4)
