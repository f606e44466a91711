/* SPDX-License-Identifier: Apache-2.0 */
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "out.h"

static uint64_t total_bytes(struct rte_mbuf *const *pkts, uint16_t n)
{
    uint64_t bytes = 0;

    for (uint16_t i = 0; i < n; i++) {
        bytes += rte_pktmbuf_pkt_len(pkts[i]);
    }
    return bytes;
}

/* Frees what was not taken; returns the number of frames that were. */
static uint16_t settle(struct pmd_worker *w, struct pmd_out *out, uint16_t taken)
{
    uint16_t left = out->n - taken;

    if (unlikely(left > 0)) {
        w->stats.drops[out->full] += left;
        rte_pktmbuf_free_bulk(&out->pkts[taken], left);
    }
    out->n = 0;
    return taken;
}

/* Passes frames to the worker that owns queue 0, which counts them when it
 * sends them. */
static void pass_on(struct pmd_worker *w, struct pmd_out *out)
{
    uint16_t taken = 0;

    if (out->feed) {
        taken = rte_ring_sp_enqueue_burst(out->feed, (void **)out->pkts, out->n, NULL);
    }
    settle(w, out, taken);
}

uint16_t pmd_out_flush_port(struct pmd_worker *w, struct pmd_out *out)
{
    if (unlikely(out->queue == PMD_NO_QUEUE)) {
        pass_on(w, out);
        return 0;
    }
    /* Counted before: an mbuf belongs to the driver once it is sent. */
    uint64_t bytes = total_bytes(out->pkts, out->n);
    uint16_t sent = rte_eth_tx_burst(out->id, out->queue, out->pkts, out->n);

    if (unlikely(sent < out->n)) {
        bytes -= total_bytes(&out->pkts[sent], out->n - sent);
    }
    w->stats.tx_packets += sent;
    w->stats.tx_bytes += bytes;
    return settle(w, out, sent);
}

uint16_t pmd_out_flush_host(struct pmd_worker *w, struct pmd_out *out)
{
    if (unlikely(out->queue == PMD_NO_QUEUE)) {
        pass_on(w, out);
        return 0;
    }
    uint16_t sent = rte_eth_tx_burst(out->id, out->queue, out->pkts, out->n);

    w->stats.to_host += sent;
    return settle(w, out, sent);
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
            pmd_out_flush_port(w, out);
        }
    }
    return found;
}
