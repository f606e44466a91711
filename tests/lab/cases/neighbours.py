# SPDX-License-Identifier: Apache-2.0
"""Destinations whose MAC address OVN does not know until someone asks."""

from ovnlab.case import PAIR, case, check, directions
from ovnlab.guest import Guest
from ovnlab.lab import Lab
from ovnlab.shell import wait_for
from ovnlab.zone import Zone

STRANGER = 99   # a second address on the guest's port
LODGER = 77     # a guest behind a port with "unknown" for its only address


def _expect_first_packet(here: Zone, there: Zone, address: str) -> None:
    check(not there.central.rows("MAC_Binding", f'ip="{address}"'),
          f"{address} is known before the test")
    answered = here.guest.ping(address, count=1, wait=4)
    check(answered, f"the first packet to {address} was not held and delivered")
    wait_for(f"MAC_Binding for {address}",
             lambda: there.central.rows("MAC_Binding", f'ip="{address}"'))
    here.guest.expect_ping(address)


def _add_strangers(lab: Lab) -> None:
    for zone in lab.zones:
        guest = zone.guest
        zone.central.nbctl("--wait=sb", "lsp-set-addresses", guest.name,
                           f"{guest.mac} {guest.ipv4} {guest.ipv6}", "unknown")
        for address in (f"10.{zone.number}.0.{STRANGER}/24", f"fd0{zone.number}::{STRANGER}/64"):
            # Deprecated: answers, but is not chosen as a source, which OVN would learn.
            guest.netns.ip("address", "replace", address, "dev", guest.name,
                           "preferred_lft", "0")


@case(PAIR)
def second_address(lab: Lab) -> None:
    _add_strangers(lab)
    for here, there in directions(lab):
        _expect_first_packet(here, there, f"10.{there.number}.0.{STRANGER}")


@case(PAIR)
def second_address6(lab: Lab) -> None:
    _add_strangers(lab)
    for here, there in directions(lab):
        _expect_first_packet(here, there, f"fd0{there.number}::{STRANGER}")


@case(PAIR)
def unknown_port(lab: Lab) -> None:
    """No port has the MAC address: frames go to all ports that take unknown ones."""
    for here, there in directions(lab):
        lodger = Guest(lab.journal, f"lodger{there.number}", there.number, LODGER)
        there.central.nbctl("lsp-add", f"ls{there.number}", lodger.name,
                            "--", "lsp-set-addresses", lodger.name, "unknown")
        lodger.plug(there.hypervisor)
        there.central.nbctl("--timeout=15", "wait-until", "Logical_Switch_Port", lodger.name,
                            "up=true")
        _expect_first_packet(here, there, lodger.ipv4)


@case(PAIR)
def nobody_there(lab: Lab) -> None:
    """An address that nobody has stays silent and disturbs nothing."""
    for here, there in directions(lab):
        check(not here.guest.ping(f"10.{there.number}.0.66", count=2, wait=1), "an answer?")
        here.guest.expect_ping(there.guest.ipv4)
