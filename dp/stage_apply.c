/* SPDX-License-Identifier: Apache-2.0 */
#include "stages.h"

#include <rte_branch_prediction.h>

#include "classifier.h"
#include "guard.h"
#include "result.h"
#include "rewrite.h"

static void send(const struct icgw_stages *b, unsigned int i, const struct icgw_dest *dest)
{
    struct icgw_result *r = &b->results[i];
    const struct icgw_packet *p = &b->packet[i];
    const struct icgw_tunnel *t =
        dest->tunnel < b->tables->n_tunnels ? b->tables->tunnels[dest->tunnel] : NULL;
    enum icgw_drop reason = ICGW_DROP_NO_MBUF;

    if (unlikely(t == NULL)) {
        icgw_decide_drop(r, ICGW_DROP_NO_TUNNEL);
    } else if (unlikely(!t->resolved)) {
        icgw_decide_drop(r, ICGW_DROP_UNDERLAY_UNRESOLVED);
    } else if (unlikely(icgw_outer_ip_len(t, p->inner_len) > t->mtu)) {
        icgw_decide_slow(r, ICGW_SLOW_TOO_BIG);
    } else if (unlikely(!icgw_rewrite(b->pkts[i], p, t, dest, &reason))) {
        icgw_decide_drop(r, reason);
    } else {
        *r = icgw_result_tx(t, dest, 0, 0); /* icgw_forward_stages() adds whence */
    }
}

/* Bytes of the inner frame that may be read. */
static uint32_t readable(const struct icgw_stages *b, unsigned int i)
{
    const struct icgw_packet *p = &b->packet[i];

    return RTE_MIN(b->pkts[i]->data_len - (uint32_t)p->outer_len, (uint32_t)p->inner_len);
}

/* One of the members, each with the same share of the flows. */
static const struct icgw_dest *select_member(const struct icgw_stages *b, unsigned int i,
                                             const struct icgw_dest *dest, const uint8_t *inner)
{
    uint32_t hash = icgw_flow_hash(inner, (uint16_t)readable(b, i));

    return &dest->members[(uint64_t)hash * dest->n_members >> 32];
}

static void apply(const struct icgw_stages *b, unsigned int i)
{
    const uint8_t *inner = icgw_inner_frame(b, i);
    const struct icgw_packet *p = &b->packet[i];
    const struct icgw_dest *dest = b->dest[i];
    enum icgw_slow why = ICGW_SLOW_DESTINATION;

    if (dest->verdict == ICGW_VERDICT_CLASSIFY) {
        dest = icgw_classify(dest, p, inner, readable(b, i));
    }
    if (unlikely(dest == NULL || !icgw_guard_admits(dest, p, inner, &why))) {
        icgw_decide_slow(&b->results[i], why);
        return;
    }
    if (dest->verdict == ICGW_VERDICT_SELECT) {
        dest = select_member(b, i, dest, inner);
        if (unlikely(!icgw_guard_admits(dest, p, inner, &why))) {
            icgw_decide_slow(&b->results[i], why);
            return;
        }
    }
    switch (dest->verdict) {
    case ICGW_VERDICT_FORWARD:
        send(b, i, dest);
        break;
    case ICGW_VERDICT_SLOW:
        icgw_decide_slow(&b->results[i], dest->reason);
        break;
    default:
        icgw_decide_drop(&b->results[i], dest->reason);
        break;
    }
}

void icgw_stage_apply(const struct icgw_stages *b)
{
    for (uint16_t k = 0; k < b->n_live; k++) {
        apply(b, b->live[k]);
    }
}
