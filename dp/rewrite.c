/* SPDX-License-Identifier: Apache-2.0 */
#include "rewrite.h"

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "bytes.h"
#include "cksum.h"
#include "wire.h"

/* What of the old outer headers lives on. */
struct kept {
    uint16_t sport;
    uint16_t cksum; /* UDP; 0: none */
    uint8_t ecn;    /* RFC 3168: two bits */
};

/* From the UDP destination port to OVN's option, all of which changes but the
 * length and the checksum.  Offsets from the UDP header. */
#define TAIL_LEN (ICGW_UDP_LEN + ICGW_GENEVE_LEN)

static uint32_t sum_tail(const uint8_t *udp)
{
    return icgw_load16(udp + 2) + icgw_sum(udp + ICGW_UDP_LEN, ICGW_GENEVE_LEN);
}

static uint32_t sum_old_outer(const uint8_t *l3, const uint8_t *udp, bool v6)
{
    return sum_tail(udp) + (v6 ? icgw_sum(l3 + 8, 32) : icgw_sum(l3 + 12, 8));
}

static struct kept keep(const uint8_t *l3, const uint8_t *udp, bool v6)
{
    return (struct kept){
        .sport = icgw_load16(udp),
        .cksum = icgw_load16(udp + 6),
        .ecn = (v6 ? l3[1] >> 4 : l3[1]) & 3,
    };
}

/* The sums of new headers are made of the template's and of what differs from
 * it, not of the packet: wide loads of bytes just stored would have to wait. */

static uint16_t ip4_cksum(const struct icgw_tunnel *t, uint8_t tos, uint16_t len_be)
{
    uint32_t sum = t->addr_sum + icgw_sum(t->hdr + t->l2_len, 12);

    return (uint16_t)~icgw_fold(sum + rte_cpu_to_be_16(tos) + len_be);
}

static uint32_t sum_new_outer(const struct icgw_tunnel *t, uint32_t vni, uint32_t keys)
{
    uint32_t vni_be = rte_cpu_to_be_32(vni << 8), keys_be = rte_cpu_to_be_32(keys);

    return t->addr_sum + sum_tail(t->hdr + t->hdr_len - TAIL_LEN) + (vni_be & 0xffff) +
           (vni_be >> 16) + (keys_be & 0xffff) + (keys_be >> 16);
}

/* Writes all outer headers; the UDP checksum is left 0.  Returns the UDP header. */
static uint8_t *put_outer(uint8_t *hdr, const struct icgw_tunnel *t, struct kept kept,
                          uint32_t udp_len, uint32_t vni, uint32_t keys)
{
    uint8_t *l3 = hdr + t->l2_len;
    uint8_t *udp = hdr + t->hdr_len - TAIL_LEN;

    memcpy(hdr, t->hdr, t->hdr_len);
    if (t->v6) {
        l3[1] |= (uint8_t)(kept.ecn << 4);
        icgw_store16(l3 + 4, rte_cpu_to_be_16((uint16_t)udp_len));
    } else {
        uint16_t len = rte_cpu_to_be_16((uint16_t)(udp_len + ICGW_IPV4_LEN));

        l3[1] |= kept.ecn;
        icgw_store16(l3 + 2, len);
        icgw_store16(l3 + 10, ip4_cksum(t, kept.ecn, len));
    }
    icgw_store16(udp, kept.sport);
    icgw_store16(udp + 4, rte_cpu_to_be_16((uint16_t)udp_len));
    icgw_store32(udp + 12, rte_cpu_to_be_32(vni << 8));
    icgw_store32(udp + 20, rte_cpu_to_be_32(keys));
    return udp;
}

/* RFC 768: a checksum that comes out as zero is sent as all ones. */
static uint16_t nonzero(uint16_t cksum)
{
    return cksum == 0 ? 0xffff : cksum;
}

static uint16_t full_cksum(const struct rte_mbuf *m, const struct icgw_tunnel *t, uint32_t udp_len)
{
    uint32_t sum = icgw_fold(t->addr_sum);

    sum += icgw_sum_mbuf(m, t->hdr_len - TAIL_LEN, udp_len);
    sum += rte_cpu_to_be_16(ICGW_PROTO_UDP);
    sum += rte_cpu_to_be_16((uint16_t)udp_len);
    return nonzero((uint16_t)~icgw_fold(sum));
}

/* Takes Ethernet padding off the end, so that it is not sent on as if it
 * belonged to the packet. */
static bool trim_padding(struct rte_mbuf *m, const struct icgw_packet *p)
{
    uint32_t excess = m->pkt_len - p->outer_len - p->inner_len;

    return likely(excess == 0) ||
           (excess <= UINT16_MAX && rte_pktmbuf_trim(m, (uint16_t)excess) == 0);
}

/* Makes room for, or takes away, the difference of the outer lengths. */
static bool resize_head(struct rte_mbuf *m, uint16_t from, uint16_t to)
{
    if (likely(from == to)) {
        return true;
    }
    if (from > to) {
        return rte_pktmbuf_adj(m, from - to) != NULL;
    }
    return rte_pktmbuf_prepend(m, to - from) != NULL;
}

/* Writes the inner addresses and TTL; returns how much the sum of the covered
 * words was before and is after. */
static void rewrite_inner(uint8_t *inner, const struct icgw_packet *p, const struct icgw_dest *dest,
                          uint32_t *before, uint32_t *after)
{
    uint8_t *ip = inner + ICGW_ETH_LEN;

    if (dest->rewrite_eth) {
        *before += icgw_sum(inner, 12);
        memcpy(inner, dest->eth_dst, 6);
        memcpy(inner + 6, dest->eth_src, 6);
        *after += icgw_sum(inner, 12);
    }
    if (dest->ttl_dec == 0) {
        return;
    }
    if (p->eth_type == RTE_BE16(ICGW_ETH_IPV4)) {
        uint16_t old = icgw_load16(ip + 8);

        /* TTL and header checksum change by opposite amounts (RFC 1624), so the
         * sum over both, which is all that UDP covers, stays as it was. */
        ip[8] -= dest->ttl_dec;
        icgw_store16(ip + 10, icgw_cksum_update(icgw_load16(ip + 10), old, icgw_load16(ip + 8)));
    } else if (p->eth_type == RTE_BE16(ICGW_ETH_IPV6)) {
        *before += icgw_load16(ip + 6);
        ip[7] -= dest->ttl_dec;
        *after += icgw_load16(ip + 6);
    }
}

/* Flags and offsets of the receiving port say nothing about the new frame, and
 * no offload is asked for. */
static void reset_offload(struct rte_mbuf *m)
{
    m->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
    m->tx_offload = 0;
    m->packet_type = 0;
    m->vlan_tci = 0;
}

bool icgw_rewrite(struct rte_mbuf *m, const struct icgw_packet *p, const struct icgw_tunnel *t,
                  const struct icgw_dest *dest, enum icgw_drop *reason)
{
    uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
    uint8_t *l3 = data + p->outer_l2_len;
    uint8_t *udp = data + p->outer_len - TAIL_LEN;
    uint32_t udp_len = (uint32_t)p->inner_len + TAIL_LEN;
    struct kept kept = keep(l3, udp, p->outer_v6);
    uint32_t before = sum_old_outer(l3, udp, p->outer_v6);
    uint32_t keys = (uint32_t)dest->inport << 16 | dest->outport;
    uint32_t after = sum_new_outer(t, dest->vni, keys);

    if (unlikely(!trim_padding(m, p))) {
        *reason = ICGW_DROP_OUTER_BAD_LENGTH;
        return false;
    }
    if (unlikely(!resize_head(m, p->outer_len, t->hdr_len))) {
        *reason = ICGW_DROP_NO_MBUF;
        return false;
    }
    rewrite_inner(data + p->outer_len, p, dest, &before, &after);
    udp = put_outer(rte_pktmbuf_mtod(m, uint8_t *), t, kept, udp_len, dest->vni, keys);
    if (t->csum) {
        /* Updating keeps an error made on the way here detectable. */
        uint16_t cksum = kept.cksum == 0 ? full_cksum(m, t, udp_len)
                                         : nonzero(icgw_cksum_update(kept.cksum, before, after));

        icgw_store16(udp + 6, cksum);
    }
    reset_offload(m);
    return true;
}

/* What a new outer header says of congestion (RFC 3168, 9.1.1): as the inner one
 * does, but ECT(0) for a packet that has already seen some. */
static uint8_t ecn_of(const struct rte_mbuf *inner)
{
    const uint8_t *frame = rte_pktmbuf_mtod(inner, const uint8_t *);
    uint16_t eth_type;
    uint8_t ecn = 0;

    if (inner->data_len < ICGW_ETH_LEN + 2) {
        return 0;
    }
    eth_type = icgw_load16(frame + 12);
    if (eth_type == RTE_BE16(ICGW_ETH_IPV4)) {
        ecn = frame[ICGW_ETH_LEN + 1] & 3;
    } else if (eth_type == RTE_BE16(ICGW_ETH_IPV6)) {
        ecn = frame[ICGW_ETH_LEN + 1] >> 4 & 3;
    }
    return ecn == 3 ? 2 : ecn;
}

bool icgw_encapsulate(struct rte_mbuf *inner, const struct icgw_tunnel *t, uint32_t vni,
                      uint16_t inport, uint16_t outport, uint16_t entropy, enum icgw_drop *reason)
{
    uint32_t inner_len = inner->pkt_len;
    struct kept kept = {.sport = rte_cpu_to_be_16(entropy), .ecn = ecn_of(inner)};
    uint8_t *hdr, *udp;

    if (!t->resolved) {
        *reason = ICGW_DROP_UNDERLAY_UNRESOLVED;
        return false;
    }
    if (icgw_outer_ip_len(t, inner_len) > t->mtu) {
        *reason = ICGW_DROP_TOO_BIG;
        return false;
    }
    hdr = (uint8_t *)rte_pktmbuf_prepend(inner, t->hdr_len);
    if (hdr == NULL) {
        *reason = ICGW_DROP_NO_MBUF;
        return false;
    }
    udp = put_outer(hdr, t, kept, inner_len + TAIL_LEN, vni, (uint32_t)inport << 16 | outport);
    if (t->csum) {
        icgw_store16(udp + 6, full_cksum(inner, t, inner_len + TAIL_LEN));
    }
    reset_offload(inner);
    return true;
}
