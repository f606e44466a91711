# SPDX-License-Identifier: Apache-2.0
"""Metrics: well-formed, true, and all there that the dashboard and the alerts ask for."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from ovnlab.case import PAIR, Skip, case, check, check_equal, ovnic_zones
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.shell import wait_for

CONFIG = Path(__file__).resolve().parents[3] / "config"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
NAME = re.compile(r"\bovnic_gw_[a-z0-9_]+")

FETCH = """
import sys, urllib.request
request = urllib.request.Request("http://127.0.0.1:9476" + sys.argv[1], headers={"Accept": sys.argv[2]})
print(urllib.request.urlopen(request, timeout=5).read().decode(), end="")
"""


def _fetch(gateway: OvnicGateway, accept: str, path: str = "/metrics") -> str:
    return gateway.netns.run("python3", "-c", FETCH, path, accept)


def _parse(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Samples by name and labels, by the client library's strict parser."""
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
    except ImportError as error:
        raise Skip("python3-prometheus-client is not installed") from error
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = tuple(sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[key] = sample.value
    return found


@case(PAIR)
def well_formed(lab: Lab) -> None:
    """Both forms satisfy the tools of Prometheus."""
    for _, gateway in ovnic_zones(lab):
        _parse(_fetch(gateway, OPEN_METRICS))
        done = subprocess.run(["promtool", "check", "metrics"], timeout=20, text=True,
                              input=_fetch(gateway, "text/plain"), capture_output=True)
        check_equal(f"promtool check metrics ({done.stdout}{done.stderr})", done.returncode, 0)


@case(PAIR)
def true(lab: Lab) -> None:
    """The numbers are those that the reports have."""
    one, other = (zone.guest for zone in lab.zones)
    for zone, gateway in ovnic_zones(lab):
        before = _parse(_fetch(gateway, OPEN_METRICS))
        one.expect_ping(other.ipv4, count=20)

        def risen(gw: OvnicGateway = gateway) -> bool:
            now = _parse(_fetch(gw, OPEN_METRICS))
            return _sum(now, "worker_receive_packets_total") \
                - _sum(before, "worker_receive_packets_total") >= 40

        wait_for(f"20 pings in the metrics of {gateway.name}", risen)
        now = _parse(_fetch(gateway, OPEN_METRICS))
        tables = gateway.query("status")["tables"]
        for name in ("destinations", "endpoints", "tunnels"):
            check_equal(name, _sum(now, name), tables[name])
        # From 25.03 on, the switch's end of the router port has such a port, too.
        held = now["ovnic_gw_gateway_port_held"]
        check_equal("held", held.get((("port", f"cr-{zone.router_port}"),)), 1.0)
        check_equal("databases", set(now["ovnic_gw_database_connected"].values()), {1.0})
        check_equal("reasons", {dict(key)["reason"] for key in
                                now["ovnic_gw_dropped_packets_total"]}, set(gateway.drops()))
        check(now["ovnic_gw_convergence_seconds_count"][(("step", "total"),)] > 0,
              "no change of the databases has been timed")


def _sum(metrics: dict[str, dict[tuple[tuple[str, str], ...], float]], name: str) -> float:
    return sum(metrics["ovnic_gw_" + name].values())


PING = 156   # bytes of a ping in its tunnel


def _ways(gateway: OvnicGateway) -> dict[tuple[str, str], float]:
    """By way (from and to local and remote peers and transit switches) and unit."""
    metrics = _parse(_fetch(gateway, OPEN_METRICS))
    zones = {peer["chassis"]: peer["zone"] for peer in gateway.query("peers")["peers"]}
    found: dict[tuple[str, str], float] = {}
    for way in ("receive", "transmit"):
        for unit in ("packets", "bytes"):
            name = f"ovnic_gw_{{}}_{way}_{unit}_total"
            found[f"transit {way}", unit] = sum(metrics[name.format("transit")].values())
            for labels, value in metrics[name.format("peer")].items():
                key = f"{zones[dict(labels)['chassis']]} {way}", unit
                found[key] = found.get(key, 0) + value
    return found


@case(PAIR)
def by_peer(lab: Lab) -> None:
    """10 pings count once for each peer and transit switch on their way, over a change of tables."""
    one, other = (zone.guest for zone in lab.zones)
    one.expect_ping(other.ipv4, count=1)   # who is where is known from here on
    for zone, gateway in ovnic_zones(lab):
        before = _ways(gateway)
        check_equal("ways", {way for way, _ in before},
                    {f"{end} {way}" for end in ("local", "remote", "transit")
                     for way in ("receive", "transmit")})
        one.expect_ping(other.ipv4, count=5)
        published = gateway.query("status")["tables"]["published"]
        zone.central.nbctl("lr-route-add", f"lr{zone.number}", "203.0.113.0/24", "discard")
        wait_for("new tables", lambda gw=gateway, was=published:
                 gw.query("status")["tables"]["published"] > was)
        zone.central.nbctl("lr-route-del", f"lr{zone.number}", "203.0.113.0/24")
        one.expect_ping(other.ipv4, count=5)

        def counted(gw: OvnicGateway = gateway, was: dict[tuple[str, str], float] = before) -> bool:
            return all(value - was[key] >= 10 * (PING if key[1] == "bytes" else 1)
                       for key, value in _ways(gw).items())

        wait_for(f"10 pings by each way through {gateway.name}", counted)
        for key, value in _ways(gateway).items():   # little else happens
            check(value - before[key] < 16 * (PING if key[1] == "bytes" else 1),
                  f"{gateway.name}: {key} rose by {value - before[key]} for 10 pings")


@case(PAIR)
def asked_for(lab: Lab) -> None:
    """Every metric that the dashboard and the alert rules ask for exists."""
    _, gateway = ovnic_zones(lab)[0]
    text = _fetch(gateway, OPEN_METRICS)
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    there = set()
    for name, kind in types.items():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        there |= {name + suffix for suffix in suffixes.get(kind, ("",))}
    for path in (CONFIG / "grafana/ovnic-gw.json", CONFIG / "prometheus/ovnic-gw.rules.yml"):
        queries = list(_expressions(path))
        names = {name for query in queries for name in NAME.findall(query)}
        check(len(names) >= 10, f"{path.name} asks for {len(names)} metrics only")
        check_equal(f"asked for by {path.name}, but missing", names - there, set())
    rules = subprocess.run(["promtool", "check", "rules", CONFIG / "prometheus/ovnic-gw.rules.yml"],
                           timeout=20, text=True, capture_output=True)
    check_equal(f"promtool check rules ({rules.stdout}{rules.stderr})", rules.returncode, 0)


def _expressions(path: Path) -> Any:
    text = path.read_text()
    if path.suffix == ".json":
        for panel in json.loads(text)["panels"]:
            yield from (target["expr"] for target in panel.get("targets", []))
    else:
        yield from re.findall(r"^\s+expr: (.*)$", text, re.MULTILINE)


# Python expressions: some are longer than an argument may be.
HOSTILE = (r"b'GET /metrics HTTP/1.1\r\nX: ' + b'y' * 100000 + b'\r\n\r\n'",
           r"b'\x00\xff' * 4096",
           r"b'POST /metrics HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n'",
           r"b'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n'", "b'GET '")

SEND = """
import socket, sys
s = socket.create_connection(("127.0.0.1", 9476), 5)
try:
    s.sendall(eval(sys.argv[1]))
    s.settimeout(2)
    print(s.recv(64).decode(errors="replace"))
except OSError:
    pass
"""

CROWD = """
import socket, sys
crowd = [socket.create_connection(("127.0.0.1", 9476), 5) for _ in range(40)]
print("up", flush=True)
sys.stdin.read()
"""


@case(PAIR)
def hostile_clients(lab: Lab) -> None:
    """Nonsense and a crowd that says nothing do no harm."""
    _, gateway = ovnic_zones(lab)[0]
    for request in HOSTILE:
        said = gateway.netns.run("python3", "-c", SEND, request)
        check(" 200 " not in said, f"{request}: {said!r}")
    with subprocess.Popen([*gateway.netns.prefix(), "python3", "-c", CROWD], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as crowd:
        assert crowd.stdin is not None and crowd.stdout is not None
        check_equal("crowd", crowd.stdout.readline(), "up\n")
        gateway.ctl("status")
        one, other = (zone.guest for zone in lab.zones)
        one.expect_ping(other.ipv4, count=5)
        crowd.stdin.close()
    wait_for("metrics after the crowd", lambda: "ovnic_gw_" in _fetch(gateway, "text/plain"))
