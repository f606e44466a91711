/* SPDX-License-Identifier: Apache-2.0 */
#include "icgw_forward.h"

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "bytes.h"
#include "endpoint.h"
#include "forward_plain.h"
#include "guard.h"
#include "keys.h"
#include "memo.h"
#include "rewrite.h"
#include "wire.h"

/* A burst goes through stages; each stage handles all packets that are still
 * undecided and prefetches what the next one reads of them. */
struct burst {
    const struct icgw_tables *tables;
    struct rte_mbuf **pkts;
    struct icgw_result *results;
    uint16_t n_live;
    uint8_t live[ICGW_BURST]; /* indices of the undecided, in order */
    uint32_t hash[ICGW_BURST];
    uint64_t zone[ICGW_BURST]; /* enum icgw_zone + 1; 0: unknown source */
    const struct icgw_endpoint *endpoint[ICGW_BURST];
    const struct icgw_dest *dest[ICGW_BURST];
    struct icgw_packet packet[ICGW_BURST];
};

static inline void slow(struct icgw_result *r, enum icgw_slow reason)
{
    *r = (struct icgw_result){.action = ICGW_ACTION_SLOW, .reason = (uint8_t)reason};
}

static inline void drop(struct icgw_result *r, enum icgw_drop reason)
{
    *r = (struct icgw_result){.action = ICGW_ACTION_DROP, .reason = (uint8_t)reason};
}

static inline const uint8_t *inner_frame(const struct burst *b, unsigned int i)
{
    return rte_pktmbuf_mtod_offset(b->pkts[i], const uint8_t *, b->packet[i].outer_len);
}

/* OVN keeps BFD within a zone. */
static void bfd(const struct burst *b, unsigned int i)
{
    if (b->zone[i] == ICGW_ZONE_LOCAL + 1) {
        b->results[i].action = ICGW_ACTION_BFD;
    } else {
        drop(&b->results[i], ICGW_DROP_BFD);
    }
}

/* By whom: the outer source has to be a chassis that the control plane knows. */
static uint64_t zone_of(const struct icgw_tables *tables, const struct icgw_addr *src)
{
    uint64_t key[ICGW_SOURCE_WORDS];

    icgw_source_key(src, key);
    return icgw_map_get(tables->sources, key, ICGW_SOURCE_WORDS);
}

static bool parse(struct burst *b, unsigned int i)
{
    enum icgw_drop reason = ICGW_DROP_OUTER_TRUNCATED;
    struct icgw_packet *p = &b->packet[i];
    enum icgw_action action = icgw_parse(b->pkts[i], b->tables, p, &reason);

    if (action == ICGW_ACTION_DROP) {
        drop(&b->results[i], reason);
        return false;
    }
    if (action != ICGW_ACTION_TX) {
        b->results[i] = (struct icgw_result){.action = (uint8_t)action};
        return false;
    }
    b->zone[i] = zone_of(b->tables, &p->src);
    if (b->zone[i] != 0 && unlikely(!p->has_option)) {
        bfd(b, i);
        return false;
    }
    return true;
}

static void parse_all(struct burst *b)
{
    const struct icgw_tables *tables = b->tables;
    uint16_t n = 0;

    for (uint16_t k = 0; k < b->n_live; k++) {
        unsigned int i = b->live[k];
        struct icgw_packet *p = &b->packet[i];
        uint64_t key;

        if (likely(icgw_parse_plain(b->pkts[i], tables, p))) {
            const uint8_t *ip = rte_pktmbuf_mtod_offset(b->pkts[i], const uint8_t *, ICGW_PLAIN_IP);

            b->zone[i] = icgw_zone_of_v4(tables, icgw_load32(ip + 12));
        } else if (!parse(b, i)) {
            continue;
        }
        if (unlikely(b->zone[i] == 0)) {
            drop(&b->results[i], ICGW_DROP_UNKNOWN_SOURCE);
            continue;
        }
        key = icgw_endpoint_key(p->vni, p->outport);
        b->hash[i] = icgw_map_hash(&key, ICGW_ENDPOINT_WORDS);
        icgw_map_prefetch(tables->endpoints, b->hash[i], ICGW_ENDPOINT_WORDS);
        b->live[n++] = (uint8_t)i;
    }
    b->n_live = n;
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

/* No endpoint: says whether VNI or port is unknown.  The key of a group is no
 * endpoint; it is the interpreter's, but not for other zones: a flood toward
 * this zone comes as one packet per port. */
static void no_endpoint(const struct burst *b, unsigned int i)
{
    const struct icgw_packet *p = &b->packet[i];
    uint64_t key = p->vni;
    uint64_t kind = icgw_map_get(b->tables->vnis, &key, ICGW_VNI_WORDS);

    if (kind == 0) {
        drop(&b->results[i], ICGW_DROP_UNKNOWN_VNI);
    } else if (b->zone[i] == ICGW_ZONE_REMOTE + 1 && kind != ICGW_VNI_TRANSIT) {
        drop(&b->results[i], ICGW_DROP_ZONE_VIOLATION);
    } else if (p->outport >= ICGW_MULTICAST_KEY) {
        slow(&b->results[i], ICGW_SLOW_MULTICAST);
    } else if (p->class & ICGW_CLASS_TOO_BIG_ERROR) {
        /* About a packet to a port that is elsewhere: a kernel's tunnel sends the
         * error back as if from there (OVN 24.03 and later have flows for it). */
        slow(&b->results[i], ICGW_SLOW_ICMP_ERROR);
    } else {
        drop(&b->results[i], ICGW_DROP_UNKNOWN_PORT);
    }
}

/* Whether the sender may address the endpoint, and whether that has anything
 * to look up. */
static bool enter_endpoint(const struct burst *b, unsigned int i)
{
    const struct icgw_endpoint *ep = b->endpoint[i];

    if (unlikely(b->zone[i] == ICGW_ZONE_REMOTE + 1 && !ep->transit)) {
        drop(&b->results[i], ICGW_DROP_ZONE_VIOLATION);
        return false;
    }
    /* No packet leaves by the port that it came by, unless flows say so, and
     * none has run yet (ovn-architecture(7), loopback check). */
    if (unlikely(b->packet[i].inport == ep->port_key)) {
        drop(&b->results[i], ICGW_DROP_LOGICAL_DROP);
        return false;
    }
    switch (ep->kind) {
    case ICGW_ENDPOINT_L2:
    case ICGW_ENDPOINT_L3:
        return true;
    case ICGW_ENDPOINT_SLOW:
        slow(&b->results[i], ep->reason);
        return false;
    default:
        drop(&b->results[i], ep->reason);
        return false;
    }
}

/* Why the interpreter gets a packet that no table entry fits. */
static enum icgw_slow miss_reason(const struct icgw_packet *p, const uint8_t *inner)
{
    if (p->eth_type == RTE_BE16(ICGW_ETH_ARP)) {
        return ICGW_SLOW_ARP;
    }
    if (p->class & (ICGW_CLASS_ND | ICGW_CLASS_MLD)) {
        return ICGW_SLOW_ND;
    }
    if (inner[0] & 1) {
        return ICGW_SLOW_MULTICAST;
    }
    if (p->eth_type != RTE_BE16(ICGW_ETH_IPV4) && p->eth_type != RTE_BE16(ICGW_ETH_IPV6)) {
        return ICGW_SLOW_NOT_IP;
    }
    return ICGW_SLOW_UNKNOWN_DESTINATION;
}

/* Whether the endpoint has a table for such a packet; if so, computes the hash
 * of what is looked up first and prefetches its slot. */
static inline bool prepare_dest(struct burst *b, unsigned int i)
{
    const struct icgw_endpoint *ep = b->endpoint[i];
    const uint8_t *inner = inner_frame(b, i);
    uint16_t eth_type = b->packet[i].eth_type;

    if (ep->kind == ICGW_ENDPOINT_L2) {
        uint64_t key = icgw_l2_key(inner, eth_type);

        if (unlikely(ep->l2 == NULL)) {
            return false;
        }
        b->hash[i] = icgw_map_hash(&key, ICGW_L2_WORDS);
        icgw_map_prefetch(ep->l2, b->hash[i], ICGW_L2_WORDS);
        return true;
    }
    if (unlikely(icgw_mac(inner) != icgw_mac(ep->router_mac))) {
        return false;
    }
    if (likely(eth_type == RTE_BE16(ICGW_ETH_IPV4)) && ep->n_len4 > 0) {
        uint64_t key = icgw_v4_key(icgw_load32(inner + ICGW_ETH_LEN + 16), ep->len4[0]);

        b->hash[i] = icgw_map_hash(&key, ICGW_V4_WORDS);
        icgw_map_prefetch(ep->v4, b->hash[i], ICGW_V4_WORDS);
        return true;
    }
    return eth_type == RTE_BE16(ICGW_ETH_IPV6) && ep->n_len6 > 0;
}

static void find_endpoints(struct burst *b)
{
    const struct icgw_map *endpoints = b->tables->endpoints;
    uint16_t n = 0;

    for (uint16_t k = 0; k < b->n_live; k++) {
        unsigned int i = b->live[k];
        uint64_t key = icgw_endpoint_key(b->packet[i].vni, b->packet[i].outport);

        b->endpoint[i] = (const struct icgw_endpoint *)(uintptr_t)icgw_map_get_hashed(
            endpoints, &key, b->hash[i], ICGW_ENDPOINT_WORDS);
        rte_prefetch0(b->endpoint[i]);
    }
    for (uint16_t k = 0; k < b->n_live; k++) {
        unsigned int i = b->live[k];

        if (unlikely(b->endpoint[i] == NULL)) {
            no_endpoint(b, i);
        } else if (enter_endpoint(b, i)) {
            if (likely(prepare_dest(b, i))) {
                b->live[n++] = (uint8_t)i;
            } else {
                slow(&b->results[i], miss_reason(&b->packet[i], inner_frame(b, i)));
            }
        }
    }
    b->n_live = n;
}

static inline const struct icgw_dest *find_dest(const struct burst *b, unsigned int i)
{
    const struct icgw_endpoint *ep = b->endpoint[i];
    const uint8_t *inner = inner_frame(b, i);
    uint16_t eth_type = b->packet[i].eth_type;

    if (ep->kind == ICGW_ENDPOINT_L2) {
        uint64_t key = icgw_l2_key(inner, eth_type);

        return (const struct icgw_dest *)(uintptr_t)icgw_map_get_hashed(ep->l2, &key, b->hash[i],
                                                                        ICGW_L2_WORDS);
    }
    if (likely(eth_type == RTE_BE16(ICGW_ETH_IPV4))) {
        return icgw_endpoint_get_v4_hashed(ep, icgw_load32(inner + ICGW_ETH_LEN + 16), b->hash[i]);
    }
    return icgw_endpoint_get_v6(ep, inner + ICGW_ETH_LEN + 24);
}

static void find_dests(struct burst *b)
{
    uint16_t n = 0;

    for (uint16_t k = 0; k < b->n_live; k++) {
        unsigned int i = b->live[k];

        b->dest[i] = find_dest(b, i);
        if (unlikely(b->dest[i] == NULL)) {
            slow(&b->results[i], miss_reason(&b->packet[i], inner_frame(b, i)));
            continue;
        }
        rte_prefetch0(b->dest[i]);
        b->live[n++] = (uint8_t)i;
    }
    b->n_live = n;
}

static void send(const struct burst *b, unsigned int i, const struct icgw_dest *dest)
{
    struct icgw_result *r = &b->results[i];
    const struct icgw_packet *p = &b->packet[i];
    const struct icgw_tunnel *t =
        dest->tunnel < b->tables->n_tunnels ? b->tables->tunnels[dest->tunnel] : NULL;
    enum icgw_drop reason = ICGW_DROP_NO_MBUF;

    if (unlikely(t == NULL)) {
        drop(r, ICGW_DROP_NO_TUNNEL);
    } else if (unlikely(!t->resolved)) {
        drop(r, ICGW_DROP_UNDERLAY_UNRESOLVED);
    } else if (unlikely(icgw_outer_ip_len(t, p->inner_len) > t->mtu)) {
        slow(r, ICGW_SLOW_TOO_BIG);
    } else if (unlikely(!icgw_rewrite(b->pkts[i], p, t, dest, &reason))) {
        drop(r, reason);
    } else {
        *r = (struct icgw_result){.action = ICGW_ACTION_TX, .port = t->port};
    }
}

/* One of the members, each with the same share of the flows. */
static const struct icgw_dest *select_member(const struct burst *b, unsigned int i,
                                             const struct icgw_dest *dest, const uint8_t *inner)
{
    const struct icgw_packet *p = &b->packet[i];
    uint32_t have = b->pkts[i]->data_len - (uint32_t)p->outer_len;
    uint32_t hash = icgw_flow_hash(inner, (uint16_t)RTE_MIN(have, (uint32_t)p->inner_len));

    return &dest->members[(uint64_t)hash * dest->n_members >> 32];
}

static void apply(const struct burst *b, unsigned int i)
{
    const uint8_t *inner = inner_frame(b, i);
    const struct icgw_packet *p = &b->packet[i];
    const struct icgw_dest *dest = b->dest[i];
    enum icgw_slow why = ICGW_SLOW_DESTINATION;

    if (unlikely(!icgw_guard_admits(dest, p, inner, &why))) {
        slow(&b->results[i], why);
        return;
    }
    if (dest->verdict == ICGW_VERDICT_SELECT) {
        dest = select_member(b, i, dest, inner);
        if (unlikely(!icgw_guard_admits(dest, p, inner, &why))) {
            slow(&b->results[i], why);
            return;
        }
    }
    switch (dest->verdict) {
    case ICGW_VERDICT_FORWARD:
        send(b, i, dest);
        break;
    case ICGW_VERDICT_SLOW:
        slow(&b->results[i], dest->reason);
        break;
    default:
        drop(&b->results[i], dest->reason);
        break;
    }
}

void icgw_forward_stages(const struct icgw_tables *tables, struct rte_mbuf **pkts,
                         struct icgw_result *results, const uint8_t *live, uint16_t n_live)
{
    struct burst b;

    /* Not initialised as a whole: the packets alone are 2 KiB. */
    b.tables = tables;
    b.pkts = pkts;
    b.results = results;
    b.n_live = n_live;
    memcpy(b.live, live, n_live);
    parse_all(&b);
    find_endpoints(&b);
    find_dests(&b);
    for (uint16_t k = 0; k < b.n_live; k++) {
        apply(&b, b.live[k]);
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
    uint8_t headers[ICGW_PLAIN_MIN];

    if (m->data_len < ICGW_PLAIN_MIN) {
        return false;
    }
    memcpy(headers, rte_pktmbuf_mtod(m, const void *), sizeof headers);
    if (!icgw_forward_plain(tables, m, recent, r)) {
        return false;
    }
    if (icgw_load16(headers + ICGW_PLAIN_INNER_IP - 2) == RTE_BE16(ICGW_ETH_IPV4)) {
        icgw_memo_learn(memo, headers, recent->ep, recent->dest, recent->tunnel);
    }
    return true;
}

/* Each returns the number of packets that are left to the stages, live[]. */
static uint16_t forward_remembered(const struct icgw_tables *tables, struct icgw_memo *memo,
                                   struct rte_mbuf **pkts, uint16_t n, struct icgw_result *results,
                                   uint8_t *live)
{
    struct icgw_recent recent = ICGW_RECENT_NONE;
    uint16_t n_missed = memo->burst(tables, memo, pkts, n, results, live);
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

void icgw_forward(const struct icgw_tables *tables, struct icgw_memo *memo, struct rte_mbuf **pkts,
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
}
