# SPDX-License-Identifier: Apache-2.0
"""Three transit switches; every zone has a router and a switch of its own for each of them.

    lspZ-T -- lsZ-T -- lrZ-T -- tsT     lsZ-T 10.1ZT.0.0/24, fd00:ZT::/64; tsT 169.254.12T.0/24

T counts the transit switches, Z the zones. After OVN's test "interconnection"."""

from __future__ import annotations

from .endpoint import Endpoint, router_port, wait_switch, wait_up
from .lab import Lab
from .shell import wait_for
from .zone import Zone

SWITCHES = (1, 2, 3)


class ThreeSwitches:
    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.guests = {(zone.number, t): Endpoint(
            lab, zone, f"lsp{zone.number}-{t}", f"00:00:00:0{zone.number}:0{t}:10",
            f"10.1{zone.number}{t}.0.123", f"fd00:{zone.number}{t}::123")
            for zone in lab.zones for t in SWITCHES}

    def build(self) -> None:
        for t in SWITCHES:
            self.lab.interconnection.nbctl("ts-add", f"tri{t}")
        for zone in self.lab.zones:
            for t in SWITCHES:
                wait_switch(zone, f"tri{t}")
                self._build_one(zone, t)
                self.guests[zone.number, t].attach(zone, f"10.1{zone.number}{t}.0.1",
                                                   f"fd00:{zone.number}{t}::1")
        for zone in self.lab.zones:
            self._wait(zone)

    def _build_one(self, zone: Zone, t: int) -> None:
        n, guest = zone.number, self.guests[zone.number, t]
        switch, router = f"ls{n}-{t}", f"lr{n}-{t}"
        zone.central.nbctl(
            "ls-add", switch,
            "--", "lsp-add", switch, guest.name,
            "--", "lsp-set-addresses", guest.name, guest.lsp_address,
            "--", "lr-add", router,
            "--", "lrp-add", router, f"{router}-{switch}", router_mac(n, t),
            f"10.1{n}{t}.0.1/24", f"fd00:{n}{t}::1/64",
            *router_port(switch, f"{switch}-{router}", f"{router}-{switch}"),
            "--", "lrp-add", router, f"{router}-tri{t}", f"00:00:00:0{n}:0{t}:02",
            f"169.254.12{t}.{n}/24", f"fe80:12{t}::{n}/64",
            *router_port(f"tri{t}", f"tri{t}-{router}", f"{router}-tri{t}"),
            "--", "lrp-set-gateway-chassis", f"{router}-tri{t}", zone.gateway.name, "10")

    def _wait(self, zone: Zone) -> None:
        central, n = zone.central, zone.number
        for t in SWITCHES:
            wait_up(zone, self.guests[n, t])
            wait_for(f"cr-lr{n}-{t}-tri{t} claimed", lambda: central.chassis_of(
                f"cr-lr{n}-{t}-tri{t}") == zone.gateway.name)
            wait_for(f"routes of lr{n}-{t}", lambda: central.nbctl(
                "lr-route-list", f"lr{n}-{t}").count("(learned)") >= 2 * (len(self.lab.zones) - 1))


def router_mac(zone: int, t: int) -> str:
    """Of the router's port on the switch with the guest."""
    return f"00:00:00:0{zone}:0{t}:01"
