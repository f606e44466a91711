/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_PARSE_PLAIN_H
#define ICGW_PARSE_PLAIN_H

/* What nearly every packet looks like, recognised as a whole: untagged
 * Ethernet, IPv4 without options, UDP, Geneve with OVN's option; inside, IPv4
 * without options or IPv6, no fragment, and no protocol that has a class of
 * its own.  Everything else, damaged packets among it, is left to icgw_parse(),
 * which says the same of these packets (test_dp_plain.c).  Inside dp/ only. */

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "bytes.h"
#include "icgw_forward.h"
#include "view.h"
#include "wire.h"

/* Offsets. */
#define ICGW_PLAIN_IP ICGW_ETH_LEN
#define ICGW_PLAIN_UDP (ICGW_PLAIN_IP + ICGW_IPV4_LEN)
#define ICGW_PLAIN_GENEVE (ICGW_PLAIN_UDP + ICGW_UDP_LEN)
#define ICGW_PLAIN_LEN (ICGW_PLAIN_GENEVE + ICGW_GENEVE_LEN) /* of the outer headers */
#define ICGW_PLAIN_INNER_IP (ICGW_PLAIN_LEN + ICGW_ETH_LEN)
#define ICGW_PLAIN_MIN (ICGW_PLAIN_INNER_IP + ICGW_IPV4_LEN)
/* From the EtherType on, three registers. */
#define ICGW_PLAIN_FIRST 12
#define ICGW_PLAIN_AT(offset) [(offset)-ICGW_PLAIN_FIRST]

typedef uint64_t icgw_vec __attribute__((vector_size(16)));

struct icgw_plain_shape {
    uint8_t bytes[3 * sizeof(icgw_vec)];
} __rte_aligned(sizeof(icgw_vec));

static const struct icgw_plain_shape icgw_plain_value = {{
    ICGW_PLAIN_AT(12) = ICGW_ETH_IPV4 >> 8,
    ICGW_PLAIN_AT(13) = ICGW_ETH_IPV4 & 0xff,
    ICGW_PLAIN_AT(14) = 0x45,
    ICGW_PLAIN_AT(23) = ICGW_PROTO_UDP,
    ICGW_PLAIN_AT(36) = ICGW_GENEVE_PORT >> 8,
    ICGW_PLAIN_AT(37) = ICGW_GENEVE_PORT & 0xff,
    ICGW_PLAIN_AT(42) = ICGW_GENEVE_OPT_WORDS,
    ICGW_PLAIN_AT(44) = ICGW_GENEVE_ETHERNET >> 8,
    ICGW_PLAIN_AT(45) = ICGW_GENEVE_ETHERNET & 0xff,
    ICGW_PLAIN_AT(50) = ICGW_OVN_OPTION >> 24,
    ICGW_PLAIN_AT(51) = ICGW_OVN_OPTION >> 16 & 0xff,
    ICGW_PLAIN_AT(52) = ICGW_OVN_OPTION >> 8 & 0xff,
    ICGW_PLAIN_AT(53) = ICGW_OVN_OPTION & 0xff,
}};

static const struct icgw_plain_shape icgw_plain_mask = {{
    ICGW_PLAIN_AT(12) = 0xff,
    ICGW_PLAIN_AT(13) = 0xff,
    ICGW_PLAIN_AT(14) = 0xff,
    ICGW_PLAIN_AT(20) = (ICGW_IPV4_MF | ICGW_IPV4_OFFSET) >> 8,
    ICGW_PLAIN_AT(21) = (ICGW_IPV4_MF | ICGW_IPV4_OFFSET) & 0xff,
    ICGW_PLAIN_AT(23) = 0xff,
    ICGW_PLAIN_AT(36) = 0xff,
    ICGW_PLAIN_AT(37) = 0xff,
    ICGW_PLAIN_AT(42) = 0xff, /* version and length of options */
    ICGW_PLAIN_AT(43) = ICGW_GENEVE_OAM,
    ICGW_PLAIN_AT(44) = 0xff,
    ICGW_PLAIN_AT(45) = 0xff,
    ICGW_PLAIN_AT(50) = ICGW_OVN_OPTION_MASK >> 24,
    ICGW_PLAIN_AT(51) = ICGW_OVN_OPTION_MASK >> 16 & 0xff,
    ICGW_PLAIN_AT(52) = ICGW_OVN_OPTION_MASK >> 8 & 0xff,
    ICGW_PLAIN_AT(53) = ICGW_OVN_OPTION_MASK & 0xff,
    ICGW_PLAIN_AT(54) = ICGW_OVN_OPTION_ZERO >> 24,
}};

static __rte_always_inline icgw_vec icgw_load_vec(const uint8_t *p)
{
    icgw_vec v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* 0 if the outer headers have the shape, as far as registers `first` to `last`
 * show. */
static __rte_always_inline uint64_t icgw_plain_differs(const uint8_t *data, unsigned int first,
                                                       unsigned int last)
{
    icgw_vec diff = {0, 0};

    for (unsigned int i = first * sizeof diff; i <= last * sizeof diff; i += sizeof diff) {
        diff |= (icgw_load_vec(data + ICGW_PLAIN_FIRST + i) ^
                 icgw_load_vec(icgw_plain_value.bytes + i)) &
                icgw_load_vec(icgw_plain_mask.bytes + i);
    }
    return diff[0] | diff[1];
}

/* RFC 791.  The sum of all words, 64 bits at a time with their carries, is 0 in one's
 * complement arithmetic, that is a multiple of 0xffff.  Instead of a division: of all
 * products with the inverse of 0xffff modulo 2^64, those of multiples are the least
 * (Warren, Hacker's Delight, "Test for Zero Remainder after Division by a Constant"). */
static __rte_always_inline bool icgw_plain_cksum_good(const uint8_t *ip)
{
    const uint64_t inverse = UINT64_C(0xfffefffefffeffff);
    uint64_t sum = icgw_load64(ip), second = icgw_load64(ip + 8), last = icgw_load32(ip + 16);

    sum += second;
    last += sum < second;
    sum += last;
    sum += sum < last;
    return sum * inverse <= UINT64_MAX / 0xffff;
}

/* What ends at most at `end`, an offset, and has no class but its source's. */
static __rte_always_inline bool icgw_plain_inner(const struct rte_mbuf *m, const uint8_t *data,
                                                 uint32_t end, struct icgw_packet *p)
{
    const uint8_t *ip = data + ICGW_PLAIN_INNER_IP;
    uint16_t eth_type = icgw_load16(ip - 2);
    uint32_t len, bad;

    if (likely(eth_type == RTE_BE16(ICGW_ETH_IPV4))) {
        len = icgw_load_be16(ip + 2);
        bad = (ip[0] ^ 0x45u) | (icgw_load16(ip + 6) & RTE_BE16(ICGW_IPV4_MF | ICGW_IPV4_OFFSET)) |
              (len < ICGW_IPV4_LEN) | (ip[9] == ICGW_PROTO_ICMP) | (ip[9] == ICGW_PROTO_IGMP);
        p->ttl = ip[8];
    } else {
        len = ICGW_IPV6_LEN + icgw_load_be16(ip + 4);
        bad = (eth_type ^ RTE_BE16(ICGW_ETH_IPV6)) | (ip[0] >> 4 ^ 6u) |
              (m->data_len < ICGW_PLAIN_INNER_IP + ICGW_IPV6_LEN) |
              ((ip[6] != ICGW_PROTO_TCP) & (ip[6] != ICGW_PROTO_UDP));
        p->ttl = ip[7];
    }
    p->eth_type = eth_type;
    p->inner_ip_len = (uint16_t)len;
    p->class = (data[ICGW_PLAIN_LEN + 6] & 1u) * ICGW_CLASS_MULTICAST_SOURCE;
    return (bad | (ICGW_PLAIN_INNER_IP + len > end)) == 0;
}

/* Whether lengths and checksum of the outer headers are right, the shape given. */
static __rte_always_inline bool icgw_plain_sound(const struct rte_mbuf *m, const uint8_t *data)
{
    const uint8_t *ip = data + ICGW_PLAIN_IP;
    uint32_t len = icgw_load_be16(ip + 2);

    if (unlikely(((icgw_load_be16(data + ICGW_PLAIN_UDP + 4) ^ (len - ICGW_IPV4_LEN)) |
                  (ICGW_PLAIN_IP + len > m->pkt_len)) != 0)) {
        return false;
    }
    return likely(icgw_plain_cksum_good(ip));
}

static __rte_always_inline bool icgw_plain_local(const struct icgw_tables *tables,
                                                 const uint8_t *data)
{
    uint32_t dst = icgw_load32(data + ICGW_PLAIN_IP + 16);

    return likely(dst == tables->local4) || icgw_is_local4(tables, dst);
}

/* True if the packet is plain and for one of our addresses; then all of *p is
 * set but the addresses. */
static __rte_always_inline bool
icgw_parse_plain(const struct rte_mbuf *m, const struct icgw_tables *tables, struct icgw_packet *p)
{
    const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
    uint32_t end, keys;

    if (unlikely(m->data_len < ICGW_PLAIN_MIN) || unlikely(icgw_plain_differs(data, 0, 2) != 0) ||
        !icgw_plain_local(tables, data) || !icgw_plain_sound(m, data)) {
        return false;
    }
    end = ICGW_PLAIN_IP + icgw_load_be16(data + ICGW_PLAIN_IP + 2);
    keys = icgw_load_be32(data + ICGW_PLAIN_GENEVE + 12);
    p->outer_l2_len = ICGW_PLAIN_IP;
    p->outer_v6 = false;
    p->outer_len = ICGW_PLAIN_LEN;
    p->inner_l3_off = ICGW_ETH_LEN;
    p->has_option = true;
    p->inner_len = (uint16_t)(end - ICGW_PLAIN_LEN);
    p->inport = (uint16_t)(keys >> 16);
    p->outport = (uint16_t)keys;
    p->vni = icgw_load_be32(data + ICGW_PLAIN_GENEVE + 4) >> 8;
    return icgw_plain_inner(m, data, end, p);
}

#endif
