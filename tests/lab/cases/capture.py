# SPDX-License-Identifier: Apache-2.0
"""`ovnic-gw-ctl capture`: files that Wireshark reads, and that say why."""

import json
import subprocess
from pathlib import Path
from typing import Any

from ovnlab.case import PAIR, case, check, check_equal, ovnic_zones
from ovnlab.gateway import CONTROL, OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import CommandError, run, wait_for

from .bad_input import _good, _stranger


class Capturing:
    """`capture` at work; it answers when it has ended."""

    def __init__(self, gateway: OvnicGateway, file: Path, *options: str) -> None:
        self.gateway, self.file = gateway, file
        file.unlink(missing_ok=True)
        self.child = subprocess.Popen(
            [str(CONTROL), "-t", str(gateway.socket), "--json", "capture", str(file), *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # The file is there before the workers are told; they are in the same turn.
        wait_for(f"{file}", lambda: file.exists() and file.stat().st_size > 0, timeout=5)

    def result(self) -> dict[str, Any]:
        text, _ = self.child.communicate(timeout=30)
        check_equal(f"exit status of capture ({text})", self.child.returncode, 0)
        said: dict[str, Any] = json.loads(text)
        return said

    def read(self, *fields: str) -> list[list[str]]:
        """What tshark finds, a list of the fields for each packet."""
        arguments = [part for field in fields for part in ("-e", field)]
        text = run("tshark", "-n", "-r", str(self.file), "-T", "fields", "-E", "separator=|",
                   *arguments)
        return [line.split("|") for line in text.splitlines()]


def _file(lab: Lab, name: str) -> Path:
    return Path(lab.journal.directory) / f"{name}.pcapng"


@case(PAIR)
def both_sides(lab: Lab) -> None:
    """A ping comes and goes: the same packet before and after, with one number."""
    _, gateway = ovnic_zones(lab)[0]
    one, other = (zone.guest for zone in lab.zones)
    capturing = Capturing(gateway, _file(lab, "ping"), "--filter",
                          f"geneve and icmp and host {one.ipv4} and host {other.ipv4}",
                          "--count", "8", "--seconds", "20")
    one.expect_ping(other.ipv4, count=3)
    said = capturing.result()
    check_equal("packets", said["packets"], 8)
    check_equal("missed", said["missed"], 0)
    check_equal("ended by", said["ended_by"], "count")
    found = capturing.read("frame.packet_id", "frame.interface_name", "geneve.vni", "icmp.type")
    check_equal("frames in the file", len(found), 8)
    for before, after in zip(found[::2], found[1::2]):
        check(before[0] != "" and before[0] == after[0], f"packet ids of {found}")
        check(before[2] != after[2], f"VNI before and after of {found}")
        check_equal("interface", before[1], "uplink")
    information = run("capinfos", "-Mc", str(capturing.file))
    check("8" in information.splitlines()[-1], information)


@case(PAIR)
def drop_reasons(lab: Lab) -> None:
    """Dropped packets, and no others, each with its reason for a comment."""
    stranger = _stranger(lab)
    gateway, good = _good(lab, stranger)
    capturing = Capturing(gateway, _file(lab, "drops"), "--drops", "--count", "3",
                          "--seconds", "20")
    one, other = (zone.guest for zone in lab.zones)
    one.expect_ping(other.ipv4, count=3)
    stranger.send(good.but(vni=0xff7777).encode())
    stranger.send(good.but(src="192.0.2.99").encode())
    stranger.send(good.but(flags=0xc0).encode())
    check_equal("ended by", capturing.result()["ended_by"], "count")
    found = sorted(line[0] for line in capturing.read("frame.comment"))
    check_equal("comments", found, ["dropped: geneve_oam", "dropped: unknown_source",
                                    "dropped: unknown_vni"])


@case(PAIR)
def files_are_safe(lab: Lab) -> None:
    """What exists is not overwritten, a link is not followed, nobody else may read."""
    _, gateway = ovnic_zones(lab)[0]
    existing, link = _file(lab, "existing"), _file(lab, "link")
    existing.write_text("mine")
    if not link.is_symlink():
        link.symlink_to(_file(lab, "nowhere"))
    for path in (existing, link):
        try:
            gateway.ctl("capture", str(path), "--seconds", "1")
        except CommandError as error:
            check("not overwritten" in error.output, error.output)
        else:
            raise AssertionError(f"{path} was taken")
    check_equal("what was there", existing.read_text(), "mine")
    check(not _file(lab, "nowhere").exists(), "a link was followed")
    capturing = Capturing(gateway, _file(lab, "stopped"), "--seconds", "60")
    check_equal("mode", capturing.file.stat().st_mode & 0o777, 0o600)
    gateway.ctl("capture", "--stop")
    check_equal("ended by", capturing.result()["ended_by"], "request")
    run("capinfos", str(capturing.file))


@case(PAIR)
def nobody_waits(lab: Lab) -> None:
    """Who asked has gone: the capture ends by itself, and the daemon goes on."""
    _, gateway = ovnic_zones(lab)[0]
    capturing = Capturing(gateway, _file(lab, "left"), "--seconds", "1")
    capturing.child.kill()
    capturing.child.communicate()
    wait_for("the end of the capture", lambda: _is_free(gateway), timeout=10)
    run("capinfos", str(capturing.file))
    one, other = (zone.guest for zone in lab.zones)
    one.expect_ping(other.ipv4, count=3)


def _is_free(gateway: OvnicGateway) -> bool:
    try:
        gateway.ctl("trace", "--live", "ether src 02:ff:ff:ff:ff:fe", "--seconds", "1")
    except CommandError as error:
        check("one at a time" in error.output, error.output)
        return False
    return True
