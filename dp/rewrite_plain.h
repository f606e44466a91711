/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REWRITE_PLAIN_H
#define ICGW_REWRITE_PLAIN_H

/* icgw_rewrite() where the outer headers are plain (parse_plain.h) before and
 * after, so that every offset is a constant.  Inside dp/ only. */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "bytes.h"
#include "parse_plain.h"
#include "rewrite.h"
#include "wire.h"

/* Whether the frame fits the link, and nothing is to be trimmed or summed up as a
 * whole.  The tunnel is resolved and its headers are plain. */
static __rte_always_inline bool
icgw_plain_fits(const struct rte_mbuf *m, const struct icgw_packet *p, const struct icgw_tunnel *t)
{
    const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
    uint32_t len = ICGW_PLAIN_LEN + p->inner_len;

    return ((len - ICGW_PLAIN_IP > t->mtu) | (m->pkt_len ^ len)) == 0 &&
           (!t->csum || icgw_load16(data + ICGW_PLAIN_UDP + 6) != 0);
}

/* `before` is the sum of the old outer headers' words that UDP covers. */
static __rte_always_inline void icgw_rewrite_plain(struct rte_mbuf *m, const struct icgw_packet *p,
                                                   const struct icgw_tunnel *t,
                                                   const struct icgw_dest *dest, uint64_t before)
{
    uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
    uint8_t *ip = data + ICGW_PLAIN_IP;
    uint8_t *udp = data + ICGW_PLAIN_UDP;
    uint8_t ecn = ip[1] & 3;
    uint16_t ip_len = icgw_load16(ip + 2), sport = icgw_load16(udp);
    uint16_t udp_len = icgw_load16(udp + 4), cksum = 0;

    /* All loads of outer headers come before the stores. */
    if (t->csum) {
        before += icgw_lost_inner(data + ICGW_PLAIN_LEN, p, dest);
        cksum = icgw_update_udp(icgw_load16(udp + 6), before, t, dest);
    }
    icgw_rewrite_inner(data + ICGW_PLAIN_LEN, p, dest);
    memcpy(data, t->hdr, ICGW_PLAIN_LEN);
    ip[1] = ecn;
    /* The length is that which it came with. */
    icgw_store16(ip + 2, ip_len);
    icgw_store16(ip + 10, icgw_ip4_cksum(t, ecn, ip_len));
    icgw_store16(udp, sport);
    icgw_store16(udp + 4, udp_len);
    icgw_store16(udp + 6, cksum);
    icgw_store32(udp + 12, dest->wire_vni);
    icgw_store32(udp + 20, dest->wire_keys);
    icgw_reset_offload(m);
}

#endif
