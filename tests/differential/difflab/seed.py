# SPDX-License-Identifier: Apache-2.0
"""One seed: a topology in the databases, the same packets into both gateways."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, Optional

from ovnlab.shell import LabError, wait_for

from . import changes, topology, transit_router
from .batch import run_batch
from .compare import DIFFERENT, LATE, NOTHING, SAME, TIED, Verdict, judge
from .follower import Follower, differences
from .ours import Copy, Outcome, Run, replay
from .packets import Maker, Packet
from .plan import Topology
from .southbound import Southbound
from .stock import ROUNDS, Stock
from .world import GATEWAY, MARKER_DATAPATHS, World

ATTEMPTS = 3
# In a hurry, without, and with more markers: on a busy machine what ovn-controller makes can
# come behind three of them. A difference counts when it is there each time.
EFFORTS = (True, ROUNDS), (False, ROUNDS), (False, 4 * ROUNDS)
TIES = range(1, 8)   # other orders of flows of the same priority, see replay_ties.c


@dataclass
class Difference:
    packet: Packet
    verdict: Verdict
    stock: list[bytes]
    runs: list[Run]


@dataclass
class Result:
    seed: int
    features: set[str]
    counts: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)   # what the tables said
    kinds: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    seconds: float = 0
    unsupported: Counter[str] = field(default_factory=Counter)
    packets: list[Packet] = field(default_factory=list)
    outcome: Optional[Outcome] = None
    efforts: int = 0    # of EFFORTS, until there was no difference
    unfollowed: list[str] = field(default_factory=list)   # after changes, and not started anew


def exchange(stock: Stock, packets: list[Packet], runs: list[list[Run]],
             hurry: bool) -> list[list[bytes]]:
    """What the stock gateway sends for each packet. In a hurry, what ovn-controller
    makes of a packet of which ovnic-gw makes nothing may be found with a later one: then
    both differ, and the seed is run without haste. Packets for which a difference may be
    excused are never among those."""
    sent: dict[int, list[bytes]] = {}
    plain = [at for at, each in enumerate(runs) if hurry and all(run.plain() for run in each)]
    last: list[bytes] = []
    stock.flush(last)
    for at in plain:
        last = sent[at] = stock.exchange(packets[at].outer, patient=False)
    stock.flush(last)
    for at, packet in enumerate(packets):
        if at not in sent:
            sent[at] = stock.exchange(packet.outer, patient=True)
    return [sent[at] for at in range(len(packets))]


class Runner:
    """Seeds one after the other in a world that stays."""

    def __init__(self, world: World, program: Path, n_packets: int,
                 only: Optional[int] = None) -> None:
        self.world = world
        self.program = program
        self.n_packets = n_packets
        self.only = only
        self.present: Optional[Topology] = None
        self.follower: Optional[Follower] = None

    def close(self) -> None:
        if self.follower:
            self.follower.close()

    def run(self, seed: int) -> Result:
        began = time.monotonic()
        planned = topology.make(seed, self.world.release.name)
        self._replace(planned)
        southbound = self._bind(planned)
        result = Result(seed, planned.features)
        for attempt in range(ATTEMPTS):
            if self._compare(seed, southbound, result):
                break
            if attempt == ATTEMPTS - 1:
                raise LabError("the databases changed each time while packets were sent")
            self.world.settle()
        result.unfollowed += self._change(planned, southbound.addresses[GATEWAY][0],
                                          result.packets)
        result.seconds = time.monotonic() - began
        return result

    def _replace(self, planned: Topology) -> None:
        """The old topology goes and the new one comes. ovn-controller still pauses: what
        it has learned from packets for the old one finds no port any more."""
        before = self.present
        self.present = None
        for number, central in self.world.zones.items():
            undo = before.zones[number].batch.undo if before and number in before.zones else []
            run_batch(central.nbctl, undo, "--wait=sb")
        if before:
            run_batch(self.world.interconnection.nbctl, before.interconnection.undo)
            self.world.controller("debug/resume")
            self.world.settle()
            self.world.zones[1].sbctl("--all", "destroy", "MAC_Binding", "--", "--all",
                                      "destroy", "FDB")
        self.present = planned
        run_batch(self.world.interconnection.nbctl, planned.interconnection.commands)
        for number, zone in planned.zones.items():
            central = self.world.zones[number]
            if planned.awaited:
                wait_for(f"ports of the transit router in {central.name}", lambda: all(
                    name in central.nbctl("lrp-list", transit_router.ROUTER)
                    for name in planned.awaited), interval=0.02)
            run_batch(central.nbctl, zone.batch.commands, "--wait=sb")

    def _bind(self, planned: Topology) -> Southbound:
        """Guests and other gateways come up; neighbours that are known from before."""
        southbound = Southbound(self.world.zones[1].southbound.remote)
        for number, zone in planned.zones.items():
            argv: list[str] = []
            for port, chassis in zone.bindings.items():
                argv += ["--", "lsp-bind", port, chassis]
            for port, address in zone.encaps.items():
                argv += ["--", "set", "Port_Binding", port,
                         f"encap={southbound.encaps[address]}"]
            for (port, ip), mac in zone.macs.items():
                argv += ["--", "create", "MAC_Binding", f"logical_port={port}", f'ip="{ip}"',
                         f'mac="{mac}"', f"datapath={southbound.by_name[port].datapath.uuid}"]
            if argv:
                self.world.zones[number].sbctl(*argv)
        self.world.settle()
        # A port's key that changed is not everywhere in the flows of 23.03 otherwise.
        self.world.controller("inc-engine/recompute")
        self.world.settle()
        return Southbound(self.world.zones[1].southbound.remote)

    def _compare(self, seed: int, southbound: Southbound, result: Result) -> bool:
        """False: the databases have changed meanwhile."""
        self.world.controller("debug/pause")
        # Cached flows of the topology before would go on for as long as revalidating takes.
        self.world.gateway.appctl("revalidator/wait")
        self.world.gateway.appctl("dpctl/del-flows")
        before = self.world.fingerprint()
        maker = Maker(seed, southbound.without(MARKER_DATAPATHS))
        packets = [maker.packet(number) for number in range(self.n_packets)]
        if self.only is not None:
            packets = [packets[self.only]]
        with Copy(self.world) as copy:
            result.outcome = replay(self.program, copy, maker.own, packets)
            result.unfollowed = self._follow(copy, maker.own, result.outcome, packets)
            for result.efforts, (hurry, rounds) in enumerate(EFFORTS, 1):
                stocks = exchange(Stock(self.world, southbound, rounds), packets,
                                  result.outcome.runs, hurry)
                if self.world.fingerprint() != before:
                    self.world.controller("debug/resume")
                    return False
                self._judge(packets, stocks, southbound, result)
                for ties in TIES if not hurry else ():
                    if not result.differences:
                        break
                    self._break_ties(replay(self.program, copy, maker.own,
                                            [each.packet for each in result.differences], ties),
                                     result)
                if not result.differences:
                    break
        return True

    def _follow(self, copy: Copy, own: str, fresh: Outcome, packets: list[Packet]) -> list[str]:
        """What who has followed the databases makes of packets otherwise."""
        self.follower = self.follower or Follower(self.world, self.program, own)
        return list(differences(fresh, self.follower.run(copy, packets)))

    def _change(self, planned: Topology, own: str, packets: list[Packet]) -> list[str]:
        """Changes of the topology, for the follower alone: what a stock gateway makes of
        them, who starts anew makes of them, as seeds show."""
        northbound, southbound = changes.make(planned)
        run_batch(self.world.zones[1].nbctl, northbound, "--wait=sb")
        run_batch(self.world.zones[1].sbctl, southbound)
        with Copy(self.world) as copy:
            fresh = replay(self.program, copy, own, packets)
            return self._follow(copy, own, fresh, packets)

    @staticmethod
    def _break_ties(outcome: Outcome, result: Result) -> None:
        """No difference is what ovnic-gw does too when flows of the same priority, whose
        order OVN leaves open, come in another order."""
        left = []
        for each, runs in zip(result.differences, outcome.runs):
            if judge(each.stock, runs, each.packet, set(), False).kind in (SAME, NOTHING):
                result.counts[each.verdict.kind] -= 1
                result.counts[TIED] += 1
            else:
                left.append(each)
        result.differences = left

    def explain(self, result: Result) -> Iterator[str]:
        """All about the one packet of a seed: the topology, what ovnic-gw has reported of
        it, how Open vSwitch takes the packet."""
        assert self.present is not None and result.outcome is not None
        for zone in self.present.zones.values():
            yield f"zone {zone.number}:"
            yield from (f"  {line}" for line in zone.batch.text().splitlines())
        for report in result.outcome.reports:
            yield f"report: {report.port} {report.destination} {report.kind}: {report.why}; " \
                f"{report.flow}"
        yield from self._trace(result)

    def _trace(self, result: Result) -> Iterator[str]:
        packet, gateway = result.packets[0], self.world.gateway
        ports = {row.split(",")[0].strip('"'): row.split(",")[1] for row in gateway.vsctl(
            "--format=csv", "--no-headings", "--columns=name,ofport", "list",
            "Interface").splitlines()}
        port = ports.get(f"ovn-{packet.source}-0")
        if port:
            yield from gateway.appctl(
                "ofproto/trace", "br-int", f"in_port={port},tun_src=192.0.2.1,tun_dst=192.0.2.2,"
                f"tun_id={packet.vni},tun_metadata0={packet.inport << 16 | packet.outport:#x}",
                packet.inner.hex()).splitlines()

    def _judge(self, packets: list[Packet], stocks: list[list[bytes]], southbound: Southbound,
               result: Result) -> None:
        outcome = result.outcome
        assert outcome is not None
        known = {datapath.key for datapath in southbound.datapaths}
        listed = {report.port for report in outcome.reports if report.kind == "unsupported"}
        listed_keys = {(port.datapath.key, port.key) for port in southbound.ports
                       if port.name in listed}
        result.packets, result.differences = packets, []
        for counter in (result.counts, result.paths, result.kinds, result.unsupported):
            counter.clear()
        for report in outcome.reports:
            result.unsupported[f"{report.kind}: {report.why}"] += 1
        for packet, stock, runs in zip(packets, stocks, outcome.runs):
            verdict = judge(stock, runs, packet, known,
                            (packet.vni, packet.outport) in listed_keys)
            result.counts[verdict.kind] += 1
            result.paths[runs[0].action] += 1
            result.kinds[" ".join(packet.kind.split()[:2])] += 1
            if verdict.kind in (DIFFERENT, LATE):
                result.differences.append(Difference(packet, verdict, stock, runs))

