# SPDX-License-Identifier: Apache-2.0
"""Random routes, policies, filters and known neighbours of a topology."""

from __future__ import annotations

import ipaddress
from typing import Sequence

from .plan import Port, Router, Topology, Zone, host, version

# What is outside of them all: for each address ovn-controller has as many flows as its
# prefix is long, and for several the product. Five hosts are 33 million, and the end of it.
FEW = {4: ("10.0.0.0/8", "192.168.0.0/16"), 6: ("fd00::/8", "fe00::/7")}

SOMEWHERE = ("10.0.0.0/8", "10.9.0.0/16", "10.2.0.0/16", "10.3.0.0/17", "192.168.0.0/16",
             "203.0.113.0/24", "0.0.0.0/0", "198.51.100.7/32", "10.2.1.128/25",
             "fd00::/8", "fd02::/16", "::/0", "2001:db8:5::/48", "fd03:1::10/128")


def next_hops(topology: Topology, router: Router, wanted: int) -> list[tuple[str, str]]:
    """(address, own port) of other routers on the same transit switches, and of
    addresses in the router's own networks where perhaps nobody is."""
    found: list[tuple[str, str]] = []
    for port in router.ports:
        for zone in topology.zones.values():
            for other in zone.ports():
                if port.transit and other.transit == port.transit and other is not port:
                    found += [(each, port.name) for each in other.addresses(wanted)]
        for network in port.networks:
            if version(network) == wanted:
                prefix = str(ipaddress.ip_interface(network).network)
                found.append((host(topology.random, prefix, 2, 60), port.name))
    return found


def add_routes(topology: Topology, zone: Zone) -> None:
    for router in zone.routers:
        for _ in range(topology.random.randint(0, 4 if zone.number == 1 else 2)):
            _add_route(topology, zone, router)
        if zone.number == 1 and topology.chance(0.3, "policies"):
            for _ in range(topology.random.randint(1, 4)):
                add_policy(topology, zone, router)
    if zone.number == 1 and topology.chance(0.15, "route-tables"):
        router = topology.random.choice(zone.routers)
        port = topology.random.choice(router.ports)
        zone.batch.add("set", "Logical_Router_Port", port.name, "options:route_table=rtb1")
        for _ in range(2):
            _add_route(topology, zone, router, "--route-table=rtb1")


def _add_route(topology: Topology, zone: Zone, router: Router, *flags: str) -> None:
    rng = topology.random
    prefix = rng.choice(SOMEWHERE)
    hops = next_hops(topology, router, version(prefix))
    if topology.chance(0.12, "discard"):
        if not may_have(topology, prefix, topology.discarded):
            return
        zone.batch.add("--may-exist", *flags, "lr-route-add", router.name, prefix, "discard")
        return
    if not hops or not may_have(topology, prefix, topology.forwarded):
        return
    if topology.chance(0.1, "source-routes"):
        flags = (*flags, "--policy=src-ip")
    count = 1
    if topology.chance(0.3, "ecmp"):
        flags, count = (*flags, "--ecmp"), rng.randint(2, 4)
        if topology.chance(0.08, "ecmp-symmetric-reply"):
            flags = (*flags[:-1], "--ecmp-symmetric-reply")
    else:
        flags = (*flags, "--may-exist")
    for address, port in rng.sample(hops, min(count, len(hops))):
        out = [port] if rng.random() < 0.5 else []
        zone.batch.add(*flags, "lr-route-add", router.name, prefix, address, *out)


def may_have(topology: Topology, prefix: str, kind: set[str]) -> bool:
    """ovn-northd of 25.03 crashes where a router has a discard route and another one, of
    whatever kind, for the same prefix (ovn-org/ovn#302)."""
    others = topology.discarded | (topology.forwarded if kind is topology.discarded else set())
    if topology.release == "25.03" and prefix in others:
        return False
    kind.add(prefix)
    return True


def add_policy(topology: Topology, zone: Zone, router: Router) -> None:
    rng = topology.random
    wanted = rng.choice((4, 4, 6))
    hops = next_hops(topology, router, wanted)
    match = condition(topology, zone, wanted, [port.name for port in router.ports])
    action = rng.choice(("allow", "drop", "reroute"))
    target: list[str] = []
    if action == "reroute":
        if not hops:
            return
        count = min(len(hops), rng.choice((1, 1, 2, 3)))
        target = [",".join(sorted({hop for hop, _ in rng.sample(hops, count)}))]
        topology.features.add("reroute-ecmp" if "," in target[0] else "reroute")
    zone.batch.add("--may-exist", "lr-policy-add", router.name, str(rng.randint(1, 2000)), match,
                   action, *target)


def condition(topology: Topology, zone: Zone, wanted: int, inports: list[str]) -> str:
    """A match over addresses, ports and protocols of one IP version."""
    rng = topology.random
    # ip.dscp and ranges of ip.ttl are not among the fields: Open vSwitch cannot mask them,
    # and a stock gateway then has flows without them, or none.
    prefixes = [str(ipaddress.ip_interface(network).network) for each in topology.zones.values()
                for port in each.ports() for network in port.networks
                if version(network) == wanted]
    prefixes += [prefix for prefix in SOMEWHERE if version(prefix) == wanted]
    sets = [f"${name}" for name, number in zone.sets.items() if number == wanted]
    form = rng.choice((f"ip{wanted}.src == {{}}", f"ip{wanted}.dst == {{}}",
                       f"ip{wanted}.dst != {{}}"))
    what = rng.choice(prefixes + sets)
    if "!=" in form and what in sets:
        what = f"$few{wanted}"
    parts = [form.format(what)]
    if rng.random() < 0.3:
        parts.append(f"inport == \"{rng.choice(inports)}\"")
    if rng.random() < 0.35:
        parts.append(rng.choice(("udp", "tcp.dst == 80", "udp.dst >= 1000 && udp.dst < 2000",
                                 f"icmp{wanted}", "tcp.flags == 2", "sctp",
                                 f"icmp{wanted}.type == {8 if wanted == 4 else 128}",
                                 "!ip.frag" if wanted == 4 else "ip6")))
    return (f"ip{wanted} && " + " && ".join(parts)) if rng.random() < 0.8 else parts[0]


def add_sets(topology: Topology, zone: Zone) -> None:
    rng = topology.random
    if topology.chance(0.4, "address-sets"):
        for number in (4, 6):
            members = rng.sample([each for each in SOMEWHERE if version(each) == number], 3)
            members += [ip for vm in zone.vms() for ip in vm.ips if version(ip) == number][:2]
            zone.sets[f"as{number}"] = number
            _add_set(zone, f"as{number}", members)
            _add_set(zone, f"few{number}", FEW[number])


def _add_set(zone: Zone, name: str, members: Sequence[str]) -> None:
    zone.batch.add("create", "Address_Set", f"name={name}",
                   "addresses=" + ",".join(f'"{each}"' for each in members))
    zone.batch.later("--if-exists", "destroy", "Address_Set", name)


def add_filters(topology: Topology, zone: Zone) -> None:
    rng = topology.random
    if zone.vms() and topology.chance(0.3, "port-groups"):
        members = [vm.name for vm in zone.vms() if rng.random() < 0.6] or [zone.vms()[0].name]
        zone.batch.add("pg-add", "pg1", *members)
        zone.batch.later("pg-del", "pg1")
        _add_acls(topology, zone, "pg1", "@pg1")
    for switch in zone.switches:
        if topology.chance(0.25, "acl-switch"):
            _add_acls(topology, zone, switch.name, "")
    for transit in topology.transit:
        if topology.chance(0.2, "acl-transit"):
            _add_acls(topology, zone, transit, "")
            zone.batch.later("acl-del", transit)


def _add_acls(topology: Topology, zone: Zone, entity: str, group: str) -> None:
    rng = topology.random
    stateful = topology.chance(0.25, "acl-stateful")
    for _ in range(rng.randint(1, 3)):
        direction = rng.choice(("to-lport", "to-lport", "from-lport"))
        match = filter_match(topology, zone, entity, direction, group)
        actions = ["allow-stateless", "drop", "drop"] + ["allow-related"] * 2 * stateful
        if not stateful:
            actions.append("allow")
        zone.batch.add("--may-exist", *(["--type=port-group"] if group else ["--type=switch"]),
                       "acl-add", entity, direction, str(rng.randint(1, 2000)), match,
                       rng.choice(actions))


def add_services(topology: Topology, zone: Zone) -> None:
    """What needs connection tracking on the gateway: ovnic-gw has to say so beforehand."""
    rng = topology.random
    routers = [router for router in zone.routers
               if sum(bool(port.transit) for port in router.ports) == 1]
    if routers and topology.chance(0.06, "nat"):
        kind, inside = rng.choice((("snat", "10.1.1.0/24"), ("dnat_and_snat", "10.1.1.11")))
        zone.batch.add("lr-nat-add", rng.choice(routers).name, kind, "172.31.0.9", inside)
    if routers and topology.chance(0.06, "load-balancer"):
        zone.batch.add("lb-add", "lb1", "172.31.0.10:80", "10.1.1.11:80,10.1.2.11:80", "tcp")
        zone.batch.add("lr-lb-add", rng.choice(routers).name, "lb1")
        zone.batch.later("--if-exists", "lb-del", "lb1")


def filter_match(topology: Topology, zone: Zone, entity: str, direction: str, group: str) -> str:
    rng = topology.random
    wanted = rng.choice((4, 4, 6))
    side = "outport" if direction == "to-lport" else "inport"
    names = [vm.name for vm in zone.vms() if vm.switch == entity]
    names += [f"{entity}-{router.name}" for router in zone.routers
              for port in router.ports if port.peer == entity]
    parts = [condition(topology, zone, wanted, names or ["nobody"])]
    if group:
        parts.append(f"{side} == {group}")
    elif names and rng.random() < 0.5:
        parts.append(f"{side} == \"{rng.choice(names)}\"")
    if rng.random() < 0.1:
        return rng.choice(("ip", "arp", "eth.type == 0x86dd", "udp || tcp", f"ip{wanted}"))
    return " && ".join(part if " || " not in part else f"({part})" for part in parts)


def add_neighbours(topology: Topology, zone: Zone) -> None:
    """MAC addresses that somebody learned before: of next hops, of guests whose
    addresses nobody configured."""
    rng = topology.random
    if topology.chance(0.5, "mac-bindings"):
        for port in zone.ports():
            for network in port.networks:
                if rng.random() < 0.5:
                    _add_neighbour(topology, zone, port, network)


def _add_neighbour(topology: Topology, zone: Zone, port: Port, network: str) -> None:
    prefix = str(ipaddress.ip_interface(network).network)
    zone.macs[port.name, host(topology.random, prefix, 2, 60)] = topology.mac(7)
    unknown = [vm for vm in zone.vms() if vm.unknown and vm.switch == port.peer]
    for vm in unknown:
        zone.macs.update({(port.name, ip): vm.mac for ip in vm.ips})
