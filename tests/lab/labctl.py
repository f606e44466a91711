#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Labs that stay up: start one, run commands in it, take it down."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import NoReturn

from ovnlab import release
from ovnlab.journal import Journal, all_journals
from ovnlab.lab import OVNIC, STOCK, Lab, LabSpec
from ovnlab.shell import LabError
from ovnlab.underlay import UnderlayKind

EXAMPLES = """\
examples:
  scripts/lab up --gateways ovnic-gw,stock
  scripts/lab exec vm1 ping 10.2.0.10
  scripts/lab exec gw1 tcpdump -nei uplink
  scripts/lab down
  scripts/lab test --only neighbours
"""


def main() -> int:
    options = parse_arguments()
    if os.geteuid():
        sys.exit("lab: network namespaces need root; run this as root")
    try:
        if options.command == "up":
            return up(options)
        if options.command == "down":
            return down()
        if options.command == "list":
            return show_list()
        return execute(options.node, options.argv)
    except LabError as error:
        sys.exit(f"lab: {error}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/lab", description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", help="start a lab and leave it up")
    start.add_argument("--gateways", default=f"{OVNIC},{OVNIC}", metavar="A,B",
                       help=f"gateways of zones 1, 2, ...: {OVNIC} or {STOCK}, several in a "
                       "zone as A+B (default: %(default)s)")
    start.add_argument("--ipv6", action="store_true", help="IPv6 underlay")
    start.add_argument("--vlan", type=int, help="VLAN id that the underlay is tagged with")
    start.add_argument("--ovn", metavar="RELEASE[,...]", help="releases of OVN in zones 1, 2, ... "
                       "(default: what this machine has)")
    commands.add_parser("down", help="take down labs that are up, and what dead ones left")
    commands.add_parser("list", help="nodes of the labs that are up")
    inside = commands.add_parser("exec", help="run a command in a node: vm1, hv1, gw1, underlay")
    inside.add_argument("node")
    inside.add_argument("argv", nargs=argparse.REMAINDER, metavar="command")
    commands.add_parser("test", help="run the tests (see scripts/lab test --help)")
    return parser.parse_args()


def up(options: argparse.Namespace) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    gateways = tuple(tuple(zone.split("+")) for zone in options.gateways.split(","))
    underlay = UnderlayKind(6 if options.ipv6 else 4, options.vlan)
    releases = tuple(map(release.find, options.ovn.split(","))) if options.ovn else ()
    lab = Lab(LabSpec(gateways, underlay, releases=releases))
    try:
        lab.start()
    except BaseException:
        lab.stop()
        raise
    lab.journal.keep()
    for note in lab.notes:
        print(f"note: {note}")
    print(f"up: {lab.spec}; sockets and logs are in {lab.journal.directory}")
    return show_list()


def interrupt(number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt(number)


def down() -> int:
    """Labs that someone's program is still at work on stay as they are."""
    gone = [journal for journal in all_journals() if not journal.owned()]
    for journal in gone:
        journal.remove_everything()
        print(f"taken down: {journal.directory}")
    if not gone:
        print("no lab is up")
    return 0


def show_list() -> int:
    for journal in kept():
        print(f"{journal.directory}: {' '.join(nodes(journal))}")
    return 0


def kept() -> list[Journal]:
    return [journal for journal in all_journals() if journal.kept()]


def nodes(journal: Journal) -> list[str]:
    prefix = len(journal.directory.name) + 1
    return [name[prefix:] for (name,) in journal.entries("netns")]


def execute(node: str, argv: list[str]) -> int:
    labs = kept()
    if not labs:
        raise LabError("no lab is up; start one by scripts/lab up or scripts/demo --keep")
    journal = labs[-1]
    if node not in nodes(journal):
        raise LabError(f"no node {node}; there are {' '.join(nodes(journal))}")
    command = argv or [os.environ.get("SHELL", "/bin/sh")]
    os.execvp("ip", ["ip", "netns", "exec", f"{journal.directory.name}-{node}", *command])


if __name__ == "__main__":
    sys.exit(main())
