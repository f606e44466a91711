/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_REWRITE_H
#define ICGW_REWRITE_H

/* Turning a received tunnel packet into the one to send.  Inside dp/ only. */

#include <stdbool.h>
#include <stdint.h>

#include <string.h>

#include <rte_mbuf.h>

#include "bytes.h"
#include "icgw_forward.h"
#include "wire.h"

/* Bytes of the outer IP packet around an inner frame of `inner_len`. */
static inline uint32_t icgw_outer_ip_len(const struct icgw_tunnel *t, uint32_t inner_len)
{
    return (uint32_t)t->hdr_len - t->l2_len + inner_len;
}

/* RFC 768: a checksum that comes out as zero is sent as all ones. */
static inline uint16_t icgw_nonzero(uint16_t cksum)
{
    return cksum == 0 ? 0xffff : cksum;
}

/* RFC 791, of a new header.  It is made of the template's sum and of what differs
 * from that, not of the packet: wide loads of bytes just stored would wait. */
static inline uint16_t icgw_ip4_cksum(const struct icgw_tunnel *t, uint8_t tos, uint16_t len_be)
{
    return (uint16_t)~icgw_fold(t->ip_sum + rte_cpu_to_be_16(tos) + len_be);
}

/* What the sum of inner words that UDP covers loses by icgw_rewrite_inner().
 * What it gains is in dest->sum. */
static inline uint64_t icgw_lost_inner(const uint8_t *inner, const struct icgw_packet *p,
                                       const struct icgw_dest *dest)
{
    uint64_t lost = dest->rewrite_eth ? icgw_sum32(inner, 12) : 0;

    /* In IPv4 TTL and header checksum change by opposite amounts (RFC 1624). */
    return p->eth_type == RTE_BE16(ICGW_ETH_IPV6) ? lost + rte_cpu_to_be_16(dest->ttl_dec) : lost;
}

/* RFC 1624: the word that has the TTL sinks, the checksum rises by as much. */
static inline void icgw_decrement_ttl4(uint8_t *ip, uint8_t by)
{
    uint32_t sum = (uint16_t)~icgw_load16(ip + 10);

    sum += 0xffff - rte_cpu_to_be_16((uint16_t)(by << 8));
    ip[8] -= by;
    icgw_store16(ip + 10, (uint16_t)~icgw_fold(sum));
}

/* Writes the inner addresses and TTL. */
static inline void icgw_rewrite_inner(uint8_t *inner, const struct icgw_packet *p,
                                      const struct icgw_dest *dest)
{
    uint8_t *ip = inner + ICGW_ETH_LEN;

    if (dest->rewrite_eth) {
        memcpy(inner, dest->eth_dst, 6);
        memcpy(inner + 6, dest->eth_src, 6);
    }
    if (dest->ttl_dec == 0) {
        return;
    }
    if (p->eth_type == RTE_BE16(ICGW_ETH_IPV4)) {
        icgw_decrement_ttl4(ip, dest->ttl_dec);
    } else if (p->eth_type == RTE_BE16(ICGW_ETH_IPV6)) {
        ip[7] -= dest->ttl_dec;
    }
}

/* Sum of what the UDP checksum covers of outer headers and changes. */
static inline uint64_t icgw_sum_geneve(const uint8_t *udp)
{
    return icgw_load16(udp + 2) + icgw_sum32(udp + ICGW_UDP_LEN, ICGW_GENEVE_LEN);
}

static inline uint64_t icgw_sum_outer4(const uint8_t *ip, const uint8_t *udp)
{
    return icgw_sum32(ip + 12, 8) + icgw_sum_geneve(udp);
}

static inline uint64_t icgw_sum_outer6(const uint8_t *ip, const uint8_t *udp)
{
    return icgw_sum32(ip + 8, 32) + icgw_sum_geneve(udp);
}

/* The checksum that a packet leaves with: RFC 1624 equation 3 on words of 32
 * bits.  `before` is the sum of all covered words that change, below 2^37.
 * Updating, not computing, keeps an error made on the way here detectable. */
static inline uint16_t icgw_update_udp(uint16_t cksum, uint64_t before, const struct icgw_tunnel *t,
                                       const struct icgw_dest *dest)
{
    uint64_t sum = (uint16_t)~cksum + (UINT64_C(0xffff) << 24) - before;

    return icgw_nonzero((uint16_t)~icgw_fold64(sum + t->udp_sum + dest->sum));
}

/* Flags of the receiving port say nothing about the new frame, and no offload is
 * asked for.  Without flags nobody looks at the fields that go with them. */
static inline void icgw_reset_flags(struct rte_mbuf *m)
{
    m->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
}

/* The same where an offload may be asked for next. */
static inline void icgw_reset_offload(struct rte_mbuf *m)
{
    icgw_reset_flags(m);
    m->tx_offload = 0;
    m->packet_type = 0;
    m->vlan_tci = 0;
}

/* Rewrites in place.  On false the frame is to be dropped for *reason. */
bool icgw_rewrite(struct rte_mbuf *m, const struct icgw_packet *p, const struct icgw_tunnel *t,
                  const struct icgw_dest *dest, enum icgw_drop *reason);

#endif
