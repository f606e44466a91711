# SPDX-License-Identifier: Apache-2.0
"""Gateways side by side: what bench/compare is made of."""
