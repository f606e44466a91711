# SPDX-License-Identifier: Apache-2.0
"""A transit router (OVN 25.09 and later), and a switch that both zones have.

    extN -- outN -- gwrN -- tr -- shared -- podN      outN 192.168.N.0/24, fd0N:1::/64
                             |                        gwrN -- tr 100.65.N.0/30, fd65:N::/126
    other zones       ... -- tr -- shared -- ...      shared 10.200.0.0/24, fd20::/64

gwrN is a gateway router. Its port on tr is bound to the gateway of the zone and remote in the
others. So is podN: hypervisors take part in the interconnection and reach each other's pods
without a gateway; everything between a pod and an ext passes tr."""

from __future__ import annotations

from .endpoint import Endpoint, router_port
from .lab import Lab
from .shell import wait_for
from .zone import Zone

ROUTER, SWITCH, SWITCH_KEY = "tr", "shared", 10


class TransitRouter:
    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.ext: dict[int, Endpoint] = {}
        self.pods: dict[int, Endpoint] = {}
        for zone in lab.zones:
            n = zone.number
            self.ext[n] = Endpoint(lab, zone, f"ext{n}", f"00:00:00:02:0{n}:10",
                                   f"192.168.{n}.10", f"fd0{n}:1::10")
            self.pods[n] = Endpoint(lab, zone, f"pod{n}", f"00:00:00:03:00:0{n}",
                                    f"10.200.0.1{n}", f"fd20::1{n}")

    def build(self) -> None:
        interconnection = self.lab.interconnection
        interconnection.nbctl("tr-add", ROUTER)
        for zone in self.lab.zones:
            n = zone.number
            zone.hypervisor.vsctl("set", "Open_vSwitch", ".",
                                  "external_ids:ovn-is-interconn=true")
            interconnection.nbctl("trp-add", ROUTER, f"tr-gwr{n}", f"00:00:00:04:0{n}:02",
                                  f"100.65.{n}.2/30", f"fd65:{n}::2/126",
                                  f"chassis={zone.gateway.name}")
        for zone in self.lab.zones:
            self._build_zone(zone)
        for zone in self.lab.zones:
            self.ext[zone.number].attach(zone, f"192.168.{zone.number}.1", f"fd0{zone.number}:1::1")
            self.pods[zone.number].attach(zone, "10.200.0.1", "fd20::1")
        for zone in self.lab.zones:
            self._wait(zone)

    def _build_zone(self, zone: Zone) -> None:
        central = zone.central
        wait_for(f"ports of {ROUTER} in {central.name}", lambda: all(
            f"tr-gwr{other.number}" in central.nbctl("lrp-list", ROUTER)
            for other in self.lab.zones))
        central.nbctl(*self._gateway_router(zone), *self._shared_switch(zone),
                      *(word for other in self.lab.zones for word in self._routes(zone, other)))

    def _gateway_router(self, zone: Zone) -> list[str]:
        n = zone.number
        router, switch, ext = f"gwr{n}", f"out{n}", self.ext[n]
        return ["ls-add", switch,
                "--", "lsp-add", switch, ext.name,
                "--", "lsp-set-addresses", ext.name, ext.lsp_address,
                "--", "lr-add", router,
                "--", "set", "Logical_Router", router, f"options:chassis={zone.gateway.name}",
                "--", "lrp-add", router, f"{router}-{switch}", f"00:00:00:02:0{n}:01",
                f"192.168.{n}.1/24", f"fd0{n}:1::1/64",
                *router_port(switch, f"{switch}-{router}", f"{router}-{switch}"),
                "--", "lrp-add", router, f"{router}-tr", f"00:00:00:04:0{n}:01",
                f"100.65.{n}.1/30", f"fd65:{n}::1/126", f"peer=tr-{router}",
                "--", "set", "Logical_Router_Port", f"tr-{router}", f"peer={router}-tr"]

    def _shared_switch(self, zone: Zone) -> list[str]:
        words = ["--", "ls-add", SWITCH,
                 "--", "set", "Logical_Switch", SWITCH,
                 f"other_config:requested-tnl-key={SWITCH_KEY}",
                 "--", "lrp-add", ROUTER, f"tr-{SWITCH}", "00:00:00:03:00:00", "10.200.0.1/24",
                 "fd20::1/64",
                 "--", "lrp-set-gateway-chassis", f"tr-{SWITCH}", zone.gateway.name,
                 *router_port(SWITCH, f"{SWITCH}-tr", f"tr-{SWITCH}")]
        for other in self.lab.zones:
            pod = self.pods[other.number]
            words += ["--", "lsp-add", SWITCH, pod.name,
                      "--", "lsp-set-addresses", pod.name, pod.lsp_address,
                      "--", "lsp-set-options", pod.name,
                      f"requested-chassis={other.hypervisor.name}",
                      f"requested-tnl-key={100 + other.number}"]
            if other is not zone:
                words += ["--", "lsp-set-type", pod.name, "remote"]
        return words

    def _routes(self, zone: Zone, other: Zone) -> list[str]:
        """How the routers of a zone reach what is outside another."""
        n, m = zone.number, other.number
        routes = [(ROUTER, f"192.168.{m}.0/24", f"100.65.{m}.1"),
                  (ROUTER, f"fd0{m}:1::/64", f"fd65:{m}::1")]
        if other is zone:
            routes += [(f"gwr{n}", "10.200.0.0/24", f"100.65.{n}.2"),
                       (f"gwr{n}", "fd20::/64", f"fd65:{n}::2")]
        else:
            routes += [(f"gwr{n}", f"192.168.{m}.0/24", f"100.65.{n}.2"),
                       (f"gwr{n}", f"fd0{m}:1::/64", f"fd65:{n}::2")]
        return [word for route in routes for word in ("--", "lr-route-add", *route)]

    def _wait(self, zone: Zone) -> None:
        central, n = zone.central, zone.number
        for guest in (self.ext[n], self.pods[n]):
            wait_for(f"{guest.name} up",
                     lambda: central.nbctl("lsp-get-up", guest.name).strip() == "up")
        for port, chassis in (("cr-tr-shared", zone.gateway.name), (f"gwr{n}-tr", zone.gateway.name),
                              *((f"tr-gwr{other.number}", other.gateway.name)
                                for other in self.lab.zones if other is not zone),
                              *((f"pod{other.number}", other.hypervisor.name)
                                for other in self.lab.zones)):
            wait_for(f"{port} on {chassis} in {central.name}",
                     lambda: central.chassis_of(port) == chassis)
