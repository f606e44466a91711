/* SPDX-License-Identifier: Apache-2.0 */
#include "icgw_forward.h"

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "bytes.h"
#include "forward_plain.h"
#include "memo.h"
#include "source.h"
#include "stages.h"

/* What was dropped or left to the slow path counts for whom it came from, too. */
static inline void attribute(const struct icgw_stages *b, unsigned int i)
{
    const struct icgw_endpoint *ep = b->endpoint[i];
    uint16_t *accounts = b->results[i].accounts;

    accounts[ICGW_RESULT_PEER] = icgw_source_account(b->source[i]);
    accounts[ICGW_RESULT_TRANSIT] = ep != NULL ? ep->account : 0;
}

void icgw_forward_stages(const struct icgw_tables *tables, struct rte_mbuf **pkts,
                         struct icgw_result *results, const uint8_t *live, uint16_t n_live)
{
    struct icgw_stages b;

    /* Not initialised as a whole: the packets alone are 2 KiB. */
    b.tables = tables;
    b.pkts = pkts;
    b.results = results;
    b.n_live = n_live;
    memcpy(b.live, live, n_live);
    icgw_stage_parse(&b);
    icgw_stage_find_endpoints(&b);
    icgw_stage_find_dests(&b);
    icgw_stage_apply(&b);
    for (uint16_t k = 0; k < n_live; k++) {
        attribute(&b, live[k]);
    }
}

/* Headers as far as the inner addresses take two or three cache lines. */
static inline void prefetch_all(struct rte_mbuf **pkts, uint16_t n)
{
    for (uint16_t i = 0; i < n; i++) {
        const uint8_t *data = rte_pktmbuf_mtod(pkts[i], const uint8_t *);

        rte_prefetch0(data);
        rte_prefetch0(data + RTE_CACHE_LINE_SIZE);
    }
}

/* Bursts that do without the memo after one of which it did not know the half: where
 * destinations are too many to be remembered, looking there costs more than it saves. */
#define REST 64

/* With more destinations than this, most of them lie beyond the second-level
 * cache (100 to 130 bytes each) and are worth being fetched ahead, for all of the
 * burst at once. */
#define FEW_DESTS 16384

/* Guesses which destinations a burst will look up, and fetches them.  Decides
 * nothing: packets are not even known to be plain. */
static __rte_noinline void fetch_dests(const struct icgw_tables *tables, struct rte_mbuf **pkts,
                                       uint16_t n)
{
    const struct icgw_map *maps[ICGW_BURST];
    uint64_t keys[ICGW_BURST];
    uint32_t hashes[ICGW_BURST];

    for (uint16_t i = 0; i < n; i++) {
        maps[i] = icgw_plain_guess(tables, pkts[i], &keys[i]);
        if (likely(maps[i] != NULL)) {
            hashes[i] = icgw_map_hash(&keys[i], 1);
            icgw_map_prefetch(maps[i], hashes[i], 1);
        }
    }
    for (uint16_t i = 0; i < n; i++) {
        if (likely(maps[i] != NULL)) {
            rte_prefetch0(
                (const void *)(uintptr_t)icgw_map_get_hashed(maps[i], &keys[i], hashes[i], 1));
        }
    }
}

/* A packet whose destination is not remembered.  As icgw_forward_plain(). */
static __rte_noinline bool find_out(const struct icgw_tables *tables, struct icgw_memo *memo,
                                    struct rte_mbuf *m, struct icgw_recent *recent,
                                    struct icgw_result *r)
{
    uint8_t headers[ICGW_PLAIN_MIN6] = {0};

    memcpy(headers, rte_pktmbuf_mtod(m, const void *), RTE_MIN(sizeof headers, m->data_len));
    if (!icgw_forward_plain(tables, m, recent, r)) {
        return false;
    }
    if (!recent->classified) {
        icgw_memo_learn(memo, headers, recent->ep, recent->dest, recent->tunnel);
    }
    return true;
}

/* Whether it looks like inner IPv6; only a guess. */
static inline bool looks_v6(const struct rte_mbuf *m)
{
    return m->data_len >= ICGW_PLAIN_MIN6 && icgw_memo_is_v6(rte_pktmbuf_mtod(m, const uint8_t *));
}

/* The memory of inner IPv6 and that of IPv4 are asked for the whole burst, the one
 * first that the first packet is of, and the other for what is left and is not of the
 * same kind.  Returns how many packets neither knows, their numbers in missed[]. */
static uint16_t recall(const struct icgw_tables *tables, struct icgw_memo *memo,
                       struct rte_mbuf **pkts, uint16_t n, struct icgw_result *results,
                       uint8_t *missed)
{
    bool v6 = looks_v6(pkts[0]);
    uint16_t n_missed = memo->burst(tables, memo, v6, pkts, n, results, missed);
    uint16_t n_left = 0;

    for (uint16_t k = 0; k < n_missed; k++) {
        uint8_t i = missed[k], none;

        if (looks_v6(pkts[i]) == v6 ||
            memo->burst(tables, memo, !v6, &pkts[i], 1, &results[i], &none) != 0) {
            missed[n_left++] = i;
        }
    }
    return n_left;
}

/* Each returns the number of packets that are left to the stages, live[]. */
static uint16_t forward_remembered(const struct icgw_tables *tables, struct icgw_memo *memo,
                                   struct rte_mbuf **pkts, uint16_t n, struct icgw_result *results,
                                   uint8_t *live)
{
    struct icgw_recent recent = ICGW_RECENT_NONE;
    uint16_t n_missed = recall(tables, memo, pkts, n, results, live);
    uint16_t n_live = 0;

    for (uint16_t k = 0; k < n_missed; k++) {
        unsigned int i = live[k];

        if (!find_out(tables, memo, pkts[i], &recent, &results[i])) {
            live[n_live++] = (uint8_t)i;
        }
    }
    if (unlikely(2 * n_missed > n)) {
        memo->rest = REST;
    }
    return n_live;
}

static uint16_t forward_unremembered(const struct icgw_tables *tables, struct rte_mbuf **pkts,
                                     uint16_t n, struct icgw_result *results, uint8_t *live)
{
    struct icgw_recent recent = ICGW_RECENT_NONE;
    uint16_t n_live = 0;

    if (tables->n_dests > FEW_DESTS) {
        fetch_dests(tables, pkts, n);
    }
    for (uint16_t i = 0; i < n; i++) {
        if (unlikely(!icgw_forward_plain(tables, pkts[i], &recent, &results[i]))) {
            live[n_live++] = (uint8_t)i;
        }
    }
    return n_live;
}

bool icgw_forward(const struct icgw_tables *tables, struct icgw_memo *memo, struct rte_mbuf **pkts,
                  uint16_t n, struct icgw_result *results)
{
    uint8_t live[ICGW_BURST];
    uint16_t n_live;

    if (memo != NULL) {
        icgw_memo_follow(memo, tables);
    }
    if (memo != NULL && memo->rest == 0) {
        n_live = forward_remembered(tables, memo, pkts, n, results, live);
    } else {
        if (memo != NULL) {
            memo->rest--;
        }
        prefetch_all(pkts, n);
        n_live = forward_unremembered(tables, pkts, n, results, live);
    }
    if (n_live > 0) {
        icgw_forward_stages(tables, pkts, results, live, n_live);
    }
    return n_live > 0; /* plain packets have plain headers when they leave, too */
}
