/* SPDX-License-Identifier: Apache-2.0 */
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "capture.h"
#include "out.h"

/* Frees what was not taken; returns the number of frames that were. */
static inline uint16_t settle(struct pmd_worker *w, const struct pmd_out *out,
                              struct rte_mbuf **pkts, uint16_t n, uint16_t taken)
{
    if (unlikely(taken < n)) {
        w->stats.drops[out->full] += n - taken;
        pmd_capture_dropped(w, pmd_capture_port(out->id), &pkts[taken], n - taken, out->full);
        rte_pktmbuf_free_bulk(&pkts[taken], n - taken);
    }
    return taken;
}

/* Passes frames to the worker that owns queue 0, which counts them when it
 * sends them. */
static void pass_on(struct pmd_worker *w, const struct pmd_out *out, struct rte_mbuf **pkts,
                    uint16_t n)
{
    uint16_t taken = 0;

    if (out->feed) {
        taken = rte_ring_sp_enqueue_burst(out->feed, (void **)pkts, n, NULL);
    }
    settle(w, out, pkts, n, taken);
}

uint16_t pmd_out_send_port(struct pmd_worker *w, struct pmd_out *out, struct rte_mbuf **pkts,
                           uint16_t n, uint64_t bytes)
{
    if (unlikely(out->queue == PMD_NO_QUEUE)) {
        pass_on(w, out, pkts, n);
        return 0;
    }
    uint16_t sent = rte_eth_tx_burst(out->id, out->queue, pkts, n);

    if (unlikely(sent < n)) {
        bytes -= pmd_out_bytes(&pkts[sent], n - sent);
    }
    w->stats.tx_packets += sent;
    w->stats.tx_bytes += bytes;
    return settle(w, out, pkts, n, sent);
}

uint16_t pmd_out_flush_port(struct pmd_worker *w, struct pmd_out *out)
{
    uint16_t n = out->n;

    out->n = 0;
    return pmd_out_send_port(w, out, out->pkts, n, pmd_out_bytes(out->pkts, n));
}

uint16_t pmd_out_flush_host(struct pmd_worker *w, struct pmd_out *out)
{
    uint16_t n = out->n, sent;

    out->n = 0;
    if (unlikely(out->queue == PMD_NO_QUEUE)) {
        pass_on(w, out, out->pkts, n);
        return 0;
    }
    sent = rte_eth_tx_burst(out->id, out->queue, out->pkts, n);
    w->stats.to_host += sent;
    return settle(w, out, out->pkts, n, sent);
}

uint16_t pmd_out_serve_feeds(struct pmd_worker *w, struct pmd_out *out, bool host)
{
    uint16_t found = 0;

    for (uint16_t i = 0; i < out->n_feeds; i++) {
        out->n = rte_ring_sc_dequeue_burst(out->feeds[i], (void **)out->pkts, ICGW_BURST, NULL);
        if (out->n == 0) {
            continue;
        }
        found += out->n;
        if (host) {
            pmd_out_flush_host(w, out);
        } else {
            if (i == 0) { /* the control thread's; workers have recorded theirs */
                pmd_capture_sent(w, out, out->pkts, out->n);
            }
            pmd_out_flush_port(w, out);
        }
    }
    return found;
}
