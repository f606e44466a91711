/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_STAGES_H
#define ICGW_STAGES_H

/* The way of the packets that are not forwarded as a whole (forward_plain.h).
 * Inside dp/ only. */

#include <rte_mbuf.h>

#include "icgw_forward.h"

/* A burst goes through stages; each stage handles all packets that are still
 * undecided and prefetches what the next one reads of them. */
struct icgw_stages {
    const struct icgw_tables *tables;
    struct rte_mbuf **pkts;
    struct icgw_result *results;
    uint16_t n_live;
    uint8_t live[ICGW_BURST]; /* indices of the undecided, in order */
    uint32_t hash[ICGW_BURST];
    uint64_t source[ICGW_BURST];                      /* source.h; 0: unknown */
    const struct icgw_endpoint *endpoint[ICGW_BURST]; /* NULL: not found */
    const struct icgw_dest *dest[ICGW_BURST];
    struct icgw_packet packet[ICGW_BURST];
};

/* One stage each, in this order. */
void icgw_stage_parse(struct icgw_stages *b);
void icgw_stage_find_endpoints(struct icgw_stages *b);
void icgw_stage_find_dests(struct icgw_stages *b);
void icgw_stage_apply(const struct icgw_stages *b);

static inline void icgw_decide_slow(struct icgw_result *r, enum icgw_slow reason)
{
    *r = (struct icgw_result){.action = ICGW_ACTION_SLOW, .reason = (uint8_t)reason};
}

static inline void icgw_decide_drop(struct icgw_result *r, enum icgw_drop reason)
{
    *r = (struct icgw_result){.action = ICGW_ACTION_DROP, .reason = (uint8_t)reason};
}

static inline const uint8_t *icgw_inner_frame(const struct icgw_stages *b, unsigned int i)
{
    return rte_pktmbuf_mtod_offset(b->pkts[i], const uint8_t *, b->packet[i].outer_len);
}

#endif
