# SPDX-License-Identifier: Apache-2.0
"""The lab's tests. Importing a module registers its tests, in this order."""

from . import traffic, neighbours, control, bad_input, lifecycle, moves, settings, bfd, ha, ha_databases
from . import transit_router, kubeovn

__all__ = ["traffic", "neighbours", "control", "bad_input", "lifecycle", "moves", "settings", "bfd",
           "ha", "ha_databases", "transit_router", "kubeovn"]
