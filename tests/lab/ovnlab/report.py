# SPDX-License-Identifier: Apache-2.0
"""Results: lines for a person, JUnit XML for a dashboard, files for whoever debugs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional
from xml.etree import ElementTree

from .style import BOLD, GREEN, RED, YELLOW, paint

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
LABELS = {PASSED: ("ok", GREEN), FAILED: ("FAIL", RED), SKIPPED: ("skip", YELLOW)}


@dataclass
class Result:
    name: str
    outcome: str
    seconds: float
    message: str = ""
    dump: str = ""


@dataclass
class Suite:
    title: str
    results: list[Result] = field(default_factory=list)


@dataclass
class Report:
    suites: list[Suite] = field(default_factory=list)

    def open(self, title: str) -> None:
        self.suites.append(Suite(title))
        print(paint(title, BOLD), flush=True)

    def add(self, result: Result) -> None:
        self.suites[-1].results.append(result)
        label, code = LABELS[result.outcome]
        took = f"{result.seconds:6.2f} s" if result.outcome != SKIPPED else " " * 8
        print(f"  {paint(f'{label:4}', code)} {result.name:34} {took}"
              + (f"  {result.message}" if result.outcome == SKIPPED else ""), flush=True)
        if result.outcome == FAILED:
            for line in result.message.splitlines():
                print(f"         {line}", flush=True)

    def count(self, outcome: str) -> int:
        return sum(result.outcome == outcome for suite in self.suites for result in suite.results)

    def summary(self) -> str:
        return ", ".join(f"{self.count(outcome)} {outcome}"
                         for outcome in (PASSED, FAILED, SKIPPED))

    def write_xml(self, directory: Optional[Path], name: str) -> None:
        """One file in the form that gtest writes."""
        if directory is None:
            return
        root = ElementTree.Element("testsuites", name="lab")
        for suite in self.suites:
            node = ElementTree.SubElement(root, "testsuite", name=f"lab: {suite.title}",
                                          tests=str(len(suite.results)),
                                          failures=str(_count(suite, FAILED)),
                                          skipped=str(_count(suite, SKIPPED)), errors="0",
                                          time=f"{sum(r.seconds for r in suite.results):.3f}")
            for result in suite.results:
                _add_case(node, suite, result)
        directory.mkdir(parents=True, exist_ok=True)
        ElementTree.indent(root)
        ElementTree.ElementTree(root).write(directory / f"{name}.xml", encoding="utf-8",
                                            xml_declaration=True)


def _count(suite: Suite, outcome: str) -> int:
    return sum(result.outcome == outcome for result in suite.results)


def _add_case(parent: ElementTree.Element, suite: Suite, result: Result) -> None:
    node = ElementTree.SubElement(parent, "testcase", name=result.name,
                                  classname=f"lab.{suite.title}", time=f"{result.seconds:.3f}")
    if result.outcome == FAILED:
        first = (result.message.splitlines() or [""])[0]
        ElementTree.SubElement(node, "failure", message=first).text = result.message
        ElementTree.SubElement(node, "system-out").text = printable(result.dump)
    elif result.outcome == SKIPPED:
        ElementTree.SubElement(node, "skipped", message=result.message)


def printable(text: str) -> str:
    """Without the control characters that XML has no place for."""
    return "".join(char for char in text if char in "\n\t" or ord(char) >= 32)
