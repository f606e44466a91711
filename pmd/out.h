/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PMD_OUT_H
#define PMD_OUT_H

/* A worker's transmission buffers.  Owning worker only. */

#include <rte_mbuf.h>

#include "pmd.h"

/* Adds a frame; the caller flushes before ICGW_BURST + 1 frames are added. */
static inline void pmd_out_push(struct pmd_out *out, struct rte_mbuf *m)
{
    out->pkts[out->n++] = m;
}

static inline uint64_t pmd_out_bytes(struct rte_mbuf *const *pkts, uint16_t n)
{
    uint64_t bytes = 0;

    for (uint16_t i = 0; i < n; i++) {
        bytes += rte_pktmbuf_pkt_len(pkts[i]);
    }
    return bytes;
}

/* Sends n frames of pmd_out_bytes(), counted before because an mbuf belongs to the
 * driver once it is sent, at most ICGW_BURST, past those that were added (there are
 * none); what is not taken is freed and counted.  Returns the number of frames
 * sent by the device itself. */
uint16_t pmd_out_send_port(struct pmd_worker *w, struct pmd_out *out, struct rte_mbuf **pkts,
                           uint16_t n, uint64_t bytes);

/* Sends what was added; what is not taken is freed and counted.  Returns the
 * number of frames sent by the device itself. */
uint16_t pmd_out_flush_port(struct pmd_worker *w, struct pmd_out *out);
uint16_t pmd_out_flush_host(struct pmd_worker *w, struct pmd_out *out);

/* Sends frames that other threads left for the owner of this device's queue 0.
 * Returns their number. */
uint16_t pmd_out_serve_feeds(struct pmd_worker *w, struct pmd_out *out, bool host);

#endif
