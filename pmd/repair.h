/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PMD_REPAIR_H
#define PMD_REPAIR_H

/* Makes received frames what the forwarding code and the transmit queues expect:
 * one segment, with the VLAN tag where it was.  Owning worker only. */

#include <rte_mbuf.h>

#include "pmd.h"

/* Whether pmd_repair() has to see a frame, or any of those whose flags and numbers of
 * segments (at least 1 each) were put together with OR. */
static inline bool pmd_repair_needed(uint64_t ol_flags, uint16_t nb_segs)
{
    return (ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 || nb_segs > 1;
}

/* Frees and counts what cannot be repaired; returns how many are left. */
uint16_t pmd_repair(struct pmd_worker *w, struct rte_mbuf **pkts, uint16_t n);

#endif
