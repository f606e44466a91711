/* SPDX-License-Identifier: Apache-2.0 */
#include "repair.h"

#include <rte_ether.h>

/* A few drivers deliver segments though a frame fits one mbuf.  Transmit queues
 * are set up without RTE_ETH_TX_OFFLOAD_MULTI_SEGS, which costs many drivers
 * their fast path.  NULL: dropped for *why, and freed. */
static struct rte_mbuf *linearise(struct rte_mbuf *m, enum icgw_drop *why)
{
    struct rte_mbuf *copy;

    if (rte_pktmbuf_linearize(m) == 0) {
        return m;
    }
    copy = rte_pktmbuf_copy(m, m->pool, 0, UINT32_MAX);
    rte_pktmbuf_free(m);
    *why = ICGW_DROP_NO_MBUF;
    if (copy != NULL && copy->nb_segs > 1) {
        *why = ICGW_DROP_RX_TOO_LONG;
        rte_pktmbuf_free(copy);
        copy = NULL;
    }
    return copy;
}

/* Drivers that took the VLAN tag out of the frame leave it in the mbuf; the
 * forwarding code and the host interface want it where it was. */
static struct rte_mbuf *repair(struct rte_mbuf *m, enum icgw_drop *why)
{
    if (m->nb_segs > 1) {
        m = linearise(m, why);
    }
    if (m != NULL && (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) && rte_vlan_insert(&m) != 0) {
        rte_pktmbuf_free(m);
        *why = ICGW_DROP_NO_MBUF;
        return NULL;
    }
    return m;
}

uint16_t pmd_repair(struct pmd_worker *w, struct rte_mbuf **pkts, uint16_t n)
{
    uint16_t kept = 0;

    for (uint16_t i = 0; i < n; i++) {
        enum icgw_drop why = ICGW_DROP_NO_MBUF;
        struct rte_mbuf *m = pkts[i];

        if (pmd_repair_needed(m->ol_flags, m->nb_segs)) {
            m = repair(m, &why);
        }
        if (m == NULL) {
            w->stats.drops[why]++;
        } else {
            pkts[kept++] = m;
        }
    }
    return kept;
}
