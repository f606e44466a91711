/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_MEMO_H
#define ICGW_MEMO_H

/* What a worker remembers of destinations that it has looked up: the outer
 * headers as they come and as they go out, ready to be compared and written as a
 * whole.  A packet to one of them costs one look-up, whether it comes in a train
 * or in turn with others, and however many transit switches there are.
 *
 * An entry is for one (VNI, inport, outport, inner destination), not for one flow:
 * sources, inner and outer, are no part of it but where a routed packet's old MAC
 * address is.  It holds nothing that the tables do not say, and no longer than they
 * are the ones in use.  Written and read by one worker.  Inside dp/ only. */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include "icgw_forward.h"
#include "icgw_tables.h"
#include "map.h"
#include "parse_plain.h"

#define ICGW_MEMO_ENTRIES 2048
/* At most a quarter full, so that a look-up seldom takes a second step. */
#define ICGW_MEMO_SLOTS (4 * ICGW_MEMO_ENTRIES)

/* Headers are looked at in two parts: the first 64 bytes reach to the end of the
 * inner destination MAC address, 32 more to that of the inner IPv4 header and 4 bytes
 * beyond.  Of inner IPv6 the 32 are 16 before the addresses and the destination. */
#define ICGW_HEAD_LEN 64
#define ICGW_TAIL_LEN 32
#define ICGW_TAIL_AT ICGW_HEAD_LEN
#define ICGW_TAIL6_DST_AT (ICGW_PLAIN_INNER_IP + 24)
#define ICGW_PLAIN_MIN6 (ICGW_PLAIN_INNER_IP + ICGW_IPV6_LEN)
/* Bytes that a packet has to have in one piece. */
#define ICGW_MEMO_MIN(v6) ((v6) ? ICGW_PLAIN_MIN6 : ICGW_TAIL_AT + ICGW_TAIL_LEN)

/* struct icgw_memo_entry.flags */
#define ICGW_MEMO_CSUM 1u     /* the receiver wants UDP checksums */
#define ICGW_MEMO_INNER 2u    /* inner addresses or TTL change */
#define ICGW_MEMO_REWRITE 32u /* inner MAC addresses change */
#define ICGW_MEMO_ROUTED 64u  /* looked up by inner IP destination, not by MAC address */
#define ICGW_MEMO_V6 128u     /* inner IPv6 */

/* Forwards what is remembered of a burst, as far as it is inner IPv6 or, v6 false,
 * IPv4; returns how many packets are not, their numbers in missed[]. */
typedef uint16_t icgw_memo_burst(const struct icgw_tables *tables, struct icgw_memo *memo, bool v6,
                                 struct rte_mbuf **pkts, uint16_t n, struct icgw_result *results,
                                 uint8_t *missed);
icgw_memo_burst icgw_memo_burst_generic, icgw_memo_burst_avx512;
/* The fastest that this CPU has. */
icgw_memo_burst *icgw_memo_burst_choose(void);

struct icgw_memo_entry {
    union {
        uint8_t head[ICGW_HEAD_LEN]; /* as received, masked */
        struct icgw_result result;   /* but for the sender; outer MAC addresses do not count */
    };
    uint8_t out[ICGW_HEAD_LEN];  /* as sent; 0 where the packet's own bytes stay */
    uint8_t tail[ICGW_TAIL_LEN]; /* as received, masked */
    const struct icgw_source_guard *sources;
    uint16_t max_len;  /* bytes of outer IP packet, with which the inner one is short enough, too */
    uint16_t ip_sum;   /* of `out`'s IPv4 header, folded */
    uint16_t udp_gain; /* of the UDP checksum, but for the outer source; folded */
    uint8_t min_ttl;
    uint8_t ttl_dec;
    uint8_t flags;
    uint8_t zone;       /* the last one whose senders may use it, as icgw_source_zone() */
    uint8_t eth_src[6]; /* inner, to be written */
} __rte_cache_aligned;
_Static_assert(sizeof(struct icgw_memo_entry) == 3 * 64, "an entry is three cache lines");

/* Slots that a look-up goes through at most.  Whoever sends packets can find addresses that
 * share a slot (the hash has no secret), and would have each of them compared with all. */
#define ICGW_MEMO_STEPS 8

#define ICGW_MEMO_SENDERS 256 /* power of 2 */

/* A chassis that packets came from. */
struct icgw_memo_sender {
    uint32_t src_be;
    uint16_t zone;             /* as icgw_source_zone() */
    uint16_t udp_gain;         /* of the UDP checksum by no longer having that source; folded */
    struct icgw_result result; /* what it adds to that of an entry */
};
_Static_assert(sizeof(struct icgw_memo_sender) == 16, "found by a shift");

struct icgw_memo {
    uint64_t serial; /* of the tables that it was filled from */
    icgw_memo_burst *burst;
    uint32_t n;                                         /* entries in use */
    uint32_t rest;                                      /* bursts for which it is left alone */
    struct icgw_memo_sender senders[ICGW_MEMO_SENDERS]; /* by hash; the last one stays */
    /* Where entries are, in cache lines; 0: empty.  [1]: of inner IPv6, whose tails are
     * not to be compared with others. */
    uint16_t slots[2][ICGW_MEMO_SLOTS];
    struct icgw_memo_entry entries[ICGW_MEMO_ENTRIES]; /* [0] is no packet's */
};

/* Forgets everything if it is about other tables than these. */
void icgw_memo_follow(struct icgw_memo *memo, const struct icgw_tables *tables);

/* Remembers how a plain packet, `headers` being its first ICGW_PLAIN_MIN or, inner
 * IPv6, ICGW_PLAIN_MIN6 bytes as received, was forwarded. */
void icgw_memo_learn(struct icgw_memo *memo, const uint8_t *headers, const struct icgw_endpoint *ep,
                     const struct icgw_dest *dest, const struct icgw_tunnel *tunnel);

/* Keys of transit switches are from here on (OVN_MIN_DP_KEY_GLOBAL): a packet that
 * has one is about to be routed and looked up by its IP address.  Only a guess of
 * what to hash. */
#define ICGW_GLOBAL_VNI 0xff

/* All bits, or none where the packet is not about to be routed: no branch, since packets
 * of both kinds come in turn. */
static __rte_always_inline uint64_t icgw_memo_routed(const uint8_t *data)
{
    return ~-(uint64_t)(data[ICGW_PLAIN_GENEVE + 4] < ICGW_GLOBAL_VNI);
}

/* Hash of the outer keys and the inner destination. */
static __rte_always_inline uint32_t icgw_memo_hash(const uint8_t *data)
{
    uint64_t vni = icgw_load32(data + ICGW_PLAIN_GENEVE + 4);
    uint64_t dst = icgw_load32(data + ICGW_PLAIN_INNER_IP + 16) & icgw_memo_routed(data);
    /* Ports and the MAC address; two bytes of that are in both. */
    uint64_t hash = icgw_crc(icgw_load64(data + ICGW_PLAIN_GENEVE + 12), 0);

    return (uint32_t)icgw_crc((vni ^ icgw_load32(data + ICGW_PLAIN_LEN + 2)) | dst << 32, hash);
}

/* The same of inner IPv6. */
static __rte_always_inline uint32_t icgw_memo_hash6(const uint8_t *data)
{
    uint64_t routed = icgw_memo_routed(data);
    uint32_t vni = icgw_load32(data + ICGW_PLAIN_GENEVE + 4);
    uint64_t hash = icgw_crc(icgw_load64(data + ICGW_PLAIN_GENEVE + 12), 0);

    hash = icgw_crc(vni ^ icgw_load32(data + ICGW_PLAIN_LEN + 2), hash);
    hash = icgw_crc(icgw_load64(data + ICGW_TAIL6_DST_AT) & routed, hash);
    return (uint32_t)icgw_crc(icgw_load64(data + ICGW_TAIL6_DST_AT + 8) & routed, hash);
}

static inline bool icgw_memo_is_v6(const uint8_t *data)
{
    return icgw_load16(data + ICGW_PLAIN_INNER_IP - 2) == RTE_BE16(ICGW_ETH_IPV6);
}

static __rte_always_inline const struct icgw_memo_entry *
icgw_memo_entry(const struct icgw_memo *memo, uint16_t slot)
{
    return (const struct icgw_memo_entry *)(const void *)((const uint8_t *)memo->entries +
                                                          (size_t)slot * RTE_CACHE_LINE_SIZE);
}

static __rte_always_inline uint32_t icgw_memo_sender_slot(uint32_t src_be)
{
    return src_be * 0x9e3779b1u / (UINT32_MAX / ICGW_MEMO_SENDERS + 1);
}

/* Whether the tables know that sender and it is of a zone up to `zone`; if so,
 * remembers it. */
bool icgw_memo_ask_sender(struct icgw_memo *memo, const struct icgw_tables *tables, uint32_t src_be,
                          uint8_t zone);

#endif
