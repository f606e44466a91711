# SPDX-License-Identifier: Apache-2.0
"""Random topologies: routers, switches and guests. Routes and filters: see policy.py."""

from __future__ import annotations

import random

from . import oddities, policy, transit_router
from .batch import Batch
from .plan import Port, Router, Switch, Topology, Vm, Zone, host
from .world import CHASSIS, TRANSIT, ZONES

HYPERVISORS = ("hv11", "hv12", "hv13", "hv14")
GATEWAYS = {1: ("gw1", "gw1", "gw1", "gw1", "gw1", "gw1b"), 2: ("gw2", "gw2", "gw2b"),
            3: ("gw3",)}
LETTERS = "abcdefghijklmnop"


def make(seed: int, release: str) -> Topology:
    rng = random.Random(seed)
    transit = sorted(rng.sample(TRANSIT, rng.choice((1, 1, 2, 3))))
    zones = rng.choice((ZONES, ZONES, ZONES[:2]))
    topology = Topology(seed, rng, transit, {number: Zone(number) for number in zones},
                        release, random.Random(f"later {seed}"))
    learn = "true" if topology.chance(0.7, "learned-routes") else "false"
    for zone in topology.zones.values():
        zone.batch.add("set", "NB_Global", ".", f"options:ic-route-adv={learn}",
                       f"options:ic-route-learn={learn}")
        _add_routers(topology, zone)
    _add_inner_routers(topology, topology.zones[1])
    policy.add_sets(topology, topology.zones[1])
    for zone in topology.zones.values():
        policy.add_routes(topology, zone)
    policy.add_filters(topology, topology.zones[1])
    policy.add_services(topology, topology.zones[1])
    policy.add_neighbours(topology, topology.zones[1])
    transit_router.add(topology)
    oddities.add(topology)
    return topology


def _add_routers(topology: Topology, zone: Zone) -> None:
    count = topology.random.choice((1, 1, 2, 2, 3) if zone.number == 1 else (1, 1, 2))
    for index in range(count):
        router = add_router(topology, zone)
        for name in _joined(topology, zone):
            _join(topology, zone, router, name)
        for _ in range(topology.random.choice((1, 1, 2) if zone.number == 1 else (1, 1, 1))):
            add_switch(topology, zone, router)
        if count > 1 and index:
            topology.features.add("routers")


def _joined(topology: Topology, zone: Zone) -> list[str]:
    """ovn-ic of some releases, 23.03 among them, never comes to rest when two routers of
    a zone advertise their routes on the same transit switch."""
    taken = {port.transit for port in zone.ports()} \
        if "learned-routes" in topology.features else set()
    free = [name for name in topology.transit if name not in taken]
    return topology.random.sample(free, topology.random.randint(min(1, len(free)), len(free)))


def add_router(topology: Topology, zone: Zone) -> Router:
    router = Router(f"lr{zone.number}{LETTERS[len(zone.routers)]}", zone.number)
    zone.routers.append(router)
    zone.batch.add("lr-add", router.name)
    zone.batch.later("--if-exists", "lr-del", router.name)
    for option in ("always_learn_from_arp_request=false", "dynamic_neigh_routers=true"):
        if topology.chance(0.15, option.split("=", maxsplit=1)[0]):
            zone.batch.add("set", "Logical_Router", router.name, f"options:{option}")
    return router


def _join(topology: Topology, zone: Zone, router: Router, transit: str) -> None:
    """A port of the router on a transit switch."""
    number = TRANSIT.index(transit) + 1
    own = zone.number * 10 + len(zone.routers)
    networks = [f"169.254.{100 + number}.{own}/24"]
    # Without an IPv6 address that it could advertise, ovn-ic 23.03 never comes to rest.
    if topology.chance(1 if "learned-routes" in topology.features else 0.6, "transit-ipv6"):
        networks.append(topology.random.choice(
            (f"fd00:10{number}::{own}/64", f"fe80:10{number}::{own}/64")))
    if topology.chance(0.2, "several-networks"):
        networks.append(f"169.254.{110 + number}.{own}/24")
    port = add_port(topology, zone, router, f"{router.name}-{transit}", networks)
    port.transit = port.peer = transit
    # The first port of zone 1 is always the gateway's under test.
    port.chassis = topology.random.choice(GATEWAYS[zone.number] if len(zone.ports()) > 1
                                          else GATEWAYS[zone.number][:1])
    attach(zone.batch, transit, f"{transit}-{router.name}", port)
    zone.batch.later("--if-exists", "lsp-del", f"{transit}-{router.name}")
    zone.batch.add("lrp-set-gateway-chassis", port.name, port.chassis, "10")
    if port.chassis != "gw1":
        zone.bindings[f"cr-{port.name}"] = port.chassis
    if topology.chance(0.15, "gateway_mtu"):
        mtu = topology.random.choice((576, 1280, 1400, 1500))
        zone.batch.add("lrp-set-options", port.name, f"gateway_mtu={mtu}")


def add_port(topology: Topology, zone: Zone, router: Router, name: str,
             networks: list[str]) -> Port:
    port = Port(name, router, topology.mac(zone.number), networks)
    router.ports.append(port)
    zone.batch.add("lrp-add", router.name, name, port.mac, *networks)
    return port


def attach(batch: Batch, switch: str, name: str, port: Port) -> None:
    batch.add("lsp-add", switch, name)
    batch.add("lsp-set-type", name, "router")
    batch.add("lsp-set-addresses", name, "router")
    batch.add("lsp-set-options", name, f"router-port={port.name}")


def _prefixes(topology: Topology, zone: Zone, index: int) -> list[str]:
    rng = topology.random
    four = f"10.{zone.number}.{index}.0/24"
    if topology.chance(0.15, "overlapping-prefixes"):
        # Each length once in a zone: the same network twice is two contradicting routes.
        wide = f"10.9.0.0/{(16, 20, 21, 22, 23, 19, 18, 17)[index % 8]}"
        four = rng.choice((f"10.9.{index}.0/24", wide))
    six = f"fd0{zone.number}:{index:x}::/{rng.choice((64, 64, 80, 112))}"
    chosen = rng.choice(([four], [four, six], [four, six], [six]))
    if topology.chance(0.2, "several-networks"):
        chosen.append(f"172.16.{zone.number * 16 + index}.0/{rng.choice((24, 26, 28))}")
    return chosen


def add_switch(topology: Topology, zone: Zone, router: Router) -> Switch:
    index = len(zone.switches) + 1
    name = f"ls{zone.number}{LETTERS[index]}"
    switch = Switch(name, zone.number, _prefixes(topology, zone, index))
    zone.switches.append(switch)
    zone.batch.add("ls-add", name)
    zone.batch.later("--if-exists", "ls-del", name)
    networks = [_first(prefix) for prefix in switch.networks]
    port = add_port(topology, zone, router, f"{router.name}-{name}", networks)
    port.peer = name
    attach(zone.batch, name, f"{name}-{router.name}", port)
    if zone.number == 1:
        for number in range(topology.random.randint(1, 4)):
            _add_vm(topology, zone, switch, number)
    return switch


def _first(prefix: str) -> str:
    base, length = prefix.split("/")
    return (f"{base}1" if ":" in base else f"{base.rsplit('.', 1)[0]}.1") + f"/{length}"


def _add_vm(topology: Topology, zone: Zone, switch: Switch, number: int) -> None:
    rng = topology.random
    # Two guests with the same address would be flows that contradict each other.
    ips = [host(rng, prefix, 2 + 3 * number, 4 + 3 * number) for prefix in switch.networks]
    vm = Vm(f"vm-{switch.name}-{number}", switch.name, topology.mac(1), ips,
            rng.choice((*HYPERVISORS, "")))
    if topology.chance(0.3, "several-addresses"):
        vm.ips.append(host(rng, switch.networks[0], 60 + 4 * number, 63 + 4 * number))
    elif topology.chance(0.2, "partly-addressed"):
        vm.ips = vm.ips[:1]
    switch.vms.append(vm)
    addresses = [" ".join([vm.mac, *vm.ips])]
    if topology.chance(0.15, "unknown-addresses"):
        vm.unknown = True
        addresses = rng.choice(([*addresses, "unknown"], ["unknown"]))
    zone.batch.add("lsp-add", switch.name, vm.name)
    zone.batch.add("lsp-set-addresses", vm.name, *addresses)
    if topology.chance(0.2, "port-security"):
        zone.batch.add("lsp-set-port-security", vm.name, rng.choice(
            (vm.mac, " ".join([vm.mac, *vm.ips]))))
    if topology.chance(0.05, "disabled-port"):
        zone.batch.add("lsp-set-enabled", vm.name, "disabled")
    if vm.chassis:
        bind(topology, zone, vm)


def bind(topology: Topology, zone: Zone, vm: Vm) -> None:
    """Where there are several encaps it names one: stock's choice would be anyone's guess."""
    zone.bindings[vm.name] = vm.chassis
    addresses = next(each.addresses for each in CHASSIS if each.name == vm.chassis)
    if len(addresses) > 1:
        zone.encaps[vm.name] = topology.later.choice(addresses)
        topology.features.add("encaps")


def _add_inner_routers(topology: Topology, zone: Zone) -> None:
    """Routers behind routers: by a switch between them, or port to port."""
    for outer in list(zone.routers):
        if not topology.chance(0.35, "routers-behind-routers"):
            continue
        inner = add_router(topology, zone)
        index = len(zone.routers)
        add_switch(topology, zone, inner)
        four, six = f"100.64.{index}", f"fd64:{index}:"
        low = [f"{four}.1/24", f"{six}:1/64"]
        high = [f"{four}.2/24", f"{six}:2/64"]
        down = add_port(topology, zone, outer, f"{outer.name}-{inner.name}", low)
        up = add_port(topology, zone, inner, f"{inner.name}-{outer.name}", high)
        if topology.chance(0.5, "router-to-router"):
            zone.batch.add("set", "Logical_Router_Port", down.name, f"peer={up.name}")
            zone.batch.add("set", "Logical_Router_Port", up.name, f"peer={down.name}")
        else:
            join = f"join{index}"
            zone.batch.add("ls-add", join)
            zone.batch.later("--if-exists", "ls-del", join)
            attach(zone.batch, join, f"{join}-{outer.name}", down)
            attach(zone.batch, join, f"{join}-{inner.name}", up)
        _route_between(topology, zone, outer, inner, (low, high))


def _route_between(topology: Topology, zone: Zone, outer: Router, inner: Router,
                   ends: tuple[list[str], list[str]]) -> None:
    low, high = ([each.split("/")[0] for each in networks] for networks in ends)
    for port in inner.ports:
        for network in port.networks if port.peer else ():
            zone.batch.add("--may-exist", "lr-route-add", outer.name, network_of(network),
                           high[1 if ":" in network else 0])
    if topology.chance(0.9):
        zone.batch.add("lr-route-add", inner.name, "0.0.0.0/0", low[0])
        zone.batch.add("lr-route-add", inner.name, "::/0", low[1])
        topology.forwarded.update(("0.0.0.0/0", "::/0"))


def network_of(address: str) -> str:
    base, length = address.split("/")
    return (base[:-1] if ":" in base else f"{base.rsplit('.', 1)[0]}.0") + f"/{length}"
