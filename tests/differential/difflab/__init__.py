# SPDX-License-Identifier: Apache-2.0
"""The same packets into a stock gateway and into ovnic-gw, what comes out compared."""
