/* SPDX-License-Identifier: Apache-2.0 */
#include "icgw_forward.h"

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "bytes.h"
#include "view.h"
#include "wire.h"

/* What the outer IP header says about the rest. */
struct outer {
    uint32_t udp; /* offset of the UDP header */
    uint32_t end; /* offset of the end of the IP packet */
};

static enum icgw_action damaged(enum icgw_drop why, enum icgw_drop *reason)
{
    *reason = why;
    return ICGW_ACTION_DROP;
}

static bool is_local(const struct icgw_tables *tables, const struct icgw_addr *addr)
{
    for (uint16_t i = 0; i < tables->n_locals; i++) {
        if (icgw_addr_equal(addr, &tables->locals[i])) {
            return true;
        }
    }
    return false;
}

/* In words of the size that look-ups load: smaller stores would stall them. */
static void mapped(struct icgw_addr *addr, const uint8_t *v4)
{
    uint64_t words[2] = {0, rte_cpu_to_be_64(0xffff00000000ull | icgw_load_be32(v4))};

    memcpy(addr->bytes, words, sizeof words);
}

bool icgw_is_local4(const struct icgw_tables *tables, uint32_t addr_be)
{
    struct icgw_addr addr;

    mapped(&addr, (const uint8_t *)&addr_be);
    return is_local(tables, &addr);
}

/* What a NIC says of "the" IP header may be about the inner one. */
static bool checksum_bad(const uint8_t *ip, uint32_t len)
{
    return icgw_fold(icgw_sum(ip, len)) != 0xffff;
}

/* Ours are UDP to one of our addresses and Geneve's port.  Anything else goes
 * to the host as it is, damaged or not: the kernel counts that by itself.  So do further
 * fragments, which have no port. */
static enum icgw_action parse_v4(const struct icgw_view *v, const struct icgw_tables *tables,
                                 struct icgw_packet *p, struct outer *outer, enum icgw_drop *reason)
{
    const uint8_t *ip = v->data + p->outer_l2_len;
    uint16_t fragment;
    uint32_t ihl, len;

    if (!icgw_readable(v, p->outer_l2_len + ICGW_IPV4_LEN, v->pkt_len, ICGW_DROP_OUTER_TRUNCATED,
                       reason)) {
        return ICGW_ACTION_DROP;
    }
    mapped(&p->src, ip + 12);
    mapped(&p->dst, ip + 16);
    if (ip[9] != ICGW_PROTO_UDP || !is_local(tables, &p->dst)) {
        return ICGW_ACTION_HOST;
    }
    ihl = (ip[0] & 0xfu) * 4;
    if (ip[0] >> 4 != 4 || ihl < ICGW_IPV4_LEN) {
        return damaged(ICGW_DROP_OUTER_BAD_LENGTH, reason);
    }
    fragment = icgw_load_be16(ip + 6);
    if (fragment & ICGW_IPV4_OFFSET) {
        return ICGW_ACTION_HOST;
    }
    outer->udp = p->outer_l2_len + ihl;
    if (!icgw_readable(v, outer->udp + ICGW_UDP_LEN, v->pkt_len, ICGW_DROP_OUTER_TRUNCATED,
                       reason)) {
        return ICGW_ACTION_DROP;
    }
    if (icgw_load_be16(ip + ihl + 2) != ICGW_GENEVE_PORT) {
        return ICGW_ACTION_HOST;
    }
    if (fragment & ICGW_IPV4_MF) {
        return damaged(ICGW_DROP_OUTER_FRAGMENT, reason);
    }
    len = icgw_load_be16(ip + 2);
    if (len < ihl + ICGW_UDP_LEN) {
        return damaged(ICGW_DROP_OUTER_BAD_LENGTH, reason);
    }
    outer->end = p->outer_l2_len + len;
    return checksum_bad(ip, ihl) ? damaged(ICGW_DROP_OUTER_BAD_CHECKSUM, reason) : ICGW_ACTION_TX;
}

/* `at`: the fragment header. */
static enum icgw_action parse_v6_fragment(const struct icgw_view *v, uint32_t at,
                                          enum icgw_drop *reason)
{
    uint32_t udp = at + 8;

    if (v->data[at] != ICGW_PROTO_UDP || icgw_load_be16(v->data + at + 2) & ICGW_IPV6_OFFSET) {
        return ICGW_ACTION_HOST;
    }
    if (!icgw_readable(v, udp + ICGW_UDP_LEN, v->pkt_len, ICGW_DROP_OUTER_TRUNCATED, reason)) {
        return ICGW_ACTION_DROP;
    }
    return icgw_load_be16(v->data + udp + 2) == ICGW_GENEVE_PORT
               ? damaged(ICGW_DROP_OUTER_FRAGMENT, reason)
               : ICGW_ACTION_HOST;
}

/* Extension headers before UDP are the kernel's business: no tunnel sends them. */
static enum icgw_action parse_v6(const struct icgw_view *v, const struct icgw_tables *tables,
                                 struct icgw_packet *p, struct outer *outer, enum icgw_drop *reason)
{
    const uint8_t *ip = v->data + p->outer_l2_len;
    uint32_t next = p->outer_l2_len + ICGW_IPV6_LEN;

    if (!icgw_readable(v, next, v->pkt_len, ICGW_DROP_OUTER_TRUNCATED, reason)) {
        return ICGW_ACTION_DROP;
    }
    p->outer_v6 = true;
    memcpy(p->src.bytes, ip + 8, 16);
    memcpy(p->dst.bytes, ip + 24, 16);
    /* IPv4 addresses in the form that has no place on the wire (RFC 4291, section 2.5.5.2; the
     * kernel drops them): they would pass for the IPv4 chassis that has such an address. */
    if (icgw_addr_is_v4(&p->src) || icgw_addr_is_v4(&p->dst)) {
        return ICGW_ACTION_HOST;
    }
    if ((ip[6] != ICGW_PROTO_UDP && ip[6] != ICGW_PROTO_FRAGMENT) || !is_local(tables, &p->dst)) {
        return ICGW_ACTION_HOST;
    }
    if (ip[0] >> 4 != 6) {
        return damaged(ICGW_DROP_OUTER_BAD_LENGTH, reason);
    }
    /* UDP header and fragment header are 8 bytes both. */
    if (!icgw_readable(v, next + ICGW_UDP_LEN, v->pkt_len, ICGW_DROP_OUTER_TRUNCATED, reason)) {
        return ICGW_ACTION_DROP;
    }
    if (ip[6] == ICGW_PROTO_FRAGMENT) {
        return parse_v6_fragment(v, next, reason);
    }
    if (icgw_load_be16(v->data + next + 2) != ICGW_GENEVE_PORT) {
        return ICGW_ACTION_HOST;
    }
    outer->udp = next;
    outer->end = next + icgw_load_be16(ip + 4);
    return outer->end < next + ICGW_UDP_LEN ? damaged(ICGW_DROP_OUTER_BAD_LENGTH, reason)
                                            : ICGW_ACTION_TX;
}

/* RFC 8926 section 3.4.  On true outer_len, VNI and keys are set. */
static bool parse_geneve(const struct icgw_view *v, const struct outer *outer,
                         struct icgw_packet *p, enum icgw_drop *reason)
{
    uint32_t base = outer->udp + ICGW_UDP_LEN;
    const uint8_t *geneve = v->data + base;
    uint32_t keys;

    if (!icgw_readable(v, base + ICGW_GENEVE_BASE_LEN, outer->end, ICGW_DROP_OUTER_TRUNCATED,
                       reason)) {
        return false;
    }
    if (geneve[0] & ICGW_GENEVE_VERSION) {
        *reason = ICGW_DROP_GENEVE_VERSION;
        return false;
    }
    if (icgw_load_be16(geneve + 2) != ICGW_GENEVE_ETHERNET) {
        *reason = ICGW_DROP_GENEVE_PROTOCOL;
        return false;
    }
    if (geneve[1] & ICGW_GENEVE_OAM) {
        *reason = ICGW_DROP_GENEVE_OAM;
        return false;
    }
    p->vni = icgw_load_be32(geneve + 4) >> 8;
    p->outer_len = (uint8_t)(base + ICGW_GENEVE_BASE_LEN);
    if (unlikely(geneve[0] == 0 && p->vni == 0)) {
        return true; /* BFD */
    }
    *reason = ICGW_DROP_GENEVE_OPTIONS;
    if (geneve[0] != ICGW_GENEVE_OPT_WORDS) {
        return false;
    }
    if (!icgw_readable(v, base + ICGW_GENEVE_LEN, outer->end, ICGW_DROP_OUTER_TRUNCATED, reason)) {
        return false;
    }
    keys = icgw_load_be32(geneve + 12);
    if ((icgw_load_be32(geneve + 8) & ICGW_OVN_OPTION_MASK) != ICGW_OVN_OPTION ||
        (keys & ICGW_OVN_OPTION_ZERO) != 0) {
        return false;
    }
    p->has_option = true;
    p->inport = (uint16_t)(keys >> 16);
    p->outport = (uint16_t)keys;
    p->outer_len = (uint8_t)(base + ICGW_GENEVE_LEN);
    return true;
}

/* Ethernet, one VLAN tag, IP. */
static enum icgw_action parse_outer(const struct icgw_view *v, const struct icgw_tables *tables,
                                    struct icgw_packet *p, struct outer *outer,
                                    enum icgw_drop *reason)
{
    uint16_t eth_type;

    if (!icgw_readable(v, ICGW_ETH_LEN, v->pkt_len, ICGW_DROP_OUTER_TRUNCATED, reason)) {
        return ICGW_ACTION_DROP;
    }
    eth_type = icgw_load_be16(v->data + 12);
    p->outer_l2_len = ICGW_ETH_LEN;
    if (eth_type == ICGW_ETH_VLAN) {
        p->outer_l2_len += ICGW_VLAN_LEN;
        if (!icgw_readable(v, p->outer_l2_len, v->pkt_len, ICGW_DROP_OUTER_TRUNCATED, reason)) {
            return ICGW_ACTION_DROP;
        }
        eth_type = icgw_load_be16(v->data + 16);
    }
    if (eth_type == ICGW_ETH_IPV4) {
        return parse_v4(v, tables, p, outer, reason);
    }
    return eth_type == ICGW_ETH_IPV6 ? parse_v6(v, tables, p, outer, reason) : ICGW_ACTION_HOST;
}

enum icgw_action icgw_parse(const struct rte_mbuf *m, const struct icgw_tables *tables,
                            struct icgw_packet *packet, enum icgw_drop *reason)
{
    const struct icgw_view v = {
        .data = rte_pktmbuf_mtod(m, const uint8_t *),
        .data_len = m->data_len,
        .pkt_len = m->pkt_len,
    };
    struct outer outer;
    enum icgw_action action;

    packet->outer_v6 = false;
    packet->has_option = false;
    packet->inport = 0;
    packet->outport = 0;
    action = parse_outer(&v, tables, packet, &outer, reason);
    if (action != ICGW_ACTION_TX) {
        return action;
    }
    if (outer.end > v.pkt_len) {
        return damaged(ICGW_DROP_OUTER_TRUNCATED, reason);
    }
    /* Strictly equal: nothing that speaks Geneve leaves bytes between the end of
     * the UDP datagram and that of the IP packet (RFC 9868 options would). */
    if (icgw_load_be16(v.data + outer.udp + 4) != outer.end - outer.udp) {
        return damaged(ICGW_DROP_OUTER_BAD_LENGTH, reason);
    }
    if (!parse_geneve(&v, &outer, packet, reason)) {
        return ICGW_ACTION_DROP;
    }
    packet->inner_len = (uint16_t)(outer.end - packet->outer_len);
    return icgw_parse_inner(&v, packet->outer_len, outer.end, packet, reason) ? ICGW_ACTION_TX
                                                                              : ICGW_ACTION_DROP;
}
