# SPDX-License-Identifier: Apache-2.0
"""One availability zone: central daemons, a hypervisor with a guest, gateways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from .central import Central
from .gateway import OvnicGateway
from .guest import Guest
from .ovsnode import OvsNode

Gateway = Union[OvsNode, OvnicGateway]


@dataclass(frozen=True, eq=False)
class Zone:
    number: int
    central: Central
    hypervisor: OvsNode
    gateways: list[Gateway]
    guest: Guest

    @property
    def gateway(self) -> Gateway:
        """The one that holds the transit port unless a test moves it."""
        return self.gateways[0]

    @property
    def nodes(self) -> list[Gateway]:
        return [self.hypervisor, *self.gateways]

    @property
    def transit_port(self) -> str:
        return f"ts1-lr{self.number}"

    @property
    def router_port(self) -> str:
        return f"lr{self.number}-ts1"
