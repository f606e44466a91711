/* SPDX-License-Identifier: Apache-2.0 */
/* The way of plain packets whose destinations are remembered (memo.h).  As
 * forward_plain.h, it changes no byte of any other packet.
 *
 * This file is compiled once for each instruction set, ICGW_MEMO_BURST being the
 * name of what comes out. */
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "guard.h"
#include "memo.h"
#include "memo_headers.h"
#include "result.h"
#include "rewrite.h"

/* Between look-ups and the rest.  Nothing, but for the benchmark (bench/clock.h). */
#ifndef ICGW_BETWEEN
#define ICGW_BETWEEN() ((void)0)
#endif

/* Cheaper as branches that are never taken than as one number: each is compared and
 * decided by one instruction. */
static __rte_always_inline bool lengths_good(const struct rte_mbuf *m, const uint8_t *data,
                                             const struct icgw_memo_entry *e, const bool v6)
{
    uint32_t len = m->pkt_len - ICGW_PLAIN_IP;
    uint32_t inner = v6 ? ICGW_IPV6_LEN + icgw_load_be16(data + ICGW_PLAIN_INNER_IP + 4)
                        : icgw_load_be16(data + ICGW_PLAIN_INNER_IP + 2);
    uint32_t header = v6 ? ICGW_IPV6_LEN : ICGW_IPV4_LEN;

    return likely(len <= e->max_len) &&
           likely(icgw_load_be16(data + ICGW_PLAIN_IP + 2) == (uint16_t)len) &&
           likely(icgw_load_be16(data + ICGW_PLAIN_UDP + 4) == (uint16_t)(len - ICGW_IPV4_LEN)) &&
           likely(inner - header <= m->pkt_len - ICGW_PLAIN_INNER_IP - header);
}

/* Neither a TTL that runs out, nor a protocol with classes of its own, nor a
 * checksum that has to be made. */
static __rte_always_inline bool inner_good(const uint8_t *data, const struct icgw_memo_entry *e,
                                           const bool v6)
{
    const uint8_t *ip = data + ICGW_PLAIN_INNER_IP;
    uint8_t ttl = v6 ? ip[7] : ip[8];
    bool simple = v6 ? ip[6] == ICGW_PROTO_TCP || ip[6] == ICGW_PROTO_UDP : ip[9] > ICGW_PROTO_IGMP;

    return likely(ttl >= e->min_ttl) && likely(simple) &&
           (likely(icgw_load16(data + ICGW_PLAIN_UDP + 6) != 0) || !(e->flags & ICGW_MEMO_CSUM));
}

static __rte_always_inline bool sender_good(struct icgw_memo *memo,
                                            const struct icgw_tables *tables,
                                            const struct icgw_memo_sender *sender, uint32_t src,
                                            const struct icgw_memo_entry *e)
{
    return (likely(sender->src_be == src) && likely(sender->zone <= e->zone)) ||
           icgw_memo_ask_sender(memo, tables, src, e->zone);
}

static __rte_always_inline bool singled_out(const uint8_t *ip, const struct icgw_memo_entry *e,
                                            const bool v6)
{
    return v6 ? icgw_singled_out_v6(e->sources, ip + 8) : icgw_singled_out4(e->sources, ip);
}

static __rte_always_inline void rewrite_inner(uint8_t *inner, const struct icgw_memo_entry *e,
                                              const bool v6)
{
    if (e->flags & ICGW_MEMO_REWRITE) {
        memcpy(inner + 6, e->eth_src, 6);
    }
    if (v6) {
        inner[ICGW_ETH_LEN + 7] -= e->ttl_dec;
    } else if (e->ttl_dec != 0) {
        icgw_decrement_ttl4(inner + ICGW_ETH_LEN, e->ttl_dec);
    }
}

/* The UDP checksum by RFC 1624, not of the sum of what is covered but of its
 * complement: that is not 0, so it folds to 1 to 0xffff, as RFC 768 wants it sent. */
static __rte_always_inline void rewrite(uint8_t *data, const struct icgw_memo_entry *e,
                                        const struct icgw_memo_sender *sender, const bool v6)
{
    struct icgw_head head;
    uint32_t ecn = icgw_load16(data + ICGW_PLAIN_IP) & RTE_BE16(3);
    uint32_t udp_cksum = icgw_load16(data + ICGW_PLAIN_UDP + 6) + e->udp_gain + sender->udp_gain;
    uint16_t ip_cksum =
        (uint16_t)~icgw_fold(e->ip_sum + ecn + icgw_load16(data + ICGW_PLAIN_IP + 2));

    icgw_head_load(&head, data);
    if (e->flags & ICGW_MEMO_INNER) {
        rewrite_inner(data + ICGW_PLAIN_LEN, e, v6);
    }
    icgw_head_store(data, &head, e);
    icgw_store16(data + ICGW_PLAIN_IP + 10, ip_cksum);
    if (likely(e->flags & ICGW_MEMO_CSUM)) {
        icgw_store16(data + ICGW_PLAIN_UDP + 6, icgw_fold(udp_cksum));
    }
}

static __rte_always_inline uint32_t hash_of(const uint8_t *data, const bool v6)
{
    return v6 ? icgw_memo_hash6(data) : icgw_memo_hash(data);
}

/* Further on in the same chain; NULL: the packet has no entry.  Loads the headers
 * again: what it was handed would have to leave the caller's registers. */
static __rte_noinline const struct icgw_memo_entry *search(const struct icgw_memo *memo,
                                                           const uint8_t *data, bool v6)
{
    struct icgw_head head;
    struct icgw_tail tail;

    icgw_head_load(&head, data);
    icgw_tail_load(&tail, data, v6);
    for (uint32_t i = hash_of(data, v6), n = 0; n < ICGW_MEMO_STEPS; i++, n++) {
        const struct icgw_memo_entry *e =
            icgw_memo_entry(memo, memo->slots[v6][i % ICGW_MEMO_SLOTS]);

        if (e == memo->entries || !icgw_headers_differ(&head, &tail, e)) {
            return e == memo->entries ? NULL : e;
        }
    }
    return NULL;
}

/* True if the packet has been rewritten and *r says where to. */
static __rte_always_inline bool forward(const struct icgw_tables *tables, struct icgw_memo *memo,
                                        const struct icgw_memo_entry *e, struct rte_mbuf *m,
                                        uint8_t *data, struct icgw_result *r, const bool v6)
{
    const struct icgw_memo_sender *sender;
    struct icgw_head head;
    struct icgw_tail tail;
    uint32_t src;

    icgw_head_load(&head, data);
    icgw_tail_load(&tail, data, v6);
    if (unlikely(icgw_headers_differ(&head, &tail, e))) {
        e = search(memo, data, v6);
        if (e == NULL) {
            return false;
        }
    }
    if (!lengths_good(m, data, e, v6) || !inner_good(data, e, v6) ||
        unlikely(!icgw_plain_cksum_good(data + ICGW_PLAIN_IP))) {
        return false;
    }
    src = icgw_load32(data + ICGW_PLAIN_IP + 12);
    sender = &memo->senders[icgw_memo_sender_slot(src)];
    if (!sender_good(memo, tables, sender, src, e) ||
        (e->sources != NULL && unlikely(singled_out(data + ICGW_PLAIN_INNER_IP, e, v6)))) {
        return false;
    }
    rewrite(data, e, sender, v6);
    icgw_reset_flags(m);
    icgw_result_join(r, &e->result, &sender->result);
    return true;
}

/* Where the headers are; of a packet that is too short for them, ones that have no
 * entry. */
static __rte_always_inline uint8_t *headers_of(const struct rte_mbuf *m, const bool v6)
{
    static uint8_t none[ICGW_MEMO_MIN(true)];

    return likely(m->data_len >= ICGW_MEMO_MIN(v6)) ? rte_pktmbuf_mtod(m, uint8_t *) : none;
}

/* First all look-ups, then all the rest: a look-up is a chain of loads in which each
 * waits for the one before, and the chains of many packets overlap only while little
 * else is in between. */
static __rte_always_inline uint16_t run(const struct icgw_tables *tables, struct icgw_memo *memo,
                                        const bool v6, struct rte_mbuf **pkts, uint16_t n,
                                        struct icgw_result *results, uint8_t *missed)
{
    const struct icgw_memo_entry *entries[ICGW_BURST];
    uint8_t *data[ICGW_BURST];
    uint16_t n_missed = 0;

    for (size_t i = 0; i < n; i++) {
        data[i] = headers_of(pkts[i], v6);
        rte_prefetch0(data[i]);
        rte_prefetch0(data[i] + RTE_CACHE_LINE_SIZE);
    }
    for (size_t i = 0; i < n; i++) {
        /* The entry that is the packet's unless another one has taken its place, which is rare. */
        entries[i] = icgw_memo_entry(memo, memo->slots[v6][hash_of(data[i], v6) % ICGW_MEMO_SLOTS]);
        /* With few destinations they are near already; with 1,000 it is worth 4 %. */
        rte_prefetch0(entries[i]->head);
        rte_prefetch0(entries[i]->out);
        rte_prefetch0(entries[i]->tail);
    }
    ICGW_BETWEEN();
    for (size_t i = 0; i < n; i++) {
        if (unlikely(!forward(tables, memo, entries[i], pkts[i], data[i], &results[i], v6))) {
            missed[n_missed++] = (uint8_t)i;
        }
    }
    return n_missed;
}

uint16_t ICGW_MEMO_BURST(const struct icgw_tables *tables, struct icgw_memo *memo, bool v6,
                         struct rte_mbuf **pkts, uint16_t n, struct icgw_result *results,
                         uint8_t *missed)
{
    return v6 ? run(tables, memo, true, pkts, n, results, missed)
              : run(tables, memo, false, pkts, n, results, missed);
}
