/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_FORWARD_PLAIN_H
#define ICGW_FORWARD_PLAIN_H

/* The whole way of a plain packet (parse_plain.h) that is forwarded, in one
 * piece: what one step finds out stays in registers for the next.  It decides
 * nothing else: of any other packet it says so, before it has changed a byte,
 * and the stages (stages.h) take it from the start.
 *
 * A burst mostly has packets of few tunnels in trains, so what was found for one
 * packet is kept for the next, within the burst.  Where trains are short, that
 * is given up for the rest of the burst: a branch that goes either way costs
 * more than the look-ups.  Inside dp/ only. */

#include "classifier.h"
#include "endpoint.h"
#include "guard.h"
#include "keys.h"
#include "parse_plain.h"
#include "result.h"
#include "rewrite_plain.h"
#include "source.h"

/* The way of all others, and the reference in the tests.  It takes the
 * packets whose numbers are in live[]. */
void icgw_forward_stages(const struct icgw_tables *tables, struct rte_mbuf **pkts,
                         struct icgw_result *results, const uint8_t *live, uint16_t n_live);

static __rte_always_inline const struct icgw_dest *
icgw_plain_dest(const struct icgw_endpoint *ep, const struct icgw_packet *p, const uint8_t *inner)
{
    if (ep->kind == ICGW_ENDPOINT_L2) {
        return icgw_endpoint_get_l2(ep, icgw_l2_key(inner, p->eth_type));
    }
    if (unlikely(icgw_mac(inner) != icgw_mac(ep->router_mac))) {
        return NULL;
    }
    return p->eth_type == RTE_BE16(ICGW_ETH_IPV4)
               ? icgw_endpoint_get_v4(ep, icgw_load32(inner + ICGW_ETH_LEN + 16))
               : icgw_endpoint_get_v6(ep, inner + ICGW_ETH_LEN + 24);
}

/* Where a packet's destination will be looked up if it is plain, and by what.
 * NULL: hard to tell. */
static __rte_always_inline const struct icgw_map *
icgw_plain_guess(const struct icgw_tables *tables, const struct rte_mbuf *m, uint64_t *key)
{
    const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
    const uint8_t *inner = data + ICGW_PLAIN_LEN;
    const struct icgw_endpoint *ep;
    uint64_t at;

    if (unlikely(m->data_len < ICGW_PLAIN_MIN)) {
        return NULL;
    }
    at = icgw_endpoint_key(icgw_load_be32(data + ICGW_PLAIN_GENEVE + 4) >> 8,
                           (uint16_t)icgw_load_be32(data + ICGW_PLAIN_GENEVE + 12));
    ep = (const struct icgw_endpoint *)(uintptr_t)icgw_map_get(tables->endpoints, &at,
                                                               ICGW_ENDPOINT_WORDS);
    if (unlikely(ep == NULL)) {
        return NULL;
    }
    if (ep->kind == ICGW_ENDPOINT_L2) {
        *key = icgw_l2_key(inner, icgw_load16(inner + 12));
        return ep->l2;
    }
    *key = icgw_v4_key(icgw_load32(inner + ICGW_ETH_LEN + 16), ep->len4[0]);
    return ep->n_len4 > 0 ? ep->v4 : NULL;
}

/* As icgw_guard_admits(). */
static __rte_always_inline bool icgw_plain_admits(const struct icgw_dest *dest,
                                                  const struct icgw_packet *p, const uint8_t *inner)
{
    if (unlikely((p->class & dest->guard) | (p->ttl < dest->min_ttl) |
                 ((uint16_t)(dest->max_len - 1) < (uint16_t)(p->inner_ip_len - 1)))) {
        return false;
    }
    return dest->sources == NULL ||
           likely(!icgw_singled_out(dest->sources, p->eth_type, inner + ICGW_ETH_LEN));
}

/* Changes that a burst may have before its trains are taken for short. */
#define ICGW_PATIENCE 3

/* What is known from the packets before in the burst. */
struct icgw_recent {
    uint64_t outer[3];              /* their addresses, Geneve header and option */
    const struct icgw_endpoint *ep; /* what those lead to */
    uint64_t before;                /* their share of the UDP checksum */
    uint16_t from_peer;             /* accounts */
    uint16_t from_transit;
    bool no_outer;   /* do not use the above … */
    bool no_dest;    /* … or the below */
    bool classified; /* `dest` is this packet's alone */
    uint8_t outer_changes;
    uint8_t dest_changes;
    uint32_t dst_mask;                /* whether the address counts */
    uint32_t dst;                     /* inner IPv4 destination, network byte order */
    uint64_t mac_type;                /* inner destination and EtherType */
    const struct icgw_dest *dest;     /* what those lead to, verdict checked */
    const struct icgw_tunnel *tunnel; /* of which all but the MTU is checked */
};

#define ICGW_RECENT_NONE ((struct icgw_recent){.no_outer = true, .no_dest = true})

/* Looks for the endpoint; true if the sender may address it. */
static __rte_noinline bool icgw_plain_enter(const struct icgw_tables *tables, const uint8_t *data,
                                            struct icgw_recent *c)
{
    uint32_t keys = icgw_load_be32(data + ICGW_PLAIN_GENEVE + 12);
    uint32_t vni = icgw_load_be32(data + ICGW_PLAIN_GENEVE + 4) >> 8;
    uint64_t source = icgw_source_of_v4(tables, icgw_load32(data + ICGW_PLAIN_IP + 12));
    uint64_t zone = icgw_source_zone(source);
    uint64_t key = icgw_endpoint_key(vni, (uint16_t)keys);
    const struct icgw_endpoint *ep = (const struct icgw_endpoint *)(uintptr_t)icgw_map_get(
        tables->endpoints, &key, ICGW_ENDPOINT_WORDS);

    /* Zones are 1 and 2; the second may go to transit endpoints only. */
    if (unlikely(ep == NULL) || unlikely((zone - 1 > ep->transit) | (keys >> 16 == ep->port_key) |
                                         (ep->kind > ICGW_ENDPOINT_L3))) {
        return false;
    }
    c->ep = ep;
    c->from_peer = icgw_source_account(source);
    c->from_transit = ep->account;
    c->outer[0] = icgw_load64(data + ICGW_PLAIN_IP + 12);
    c->outer[1] = icgw_load64(data + ICGW_PLAIN_GENEVE);
    c->outer[2] = icgw_load64(data + ICGW_PLAIN_GENEVE + 8);
    c->before = icgw_sum_outer4(data + ICGW_PLAIN_IP, data + ICGW_PLAIN_UDP);
    c->no_outer = c->outer_changes > ICGW_PATIENCE;
    c->outer_changes += !c->no_outer;
    c->no_dest = true;
    return true;
}

/* Looks for the destination; true if it is one to forward to. */
static __rte_noinline bool icgw_plain_find(const struct icgw_tables *tables,
                                           const struct rte_mbuf *m, uint64_t mac_type,
                                           const struct icgw_packet *p, struct icgw_recent *c)
{
    const uint8_t *inner = rte_pktmbuf_mtod_offset(m, const uint8_t *, ICGW_PLAIN_LEN);
    const struct icgw_dest *dest = icgw_plain_dest(c->ep, p, inner);
    bool classified = dest != NULL && unlikely(dest->verdict == ICGW_VERDICT_CLASSIFY);
    const struct icgw_tunnel *t;

    if (classified) {
        dest = icgw_classify(dest, p, inner, RTE_MIN(m->data_len - ICGW_PLAIN_LEN, p->inner_len));
    }

    if (unlikely(dest == NULL) || unlikely(dest->verdict != ICGW_VERDICT_FORWARD) ||
        unlikely(dest->tunnel >= tables->n_tunnels)) {
        return false;
    }
    t = tables->tunnels[dest->tunnel];
    if (unlikely(t == NULL) || unlikely(!t->resolved | (t->hdr_len != ICGW_PLAIN_LEN))) {
        return false;
    }
    c->dest = dest;
    c->classified = classified;
    c->tunnel = t;
    c->mac_type = mac_type;
    c->dst = icgw_load32(inner + ICGW_ETH_LEN + 16);
    c->dst_mask = c->ep->kind == ICGW_ENDPOINT_L2 ? 0 : UINT32_MAX;
    c->no_dest = classified || c->dest_changes > ICGW_PATIENCE ||
                 (c->dst_mask != 0 && p->eth_type != RTE_BE16(ICGW_ETH_IPV4));
    c->dest_changes += c->dest_changes <= ICGW_PATIENCE;
    return true;
}

/* True if the packet has been rewritten and *r says where to. */
static __rte_always_inline bool icgw_forward_plain(const struct icgw_tables *tables,
                                                   struct rte_mbuf *m, struct icgw_recent *c,
                                                   struct icgw_result *r)
{
    uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
    const uint8_t *inner = data + ICGW_PLAIN_LEN;
    struct icgw_packet p;
    uint64_t changed, mac_type;
    uint32_t end;

    if (unlikely(m->data_len < ICGW_PLAIN_MIN) ||
        unlikely((icgw_plain_differs(data, 0, 0) |
                  (icgw_load16(data + ICGW_PLAIN_UDP + 2) ^ RTE_BE16(ICGW_GENEVE_PORT))) != 0)) {
        return false;
    }
    changed = (icgw_load64(data + ICGW_PLAIN_IP + 12) ^ c->outer[0]) |
              (icgw_load64(data + ICGW_PLAIN_GENEVE) ^ c->outer[1]) |
              (icgw_load64(data + ICGW_PLAIN_GENEVE + 8) ^ c->outer[2]);
    if ((c->no_outer | changed) != 0 &&
        (unlikely(icgw_plain_differs(data, 1, 2) != 0) || !icgw_plain_local(tables, data) ||
         !icgw_plain_enter(tables, data, c))) {
        return false;
    }
    end = ICGW_PLAIN_IP + icgw_load_be16(data + ICGW_PLAIN_IP + 2);
    p.inner_len = (uint16_t)(end - ICGW_PLAIN_LEN);
    if (!icgw_plain_sound(m, data) || unlikely(!icgw_plain_inner(m, data, end, &p))) {
        return false;
    }
    mac_type = icgw_l2_key(inner, p.eth_type);
    changed = (mac_type ^ c->mac_type) |
              ((icgw_load32(inner + ICGW_ETH_LEN + 16) ^ c->dst) & c->dst_mask);
    if ((c->no_dest | changed) != 0 && !icgw_plain_find(tables, m, mac_type, &p, c)) {
        return false;
    }
    if (unlikely(!icgw_plain_fits(m, &p, c->tunnel)) ||
        unlikely(!icgw_plain_admits(c->dest, &p, inner))) {
        return false;
    }
    icgw_rewrite_plain(m, &p, c->tunnel, c->dest, c->before);
    *r = icgw_result_tx(c->tunnel, c->dest, c->from_peer, c->from_transit);
    return true;
}

#endif
