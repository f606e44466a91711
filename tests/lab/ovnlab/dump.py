# SPDX-License-Identifier: Apache-2.0
"""The state of a lab as text, for when a test has failed."""

from __future__ import annotations

from typing import Callable, Iterator

from .lab import Lab

SOON = "--timeout=2"   # a database may be away


def dump(lab: Lab) -> str:
    return "\n".join(f"==== {title}\n{text.rstrip()}\n" for title, text in _parts(lab))


def _parts(lab: Lab) -> Iterator[tuple[str, str]]:
    yield "notes", "\n".join(lab.notes)
    yield "ovn-ic-sbctl show", _try(lambda: lab.interconnection.sbctl(SOON, "show"))
    for zone in lab.zones:
        central = zone.central
        yield f"{central.name}: ovn-nbctl show", _try(lambda: central.nbctl(SOON, "show"))
        yield f"{central.name}: ovn-sbctl show", _try(lambda: central.sbctl(SOON, "show"))
        yield f"{central.name}: MAC_Binding", _try(
            lambda: central.sbctl(SOON, "list", "MAC_Binding"))
        yield f"{zone.guest.name}", _try(
            lambda: zone.guest.netns.ip("-br", "address") + zone.guest.netns.ip("neighbour"))
    for node in lab.nodes():
        yield f"{node.name}: addresses", _try(lambda: node.netns.ip("-br", "address"))
        yield f"{node.name}: neighbours", _try(lambda: node.netns.ip("neighbour"))
        yield node.name, _try(node.describe)
    for process in lab.processes():
        state = "running" if process.running() else "NOT RUNNING"
        yield f"{process.name} ({state})", _try(lambda: process.tail(25))


def _try(get: Callable[[], str]) -> str:
    """What is broken may be broken for the dump, too."""
    try:
        return get()
    except Exception as error:   # pylint: disable=broad-except
        return f"({error})"
