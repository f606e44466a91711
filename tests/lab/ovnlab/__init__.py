# SPDX-License-Identifier: Apache-2.0
"""Zones of real OVN on one machine, in network namespaces."""
