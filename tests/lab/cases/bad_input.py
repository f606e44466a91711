# SPDX-License-Identifier: Apache-2.0
"""Packets that no OVN sends: counted by name, dropped, nothing leaves."""

from typing import Any, Callable

from ovnlab.case import PAIR, case, check, check_equal, ovnic_zones
from ovnlab.frames import Tunnel, echo_reply
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import wait_for
from ovnlab.wire import Capture, Stranger, device_mac
from ovnlab.zone import Zone

COPIES = 3
UNKNOWN_OPTION = bytes.fromhex("ffff800100000000")   # critical, of a class nobody has

# Name of the drop counter and what to change in a good packet from the other zone.
# Outer fragments are not among them: the packet socket of net_af_packet has the
# kernel put them together (PACKET_FANOUT_FLAG_DEFRAG). tests/unit/test_dp_parse.c has them.
WRONG: list[tuple[str, str, dict[str, Any]]] = [
    ("truncated outer packet", "outer_truncated", {"cut": 40}),
    ("frame ends in the UDP header", "outer_truncated", {"cut": 92}),
    ("UDP length beyond the packet", "outer_bad_length", {"udp_length": 900}),
    ("UDP length below its header", "outer_bad_length", {"udp_length": 5}),
    ("IP length too small", "outer_bad_length", {"ip_length": 24}),
    ("IP header checksum", "outer_bad_checksum", {"ip_checksum_damage": 1}),
    ("Geneve version 1", "geneve_version", {"version": 1}),
    ("no Ethernet inside", "geneve_protocol", {"protocol": 0x0800}),
    ("control packet", "geneve_oam", {"flags": 0xc0}),
    ("second, unknown option", "geneve_options", {"options_before": UNKNOWN_OPTION}),
    ("option of another class", "geneve_options", {"option_class": 0x0103}),
    ("no option", "geneve_options", {"has_option": False, "flags": 0}),
    ("BFD from another zone", "bfd", {"has_option": False, "flags": 0, "vni": 0}),
    ("options longer than the packet", "geneve_options", {"option_words": 63}),
    ("inner frame of 10 bytes", "inner_truncated", {"inner": b"\xaa" * 10}),
    ("no inner frame", "inner_truncated", {"inner": b""}),
    ("unknown source", "unknown_source", {"src": "192.0.2.99"}),
    ("unknown VNI", "unknown_vni", {"vni": 0xff7777}),
    ("unknown port", "unknown_port", {"outport": 999}),
]


def _tunnel_key(zone: Zone, name: str) -> int:
    return int(zone.central.sbctl("--bare", "--columns=tunnel_key", "find", "Datapath_Binding",
                                  f"external_ids:name={name}"))


def _good(lab: Lab, stranger: Stranger) -> tuple[OvnicGateway, Tunnel]:
    """A packet as the other zone's gateway would send it to ours."""
    zone, gateway = ovnic_zones(lab)[0]
    other = next(each for each in lab.zones if each is not zone)
    near, far = zone.number, other.number
    keys = {each: int(zone.central.sbctl(
        "--bare", "--columns=tunnel_key", "find", "Port_Binding",
        f"logical_port={each.transit_port}")) for each in lab.zones}
    inner = echo_reply(f"aa:aa:aa:aa:aa:0{near}", f"aa:aa:aa:aa:aa:0{far}",
                         other.guest.ipv4, zone.guest.ipv4)
    return gateway, Tunnel(device_mac(gateway.netns, "uplink"), stranger.mac,
                           other.gateway.address, gateway.address, _tunnel_key(zone, "ts1"),
                           keys[other], keys[zone], inner)


def _damaged_inner(change: Callable[[bytearray], Any]) -> Callable[[Tunnel], Tunnel]:
    def damage(good: Tunnel) -> Tunnel:
        inner = bytearray(good.inner)
        change(inner)
        return good.but(inner=bytes(inner))
    return damage


def _expect_drops(gateway: OvnicGateway, stranger: Stranger, what: str, reason: str,
                  packet: Tunnel) -> None:
    before = gateway.drops().get(reason, 0)
    stranger.send(*[packet.encode()] * COPIES)
    wait_for(f"{what}: {reason} of {gateway.name} rises by {COPIES}",
             lambda: gateway.drops().get(reason, 0) >= before + COPIES, timeout=2)
    check_equal(f"{what}: {reason}", gateway.drops()[reason], before + COPIES)


def _stranger(lab: Lab) -> Stranger:
    ovnic_zones(lab)
    if not hasattr(lab, "stranger"):
        setattr(lab, "stranger", Stranger(lab))
    stranger: Stranger = getattr(lab, "stranger")
    return stranger


@case(PAIR)
def good_packet(lab: Lab) -> None:
    """The packet that the other tests spoil does pass while it is whole."""
    stranger = _stranger(lab)
    gateway, good = _good(lab, stranger)
    with Capture(lab, gateway) as capture:
        stranger.send(good.encode())
        wait_for("the packet on its way to the hypervisor",
                 lambda: any("Geneve" in line for line in capture.packets()), timeout=3)


@case(PAIR)
def wrong_packets(lab: Lab) -> None:
    """Every kind is counted by its own name, and nothing comes out."""
    stranger = _stranger(lab)
    gateway, good = _good(lab, stranger)
    failures: list[str] = []
    with Capture(lab, gateway) as capture:
        for what, reason, changes in WRONG:
            _note(failures, gateway, stranger, what, reason, good.but(**changes))
        for what, reason, damage in WRONG_INNER:
            _note(failures, gateway, stranger, what, reason, damage(good))
        zone, _ = ovnic_zones(lab)[0]
        _note(failures, gateway, stranger, "local switch from another zone", "zone_violation",
              good.but(vni=_tunnel_key(zone, f"ls{zone.number}")))
        leaked = capture.packets()
    check(not leaked, f"left the gateway: {leaked[:5]}")
    check(not failures, "\n".join(failures))


def _note(failures: list[str], gateway: OvnicGateway, stranger: Stranger, what: str, reason: str,
          packet: Tunnel) -> None:
    """Collect what failed, so that one run shows all of it."""
    try:
        _expect_drops(gateway, stranger, what, reason, packet)
    except Exception as error:   # pylint: disable=broad-except
        failures.append(str(error))


def _short_ip_header(inner: bytearray) -> None:
    inner[14] = 0x43


def _wrong_ip_version(inner: bytearray) -> None:
    inner[14] = 0x65


def _long_ip_length(inner: bytearray) -> None:
    inner[16:18] = b"\x40\x00"


WRONG_INNER = [
    ("inner IP header of 12 bytes", "inner_malformed", _damaged_inner(_short_ip_header)),
    ("inner IP version 6 in an IPv4 frame", "inner_malformed", _damaged_inner(_wrong_ip_version)),
    ("inner IP length beyond the packet", "inner_truncated", _damaged_inner(_long_ip_length)),
]


@case(PAIR)
def still_well(lab: Lab) -> None:
    """After all that, guests notice nothing."""
    ovnic_zones(lab)
    one, other = (zone.guest for zone in lab.zones)
    one.expect_ping(other.ipv4, count=10)
    other.expect_ping(one.ipv6, count=10)
