#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Send frames as they are: `inject DEVICE HEX...`."""

import socket
import sys

with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
    raw.bind((sys.argv[1], 0))
    for text in sys.argv[2:]:
        raw.send(bytes.fromhex(text))
