# SPDX-License-Identifier: Apache-2.0
"""The lab's tests. Importing a module registers its tests, in this order."""

import importlib

MODULES = (
    "traffic",
    "neighbours",
    "control",
    "dashboard",
    "unsupported",
    "bad_input",
    "lifecycle",
    "moves",
    "settings",
    "path_mtu",
    "bfd",
    "ha",
    "ha_health",
    "ha_databases",
    "transit_router",
    "kubeovn",
    "interconnection",
    "encaps",
    "changes",
    "metrics",
    "reload",
    "tls",
    "capture",
    "trace",
    "uplinks",
    "workers",
    "timeline",
)

for module in MODULES:
    importlib.import_module(f"{__name__}.{module}")
