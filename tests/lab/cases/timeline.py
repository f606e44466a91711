# SPDX-License-Identifier: Apache-2.0
"""What an operator sees afterwards, and at three in the morning."""

from ovnlab import logical
from ovnlab.case import GROUP, SPARE, case, check, check_equal, check_timely, ovnic_zones
from ovnlab.gateway import HOST_INTERFACE, OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import wait_for

from .ha import ours, wait_holder


def _texts(gateway: OvnicGateway) -> list[str]:
    return [entry["text"] for entry in gateway.query("log", "512")["log"]]


def _in_order(texts: list[str], *wanted: str) -> None:
    at = -1
    for word in wanted:
        at = next((i for i in range(at + 1, len(texts)) if texts[i].startswith(word)), -1)
        check(at >= 0, f"no {word!r} after what came before it in:\n" + "\n".join(texts))


@case(GROUP)
def fail_over(lab: Lab) -> None:
    """One line for each change of state, in the order in which they happened."""
    zone = ours(lab)
    first, second = zone.gateways
    assert isinstance(second, OvnicGateway)
    port = f"cr-{zone.router_port}"
    before = len(_texts(second))
    first.kill()
    wait_holder(lab, zone, second)
    first.restart()
    logical.wait_group(zone)
    wait_holder(lab, zone, first)
    wait_for("the loss of the port in the log", lambda: any(
        text.startswith(f"{port} has been taken over") for text in _texts(second)[before:]))
    said = _texts(second)[before:]
    down, claim = f"BFD with {first.name} is down", f"claiming {port} from {first.name}"
    _in_order(said, down, claim, f"{port} has been taken over by {first.name}")
    _in_order(said, down, f"BFD with {first.name} is up")   # either end may find that first
    downs = sum(text.startswith(f"BFD with {first.name} is down") for text in said)
    check_timely(downs == 1, f"BFD with the first went down {downs} times")
    check(len(said) < 60, f"{len(said)} lines for one fail-over:\n" + "\n".join(said))


@case(SPARE)
def broken_neighbour(lab: Lab) -> None:
    """A far gateway that does not answer on the underlay: `status` says so first, `drops`
    counts it, `peers` says why; when it is back, nothing is left to say."""
    zone, gateway = ovnic_zones(lab)[0]
    far = next(each for each in lab.zones if each is not zone)
    wait_for("no problems", lambda: not gateway.query("status")["problems"])
    before = gateway.drops()["underlay_unresolved"]
    far.gateway.kill()
    try:
        # Else the kernel may believe for 45 s what it knows; it may have heard of it just now.
        gateway.netns.ip("neigh", "change", far.gateway.address, "dev", HOST_INTERFACE,
                         "managed", "nud", "stale")
        wait_for("the problem in status", lambda: any(
            far.gateway.address in problem["problem"] and problem["see"] == "peers"
            for problem in gateway.query("status")["problems"]), timeout=150)
        zone.guest.netns.run("ping", "-c", "3", "-i", "0.2", "-W", "1", far.guest.ipv4,
                             check=False)
        check(gateway.drops()["underlay_unresolved"] > before, "no drop has been counted")
        check("no MAC address of the next hop" in gateway.ctl("drops"), gateway.ctl("drops"))
        peer = next(peer for peer in gateway.query("peers")["peers"]
                    if peer["chassis"] == far.gateway.name)
        check_equal("resolved", [tunnel["resolved"] for tunnel in peer["tunnels"]], [False])
        check(all(tunnel["why"] for tunnel in peer["tunnels"]), f"no reason: {peer}")
    finally:
        far.gateway.restart()
    zone.guest.wait_ping(far.guest.ipv4)
    wait_for("no problems again", lambda: not gateway.query("status")["problems"], timeout=60)
