# SPDX-License-Identifier: Apache-2.0
"""`ovnic-gw-ctl trace`: what would happen is what happens."""

import json
import re
import select
import subprocess
from typing import Any

from ovnlab.case import PAIR, case, check, check_equal, ovnic_zones
from ovnlab.gateway import CONTROL, OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import CommandError, wait_for
from ovnlab.zone import Zone

from .capture import Capturing, _file


def _trace(gateway: OvnicGateway, *argv: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(gateway.ctl("--json", "trace", *argv))
    return said


def _ways(lab: Lab, near: Zone, far: Zone) -> list[tuple[str, str]]:
    """Into the transit switch at `near`, and out of it: expressions, and who is next."""
    return [(f'inport == "{near.transit_port}" && ip4.dst == {far.guest.ipv4} && '
             f'ip4.src == {near.guest.ipv4} && icmp4.type == 8', far.gateway.address),
            (f'inport == "{far.transit_port}" && ip4.dst == {near.guest.ipv4} && '
             f'ip4.src == {far.guest.ipv4} && icmp4.type == 0', near.hypervisor.address)]


@case(PAIR)
def as_it_would_be(lab: Lab) -> None:
    """By an expression, both ways; tables and flows agree, and say who is next."""
    near, gateway = ovnic_zones(lab)[0]
    far = next(zone for zone in lab.zones if zone is not near)
    for expression, next_chassis in _ways(lab, near, far):
        said = _trace(gateway, expression)
        check_equal("agree", said["agree"], True)
        check_equal("action", said["workers"]["action"], "forward")
        check(f"> {next_chassis}," in said["workers"]["outer"],
              f"{said['workers']['outer']}, expected to {next_chassis}")
        check(any(event.get("stage") for event in said["flows"]), "no stages")
        text = gateway.ctl("trace", expression)
        check("Tables and flows agree." in text, text)


@case(PAIR)
def from_a_virtual_machine(lab: Lab) -> None:
    """The hypervisor's part is what ovn-trace says, flow by flow; then it is as ever."""
    near, gateway = ovnic_zones(lab)[0]
    far = next(zone for zone in lab.zones if zone is not near)
    expression = (f'inport == "{near.guest.name}" && eth.src == {near.guest.mac} && '
                  f'eth.dst == 00:00:00:0{near.number}:00:01 && ip4.src == {near.guest.ipv4} && '
                  f'ip4.dst == {far.guest.ipv4} && ip.ttl == 64 && icmp4.type == 8')
    said = _trace(gateway, "--all", expression)
    check_equal("chassis", said["hypervisor"]["chassis"], near.hypervisor.name)
    ours = [event["uuid"][:8] for event in said["hypervisor"]["flows"] if event["event"] == "stage"]
    text = near.central.release.run("ovn-trace", f"--db={near.central.southbound.remote}",
                                    f"ls{near.number}", expression)
    theirs = re.findall(r", uuid ([0-9a-f]{8})", text)
    theirs = theirs[:theirs.index(ours[-1]) + 1]   # what follows is this gateway's
    check(len(theirs) > 10, f"only {len(theirs)} stages by ovn-trace: {text}")
    # It leaves out stages that only go on.
    check_equal("flows of the hypervisor", [uuid for uuid in ours if uuid in theirs], theirs)
    check_equal("agree", said["agree"], True)
    check(f"> {far.gateway.address}," in said["workers"]["outer"], said["workers"]["outer"])
    check(f"at hypervisor {near.hypervisor.name}" in gateway.ctl("trace", expression), "no heading")


@case(PAIR)
def as_it_is(lab: Lab) -> None:
    """Frames captured on their way, traced: out comes what the workers sent."""
    near, gateway = ovnic_zones(lab)[0]
    far = next(zone for zone in lab.zones if zone is not near)
    capturing = Capturing(gateway, _file(lab, "traced"), "--filter",
                          f"geneve and icmp and host {near.guest.ipv4}", "--count", "4",
                          "--seconds", "20")
    near.guest.expect_ping(far.guest.ipv4, count=2)
    capturing.result()
    frames = _frames(capturing)
    check_equal("frames", len(frames), 4)
    for before, after in zip(frames[::2], frames[1::2]):
        said = _trace(gateway, before)
        check_equal("agree", said["agree"], True)
        check_equal("frame sent", said["workers"]["frame"], after)


def _frames(capturing: Capturing) -> list[str]:
    text = subprocess.run(["tshark", "-n", "-r", str(capturing.file), "-T", "jsonraw"],
                          capture_output=True, check=True, text=True, timeout=30).stdout
    return [str(packet["_source"]["layers"]["frame_raw"][0]) for packet in json.loads(text)]


@case(PAIR)
def of_a_pcap(lab: Lab) -> None:
    """The second packet of a file, which the command reads, not the daemon."""
    near, gateway = ovnic_zones(lab)[0]
    far = next(zone for zone in lab.zones if zone is not near)
    capturing = Capturing(gateway, _file(lab, "rx"), "--rx", "--filter",
                          f"geneve and icmp and host {near.guest.ipv4}", "--count", "2",
                          "--seconds", "20")
    near.guest.expect_ping(far.guest.ipv4, count=1)
    capturing.result()
    said = json.loads(gateway.ctl("--json", "trace", "--pcap", str(capturing.file),
                                  "--packet", "2"))
    check_equal("frame", said["arrives"]["frame"], _frames(capturing)[1])
    for wrong in (["--packet", "3"], ["--packet", "x"]):
        try:
            gateway.ctl("trace", "--pcap", str(capturing.file), *wrong)
        except CommandError:
            continue
        raise AssertionError(f"{wrong} was taken")


@case(PAIR)
def drops(lab: Lab) -> None:
    """A drop has its name."""
    near, gateway = ovnic_zones(lab)[0]
    far = next(zone for zone in lab.zones if zone is not near)
    said = _trace(gateway, f'inport == "{far.transit_port}" && ip4.dst == 203.0.113.7')
    check_equal("agree", said["agree"], True)
    reasons = [event["reason"] for event in said["flows"] if event["event"] == "drop"]
    check_equal("reasons", reasons, ["logical_drop"])


def _start_live(gateway: OvnicGateway, *argv: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([str(CONTROL), "-t", str(gateway.socket), "--json", "trace", "--live",
                             *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def _first_line(child: "subprocess.Popen[str]", near: Zone, far: Zone) -> str:
    """While there are pings: a packet too early is not seen."""
    assert child.stdout is not None
    output = child.stdout
    wait_for("the first packet", lambda: near.guest.ping(far.guest.ipv4, count=1, wait=1) and
             select.select([output], [], [], 0.2)[0])
    return output.readline()


@case(PAIR)
def live(lab: Lab) -> None:
    """n packets, no more, each with what it was sent as, each as it comes."""
    near, gateway = ovnic_zones(lab)[0]
    far = next(zone for zone in lab.zones if zone is not near)
    child = _start_live(gateway, f"geneve and icmp and host {near.guest.ipv4}", "-n", "3",
                        "--seconds", "20")
    assert child.stdout is not None
    lines = [_first_line(child, near, far)]   # the third packet has not been sent
    check_equal("ended", child.poll(), None)
    near.guest.expect_ping(far.guest.ipv4)
    lines += child.stdout.read().splitlines()
    check_equal("exit status", child.wait(10), 0)
    *packets, end = [json.loads(line) for line in lines]
    check_equal("ended by", (end["ended_by"], end["packets"]), ("count", 3))
    received = [each for each in packets if each["point"] == "rx"]
    sent = [each for each in packets if each["point"] == "tx"]
    check_equal("received", len(received), 3)
    check_equal("sent", [each["packet"] for each in sent], [1, 2, 3])
    check_equal("actions", {each["action"] for each in received}, {"forward"})


@case(PAIR)
def live_without_its_client(lab: Lab) -> None:
    """Whoever asked has gone: that ends it, and the next one is served."""
    near, gateway = ovnic_zones(lab)[0]
    far = next(zone for zone in lab.zones if zone is not near)
    child = _start_live(gateway, "geneve and icmp", "-n", "1000", "--seconds", "300")

    def served() -> bool:
        try:
            gateway.ctl("trace", "--live", "-n", "1", "--seconds", "1")
        except CommandError:
            return False
        return True

    try:
        _first_line(child, near, far)
        check_equal("another one served meanwhile", served(), False)
    finally:
        child.kill()
        child.communicate()
    wait_for("its end", served)
