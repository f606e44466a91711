# SPDX-License-Identifier: Apache-2.0
"""The default VPC of Kube-OVN in every zone, built as its controller builds it.

    podN -- ovn-default -- ovn-cluster -- ts, ts2, ts3 -- other zones     ovn-default 10.16N.0.0/16
    node -- join ------------'                                            join 100.6N.0.0/16

Names, policies and priorities are the controller's; the router has them because the policies
decide where packets go before its routes do. Clusters that are joined must not overlap, so the
subnets, which are the same in every new cluster, are numbered by zone here."""

from __future__ import annotations

from ipaddress import ip_network

from .guest import MTU, Guest
from .lab import Lab
from .shell import wait_for
from .zone import Zone

ROUTER, SUBNET, JOIN = "ovn-cluster", "ovn-default", "join"
SWITCHES = ("ts", "ts2", "ts3")   # ts1 is the lab's own
LOCAL_SUBNET, NODE, INTERCONNECTION, GATEWAY = 31000, 30000, 29500, 29000
OTHER_PODS = 40   # of the node, besides the one with a guest: the set of sources is a large one


class Pod(Guest):
    def __init__(self, lab: Lab, zone: Zone) -> None:
        n = zone.number
        super().__init__(lab.journal, f"kpod{n}", n, 10)
        self.mac = f"00:00:00:16:0{n}:10"
        self.ipv4, self.ipv6 = f"10.16{n}.0.10", f"fd00:10:16{n}::10"

    def attach(self, zone: Zone) -> None:
        n = zone.number
        zone.hypervisor.add_vif(self.name, self.netns, self.name)
        ip = self.netns.ip
        ip("link", "set", self.name, "address", self.mac, "mtu", str(MTU), "up")
        self.add_addresses(self.ipv4, self.ipv6)
        ip("route", "add", "default", "via", f"10.16{n}.0.1")
        ip("-6", "route", "add", "default", "via", f"fd00:10:16{n}::1")


class KubeOvn:
    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.pods = {zone.number: Pod(lab, zone) for zone in lab.zones}

    def build(self) -> None:
        for switch in SWITCHES:
            self.lab.interconnection.nbctl("ts-add", switch)
        for zone in self.lab.zones:
            self._build_zone(zone)
            self.pods[zone.number].attach(zone)
        for zone in self.lab.zones:
            self._wait(zone)
            self._follow_routes(zone)
        for zone in self.lab.zones:
            zone.central.sync()

    def _build_zone(self, zone: Zone) -> None:
        central = zone.central
        wait_for(f"{SWITCHES} in {central.name}", lambda: set(SWITCHES) <= set(
            central.nbctl("--bare", "--columns=name", "list", "Logical_Switch").split()))
        central.nbctl(*self._subnets(zone), *self._pods(zone), *self._node(zone))
        central.nbctl(*self._policies(zone))
        central.nbctl(*self._interconnection(zone))

    def _subnets(self, zone: Zone) -> list[str]:
        n = zone.number
        return ["lr-add", ROUTER,
                *_subnet(SUBNET, f"00:00:00:16:0{n}:01", f"10.16{n}.0.1/16", f"fd00:10:16{n}::1/112"),
                *_subnet(JOIN, f"00:00:00:64:0{n}:01", f"100.6{n}.0.1/16", f"fd00:100:6{n}::1/112"),
                "--", "lb-add", "cluster-tcp-loadbalancer", "10.96.0.1:443", f"10.16{n}.0.10:6443",
                "--", "ls-lb-add", SUBNET, "cluster-tcp-loadbalancer",
                "--", "ls-lb-add", JOIN, "cluster-tcp-loadbalancer"]

    def _pods(self, zone: Zone) -> list[str]:
        n, pod = zone.number, self.pods[zone.number]
        ports = [(pod.name, f"{pod.mac} {pod.ipv4} {pod.ipv6}")]
        for k in range(OTHER_PODS):
            ports.append((f"kpod{n}-{k}", f"00:00:00:16:1{n}:{k:02x} "
                          f"10.16{n}.{k % 4}.{100 + k} fd00:10:16{n}::{k % 4}:{100 + k}"))
        words: list[str] = []
        for name, addresses in ports:
            words += ["--", "lsp-add", SUBNET, name, "--", "lsp-set-addresses", name, addresses]
        return [*words, "--", "pg-add", _port_group(zone), *(name for name, _ in ports)]

    def _node(self, zone: Zone) -> list[str]:
        """The node's own port, which packets for and from the node pass."""
        n = zone.number
        port = f"node-{zone.hypervisor.name}"
        return ["--", "lsp-add", JOIN, port, "--", "lsp-set-addresses", port,
                f"00:00:00:64:0{n}:02 100.6{n}.0.2 fd00:100:6{n}::2",
                "--", "lr-route-add", ROUTER, "0.0.0.0/0", f"100.6{n}.0.1",
                "--", "lr-route-add", ROUTER, "::/0", f"fd00:100:6{n}::1"]

    def _policies(self, zone: Zone) -> list[str]:
        n = zone.number
        node4, node6 = f"100.6{n}.0.2", f"fd00:100:6{n}::2"
        group = _port_group(zone)
        rules: list[tuple[int, str, list[str]]] = []
        for network in _networks(zone):
            rules.append((LOCAL_SUBNET, f"{_family(network)}.dst == {network}", ["allow"]))
        rules += [(NODE, f"ip4.dst == 172.18.{n}.2", ["reroute", node4]),
                  (NODE, f"ip6.dst == fc00:18:{n}::2", ["reroute", node6]),
                  (GATEWAY, f"ip4.src == ${group}_ip4", ["reroute", node4]),
                  (GATEWAY, f"ip6.src == ${group}_ip6", ["reroute", node6])]
        words: list[str] = []
        for priority, match, action in rules:
            words += ["--", "lr-policy-add", ROUTER, str(priority), match, *action]
        return words[1:]

    def _interconnection(self, zone: Zone) -> list[str]:
        n, words = zone.number, []
        for index, switch in enumerate(SWITCHES):
            router_port, port = f"az{n}-{switch}", f"{switch}-az{n}"
            words += ["--", "lrp-add", ROUTER, router_port, f"00:00:00:a9:{index:02x}:0{n}",
                      f"{transit_address(index, zone)}/24", f"fe80:a9fe:{index + 0x64:x}::{n}/112",
                      "--", "lsp-add", switch, port, "--", "lsp-set-type", port, "router",
                      "--", "lsp-set-addresses", port, "router",
                      "--", "lsp-set-options", port, f"router-port={router_port}",
                      "--", "lrp-set-gateway-chassis", router_port, zone.gateway.name, "100"]
        return words[1:]

    def _wait(self, zone: Zone) -> None:
        central, pod = zone.central, self.pods[zone.number]
        wait_for(f"{pod.name} up", lambda: central.nbctl("lsp-get-up", pod.name).strip() == "up")
        for switch in SWITCHES:
            port = f"cr-az{zone.number}-{switch}"
            wait_for(f"{port} claimed", lambda: central.chassis_of(port) == zone.gateway.name)
        for other in self.lab.zones:
            if other is not zone:
                wait_for(f"routes to {other.central.name} over {SWITCHES}", lambda: all(
                    self._learned(zone).count(network) == len(SWITCHES)
                    for network in _networks(other)))

    @staticmethod
    def _learned(zone: Zone) -> list[str]:
        """The networks that ovn-ic has learned, one for each next hop."""
        lines = zone.central.nbctl("lr-route-list", ROUTER).splitlines()
        return [str(ip_network(line.split()[0], strict=False))
                for line in lines if "(learned)" in line]

    def _follow_routes(self, zone: Zone) -> None:
        """What the controller does for each route that ovn-ic has learned."""
        words: list[str] = []
        for prefix in sorted(set(self._learned(zone))):
            words += ["--", "lr-policy-add", ROUTER, str(INTERCONNECTION),
                      f"{_family(prefix)}.dst == {prefix}", "allow"]
        zone.central.nbctl(*words[1:])


def transit_address(index: int, zone: Zone) -> str:
    return f"169.254.{150 + index}.{zone.number}"


def _networks(zone: Zone) -> list[str]:
    n = zone.number
    return [f"10.16{n}.0.0/16", f"100.6{n}.0.0/16", f"fd00:10:16{n}::/112", f"fd00:100:6{n}::/112"]


def _family(network: str) -> str:
    return "ip6" if ":" in network else "ip4"


def _port_group(zone: Zone) -> str:
    return f"{SUBNET.replace('-', '.')}.{zone.hypervisor.name}"


def _subnet(name: str, mac: str, *networks: str) -> list[str]:
    port, router_port = f"{name}-{ROUTER}", f"{ROUTER}-{name}"
    return ["--", "ls-add", name, "--", "lrp-add", ROUTER, router_port, mac, *networks,
            "--", "lsp-add", name, port, "--", "lsp-set-type", port, "router",
            "--", "lsp-set-addresses", port, "router",
            "--", "lsp-set-options", port, f"router-port={router_port}"]
