# SPDX-License-Identifier: Apache-2.0
"""The lab's tests. Importing a module registers its tests, in this order."""

from . import traffic, neighbours, control, unsupported, bad_input, lifecycle, moves, settings
from . import path_mtu, bfd, ha, ha_health, ha_databases, transit_router, kubeovn
from . import interconnection, metrics, reload, capture, trace

__all__ = ["traffic", "neighbours", "control", "unsupported", "bad_input", "lifecycle", "moves",
           "settings", "path_mtu", "bfd", "ha", "ha_health", "ha_databases", "transit_router",
           "kubeovn", "interconnection", "metrics", "reload", "capture", "trace"]
