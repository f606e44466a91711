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
    uint8_t ecn; /* RFC 3168: two bits */
};

/* From the UDP destination port to OVN's option, all of which changes but the
 * length and the checksum.  Offsets from the UDP header. */
#define TAIL_LEN (ICGW_UDP_LEN + ICGW_GENEVE_LEN)

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
        icgw_store16(l3 + 10, icgw_ip4_cksum(t, kept.ecn, len));
    }
    icgw_store16(udp, kept.sport);
    icgw_store16(udp + 4, rte_cpu_to_be_16((uint16_t)udp_len));
    icgw_store32(udp + 12, rte_cpu_to_be_32(vni << 8));
    icgw_store32(udp + 20, rte_cpu_to_be_32(keys));
    return udp;
}

static uint16_t full_cksum(const struct rte_mbuf *m, const struct icgw_tunnel *t, uint32_t udp_len)
{
    uint32_t sum = icgw_fold(t->addr_sum);

    sum += icgw_sum_mbuf(m, t->hdr_len - TAIL_LEN, udp_len);
    sum += rte_cpu_to_be_16(ICGW_PROTO_UDP);
    sum += rte_cpu_to_be_16((uint16_t)udp_len);
    return icgw_nonzero((uint16_t)~icgw_fold(sum));
}

/* Where there was no checksum: by the NIC, if it can. */
static uint16_t new_cksum(struct rte_mbuf *m, const struct icgw_tunnel *t, uint32_t udp_len)
{
    uint32_t sum = icgw_fold(t->addr_sum);

    if (!t->offload) {
        return full_cksum(m, t, udp_len);
    }
    m->l2_len = t->l2_len;
    m->l3_len = (uint16_t)(t->hdr_len - TAIL_LEN - t->l2_len);
    m->ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM | (t->v6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);
    /* It wants to find the pseudo header's part there. */
    sum += rte_cpu_to_be_16(ICGW_PROTO_UDP);
    sum += rte_cpu_to_be_16((uint16_t)udp_len);
    return icgw_fold(sum);
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

bool icgw_rewrite(struct rte_mbuf *m, const struct icgw_packet *p, const struct icgw_tunnel *t,
                  const struct icgw_dest *dest, enum icgw_drop *reason)
{
    uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
    uint8_t *l3 = data + p->outer_l2_len, *inner = data + p->outer_len;
    uint8_t *udp = inner - TAIL_LEN;
    uint32_t udp_len = (uint32_t)p->inner_len + TAIL_LEN;
    uint32_t keys = (uint32_t)dest->inport << 16 | dest->outport;
    uint64_t before = (p->outer_v6 ? icgw_sum_outer6(l3, udp) : icgw_sum_outer4(l3, udp)) +
                      icgw_lost_inner(inner, p, dest);
    uint16_t cksum = icgw_load16(udp + 6);
    struct kept kept = {
        .sport = icgw_load16(udp),
        .ecn = (p->outer_v6 ? l3[1] >> 4 : l3[1]) & 3,
    };

    if (unlikely(!trim_padding(m, p))) {
        *reason = ICGW_DROP_OUTER_BAD_LENGTH;
        return false;
    }
    if (unlikely(!resize_head(m, p->outer_len, t->hdr_len))) {
        *reason = ICGW_DROP_NO_MBUF;
        return false;
    }
    icgw_rewrite_inner(inner, p, dest);
    udp = put_outer(rte_pktmbuf_mtod(m, uint8_t *), t, kept, udp_len, dest->vni, keys);
    icgw_reset_offload(m);
    if (t->csum) {
        icgw_store16(udp + 6, cksum == 0 ? new_cksum(m, t, udp_len)
                                         : icgw_update_udp(cksum, before, t, dest));
    }
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
    icgw_reset_offload(inner);
    if (t->csum) {
        icgw_store16(udp + 6, new_cksum(inner, t, inner_len + TAIL_LEN));
    }
    return true;
}
