# SPDX-License-Identifier: Apache-2.0
"""BFD with Open vSwitch at the other end, as each end tells it."""

from __future__ import annotations

import time
from typing import Any, Iterator

from ovnlab.case import GROUP, Skip, case, check_equal, check_timely
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.ovsnode import OvsNode
from ovnlab.shell import wait_for
from ovnlab.threads import threads_stopped
from ovnlab.zone import Zone

# ms: down after 500; at 300 the stock end was now and then too late itself on a busy machine.
FAST = {"bfd-min-rx": "100", "bfd-min-tx": "100", "bfd-mult": "5"}
STOPPED_S = 3


def _pairs(lab: Lab) -> list[tuple[Zone, OvnicGateway, OvsNode]]:
    """Our gateways in groups, each with every stock chassis that it speaks to."""
    found = [(zone, gateway, peer)
             for zone in lab.zones if len(zone.gateways) > 1
             for gateway in zone.gateways if isinstance(gateway, OvnicGateway)
             for peer in (zone.hypervisor, *zone.gateways) if isinstance(peer, OvsNode)]
    if not found:
        raise Skip("no gateway of ours in a group")
    return found


def _session(gateway: OvnicGateway, peer: OvsNode) -> dict[str, Any]:
    for session in gateway.query("bfd")["sessions"]:
        if session["remote"] == peer.address:
            return dict(session)
    return {}


def _wait_up(gateway: OvnicGateway, peer: OvsNode) -> None:
    def up() -> bool:
        ours = _session(gateway, peer)
        return (ours.get("state"), ours.get("remote_state")) == ("up", "up")
    wait_for(f"{gateway.name} up with {peer.name}", up)
    wait_for(f"{peer.name} up with {gateway.name}",
             lambda: peer.bfd_status(gateway.address)["remote_state"] == "up")


def _flaps(lab: Lab) -> dict[str, tuple[int, int]]:
    """How often each session went up or down, by each end."""
    return {f"{gateway.name} with {peer.name}": (
        _session(gateway, peer)["flaps"], int(peer.bfd_status(gateway.address)["flap_count"]))
        for _, gateway, peer in _pairs(lab)}


def _expect_flaps(lab: Lab, expected: dict[str, tuple[int, int]]) -> None:
    found = _flaps(lab)
    check_timely(found == expected, f"times that sessions changed: {found}, expected {expected}")


class _Timers:
    """Other timers in all zones, for a while."""

    def __init__(self, lab: Lab, timers: dict[str, str]) -> None:
        self.lab = lab
        self.timers = timers

    def __enter__(self) -> None:
        for zone in self.lab.zones:
            zone.central.nbctl("set", "NB_Global", ".", *(
                f"options:{key}={value}" for key, value in self.timers.items()))
        for _, gateway, peer in _pairs(self.lab):
            wait_for(f"detection time of {gateway.name} with {peer.name}",
                     lambda: _session(gateway, peer)["detect_ms"] == self.detect_ms())

    def __exit__(self, *_: object) -> None:
        for zone in self.lab.zones:
            zone.central.nbctl("remove", "NB_Global", ".", "options", *self.timers)

    def detect_ms(self) -> int:
        interval = max(int(self.timers["bfd-min-rx"]), int(self.timers["bfd-min-tx"]))
        return int(self.timers.get("bfd-mult", 3)) * interval


@case(GROUP)
def up_with_stock(lab: Lab) -> None:
    """bfd/show of Open vSwitch and bfd of ours agree that both ends are up."""
    for _, gateway, peer in _pairs(lab):
        _wait_up(gateway, peer)
        status = peer.bfd_status(gateway.address)
        seen = status["state"], status["remote_state"], status["forwarding"]
        check_timely(seen == ("up", "up", "true"), f"{gateway.name} as {peer.name} sees it: {seen}")
        session = _session(gateway, peer)
        check_equal("detection time", session["detect_ms"], 3000)
        check_equal("discarded", session["rx_discarded"], 0)


@case(GROUP)
def fellows_of_other_zones(lab: Lab) -> None:
    """BFD ends at the border of the zone, and all that arrives belongs to a session."""
    for zone, gateway, peer in _pairs(lab):
        dropped, received = gateway.drops()["bfd"], _session(gateway, peer)["rx_packets"]
        allowed = {node.address for node in zone.nodes if node is not gateway}
        check_equal(f"peers of {gateway.name}",
                    {session["remote"] for session in gateway.query("bfd")["sessions"]}, allowed)
        wait_for("more packets", lambda: _session(gateway, peer)["rx_packets"] > received + 2)
        check_equal("dropped", gateway.drops()["bfd"], dropped)


@case(GROUP)
def timers_change(lab: Lab) -> None:
    """Other timers take effect by poll sequences: no session goes down for them."""
    for _, gateway, peer in _pairs(lab):
        _wait_up(gateway, peer)
    before = _flaps(lab)
    for timers in (FAST, {"bfd-min-rx": "400", "bfd-min-tx": "200", "bfd-mult": "5"}):
        with _Timers(lab, timers):
            pass
        for _, gateway, peer in _pairs(lab):
            wait_for("the old detection time", lambda: _session(gateway, peer)["detect_ms"] == 3000)
    _expect_flaps(lab, before)


@case(GROUP)
def control_thread_stopped(lab: Lab) -> None:
    """Nobody notices that the control threads stand still for six detection times."""
    with _Timers(lab, FAST):
        before = _flaps(lab)
        counts = _received(lab)
        gateways = {gateway.name: gateway for _, gateway, _ in _pairs(lab)}
        with threads_stopped(*(g.process.pid for g in gateways.values())):
            began = time.monotonic()
            _expect_up(lab, began + STOPPED_S)
        _expect_flaps(lab, before)
        for pair, count in _received(lab).items():
            check_timely(count - counts[pair] >= STOPPED_S * 9,
                         f"{pair}: {count - counts[pair]} packets in {STOPPED_S} s")
        for gateway in gateways.values():
            late = gateway.query("bfd")["tx_max_late_us"] / 1000
            print(f"       {gateway.name}: latest transmission {late:.1f} ms late", flush=True)


def _expect_up(lab: Lab, until: float) -> None:
    while time.monotonic() < until:
        for _, gateway, peer in _pairs(lab):
            state = peer.bfd_status(gateway.address)["state"]
            check_timely(state == "up", f"{gateway.name} as {peer.name} sees it: {state}")
        time.sleep(0.1)


def _received(lab: Lab) -> dict[str, int]:
    return {f"{gateway.name} with {peer.name}": _session(gateway, peer)["rx_packets"]
            for _, gateway, peer in _pairs(lab)}


@case(GROUP)
def admin_down(lab: Lab) -> None:
    """Drain is told at once, not noticed after a detection time."""
    for _, gateway, peer in _drainable(lab):
        _wait_up(gateway, peer)
        began = time.monotonic()
        gateway.ctl("drain")
        try:
            wait_for(f"{peer.name} goes down",
                     lambda: peer.bfd_status(gateway.address)["state"] == "down")
            took = time.monotonic() - began
            print(f"       {peer.name} knew after {took * 1000:.0f} ms", flush=True)
            check_timely(took < 0.7, f"{took:.1f} s")
            wait_for(f"{gateway.name} goes on telling {peer.name}",
                     lambda: peer.bfd_status(gateway.address)["remote_state"] == "admin_down")
        finally:
            gateway.ctl("undrain")
        _wait_up(gateway, peer)


def _drainable(lab: Lab) -> Iterator[tuple[Zone, OvnicGateway, OvsNode]]:
    for zone, gateway, peer in _pairs(lab):
        if peer is zone.hypervisor:
            yield zone, gateway, peer


@case(GROUP)
def restart(lab: Lab) -> None:
    """Back within the detection time: no peer notices that the daemon was away."""
    for _, gateway, peer in _drainable(lab):
        _wait_up(gateway, peer)
        before = peer.bfd_status(gateway.address)["flap_count"]
        began = time.monotonic()
        gateway.ctl("exit", "--restart")
        check_equal("exit status", gateway.process.wait(), 0)
        gateway.restart()
        _wait_up(gateway, peer)
        print(f"       {gateway.name} was back after {time.monotonic() - began:.1f} s", flush=True)
        wait_for("more packets", lambda: _session(gateway, peer)["rx_packets"] > 4)
        found = peer.bfd_status(gateway.address)["flap_count"]
        check_timely(found == before, f"times that {peer.name} saw {gateway.name} come or go: "
                     f"{found}, expected {before}")
