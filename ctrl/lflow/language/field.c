/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned int width;
} fields[N_FIELDS] = {
    [FIELD_XXREG0] = {"xxreg0", 128},
    [FIELD_XXREG1] = {"xxreg1", 128},
    [FIELD_XXREG2] = {"xxreg2", 128},
    [FIELD_FLAGS] = {"flags", 32},
    [FIELD_INPORT] = {"inport", 32},
    [FIELD_OUTPORT] = {"outport", 32},
    [FIELD_CT_STATE] = {"ct_state", 32},
    [FIELD_CT_MARK] = {"ct_mark", 32},
    [FIELD_CT_LABEL] = {"ct_label", 128},
    [FIELD_PKT_MARK] = {"pkt.mark", 32},
    [FIELD_ETH_SRC] = {"eth.src", 48},
    [FIELD_ETH_DST] = {"eth.dst", 48},
    [FIELD_ETH_TYPE] = {"eth.type", 16},
    [FIELD_VLAN_TCI] = {"vlan.tci", 16},
    [FIELD_IP_PROTO] = {"ip.proto", 8},
    [FIELD_IP_DSCP] = {"ip.dscp", 6},
    [FIELD_IP_ECN] = {"ip.ecn", 2},
    [FIELD_IP_TTL] = {"ip.ttl", 8},
    [FIELD_IP_FRAG] = {"ip.frag", 2},
    [FIELD_IP4_SRC] = {"ip4.src", 32},
    [FIELD_IP4_DST] = {"ip4.dst", 32},
    [FIELD_IP6_SRC] = {"ip6.src", 128},
    [FIELD_IP6_DST] = {"ip6.dst", 128},
    [FIELD_IP6_LABEL] = {"ip6.label", 20},
    [FIELD_ICMP4_TYPE] = {"icmp4.type", 8},
    [FIELD_ICMP4_CODE] = {"icmp4.code", 8},
    [FIELD_ICMP4_FRAG_MTU] = {"icmp4.frag_mtu", 16},
    [FIELD_ICMP6_TYPE] = {"icmp6.type", 8},
    [FIELD_ICMP6_CODE] = {"icmp6.code", 8},
    [FIELD_ICMP6_FRAG_MTU] = {"icmp6.frag_mtu", 32},
    [FIELD_ARP_OP] = {"arp.op", 16},
    [FIELD_ARP_SPA] = {"arp.spa", 32},
    [FIELD_ARP_TPA] = {"arp.tpa", 32},
    [FIELD_ARP_SHA] = {"arp.sha", 48},
    [FIELD_ARP_THA] = {"arp.tha", 48},
    [FIELD_ND_TARGET] = {"nd.target", 128},
    [FIELD_ND_SLL] = {"nd.sll", 48},
    [FIELD_ND_TLL] = {"nd.tll", 48},
    [FIELD_TCP_SRC] = {"tcp.src", 16},
    [FIELD_TCP_DST] = {"tcp.dst", 16},
    [FIELD_TCP_FLAGS] = {"tcp.flags", 12},
    [FIELD_UDP_SRC] = {"udp.src", 16},
    [FIELD_UDP_DST] = {"udp.dst", 16},
    [FIELD_SCTP_SRC] = {"sctp.src", 16},
    [FIELD_SCTP_DST] = {"sctp.dst", 16},
};

unsigned int field_width(enum field_id id)
{
    return fields[id].width;
}

const char *field_name(enum field_id id)
{
    return fields[id].name;
}

#define WHOLE(NAME, FIELD, WIDTH, PREREQ)                                                          \
    {                                                                                              \
        NAME, SYMBOL_FIELD, {FIELD, 0, WIDTH}, NULL, PREREQ, false                                 \
    }
#define PART(NAME, FIELD, LO, WIDTH, PREREQ)                                                       \
    {                                                                                              \
        NAME, SYMBOL_FIELD, {FIELD, LO, WIDTH}, NULL, PREREQ, false                                \
    }
#define NOMINAL(NAME, FIELD, WIDTH, PREREQ)                                                        \
    {                                                                                              \
        NAME, SYMBOL_FIELD, {FIELD, 0, WIDTH}, NULL, PREREQ, true                                  \
    }
#define PORT(NAME, FIELD)                                                                          \
    {                                                                                              \
        NAME, SYMBOL_PORT, {FIELD, 0, 32}, NULL, NULL, true                                        \
    }
#define PREDICATE(NAME, EXPANSION)                                                                 \
    {                                                                                              \
        NAME, SYMBOL_PREDICATE, {0, 0, 1}, EXPANSION, NULL, false                                  \
    }
/* One whose expansion, but for prerequisites, names something nominal. */
#define POSITIVE(NAME, EXPANSION)                                                                  \
    {                                                                                              \
        NAME, SYMBOL_PREDICATE, {0, 0, 1}, EXPANSION, NULL, true                                   \
    }

/* Bit numbers of `flags` and `ct_state` are those that ovn-controller gives
 * them (OVN's include/ovn/logical-fields.h and Open vSwitch's ct_state). */
static const struct symbol symbols[] = {
    PORT("inport", FIELD_INPORT),
    PORT("outport", FIELD_OUTPORT),

    WHOLE("flags", FIELD_FLAGS, 32, NULL),
    PART("flags.loopback", FIELD_FLAGS, 0, 1, NULL),
    PART("flags.force_snat_for_dnat", FIELD_FLAGS, 2, 1, NULL),
    PART("flags.force_snat_for_lb", FIELD_FLAGS, 3, 1, NULL),
    PART("flags.skip_snat_for_lb", FIELD_FLAGS, 9, 1, NULL),
    PART("flags.use_snat_zone", FIELD_FLAGS, 11, 1, NULL),
    PART("flags.localnet", FIELD_FLAGS, 15, 1, NULL),
    PART("flags.tunnel_rx", FIELD_FLAGS, 16, 1, NULL),
    PART("flags.icmp_snat", FIELD_FLAGS, 17, 1, NULL),
    PART("flags.from_ctrl", FIELD_FLAGS, 19, 1, NULL),
    PART("flags.unsnat_new", FIELD_FLAGS, 20, 1, NULL),
    PART("flags.unsnat_not_tracked", FIELD_FLAGS, 21, 1, NULL),
    PART("flags.igmp_loopback", FIELD_FLAGS, 22, 1, NULL),
    PART("flags.pkt_sampled", FIELD_FLAGS, 23, 1, NULL),
    PART("flags.network_id", FIELD_FLAGS, 28, 4, NULL),

    WHOLE("ct_state", FIELD_CT_STATE, 32, NULL),
    PART("ct.new", FIELD_CT_STATE, 0, 1, "ct.trk"),
    PART("ct.est", FIELD_CT_STATE, 1, 1, "ct.trk"),
    PART("ct.rel", FIELD_CT_STATE, 2, 1, "ct.trk"),
    PART("ct.rpl", FIELD_CT_STATE, 3, 1, "ct.trk"),
    PART("ct.inv", FIELD_CT_STATE, 4, 1, "ct.trk"),
    PART("ct.trk", FIELD_CT_STATE, 5, 1, NULL),
    PART("ct.snat", FIELD_CT_STATE, 6, 1, "ct.trk"),
    PART("ct.dnat", FIELD_CT_STATE, 7, 1, "ct.trk"),
    WHOLE("ct_mark", FIELD_CT_MARK, 32, NULL),
    PART("ct_mark.blocked", FIELD_CT_MARK, 0, 1, NULL),
    PART("ct_mark.natted", FIELD_CT_MARK, 1, 1, NULL),
    PART("ct_mark.skip_snat", FIELD_CT_MARK, 2, 1, NULL),
    PART("ct_mark.force_snat", FIELD_CT_MARK, 3, 1, NULL),
    PART("ct_mark.obs_stage", FIELD_CT_MARK, 4, 2, NULL),
    PART("ct_mark.allow_established", FIELD_CT_MARK, 6, 1, NULL),
    PART("ct_mark.ecmp_reply_port", FIELD_CT_MARK, 16, 16, NULL),
    PART("ct_mark.obs_collector_id", FIELD_CT_MARK, 16, 8, NULL),
    WHOLE("ct_label", FIELD_CT_LABEL, 128, NULL),
    PART("ct_label.blocked", FIELD_CT_LABEL, 0, 1, NULL),
    PART("ct_label.natted", FIELD_CT_LABEL, 1, 1, NULL),
    PART("ct_label.ecmp_reply_eth", FIELD_CT_LABEL, 32, 48, NULL),
    PART("ct_label.ecmp_reply_port", FIELD_CT_LABEL, 80, 16, NULL),
    PART("ct_label.acl_id", FIELD_CT_LABEL, 80, 16, NULL),
    PART("ct_label.label", FIELD_CT_LABEL, 96, 32, NULL),
    PART("ct_label.obs_point_id", FIELD_CT_LABEL, 96, 32, NULL),
    WHOLE("pkt.mark", FIELD_PKT_MARK, 32, NULL),

    WHOLE("eth.src", FIELD_ETH_SRC, 48, NULL),
    WHOLE("eth.dst", FIELD_ETH_DST, 48, NULL),
    NOMINAL("eth.type", FIELD_ETH_TYPE, 16, NULL),
    PREDICATE("eth.bcast", "eth.dst == ff:ff:ff:ff:ff:ff"),
    PART("eth.mcast", FIELD_ETH_DST, 40, 1, NULL),
    PREDICATE("eth.mcastv6", "eth.dst[32..47] == 0x3333"),

    WHOLE("vlan.tci", FIELD_VLAN_TCI, 16, NULL),
    PREDICATE("vlan.present", "vlan.tci[12]"),
    PART("vlan.pcp", FIELD_VLAN_TCI, 13, 3, "vlan.present"),
    PART("vlan.vid", FIELD_VLAN_TCI, 0, 12, "vlan.present"),

    POSITIVE("ip4", "eth.type == 0x800"),
    POSITIVE("ip6", "eth.type == 0x86dd"),
    POSITIVE("ip", "eth.type == {0x800, 0x86dd}"),
    NOMINAL("ip.proto", FIELD_IP_PROTO, 8, "ip"),
    NOMINAL("ip.dscp", FIELD_IP_DSCP, 6, "ip"),
    NOMINAL("ip.ecn", FIELD_IP_ECN, 2, "ip"),
    NOMINAL("ip.ttl", FIELD_IP_TTL, 8, "ip"),
    WHOLE("ip.frag", FIELD_IP_FRAG, 2, "ip"),
    /* No fields: `!ip.is_frag` holds for ARP. */
    PREDICATE("ip.is_frag", "ip.frag[0]"),
    PREDICATE("ip.later_frag", "ip.frag[1]"),
    PREDICATE("ip.first_frag", "ip.is_frag && !ip.later_frag"),

    WHOLE("ip4.src", FIELD_IP4_SRC, 32, "ip4"),
    WHOLE("ip4.dst", FIELD_IP4_DST, 32, "ip4"),
    PREDICATE("ip4.src_mcast", "ip4.src[28..31] == 0xe"),
    PREDICATE("ip4.mcast", "eth.mcast && ip4.dst[28..31] == 0xe"),
    POSITIVE("icmp4", "ip4 && ip.proto == 1"),
    NOMINAL("icmp4.type", FIELD_ICMP4_TYPE, 8, "icmp4"),
    NOMINAL("icmp4.code", FIELD_ICMP4_CODE, 8, "icmp4"),
    NOMINAL("icmp4.frag_mtu", FIELD_ICMP4_FRAG_MTU, 16, NULL),
    POSITIVE("igmp", "ip4.mcast && ip.proto == 2"),

    WHOLE("ip6.src", FIELD_IP6_SRC, 128, "ip6"),
    WHOLE("ip6.dst", FIELD_IP6_DST, 128, "ip6"),
    WHOLE("ip6.label", FIELD_IP6_LABEL, 20, "ip6"),
    PREDICATE("ip6.mcast_rsvd",
              "ip6.dst == {ff00::, ff01::, ff02::, ff03::, ff04::, ff05::, ff06::, "
              "ff07::, ff08::, ff09::, ff0a::, ff0b::, ff0c::, ff0d::, ff0e::, "
              "ff0f::}"),
    PREDICATE("ip6.mcast_all_nodes", "ip6.dst == {ff01::1, ff02::1}"),
    PREDICATE("ip6.mcast_all_rtrs", "ip6.dst == {ff01::2, ff02::2, ff05::2}"),
    PREDICATE("ip6.mcast_sol_node", "ip6.dst == ff02::1:ff00:0/104"),
    PREDICATE("ip6.mcast_flood", "eth.mcastv6 && (ip6.mcast_rsvd || ip6.mcast_all_nodes || "
                                 "ip6.mcast_all_rtrs || ip6.mcast_sol_node)"),
    PREDICATE("ip6.mcast", "eth.mcastv6 && ip6.dst[120..127] == 0xff"),
    POSITIVE("icmp6", "ip6 && ip.proto == 58"),
    NOMINAL("icmp6.type", FIELD_ICMP6_TYPE, 8, "icmp6"),
    NOMINAL("icmp6.code", FIELD_ICMP6_CODE, 8, "icmp6"),
    NOMINAL("icmp6.frag_mtu", FIELD_ICMP6_FRAG_MTU, 32, NULL),
    POSITIVE("icmp", "icmp4 || icmp6"),

    POSITIVE("arp", "eth.type == 0x806"),
    NOMINAL("arp.op", FIELD_ARP_OP, 16, "arp"),
    WHOLE("arp.spa", FIELD_ARP_SPA, 32, "arp"),
    WHOLE("arp.tpa", FIELD_ARP_TPA, 32, "arp"),
    WHOLE("arp.sha", FIELD_ARP_SHA, 48, "arp"),
    WHOLE("arp.tha", FIELD_ARP_THA, 48, "arp"),
    POSITIVE("rarp", "eth.type == 0x8035"),
    NOMINAL("rarp.op", FIELD_ARP_OP, 16, "rarp"),
    WHOLE("rarp.spa", FIELD_ARP_SPA, 32, "rarp"),
    WHOLE("rarp.tpa", FIELD_ARP_TPA, 32, "rarp"),
    WHOLE("rarp.sha", FIELD_ARP_SHA, 48, "rarp"),
    WHOLE("rarp.tha", FIELD_ARP_THA, 48, "rarp"),

    /* RFC 4861 wants hop limit 255 and code 0 of every ND message. */
    POSITIVE("nd", "icmp6.type == {135, 136} && icmp6.code == 0 && ip.ttl == 255"),
    POSITIVE("nd_ns", "icmp6.type == 135 && icmp6.code == 0 && ip.ttl == 255"),
    POSITIVE("nd_ns_mcast", "ip6.mcast && icmp6.type == 135 && icmp6.code == 0 && ip.ttl == 255"),
    POSITIVE("nd_na", "icmp6.type == 136 && icmp6.code == 0 && ip.ttl == 255"),
    POSITIVE("nd_rs", "icmp6.type == 133 && icmp6.code == 0 && ip.ttl == 255"),
    POSITIVE("nd_ra", "icmp6.type == 134 && icmp6.code == 0 && ip.ttl == 255"),
    WHOLE("nd.target", FIELD_ND_TARGET, 128, "nd"),
    WHOLE("nd.sll", FIELD_ND_SLL, 48, "nd_ns"),
    WHOLE("nd.tll", FIELD_ND_TLL, 48, "nd_na"),
    /* RFC 2710 and RFC 3810. */
    POSITIVE("mldv1", "eth.mcastv6 && ip6.src == fe80::/10 && icmp6.type == {130, 131, 132}"),
    POSITIVE("mldv2", "eth.mcastv6 && ip6.dst == ff02::16 && icmp6.type == 143"),

    POSITIVE("tcp", "ip.proto == 6"),
    WHOLE("tcp.src", FIELD_TCP_SRC, 16, "tcp"),
    WHOLE("tcp.dst", FIELD_TCP_DST, 16, "tcp"),
    WHOLE("tcp.flags", FIELD_TCP_FLAGS, 12, "tcp"),
    POSITIVE("udp", "ip.proto == 17"),
    WHOLE("udp.src", FIELD_UDP_SRC, 16, "udp"),
    WHOLE("udp.dst", FIELD_UDP_DST, 16, "udp"),
    POSITIVE("sctp", "ip.proto == 132"),
    WHOLE("sctp.src", FIELD_SCTP_SRC, 16, "sctp"),
    WHOLE("sctp.dst", FIELD_SCTP_DST, 16, "sctp"),
};

/* Registers: `count` of `width` bits, the first in the highest bits of xxreg0. */
static bool find_register(const char *name, const char *prefix, unsigned int count,
                          unsigned int width, struct symbol *scratch)
{
    size_t n = strlen(prefix);
    if (strncmp(name, prefix, n) != 0 || name[n] < '0' || name[n] > '9' ||
        (name[n] == '0' && name[n + 1] != '\0')) {
        return false;
    }
    unsigned int index = 0;
    for (const char *p = name + n; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || index > count) {
            return false;
        }
        index = index * 10 + (unsigned int)(*p - '0');
    }
    if (index >= count) {
        return false;
    }
    unsigned int per_field = 128 / width;
    scratch->name = prefix;
    scratch->kind = SYMBOL_FIELD;
    scratch->bits.field = FIELD_XXREG0 + index / per_field;
    scratch->bits.lo = (uint8_t)((per_field - 1 - index % per_field) * width);
    scratch->bits.width = (uint8_t)width;
    scratch->expansion = NULL;
    scratch->prerequisite = NULL;
    scratch->nominal = false;
    return true;
}

const struct symbol *symbol_find(const char *name, struct symbol *scratch)
{
    if (find_register(name, "reg", 12, 32, scratch) ||
        find_register(name, "xreg", 6, 64, scratch) ||
        find_register(name, "xxreg", 3, 128, scratch)) {
        return scratch;
    }
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        /* Most differ in the first letter: no call for those. */
        if (symbols[i].name[0] == name[0] && strcmp(symbols[i].name, name) == 0) {
            return &symbols[i];
        }
    }
    return NULL;
}
