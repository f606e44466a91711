/* SPDX-License-Identifier: Apache-2.0 */
#include "stages.h"

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "bytes.h"
#include "endpoint.h"
#include "keys.h"
#include "source.h"
#include "wire.h"

/* No endpoint: says whether VNI or port is unknown.  The key of a group is no
 * endpoint; it is the interpreter's, but not for other zones: a flood toward
 * this zone comes as one packet per port. */
static void no_endpoint(const struct icgw_stages *b, unsigned int i)
{
    const struct icgw_packet *p = &b->packet[i];
    uint64_t key = p->vni;
    uint64_t kind = icgw_map_get(b->tables->vnis, &key, ICGW_VNI_WORDS);

    if (kind == 0) {
        icgw_decide_drop(&b->results[i], ICGW_DROP_UNKNOWN_VNI);
    } else if (icgw_source_zone(b->source[i]) == ICGW_ZONE_REMOTE + 1 && kind != ICGW_VNI_TRANSIT) {
        icgw_decide_drop(&b->results[i], ICGW_DROP_ZONE_VIOLATION);
    } else if (p->outport >= ICGW_MULTICAST_KEY) {
        icgw_decide_slow(&b->results[i], ICGW_SLOW_MULTICAST);
    } else if (p->class & ICGW_CLASS_TOO_BIG_ERROR) {
        /* About a packet to a port that is elsewhere: a kernel's tunnel sends the
         * error back as if from there (OVN 24.03 and later have flows for it). */
        icgw_decide_slow(&b->results[i], ICGW_SLOW_ICMP_ERROR);
    } else {
        icgw_decide_drop(&b->results[i], ICGW_DROP_UNKNOWN_PORT);
    }
}

/* Whether the sender may address the endpoint, and whether that has anything
 * to look up. */
static bool enter_endpoint(const struct icgw_stages *b, unsigned int i)
{
    const struct icgw_endpoint *ep = b->endpoint[i];

    if (unlikely(icgw_source_zone(b->source[i]) == ICGW_ZONE_REMOTE + 1 && !ep->transit)) {
        icgw_decide_drop(&b->results[i], ICGW_DROP_ZONE_VIOLATION);
        return false;
    }
    /* No packet leaves by the port that it came by, unless flows say so, and
     * none has run yet (ovn-architecture(7), loopback check). */
    if (unlikely(b->packet[i].inport == ep->port_key)) {
        icgw_decide_drop(&b->results[i], ICGW_DROP_LOGICAL_DROP);
        return false;
    }
    switch (ep->kind) {
    case ICGW_ENDPOINT_L2:
    case ICGW_ENDPOINT_L3:
        return true;
    case ICGW_ENDPOINT_SLOW:
        icgw_decide_slow(&b->results[i], ep->reason);
        return false;
    default:
        icgw_decide_drop(&b->results[i], ep->reason);
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
static inline bool prepare_dest(struct icgw_stages *b, unsigned int i)
{
    const struct icgw_endpoint *ep = b->endpoint[i];
    const uint8_t *inner = icgw_inner_frame(b, i);
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

void icgw_stage_find_endpoints(struct icgw_stages *b)
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
                icgw_decide_slow(&b->results[i],
                                 miss_reason(&b->packet[i], icgw_inner_frame(b, i)));
            }
        }
    }
    b->n_live = n;
}

static inline const struct icgw_dest *find_dest(const struct icgw_stages *b, unsigned int i)
{
    const struct icgw_endpoint *ep = b->endpoint[i];
    const uint8_t *inner = icgw_inner_frame(b, i);
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

void icgw_stage_find_dests(struct icgw_stages *b)
{
    uint16_t n = 0;

    for (uint16_t k = 0; k < b->n_live; k++) {
        unsigned int i = b->live[k];

        b->dest[i] = find_dest(b, i);
        if (unlikely(b->dest[i] == NULL)) {
            icgw_decide_slow(&b->results[i], miss_reason(&b->packet[i], icgw_inner_frame(b, i)));
            continue;
        }
        rte_prefetch0(b->dest[i]);
        b->live[n++] = (uint8_t)i;
    }
    b->n_live = n;
}
