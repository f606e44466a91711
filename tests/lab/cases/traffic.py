# SPDX-License-Identifier: Apache-2.0
"""What guests of two zones see of each other."""

from ovnlab.case import IPV6, PAIR, VLAN, case, check, check_equal, directions
from ovnlab.lab import Lab

MEBIBYTES = 8


@case(PAIR, VLAN, IPV6)
def ping(lab: Lab) -> None:
    for here, there in directions(lab):
        here.guest.expect_ping(there.guest.ipv4)


@case(PAIR, VLAN, IPV6)
def ping6(lab: Lab) -> None:
    for here, there in directions(lab):
        here.guest.expect_ping(there.guest.ipv6)


@case(PAIR, VLAN, IPV6)
def tcp(lab: Lab) -> None:
    for here, there in directions(lab):
        here.guest.send_tcp(there.guest, 4, MEBIBYTES)


@case(PAIR, VLAN, IPV6)
def tcp6(lab: Lab) -> None:
    for here, there in directions(lab):
        here.guest.send_tcp(there.guest, 6, MEBIBYTES)


@case(PAIR, IPV6)
def fragments(lab: Lab) -> None:
    """Inner fragments: later ones have no ports to look at."""
    for here, there in directions(lab):
        here.guest.expect_ping(there.guest.ipv4, size=4000)
        here.guest.expect_ping(there.guest.ipv6, size=4000)


@case(PAIR, VLAN, IPV6)
def full_size(lab: Lab) -> None:
    """The largest packet that a guest may send whole."""
    for here, there in directions(lab):
        here.guest.expect_ping(there.guest.ipv4, size=1400 - 28)
        here.guest.expect_ping(there.guest.ipv6, size=1400 - 48)


@case(PAIR, IPV6)
def far_router(lab: Lab) -> None:
    """Addresses of the far router and of the own one; the gateway itself answers."""
    for here, there in directions(lab):
        far, near = there.number, here.number
        for address in (f"10.{far}.0.1", f"169.254.100.{far}", f"fd0{far}::1",
                        f"169.254.100.{near}", f"10.{near}.0.1", f"fd0{near}::1"):
            here.guest.expect_ping(address)


@case(PAIR)
def hops(lab: Lab) -> None:
    """Every hop answers. The flows of OVN 23.03 give the far router's answer the
    address of the target; later ones give it that of its transit port."""
    for here, there in directions(lab):
        found = here.guest.hops(there.guest.ipv4)
        check_equal("first and last hop", [found[0], *found[2:]],
                    [f"10.{here.number}.0.1", there.guest.ipv4])
        check(found[1] in (there.guest.ipv4, f"169.254.100.{there.number}"),
              f"far router in {found}")


@case(PAIR)
def hops6(lab: Lab) -> None:
    """As for IPv4, except that 23.03 drops at the far router: its flow demands that
    the source be a neighbour on the transit switch."""
    here, there = lab.zones
    found = here.guest.hops(there.guest.ipv6)
    check_equal("first and last hop", [found[0], *found[2:]],
                [f"fd0{here.number}::1", there.guest.ipv6])
    check(found[1] in ("", f"fe80:100::{there.number}"), f"far router in {found}")
