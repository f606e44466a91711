# SPDX-License-Identifier: Apache-2.0
"""A changed configuration file under a running gateway."""

import os
import signal
import subprocess

from ovnlab.case import SPARE, case, check, check_equal, check_timely, ovnic_zones
from ovnlab.gateway import CONTROL, HOST_INTERFACE, OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import wait_for
from ovnlab.stream import Streams

EXTRA = "198.51.100.77"


def _restore(gateway: OvnicGateway, good: str) -> None:
    gateway.config.write_text(good)
    gateway.ctl("reload")
    gateway.netns.ip("address", "flush", "dev", HOST_INTERFACE, "to", EXTRA)


@case(SPARE)
def bad_file(lab: Lab) -> None:
    """Changes nothing; the answer names line and reason."""
    _, gateway = ovnic_zones(lab)[0]
    good = gateway.config.read_text()
    try:
        gateway.config.write_text(good.replace("listen = 127.0.0.1:9476", "listen = 127.0.0.1:9477")
                                  .replace("idle = sleep", "idle = dream"))
        done = subprocess.run([CONTROL, "-t", gateway.socket, "reload"], timeout=20, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
        check_equal("exit status", done.returncode, 2)
        line = good.splitlines().index("idle = sleep") + 1
        for word in (f"{gateway.config}:{line}:", "dream", "sleep or busy"):
            check(word in done.stderr, f"does not say {word!r}: {done.stderr}")
        check("127.0.0.1:9476" in gateway.netns.run("ss", "-Hltn"), "metrics have moved")
    finally:
        _restore(gateway, good)


@case(SPARE)
def applied(lab: Lab) -> None:
    """What can be applied is, without losing a packet; what cannot is named."""
    zone, gateway = ovnic_zones(lab)[0]
    good = gateway.config.read_text()
    remote = zone.central.southbound.remote
    one, other = (each.guest for each in lab.zones)
    one.wait_ping(other.ipv4)
    try:
        text = good.replace("listen = 127.0.0.1:9476", "listen = [::1]:9477")
        text = text.replace("cores = 1", "cores = 2").replace("memory = 256", "memory = 300")
        text = text.replace(f"southbound = {remote}", f"southbound = {remote},unix:/nowhere", 1)
        text = text.replace("[workers]", f"address = {EXTRA}/32\n[workers]")
        gateway.config.write_text(text)
        with Streams([(one, other)]) as streams:
            said = gateway.query("reload")
            wait_for("southbound connected again",
                     lambda: gateway.query("status")["southbound"]["connected"])
            zone.central.sync()
        check_timely(not streams.outcomes[0].lost, str(streams.outcomes[0]))
        check_equal("applied", set(said["applied"]),
                    {"[metrics] listen", "[ovn] southbound", "[port uplink] address (added)"})
        check_equal("needs a restart", said["needs_restart"],
                    ["[workers] cores", "[dpdk] memory"])
        check("[::1]:9477" in gateway.netns.run("ss", "-Hltn"), "metrics have not moved")
        check(EXTRA in gateway.netns.ip("address", "show", "dev", HOST_INTERFACE), "no address")
        check_equal("again", gateway.query("reload")["applied"], [])
        # Gone again; the one that tunnels end at stays, whatever the file says.
        gateway.config.write_text("".join(
            line + "\n" for line in text.splitlines()
            if not line.startswith("address =")))
        said = gateway.query("reload")
        check_equal("applied", said["applied"], ["[port uplink] address (removed)"])
        check(any("address: one is gone from the file, but stays on" in each
                  for each in said["needs_restart"]), f"no word about it: {said}")
        addresses = gateway.netns.ip("address", "show", "dev", HOST_INTERFACE)
        check(EXTRA not in addresses, "the address is still there")
        check(gateway.address in addresses, "the tunnels' address is gone")
    finally:
        _restore(gateway, good)


@case(SPARE)
def by_signal(lab: Lab) -> None:
    """SIGHUP does the same, and the log says what has come of it."""
    _, gateway = ovnic_zones(lab)[0]
    good = gateway.config.read_text()
    try:
        gateway.config.write_text(good.replace("[metrics]", "[unheard]"))
        os.kill(gateway.process.pid, signal.SIGHUP)
        log = lab.journal.directory / f"{gateway.name}.log"
        wait_for("a refusal in the log", lambda: "unknown section [unheard]" in log.read_text())
        gateway.config.write_text(good.replace("127.0.0.1:9476", "127.0.0.1:9478"))
        os.kill(gateway.process.pid, signal.SIGHUP)
        wait_for("metrics at the new port",
                 lambda: "127.0.0.1:9478" in gateway.netns.run("ss", "-Hltn"))
        check(any("reload: applied" in entry["text"] for entry in gateway.query("log")["log"]),
              "the timeline does not have it")
    finally:
        _restore(gateway, good)
