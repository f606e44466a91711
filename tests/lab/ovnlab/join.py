#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Is a member of multicast groups until it is ended: `join DEVICE GROUP...`."""

import ipaddress
import signal
import socket
import struct
import sys

index = socket.if_nametoindex(sys.argv[1])
members = []
for text in sys.argv[2:]:
    group = ipaddress.ip_address(text)
    v6 = group.version == 6
    member = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
    if v6:
        member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                          group.packed + struct.pack("@I", index))
    else:
        member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                          group.packed + bytes(4) + struct.pack("@i", index))
    members.append(member)
signal.pause()
