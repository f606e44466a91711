/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <rte_mbuf.h>

#include "pmd.h"

/* Frames that the control thread makes. */

struct rte_mbuf *icgw_pmd_mbuf(const void *data, uint16_t len)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(pmd.pools[0]);
    char *room = m ? rte_pktmbuf_append(m, len) : NULL;

    if (!room) {
        rte_pktmbuf_free(m);
        return NULL;
    }
    memcpy(room, data, len);
    return m;
}

bool icgw_pmd_tx(uint16_t port, struct rte_mbuf *m)
{
    if (port < pmd.n_ports && rte_ring_sp_enqueue(pmd.ports[port].dev.feeds[0], m) == 0) {
        return true; /* the worker counts it when it has sent it */
    }
    pmd.control.drops[ICGW_DROP_TX_FULL]++;
    rte_pktmbuf_free(m);
    return false;
}
