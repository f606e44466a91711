/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PMD_REPAIR_H
#define PMD_REPAIR_H

/* Makes received frames what the forwarding code and the transmit queues expect:
 * one segment, with the VLAN tag where it was.  Owning worker only. */

#include <rte_mbuf.h>

#include "pmd.h"

/* Not 0: pmd_repair() has to see the frame. */
static inline uint64_t pmd_repair_needed(const struct rte_mbuf *m)
{
    return (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) | (m->nb_segs ^ 1u);
}

/* Frees and counts what cannot be repaired; returns how many are left. */
uint16_t pmd_repair(struct pmd_worker *w, struct rte_mbuf **pkts, uint16_t n);

#endif
