/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_WIRE_H
#define ICGW_WIRE_H

/* Numbers of the protocols.  Inside dp/ only. */

/* IEEE 802.3, 802.1Q; EtherTypes of the IANA registry. */
#define ICGW_ETH_LEN 14
#define ICGW_VLAN_LEN 4
#define ICGW_VLAN_VID 0x0fff
#define ICGW_ETH_IPV4 0x0800
#define ICGW_ETH_ARP 0x0806
#define ICGW_ETH_VLAN 0x8100
#define ICGW_ETH_IPV6 0x86dd

/* RFC 791, RFC 8200, RFC 768. */
#define ICGW_IPV4_LEN 20
#define ICGW_IPV6_LEN 40
#define ICGW_UDP_LEN 8
#define ICGW_IPV4_DF 0x4000
#define ICGW_IPV4_MF 0x2000
#define ICGW_IPV4_OFFSET 0x1fff
#define ICGW_IPV6_OFFSET 0xfff8 /* of the fragment header, RFC 8200 section 4.5 */
#define ICGW_OUTER_TTL 64

/* IANA protocol numbers; the IPv6 extension headers are among them. */
#define ICGW_PROTO_HOPOPTS 0
#define ICGW_PROTO_ICMP 1
#define ICGW_PROTO_IGMP 2
#define ICGW_PROTO_TCP 6
#define ICGW_PROTO_UDP 17
#define ICGW_PROTO_ROUTING 43
#define ICGW_PROTO_FRAGMENT 44
#define ICGW_PROTO_AH 51
#define ICGW_PROTO_ICMPV6 58
#define ICGW_PROTO_DSTOPTS 60
#define ICGW_PROTO_SCTP 132

/* RFC 8926. */
#define ICGW_GENEVE_BASE_LEN 8
#define ICGW_GENEVE_VERSION 0xc0 /* first byte: version … */
#define ICGW_GENEVE_OPT_LEN 0x3f /* … and length of options in words */
#define ICGW_GENEVE_OAM 0x80     /* second byte */
#define ICGW_GENEVE_CRITICAL 0x40
#define ICGW_GENEVE_ETHERNET 0x6558

/* OVN's option, ovn-architecture(7) "Tunnel Encapsulations": class 0x0102,
 * type 0x80, one word of data: 0, inport (15 bits), outport (16 bits).  The
 * three reserved bits beside the length are ignored, as RFC 8926 asks. */
#define ICGW_GENEVE_OPT_WORDS 2
#define ICGW_OVN_OPTION 0x01028001u
#define ICGW_OVN_OPTION_MASK 0xffffff1fu
#define ICGW_OVN_OPTION_ZERO 0x80000000u
#define ICGW_MULTICAST_KEY 0x8000 /* outports from here on are multicast groups */

#endif
