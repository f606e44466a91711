# SPDX-License-Identifier: Apache-2.0
"""A transit switch between switches (OVN 25.09 and later): one network over all zones.

    leafN-1, leafN-2 -- leafN -- spine -- other zones       172.16.1.0/24, fd16::/64

Hypervisors take part in the interconnection and send to the gateway of the zone whose switch
they mean; that gateway sends on to the hypervisors of its zone. The spine learns MAC addresses
from what passes. After OVN's test "spine-leaf"; in the last zone the address is not known."""

from __future__ import annotations

from .endpoint import Endpoint, wait_switch, wait_up
from .lab import Lab
from .shell import wait_for
from .zone import Zone

SPINE = "spine"


class SpineLeaf:
    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.last = lab.zones[-1].number
        self.guests = {(zone.number, k): self._guest(zone, k) for zone in lab.zones
                       for k in ((1,) if zone.number == self.last else (1, 2))}

    def _guest(self, zone: Zone, k: int) -> Endpoint:
        host = 10 * zone.number + k
        return Endpoint(self.lab, zone, f"leaf{zone.number}-{k}", f"f0:00:00:01:02:{host}",
                        f"172.16.1.{host}", f"fd16::{host}")

    def build(self) -> None:
        self.lab.interconnection.nbctl("ts-add", SPINE)
        for zone in self.lab.zones:
            zone.hypervisor.vsctl("set", "Open_vSwitch", ".",
                                  "external_ids:ovn-is-interconn=true")
            wait_switch(zone, SPINE)
            zone.central.nbctl(*self._leaf(zone))
        for (n, _), guest in self.guests.items():
            guest.attach(self.lab.zones[n - 1])
        for zone in self.lab.zones:
            for (n, _), guest in self.guests.items():
                if n == zone.number:
                    wait_up(zone, guest)
            for other in self.lab.zones:
                port = f"{SPINE}-to-leaf{other.number}"
                if other is not zone:
                    wait_for(f"{port} in {zone.central.name}", lambda: zone.central.chassis_of(
                        port) == other.gateway.name)
        for zone in self.lab.zones:
            zone.central.sync()

    def _leaf(self, zone: Zone) -> list[str]:
        n, leaf = zone.number, f"leaf{zone.number}"
        up, down = f"{leaf}-to-{SPINE}", f"{SPINE}-to-{leaf}"
        words = ["ls-add", leaf,
                 "--", "lsp-add", SPINE, down, "--", "lsp-add", leaf, up,
                 "--", "lsp-set-type", down, "switch", f"peer={up}",
                 "--", "lsp-set-type", up, "switch", f"peer={down}",
                 "--", "set", "Logical_Switch_Port", down,
                 f"options:requested-chassis={zone.gateway.name}"]
        for (m, _), guest in self.guests.items():
            if m == n:
                known = "unknown" if n == self.last else guest.lsp_address
                words += ["--", "lsp-add", leaf, guest.name,
                          "--", "lsp-set-addresses", guest.name, known]
        return words
