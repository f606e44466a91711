# SPDX-License-Identifier: Apache-2.0
"""The Grafana dashboard's queries, asked of a Prometheus that scrapes a gateway."""

import json
import shutil
from pathlib import Path

from ovnlab.case import GROUP, Skip, case
from ovnlab.gateway import OvnicGateway
from ovnlab.lab import Lab
from ovnlab.process import Process
from ovnlab.shell import LabError, wait_for

from .ha import ours

DASHBOARD = Path(__file__).resolve().parents[3] / "config" / "grafana" / "ovnic-gw.json"
PORT = 9477
WINDOW = "20s"   # what Grafana makes of the time that is shown

CONFIG = """\
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: ovnic-gw
    static_configs:
      - targets: ["127.0.0.1:9476"]
"""

ASK = """
import json, sys, urllib.parse, urllib.request
for query in sys.argv[2:]:
    url = f"http://127.0.0.1:{sys.argv[1]}/api/v1/query?query={urllib.parse.quote(query)}"
    print(json.dumps(json.load(urllib.request.urlopen(url, timeout=5))["data"]["result"]))
"""


def _queries() -> list[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"].replace("$instance", ".*").replace("$__rate_interval", WINDOW)
            for panel in panels for target in panel.get("targets", [])]


def _unanswered(gateway: OvnicGateway, queries: list[str]) -> list[str]:
    """Those without data. NaN, the quantile of nothing, is none."""
    try:
        answers = gateway.netns.run("python3", "-c", ASK, str(PORT), *queries).splitlines()
    except LabError:
        return queries   # not up yet
    return [query for query, answer in zip(queries, answers)
            if not [each for each in json.loads(answer) if each["value"][1] != "NaN"]]


@case(GROUP)
def queries_have_data(lab: Lab) -> None:
    """Every panel has something to show: traffic, a drop, a slow path, a change of the databases."""
    if not shutil.which("prometheus"):
        raise Skip("prometheus is not installed")
    zone = ours(lab)
    gateway = zone.gateways[0]
    assert isinstance(gateway, OvnicGateway)
    other = next(each for each in lab.zones if each is not zone)
    config = lab.journal.directory / "prometheus.yml"
    config.write_text(CONFIG)
    busy = [
        # A guest that does not exist, and the router itself.
        Process(lab.journal, f"ping-{name}", ["ping", "-q", "-i", "0.2", "-c", "600", address],
                other.guest.netns)
        for name, address in (("nobody", f"10.{zone.number}.0.77"),
                              ("router", f"10.{zone.number}.0.1"))]
    prometheus = Process(lab.journal, "prometheus", [
        "prometheus", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{PORT}",
        f"--storage.tsdb.path={lab.journal.directory}/prometheus"], gateway.netns)
    queries = _queries()
    try:
        for process in (*busy, prometheus):
            process.start()
        left, route = queries, "203.0.113.0/24"

        def answered() -> bool:
            nonlocal left
            zone.central.nbctl("lr-route-add", f"lr{zone.number}", route, "discard")
            zone.central.nbctl("lr-route-del", f"lr{zone.number}", route)
            left = _unanswered(gateway, queries)
            return not left

        try:
            wait_for("data for every query", answered, timeout=60)
        except LabError as error:
            raise LabError(f"{error}; without data: {'; '.join(left)}") from error
    finally:
        for process in (*busy, prometheus):
            process.stop()
