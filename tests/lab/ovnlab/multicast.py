# SPDX-License-Identifier: Apache-2.0
"""Routers that pass IP multicast on over a transit switch.

    rx1 -- mls1 -- mlr1 ------ mts ------ mlr2 -- mls2 -- sender, rx4
    deaf -- mls5 -- mlr5 ------ ' '------ mlr3 -- mls3 -- rx3

Router and switch N belong to zone 1 (1), zone 2 (2, 3) and zone 3 (5); rx3 is on a hypervisor of
its own. mlr5 does not pass multicast on. After OVN's tests of multicast over interconnection."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Sequence

from .endpoint import Endpoint, router_port, second_hypervisor, wait_switch, wait_up
from .lab import Lab
from .process import Process
from .shell import wait_for
from .zone import Zone

JOIN = Path(__file__).with_name("join.py")
SWITCH = "mts"
ZONES = {1: 1, 2: 2, 3: 2, 5: 3}   # of the routers, by number
SENDER, DEAF = "sender", "deaf"
GUESTS = {"rx1": 1, SENDER: 2, "rx4": 2, "rx3": 3, DEAF: 5}


class Multicast:
    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.guests = {name: self._guest(name, n, k)
                       for k, (name, n) in enumerate(GUESTS.items(), 2)}

    def _guest(self, name: str, n: int, k: int) -> Endpoint:
        return Endpoint(self.lab, self._zone(n), name, f"00:00:00:0{n}:0a:{k:02x}",
                        f"10.7{n}.0.{k}", f"fd7{n}::{k}")

    def _zone(self, n: int) -> Zone:
        return self.lab.zones[ZONES[n] - 1]

    def build(self) -> None:
        self.lab.interconnection.nbctl("ts-add", SWITCH)
        for zone in self.lab.zones:
            wait_switch(zone, SWITCH)
        for n in ZONES:
            self._zone(n).central.nbctl(*self._router(n, self._zone(n)))
        apart = second_hypervisor(self.lab, self.lab.zones[1])
        for name, n in GUESTS.items():
            hypervisor = apart if n == 3 else self._zone(n).hypervisor
            self.guests[name].attach_to(hypervisor, f"10.7{n}.0.1", f"fd7{n}::1")
        for name, n in GUESTS.items():
            wait_up(self._zone(n), self.guests[name])
        for n in ZONES:
            central = self._zone(n).central
            wait_for(f"cr-mlr{n}-{SWITCH} claimed", lambda: central.chassis_of(
                f"cr-mlr{n}-{SWITCH}") == self._zone(n).gateway.name)
            for m in ZONES:
                if ZONES[m] != ZONES[n]:
                    wait_for(f"{SWITCH}-mlr{m} in {central.name}", lambda: central.chassis_of(
                        f"{SWITCH}-mlr{m}") == self._zone(m).gateway.name)

        # Lets the gateway and the hypervisor that the plain topology does not have meet.
        self.guests["rx3"].wait_ping("169.254.130.3")

    def _router(self, n: int, zone: Zone) -> list[str]:
        router, switch = f"mlr{n}", f"mls{n}"
        words = ["lr-add", router,
                 "--", "lrp-add", router, f"{router}-{SWITCH}", f"00:00:00:0{n}:00:0a",
                 f"169.254.130.{n}/24", f"fe80:130::{n}/64",
                 "--", "lrp-add", router, f"{router}-{switch}", router_mac(n),
                 f"10.7{n}.0.1/24", f"fd7{n}::1/64",
                 "--", "lrp-set-gateway-chassis", f"{router}-{SWITCH}", zone.gateway.name, "10",
                 *router_port(SWITCH, f"{SWITCH}-{router}", f"{router}-{SWITCH}"),
                 "--", "ls-add", switch, *router_port(switch, f"{switch}-{router}",
                                                      f"{router}-{switch}")]
        for name, of in GUESTS.items():
            if of == n:
                words += ["--", "lsp-add", switch, name,
                          "--", "lsp-set-addresses", name, self.guests[name].lsp_address]
        return words

    def switch_options(self, **options: str) -> None:
        """Of the switches with guests."""
        for n in ZONES:
            self._zone(n).central.nbctl("set", "Logical_Switch", f"mls{n}", *(
                f"other_config:{key}={value}" for key, value in options.items()))

    def relay(self) -> None:
        for n in ZONES:
            if n != GUESTS[DEAF]:
                self._zone(n).central.nbctl("set", "Logical_Router", f"mlr{n}",
                                            "options:mcast_relay=true")

    def flood_from_routers(self, *ports: tuple[int, str]) -> None:
        """Router ports that all multicast goes to, by number and switch."""
        for n, switch in ports:
            self._zone(n).central.nbctl("set", "Logical_Router_Port", f"mlr{n}-{switch}",
                                        "options:mcast_flood=true")

    def no_flood_from_routers(self, *ports: tuple[int, str]) -> None:
        for n, switch in ports:
            self._zone(n).central.nbctl("remove", "Logical_Router_Port", f"mlr{n}-{switch}",
                                        "options", "mcast_flood")

    def transit_options(self, **options: str) -> None:
        for zone in self.lab.zones:
            zone.central.nbctl("set", "Logical_Switch", SWITCH, *(
                f"other_config:{key}={value}" for key, value in options.items()))

    @contextmanager
    def joined(self, names: list[str], groups: Sequence[str]) -> Iterator[None]:
        """Guests that are members of groups, each known in the Southbound of its zone."""
        members = [Process(self.lab.journal, f"member-{name}", [
            "/usr/bin/python3", str(JOIN), name, *groups], self.guests[name].netns)
            for name in names]
        try:
            for member in members:
                member.start()
            for name in names:
                central = self._zone(GUESTS[name]).central
                port = central.rows("Port_Binding", f"logical_port={name}")[0]
                for group in groups:
                    wait_for(f"{name} in {group}", lambda: central.sbctl(
                        "--bare", "--columns=_uuid", "find", "IGMP_Group",
                        f'address="{group}"', f"ports{{>=}}{port}").strip(), timeout=20)
            yield
        finally:
            for member in members:
                member.stop()

    def sync(self) -> None:
        for zone in self.lab.zones:
            zone.central.sync()


def router_mac(n: int) -> str:
    """Of the router's port toward its guests."""
    return f"00:00:00:0{n}:0a:01"
