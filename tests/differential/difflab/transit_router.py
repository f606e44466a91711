# SPDX-License-Identifier: Apache-2.0
"""A router that the zones have in common (OVN 25.09 and later).

    switch -- gwrN -- tr -- shared      gwrN: a gateway router in each zone
                       |                shared: in zone 1 only, with ports that are
    other zones  ... --+                remote, as if zones 2 and 3 had it too

For a stock gateway a transit router is there only when more than a gateway router is
behind it: the shared switch is always made.

See tests/lab/ovnlab/transit_router.py for the same with real guests."""

from __future__ import annotations

from . import policy, topology as base
from .plan import Port, Router, Topology, Vm, Zone

FIRST_RELEASE = (25, 9)
ROUTER, SHARED, SHARED_KEY = "tr", "shared", 500
GATEWAYS = {1: ("gw1", "gw1", "gw1", "gw1b"), 2: ("gw2", "gw2b"), 3: ("gw3",)}


def add(topology: Topology) -> None:
    """Comes last: it draws from a generator of its own."""
    release = tuple(int(part) for part in topology.release.split("."))
    topology.random = topology.later
    if release < FIRST_RELEASE or not topology.chance(0.4, "transit-router"):
        return
    batch = topology.interconnection
    batch.add("tr-add", ROUTER)
    batch.later("--if-exists", "tr-del", ROUTER)
    routers = [_gateway_router(topology, zone) for zone in topology.zones.values()]
    for router in routers:
        for other in routers:
            _routes(topology, router, other)
    _shared_switch(topology, topology.zones[1])
    if topology.chance(0.3, "transit-router-policies"):
        policy.add_policy(topology, topology.zones[1], routers[0])


def _gateway_router(topology: Topology, zone: Zone) -> Router:
    n, rng = zone.number, topology.random
    chassis = rng.choice(GATEWAYS[n])
    router = base.add_router(topology, zone)
    zone.batch.add("set", "Logical_Router", router.name, f"options:chassis={chassis}")
    up = base.add_port(topology, zone, router, f"{router.name}-{ROUTER}",
                       [f"100.65.{n}.1/30", f"fd65:{n}::1/126"])
    up.chassis = chassis
    there = f"{ROUTER}-{router.name}"
    topology.interconnection.add("trp-add", ROUTER, there, topology.mac(n),
                                 f"100.65.{n}.2/30", f"fd65:{n}::2/126", f"chassis={chassis}")
    topology.awaited.append(there)
    zone.batch.add("set", "Logical_Router_Port", up.name, f"peer={there}")
    zone.batch.add("set", "Logical_Router_Port", there, f"peer={up.name}")
    if chassis != "gw1":
        zone.bindings[up.name] = chassis
    base.add_switch(topology, zone, router)
    if topology.chance(0.2, "gateway_mtu"):
        zone.batch.add("lrp-set-options", up.name, f"gateway_mtu={rng.choice((576, 1280, 1400))}")
    return router


def _routes(topology: Topology, router: Router, other: Router) -> None:
    """To what is behind the other one: tr knows the way, and gateway routers ask tr."""
    zone = topology.zones[router.zone]
    for port in other.ports:
        for network in port.networks if port.peer else ():
            six = ":" in network
            hop = f"fd65:{other.zone}::1" if six else f"100.65.{other.zone}.1"
            zone.batch.add("--may-exist", "lr-route-add", ROUTER, base.network_of(network), hop)
            if other is not router and topology.chance(0.9):
                hop = f"fd65:{router.zone}::2" if six else f"100.65.{router.zone}.2"
                zone.batch.add("--may-exist", "lr-route-add", router.name,
                               base.network_of(network), hop)


def _shared_switch(topology: Topology, zone: Zone) -> None:
    rng, batch = topology.random, zone.batch
    port = Port(f"{ROUTER}-{SHARED}", Router(ROUTER, 1), topology.mac(1),
                ["10.200.0.1/24", "fd20::1/64"], peer=SHARED)
    batch.add("ls-add", SHARED)
    batch.later("--if-exists", "ls-del", SHARED)
    batch.add("set", "Logical_Switch", SHARED, f"other_config:requested-tnl-key={SHARED_KEY}")
    batch.add("lrp-add", ROUTER, port.name, port.mac, *port.networks)
    batch.later("--if-exists", "lrp-del", port.name)
    batch.add("lrp-set-gateway-chassis", port.name, "gw1", "10")
    base.attach(batch, SHARED, f"{SHARED}-{ROUTER}", port)
    for number in range(rng.randint(2, 5)):
        chassis = rng.choice((*base.HYPERVISORS, "gw2", "gw3"))
        vm = Vm(f"pod-{number}", SHARED, topology.mac(1),
                [f"10.200.0.{10 + number}", f"fd20::{10 + number}"], chassis)
        batch.add("lsp-add", SHARED, vm.name)
        batch.add("lsp-set-addresses", vm.name, " ".join([vm.mac, *vm.ips]))
        batch.add("lsp-set-options", vm.name, f"requested-chassis={chassis}",
                  f"requested-tnl-key={100 + number}")
        if chassis in ("gw2", "gw3"):
            batch.add("lsp-set-type", vm.name, "remote")
        else:
            base.bind(topology, zone, vm)
