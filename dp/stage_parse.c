/* SPDX-License-Identifier: Apache-2.0 */
#include "stages.h"

#include <rte_branch_prediction.h>

#include "bytes.h"
#include "forward_plain.h"
#include "keys.h"
#include "source.h"

/* OVN keeps BFD within a zone. */
static void bfd(const struct icgw_stages *b, unsigned int i)
{
    if (icgw_source_zone(b->source[i]) == ICGW_ZONE_LOCAL + 1) {
        b->results[i].action = ICGW_ACTION_BFD;
    } else {
        icgw_decide_drop(&b->results[i], ICGW_DROP_BFD);
    }
}

static bool parse(struct icgw_stages *b, unsigned int i)
{
    enum icgw_drop reason = ICGW_DROP_OUTER_TRUNCATED;
    struct icgw_packet *p = &b->packet[i];
    enum icgw_action action = icgw_parse(b->pkts[i], b->tables, p, &reason);

    if (action == ICGW_ACTION_DROP) {
        icgw_decide_drop(&b->results[i], reason);
        return false;
    }
    if (action != ICGW_ACTION_TX) {
        b->results[i] = (struct icgw_result){.action = (uint8_t)action};
        return false;
    }
    b->source[i] = icgw_source_of(b->tables, &p->src);
    if (b->source[i] != 0 && unlikely(!p->has_option)) {
        bfd(b, i);
        b->source[i] = 0; /* not counted */
        return false;
    }
    return true;
}

void icgw_stage_parse(struct icgw_stages *b)
{
    const struct icgw_tables *tables = b->tables;
    uint16_t n = 0;

    for (uint16_t k = 0; k < b->n_live; k++) {
        unsigned int i = b->live[k];
        struct icgw_packet *p = &b->packet[i];
        uint64_t key;

        b->endpoint[i] = NULL;
        b->source[i] = 0;
        if (likely(icgw_parse_plain(b->pkts[i], tables, p))) {
            const uint8_t *ip = rte_pktmbuf_mtod_offset(b->pkts[i], const uint8_t *, ICGW_PLAIN_IP);

            b->source[i] = icgw_source_of_v4(tables, icgw_load32(ip + 12));
        } else if (!parse(b, i)) {
            continue;
        }
        if (unlikely(b->source[i] == 0)) {
            icgw_decide_drop(&b->results[i], ICGW_DROP_UNKNOWN_SOURCE);
            continue;
        }
        key = icgw_endpoint_key(p->vni, p->outport);
        b->hash[i] = icgw_map_hash(&key, ICGW_ENDPOINT_WORDS);
        icgw_map_prefetch(tables->endpoints, b->hash[i], ICGW_ENDPOINT_WORDS);
        b->live[n++] = (uint8_t)i;
    }
    b->n_live = n;
}
