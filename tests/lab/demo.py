#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two zones of stock OVN talk through two ovnic-gw gateways: a demonstration."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from typing import NoReturn

import labctl
from ovnlab import dump
from ovnlab.gateway import BUILD, CONTROL, OvnicGateway
from ovnlab.lab import OVNIC, STOCK, Lab, LabSpec
from ovnlab.shell import LabError
from ovnlab.style import BOLD, GREEN, RED, heading, paint, table
from ovnlab.zone import Zone

PINGS = 20
MEBIBYTES = 16

PICTURE = """
  zone az1                                                         zone az2
  vm1  10.1.0.10, fd01::10                         10.2.0.10, fd02::10  vm2
   |                                                                     |
  ls1 -- lr1 ------ transit switch ts1, 169.254.100.0/24 ------ lr2 -- ls2     logical

  hv1               gw1                           gw2                   hv2
  192.0.2.11        192.0.2.21             192.0.2.22            192.0.2.12
  Open vSwitch      {one:<12}           {other:>12}          Open vSwitch
   |                 |                             |                     |
  -+-----------------+------- Geneve tunnels ------+---------------------+-  underlay
"""

Row = tuple[str, str, str, str]


def main() -> int:
    options = parse_arguments()
    if os.geteuid():
        sys.exit("demo: network namespaces need root; run this as root")
    if options.stop:
        return labctl.down()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    gateways = tuple((kind,) for kind in options.gateways.split(","))
    try:
        return show(LabSpec(gateways), options.keep)
    except LabError as error:
        print(paint(f"\nThe demo did not start: {error}", RED))
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; everything is taken down.")
        return 130


def interrupt(number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt(number)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave it up to look around")
    parser.add_argument("--stop", action="store_true", help="take down what --keep left up")
    parser.add_argument("--gateways", default=f"{OVNIC},{OVNIC}", metavar="A,B",
                        help=f"gateway of each zone, {OVNIC} or {STOCK} (default: %(default)s)")
    return parser.parse_args()


def show(spec: LabSpec, keep: bool) -> int:
    kinds = {"one": spec.gateways[0][0], "other": spec.gateways[1][0]}
    print(paint("Two zones of OVN, joined by interconnection gateways", BOLD))
    print(PICTURE.format(**kinds))
    print("Starting databases, northd, ovn-ic, hypervisors and gateways ...", end=" ", flush=True)
    began = time.monotonic()
    lab = Lab(spec)
    try:
        lab.start()
        print(f"up after {time.monotonic() - began:.1f} s")
        good = show_traffic(lab)
        show_counters(lab)
        if not good:
            save_state(lab)
    except BaseException:
        lab.stop()
        raise
    if keep:
        lab.journal.keep()
        explain(lab)
    else:
        lab.stop()
    verdict = ("Both zones reach each other.", GREEN) if good else ("Something did not pass.", RED)
    print("\n" + paint(*verdict))
    return 0 if good else 1


def show_traffic(lab: Lab) -> bool:
    heading("Traffic between the zones")
    rows: list[Row] = []
    one, other = lab.zones
    for probe, here, there in ((ping, one, other), (ping, other, one),
                               (tcp, one, other), (tcp, other, one)):
        for family in (4, 6):
            rows.append(probe(here, there, family))
    print(table(("from, to", "what", "outcome", ""), rows))
    return all(row[3] == "ok" for row in rows)


def ping(here: Zone, there: Zone, family: int) -> Row:
    target = there.guest.address(family)
    echoes = here.guest.measure(target, PINGS)
    outcome = f"{echoes.answered} of {PINGS} answered, {echoes.average_ms:.2f} ms"
    return (f"{here.guest.name} -> {target}", f"ping IPv{family}", outcome,
            "ok" if echoes.answered == PINGS else "FAILED")


def tcp(here: Zone, there: Zone, family: int) -> Row:
    target = there.guest.address(family)
    what = f"TCP  IPv{family}"
    try:
        seconds = here.guest.send_tcp(there.guest, family, MEBIBYTES)
    except LabError as error:
        return f"{here.guest.name} -> {target}", what, str(error)[:60], "FAILED"
    outcome = f"{MEBIBYTES} MiB, content right, {MEBIBYTES / seconds:.0f} MiB/s"
    return f"{here.guest.name} -> {target}", what, outcome, "ok"


def show_counters(lab: Lab) -> None:
    gateways = [node for node in lab.nodes() if isinstance(node, OvnicGateway)]
    if not gateways:
        return
    heading("What the gateways counted")
    stats = {gateway.name: gateway.query("stats") for gateway in gateways}
    keys = ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes")
    print(table(("gateway", "core", "received", "sent", "bytes received", "bytes sent"),
                [(name, worker["core"], *(worker[key] for key in keys))
                 for name, said in stats.items() for worker in said["workers"]]))
    reasons = [(name, title, reason, count) for name, said in stats.items()
               for section, title in (("slow_path", "slow path"), ("drops", "dropped"))
               for reason, count in sorted(said[section].items()) if count]
    if reasons:
        print("\n" + table(("gateway", "not forwarded directly", "reason", "packets"), reasons))
    claims = [(gateway.name, ", ".join(gateway.query("status")["claimed"])) for gateway in gateways]
    print("\n" + table(("gateway", "claimed ports"), claims))


def save_state(lab: Lab) -> None:
    BUILD.mkdir(exist_ok=True)
    path = BUILD / "demo-failure.txt"
    path.write_text(dump.dump(lab))
    print(f"\nThe state of everything is in {path}.")


def explain(lab: Lab) -> None:
    heading("It stays up. To look around:")
    gateway = lab.zones[0].gateway
    lines = ["scripts/lab exec vm1 ping 10.2.0.10",
             "scripts/lab exec vm1 tracepath -n 10.2.0.10",
             f"scripts/lab exec gw1 tcpdump -nei uplink udp port 6081   # hosts: {nodes(lab)}"]
    if isinstance(gateway, OvnicGateway):
        control = os.path.relpath(CONTROL)
        lines += [f"{control} -t {gateway.socket} {command}"
                  for command in ("status", "show", "stats")]
        lines += [f"less {lab.journal.directory}/{gateway.name}.log"]
    lines += [f"ovn-nbctl --db={lab.zones[0].central.northbound.remote} show",
              f"ovn-sbctl --db={lab.zones[0].central.southbound.remote} show",
              f"ovn-ic-sbctl --db={lab.interconnection.southbound.remote} show"]
    print("\n".join(f"  {line}" for line in lines))
    heading("To take it down:")
    print("  scripts/demo --stop")


def nodes(lab: Lab) -> str:
    names = [zone.guest.name for zone in lab.zones] + [node.name for node in lab.nodes()]
    return " ".join([*sorted(names), "underlay"])


if __name__ == "__main__":
    sys.exit(main())
