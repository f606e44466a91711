/* SPDX-License-Identifier: Apache-2.0 */
/* The way of plain IPv4 packets whose destinations are remembered (memo.h).  As
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

/* Packets whose headers are fetched ahead of their turn. */
#define AHEAD 4

/* Cheaper as branches that are never taken than as one number: each is compared and
 * decided by one instruction. */
static __rte_always_inline bool lengths_good(const struct rte_mbuf *m, const uint8_t *data,
                                             const struct icgw_memo_entry *e)
{
    uint32_t len = m->pkt_len - ICGW_PLAIN_IP;
    uint32_t inner = icgw_load_be16(data + ICGW_PLAIN_INNER_IP + 2);
    /* Lengths of IP and UDP as they are in the packet, side by side. */
    uint32_t both = icgw_load16(data + ICGW_PLAIN_IP + 2) |
                    (uint32_t)icgw_load16(data + ICGW_PLAIN_UDP + 4) << 16;

    return likely(both == icgw_pair_be16(len, len - ICGW_IPV4_LEN)) && likely(len <= e->mtu) &&
           likely(inner <= e->max_len) &&
           likely(inner - ICGW_IPV4_LEN <= m->pkt_len - ICGW_PLAIN_MIN);
}

/* Neither a TTL that runs out, nor a protocol with classes of its own, nor a
 * checksum that has to be made. */
static __rte_always_inline bool inner_good(const uint8_t *data, const struct icgw_memo_entry *e)
{
    const uint8_t *ip = data + ICGW_PLAIN_INNER_IP;

    return likely(ip[8] >= e->min_ttl) && likely(ip[9] > ICGW_PROTO_IGMP) &&
           (likely(icgw_load16(data + ICGW_PLAIN_UDP + 6) != 0) || !(e->flags & ICGW_MEMO_CSUM));
}

static __rte_always_inline bool sender_good(struct icgw_memo *memo,
                                            const struct icgw_tables *tables, uint32_t src,
                                            const struct icgw_memo_entry *e)
{
    bool remote = e->flags & ICGW_MEMO_REMOTE;

    return likely(memo->senders[remote][icgw_memo_sender_slot(src)] == src) ||
           icgw_memo_ask_sender(memo, tables, src, remote);
}

static __rte_always_inline const struct icgw_result *
sender_accounts(const struct icgw_memo *memo, uint32_t src, const struct icgw_memo_entry *e)
{
    return &memo->from[e->flags & ICGW_MEMO_REMOTE][icgw_memo_sender_slot(src)];
}

static __rte_always_inline void rewrite(uint8_t *data, const struct icgw_memo_entry *e,
                                        const struct icgw_head *head, uint32_t src)
{
    uint8_t *inner = data + ICGW_PLAIN_LEN;
    uint32_t ecn = icgw_load16(data + ICGW_PLAIN_IP) & RTE_BE16(3);
    uint64_t sum = (uint16_t)~icgw_load16(data + ICGW_PLAIN_UDP + 6) + e->udp_sum - src;
    uint16_t ip_cksum =
        (uint16_t)~icgw_fold(e->ip_sum + ecn + icgw_load16(data + ICGW_PLAIN_IP + 2));

    if (e->flags & ICGW_MEMO_REWRITE) {
        memcpy(inner + 6, e->eth_src, 6);
    }
    if (e->ttl_dec != 0) {
        icgw_decrement_ttl4(inner + ICGW_ETH_LEN, e->ttl_dec);
    }
    icgw_head_store(data, head, e);
    icgw_store16(data + ICGW_PLAIN_IP + 10, ip_cksum);
    if (likely(e->flags & ICGW_MEMO_CSUM)) {
        icgw_store16(data + ICGW_PLAIN_UDP + 6, icgw_nonzero((uint16_t)~icgw_fold64(sum)));
    }
}

/* The entry that is the packet's unless another one has taken its place, which is
 * rare; NULL: the packet is too short to have any. */
static __rte_always_inline const struct icgw_memo_entry *first_guess(const struct icgw_memo *memo,
                                                                     const struct rte_mbuf *m)
{
    const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);

    if (unlikely(m->data_len < ICGW_PLAIN_MIN)) {
        return NULL;
    }
    return icgw_memo_entry(memo, memo->slots[icgw_memo_hash(data) % ICGW_MEMO_SLOTS]);
}

/* Further on in the same chain; NULL: the packet has no entry. */
static __rte_noinline const struct icgw_memo_entry *
search(const struct icgw_memo *memo, const uint8_t *data, const struct icgw_head *head)
{
    for (uint32_t i = icgw_memo_hash(data);; i++) {
        const struct icgw_memo_entry *e = icgw_memo_entry(memo, memo->slots[i % ICGW_MEMO_SLOTS]);

        if (e == memo->entries || !icgw_headers_differ(head, data + ICGW_TAIL_AT, e)) {
            return e == memo->entries ? NULL : e;
        }
    }
}

/* True if the packet has been rewritten and *r says where to. */
static __rte_always_inline bool forward(const struct icgw_tables *tables, struct icgw_memo *memo,
                                        const struct icgw_memo_entry *e, struct rte_mbuf *m,
                                        struct icgw_result *r)
{
    uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
    struct icgw_head head;
    uint32_t src;

    if (unlikely(e == NULL)) {
        return false;
    }
    icgw_head_load(&head, data);
    if (unlikely(icgw_headers_differ(&head, data + ICGW_TAIL_AT, e))) {
        e = search(memo, data, &head);
        if (e == NULL) {
            return false;
        }
    }
    if (!lengths_good(m, data, e) || !inner_good(data, e) ||
        unlikely(!icgw_plain_cksum_good(data + ICGW_PLAIN_IP))) {
        return false;
    }
    src = icgw_load32(data + ICGW_PLAIN_IP + 12);
    if (!sender_good(memo, tables, src, e) ||
        (e->sources != NULL &&
         unlikely(icgw_singled_out4(e->sources, data + ICGW_PLAIN_INNER_IP)))) {
        return false;
    }
    rewrite(data, e, &head, src);
    icgw_reset_flags(m);
    icgw_result_join(r, &e->result, sender_accounts(memo, src, e));
    return true;
}

static __rte_always_inline void fetch(const struct rte_mbuf *m)
{
    const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);

    rte_prefetch0(data);
    rte_prefetch0(data + RTE_CACHE_LINE_SIZE);
}

/* First all look-ups, then all the rest: a look-up is a chain of loads in which each
 * waits for the one before, and the chains of many packets overlap only while little
 * else is in between. */
uint16_t ICGW_MEMO_BURST(const struct icgw_tables *tables, struct icgw_memo *memo,
                         struct rte_mbuf **pkts, uint16_t n, struct icgw_result *results,
                         uint8_t *missed)
{
    const struct icgw_memo_entry *entries[ICGW_BURST];
    uint16_t n_missed = 0;

    for (size_t i = 0; i < n; i++) {
        fetch(pkts[RTE_MIN(i + AHEAD, n - (size_t)1)]);
        entries[i] = first_guess(memo, pkts[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (unlikely(!forward(tables, memo, entries[i], pkts[i], &results[i]))) {
            missed[n_missed++] = (uint8_t)i;
        }
    }
    return n_missed;
}
