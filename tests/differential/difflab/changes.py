# SPDX-License-Identifier: Apache-2.0
"""Random changes of a topology that is there: for who follows the databases."""

from __future__ import annotations

import ipaddress
import random

from .plan import Router, Switch, Topology, Vm, host, version
from .topology import HYPERVISORS

SHARE = 0.4   # of guests, routers and switches

Commands = list[list[str]]


def make(topology: Topology) -> tuple[Commands, Commands]:
    """For ovn-nbctl and then ovn-sbctl of zone 1."""
    rng = random.Random(f"changes {topology.seed}")
    zone = topology.zones[1]
    northbound: Commands = []
    southbound: Commands = []
    for switch in zone.switches:
        taken = {address for vm in switch.vms for address in vm.ips}
        for vm in switch.vms:
            if rng.random() < SHARE:
                if vm.chassis and rng.random() < 0.3:
                    southbound += _move(rng, vm)
                else:
                    northbound.append(_change_vm(rng, switch, vm, taken))
        if rng.random() < SHARE:
            northbound.append(_change_switch(rng, switch))
    for router in zone.routers:
        if rng.random() < SHARE:
            northbound.append(_change_router(rng, router))
    for transit in topology.transit:
        if rng.random() < SHARE / 2:   # an ACL makes much of it slow
            northbound.append(["--may-exist", "acl-add", transit, "to-lport", "1500",
                               "ip4 && ip.ttl == 3", "drop"])
            zone.batch.later("acl-del", transit)   # unlike others it stays with the next one
    return northbound, southbound


def _move(rng: random.Random, vm: Vm) -> Commands:
    return [["lsp-unbind", vm.name], ["lsp-bind", vm.name, rng.choice(HYPERVISORS)]]


def _free(rng: random.Random, switch: Switch, taken: set[str]) -> str:
    """ovn-nbctl refuses addresses that another port of the switch has."""
    while (address := host(rng, switch.networks[0], 70, 90)) in taken:
        pass
    taken.add(address)
    return address


def _change_vm(rng: random.Random, switch: Switch, vm: Vm, taken: set[str]) -> list[str]:
    known = " ".join([vm.mac, *vm.ips])
    other = " ".join([vm.mac, _free(rng, switch, taken)])
    return rng.choice((
        ["lsp-del", vm.name],
        ["lsp-set-enabled", vm.name, rng.choice(("disabled", "enabled"))],
        ["lsp-set-port-security", vm.name, rng.choice(("", vm.mac, known))],
        ["lsp-set-addresses", vm.name, known],
        ["lsp-set-addresses", vm.name, other],
        ["lsp-set-addresses", vm.name, known, "unknown"],
        ["lsp-set-addresses", vm.name, "unknown"],
    ))


def _change_switch(rng: random.Random, switch: Switch) -> list[str]:
    name = f"new-{switch.name}"
    match = rng.choice(("ip4", "ip6 && tcp", "icmp4 || icmp6", f'outport == "{name}"'))
    return rng.choice((
        ["lsp-add", switch.name, name, "--", "lsp-set-addresses", name, "unknown"],
        ["lsp-add", switch.name, name],
        ["acl-add", switch.name, "to-lport", "1500", match, rng.choice(("drop", "allow-stateless"))],
        ["acl-del", switch.name],
    ))


def _change_router(rng: random.Random, router: Router) -> list[str]:
    address = rng.choice(router.ports).networks[0].split("/")[0]
    length = rng.choice((112, 128) if version(address) == 6 else (24, 32))
    prefix = str(ipaddress.ip_network(f"{address}/{length}", strict=False))
    return rng.choice((
        ["--may-exist", "lr-route-add", router.name, prefix, "discard"],
        ["lr-route-del", router.name],
        ["--may-exist", "lr-policy-add", router.name, "900", f"ip{version(address)}.src == {prefix}",
         rng.choice(("drop", "allow"))],
        ["lr-policy-del", router.name],
        ["set", "Logical_Router", router.name, "options:always_learn_from_arp_request=false"],
    ))
