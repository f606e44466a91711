# SPDX-License-Identifier: Apache-2.0
"""Matches at the edge of OVN's language: what ovn-controller refuses, so that it has no such
flow, and what it takes otherwise than it reads."""

from __future__ import annotations

from .plan import Topology

# Neither `ovn-nbctl acl-add` nor `lr-policy-add` reads a match.
REFUSED = ("ip.proto != 6", "eth.type != 0x86dd", "!tcp", "!ip6 && ip", "ip4 && !icmp4",
           "inport != \"nobody\"", "ip.ttl > 5", "udp || tcp && ip4", "!ip4.src == 10.1.0.0/16",
           "!!udp", "ip4.src == $no-set", "tcp.flags", "tcp.dst == 0.0.0.80", "udp.dst[0..3]",
           "ip4 || ip4.src == {10.0.0.0/8, $nothing}", "ip && inport == {@nobody, \"nobody\"}",
           "ip4.src == $mixed", "ip4.dst == $mixed || ip6")
TAKEN = ("!ip.is_frag && ip", "ip.later_frag", "!ip.first_frag && ip4", "!(tcp.dst == 80)",
         "!ip4.mcast && ip", "ip6.src == $mixed", "ip6.dst == $mixed", "ip4.src != $empty",
         "!(ip6.dst == $empty)", "ip4.src == {$empty, 10.1.0.0/16}", "ip4.src == $empty || udp",
         "1000 < udp.dst < 2000", "!eth.mcast && ip6", "!vlan.present && ip")


def add(topology: Topology) -> None:
    rng = topology.later
    if rng.random() >= 0.4:
        return
    zone = topology.zones[1]
    topology.features.add("odd-matches")
    members = [vm.ips[0] for vm in zone.vms()][:2] + ["fd01:1::11", "fd02::/16"]
    for name, addresses in (("mixed", members), ("empty", [])):
        zone.batch.add("create", "Address_Set", f"name={name}",
                       *(["addresses=" + ",".join(f'"{each}"' for each in addresses)]
                         if addresses else []))
        zone.batch.later("--if-exists", "destroy", "Address_Set", name)
    for _ in range(rng.randint(1, 3)):
        match = rng.choice(rng.choice((REFUSED, TAKEN)))
        if rng.random() < 0.6:
            zone.batch.add("--may-exist", "lr-policy-add", rng.choice(zone.routers).name,
                           str(rng.randint(2001, 3000)), match, "drop")
        else:
            switch = rng.choice(zone.switches).name
            zone.batch.add("--may-exist", "--type=switch", "acl-add", switch,
                           rng.choice(("to-lport", "from-lport")),
                           str(rng.randint(2001, 3000)), match, "drop")
