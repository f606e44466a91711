# SPDX-License-Identifier: Apache-2.0
"""Pairs of gateways while one of them dies, leaves or comes: ours, stock ones, and one
of each, at the same time, under the same traffic."""

from __future__ import annotations

from statistics import median
from typing import Callable

from ovnlab import figures, logical
from ovnlab.case import GROUP, Skip, case, check, check_equal, check_timely, kills
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import OVNIC, STOCK, Lab
from ovnlab.shell import wait_for
from ovnlab.stream import Outcome, Streams
from ovnlab.zone import Gateway, Zone

OURS, THEIRS, MIXED = (OVNIC, OVNIC), (STOCK, STOCK), (STOCK, OVNIC)
FAST = 100              # ms
DEFAULT_MIN_RX = 1000   # ms, of Open vSwitch


def groups(lab: Lab) -> list[Zone]:
    return [zone for zone in lab.zones if len(zone.gateways) > 1]


def ours(lab: Lab) -> Zone:
    """The zone with two gateways of ours."""
    for zone in lab.zones:
        if _kinds(zone) == OURS:
            return zone
    raise Skip(f"no pair of {OVNIC} in this lab")


def _kinds(zone: Zone) -> tuple[str, ...]:
    return tuple(gateway.kind for gateway in zone.gateways)


def wait_holder(lab: Lab, zone: Zone, gateway: Gateway) -> None:
    """The far zones know it, too."""
    wait_for(f"{zone.transit_port} on {gateway.name} in IC-SB", lambda: (
        lab.interconnection.gateway_of(zone.transit_port) == gateway.name), timeout=30)


Found = dict[tuple[str, ...], Outcome]


def measure(lab: Lab, zones: list[Zone], action: Callable[[], None], part: str = "") -> Found:
    """What an action costs each pair. It returns when all has settled."""
    source = lab.zones[0].guest
    with Streams((source, zone.guest) for zone in zones) as streams:
        action()
        streams.wait_steady()
    found = {_kinds(zone): outcome for zone, outcome in zip(zones, streams.outcomes)}
    for kinds, outcome in found.items():
        holes = f" ({outcome.holes})" if outcome.lost else ""
        print(f"       {'+'.join(kinds):20} {outcome}{holes}", flush=True)
        figures.add("+".join(kinds), outcome, part)
    return found


def expect_no_loss(found: Found) -> None:
    if OURS in found:
        check_timely(found[OURS].lost == 0, f"{'+'.join(OURS)}: {found[OURS]}")


def _fail_over(lab: Lab, zones: list[Zone]) -> Found:
    """kill -9 of the gateways that hold the ports; afterwards all is as before."""
    def kill() -> None:
        for zone in zones:
            zone.gateways[0].kill()
        for zone in zones:
            wait_holder(lab, zone, zone.gateways[1])

    def start_again() -> None:
        for zone in zones:
            zone.gateways[0].restart()
        for zone in zones:
            logical.wait_group(zone)
            wait_holder(lab, zone, zone.gateways[0])

    found = measure(lab, zones, kill)
    expect_no_loss(measure(lab, zones, start_again, "start again"))
    return found


def _compare_gaps(rounds: list[Found]) -> None:
    """Of ours no longer than of stock ones, by the median."""
    ours, stock = ([found[kinds].gap_ms for found in rounds if kinds in found]
                   for kinds in (OURS, THEIRS))
    if ours and stock:
        check_timely(median(ours) <= median(stock), f"silence of {median(ours):.0f} ms, "
                     f"with stock gateways {median(stock):.0f} ms")


@case(GROUP)
def killed(lab: Lab) -> None:
    """kill -9 of the active gateway, default timers."""
    _compare_gaps([_fail_over(lab, groups(lab)) for _ in range(kills())])


@case(GROUP)
def killed_fast_timers(lab: Lab) -> None:
    """kill -9 of the active gateway, bfd-min-rx=100 bfd-min-tx=100."""
    zones = groups(lab)
    for zone in zones:
        zone.central.nbctl("set", "NB_Global", ".", f"options:bfd-min-rx={FAST}",
                           f"options:bfd-min-tx={FAST}")
    try:
        _wait_min_rx(zones, {str(FAST)})
        _compare_gaps([_fail_over(lab, zones) for _ in range(kills())])
    finally:
        for zone in zones:
            zone.central.nbctl("remove", "NB_Global", ".", "options", "bfd-min-rx", "bfd-min-tx")
        _wait_min_rx(zones, set())


def _wait_min_rx(zones: list[Zone], expected: set[str]) -> None:
    for zone in zones:
        wait_for(f"bfd-min-rx of {zone.hypervisor.name} {expected}",
                 lambda: zone.hypervisor.bfd_min_rx() == expected)


@case(GROUP)
def killed_in_mixed_pair(lab: Lab) -> None:
    """The other way round: ours is active and dies, a stock one takes over."""
    for zone in groups(lab):
        if _kinds(zone) == MIXED:
            _swap(zone)
            wait_holder(lab, zone, zone.gateways[0])
            try:
                _fail_over(lab, [zone])
            finally:
                _swap(zone)
                wait_holder(lab, zone, zone.gateways[0])


def _swap(zone: Zone) -> None:
    zone.gateways.reverse()
    logical.set_priorities(zone, zone.gateways)


@case(GROUP)
def link_lost(lab: Lab) -> None:
    """The active gateway lives and reaches its databases, but no other chassis."""
    zones = groups(lab)

    def unplug() -> None:
        try:
            for zone in zones:
                lab.underlay.netns.ip("link", "set", zone.gateways[0].name, "down")
            for zone in zones:
                wait_holder(lab, zone, zone.gateways[1])
        finally:
            for zone in zones:
                lab.underlay.netns.ip("link", "set", zone.gateways[0].name, "up")
        for zone in zones:
            logical.wait_group(zone)
            wait_holder(lab, zone, zone.gateways[0])

    found = measure(lab, zones, unplug)
    if OURS in found and THEIRS in found:
        # Only BFD can tell, and when between two of its packets it happens is chance.
        limit = found[THEIRS].gap_ms + DEFAULT_MIN_RX
        check_timely(found[OURS].gap_ms <= limit, f"silence of {found[OURS].gap_ms:.0f} ms; "
                     f"with stock gateways {found[THEIRS].gap_ms:.0f} ms")


@case(GROUP)
def priorities(lab: Lab) -> None:
    """A planned change, there and back."""
    zones = groups(lab)

    def swap_twice() -> None:
        for _ in range(2):
            for zone in zones:
                _swap(zone)
            for zone in zones:
                wait_holder(lab, zone, zone.gateways[0])

    expect_no_loss(measure(lab, zones, swap_twice))


@case(GROUP)
def drain(lab: Lab) -> None:
    """Ours only: the active gateway hands over, is idle, and takes part again."""
    zone = ours(lab)
    first, second = (gateway for gateway in zone.gateways if isinstance(gateway, OvnicGateway))

    def drain_and_undrain() -> None:
        first.ctl("drain")
        wait_holder(lab, zone, second)
        first.wait_drained()
        first.ctl("undrain")
        logical.wait_group(zone)
        wait_holder(lab, zone, first)

    expect_no_loss(measure(lab, [zone], drain_and_undrain))


@case(GROUP)
def drain_without_heir(lab: Lab) -> None:
    """Ours only: the other one is dead, though registered. Traffic goes on through the one that
    drains, and moves when the other is back."""
    zone = ours(lab)
    first, second = (gateway for gateway in zone.gateways if isinstance(gateway, OvnicGateway))

    def state() -> str:
        return str(first.query("status")["drain"]["state"])

    def drain_alone() -> None:
        first.ctl("drain")
        wait_for("nobody to take over", lambda: state() == "forwarding")
        check_equal("heirless", first.query("status")["drain"]["heirless"], 1)
        seen = zone.hypervisor.bfd_status(first.address)["state"]
        check_timely(seen == "up", f"BFD as the hypervisor sees it: {seen}")

    second.kill()
    wait_for(f"{first.name} sees it", lambda: not any(
        peer["up"] for peer in first.query("bfd")["peers"] if peer["chassis"] == second.name))
    try:
        try:
            expect_no_loss(measure(lab, [zone], drain_alone))
        finally:
            second.restart()
        wait_holder(lab, zone, second)
        first.wait_drained()
    finally:
        first.ctl("undrain")
    logical.wait_group(zone)
    wait_holder(lab, zone, first)


@case(GROUP)
def rolling_restart(lab: Lab) -> None:
    """Each in turn leaves and starts again, as in an upgrade."""
    zones = groups(lab)

    def one_after_the_other() -> None:
        for index in (0, 1):
            for zone in zones:
                zone.gateways[index].leave()
            for zone in zones:
                wait_holder(lab, zone, zone.gateways[1 - index])
                zone.gateways[index].restart()
            for zone in zones:
                zone.gateways[index].ready()
                logical.wait_group(zone)
                wait_holder(lab, zone, zone.gateways[0])

    expect_no_loss(measure(lab, zones, one_after_the_other))


@case(GROUP)
def encap_address_changed(lab: Lab) -> None:
    """Ours only: the active gateway leaves and comes back with another tunnel address,
    and then with the old one."""
    zone = ours(lab)
    first, second = zone.gateways
    assert isinstance(first, OvnicGateway)
    before = first.address

    def move(address: str) -> None:
        first.leave()
        wait_holder(lab, zone, second)
        first.readdress(address)
        first.restart()
        first.ready()
        logical.wait_group(zone)
        wait_holder(lab, zone, first)

    def there_and_back() -> None:
        move(before + "0")
        found = zone.central.sbctl("--bare", "--columns=ip", "find", "Encap",
                                   f"chassis_name={first.name}").split()
        check(found == [before + "0"], f"encaps of {first.name}: {found}")
        move(before)

    # Hypervisors replace their tunnel each time, in which some packets may be lost; a gateway
    # that went without handing over would cost hundreds.
    found = measure(lab, [zone], there_and_back)[OURS]
    check_timely(found.lost <= 10, str(found))
