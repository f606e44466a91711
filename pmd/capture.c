/* SPDX-License-Identifier: Apache-2.0 */
#include "capture.h"

#include <pcap/bpf.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "capture_private.h"

/* Recording: workers, each in its own lane, and the control thread in one more. */

/* libpcap's own interpreter, in the worker: of many frames a few are wanted, so
 * copying all for somebody else to sort out would miss most of those.  A filter has
 * no loops and at most PMD_CAPTURE_MAX_INSNS steps, which bounds the cost; it runs
 * in place, and without rte_bpf_convert(), which is experimental in DPDK 22.11.
 * Frames are one segment; of others the filter sees the first. */
static bool matches(const struct pmd_capture *c, const struct rte_mbuf *m)
{
    return c->filter == NULL || bpf_filter(c->filter, rte_pktmbuf_mtod(m, const uint8_t *),
                                           m->pkt_len, m->data_len) != 0;
}

static inline void count_missed(struct pmd_capture *c)
{
    uint64_t missed = atomic_load_explicit(&c->missed, memory_order_relaxed);

    atomic_store_explicit(&c->missed, missed + 1, memory_order_relaxed); /* the only writer */
}

static struct icgw_capture_record *take(struct pmd_capture *c, uint64_t tsc)
{
    struct icgw_capture_record *r;
    void *object;

    if (rte_mempool_get(c->records, &object) != 0) {
        count_missed(c);
        return NULL;
    }
    r = object;
    memset(r, 0, sizeof *r);
    r->tsc = tsc;
    r->lane = c->lane;
    return r;
}

static struct icgw_capture_record *copy(struct pmd_capture *c, uint64_t tsc, uint16_t port,
                                        const struct rte_mbuf *m)
{
    struct icgw_capture_record *r = take(c, tsc);
    const void *data;

    if (r == NULL) {
        return NULL;
    }
    r->port = port;
    r->pkt_len = m->pkt_len;
    r->len = (uint16_t)RTE_MIN(m->pkt_len, c->snaplen);
    data = rte_pktmbuf_read(m, 0, r->len, r->data);
    if (data != r->data) {
        memcpy(r->data, data, r->len);
    }
    return r;
}

/* The ring has room for every record that there is. */
static void push(struct pmd_capture *c, struct icgw_capture_record *r)
{
    rte_ring_sp_enqueue(c->ring, r);
}

static inline bool wants(const struct pmd_capture *c, enum icgw_capture_point point)
{
    return (c->points & ICGW_CAPTURE_BIT(point)) != 0;
}

void pmd_capture_received(struct pmd_capture *c, uint16_t port, struct rte_mbuf *const *pkts,
                          uint16_t n)
{
    uint64_t tsc = rte_rdtsc();

    memset(c->kept, 0, sizeof c->kept);
    if (!wants(c, ICGW_CAPTURE_RX)) {
        return;
    }
    for (uint16_t i = 0; i < n && c->left > 0; i++) {
        if (matches(c, pkts[i]) && (c->kept[i] = copy(c, tsc, port, pkts[i])) != NULL) {
            c->kept[i]->id = ++c->last_id;
            c->left--;
        }
    }
}

/* What is not sent is as it was received. */
static void keep_drop(struct pmd_capture *c, uint64_t tsc, uint16_t port, const struct rte_mbuf *m,
                      struct icgw_capture_record **kept)
{
    if (c->left > 0 && matches(c, m) && (*kept = copy(c, tsc, port, m)) != NULL) {
        c->left--;
    }
}

static void record_tx(struct pmd_capture *c, uint64_t tsc, uint16_t port, const struct rte_mbuf *m,
                      uint64_t id)
{
    struct icgw_capture_record *r;

    if (id == 0 && (c->left == 0 || !matches(c, m))) {
        return;
    }
    r = copy(c, tsc, port, m);
    if (r == NULL) {
        return;
    }
    c->left -= id == 0;
    r->id = id;
    r->point = ICGW_CAPTURE_TX;
    push(c, r);
}

void pmd_capture_decided(struct pmd_capture *c, uint16_t port, struct rte_mbuf *const *pkts,
                         const struct icgw_result *results, uint16_t n)
{
    uint64_t tsc = rte_rdtsc();
    bool drops = wants(c, ICGW_CAPTURE_DROP) && !wants(c, ICGW_CAPTURE_RX);

    for (uint16_t i = 0; i < n; i++) {
        const struct icgw_result *result = &results[i];
        struct icgw_capture_record **kept = &c->kept[i];
        uint64_t id = 0;

        if (drops && result->action == ICGW_ACTION_DROP) {
            keep_drop(c, tsc, port, pkts[i], kept);
        }
        if (*kept != NULL) {
            id = (*kept)->id;
            (*kept)->action = result->action;
            (*kept)->reason = result->reason;
            push(c, *kept); /* the reader's from here on */
        }
        if (result->action == ICGW_ACTION_TX && wants(c, ICGW_CAPTURE_TX)) {
            record_tx(c, tsc, result->port, pkts[i], id);
        }
    }
    pmd_capture_ring_bell();
}

void pmd_capture_sent(struct pmd_worker *w, const struct pmd_out *out, struct rte_mbuf *const *pkts,
                      uint16_t n)
{
    struct pmd_capture *c = pmd_capture_on(w);
    uint64_t tsc;

    if (c == NULL || !wants(c, ICGW_CAPTURE_TX) || n == 0) {
        return;
    }
    tsc = rte_rdtsc();
    for (uint16_t i = 0; i < n; i++) {
        record_tx(c, tsc, pmd_capture_port(out->id), pkts[i], 0);
    }
    pmd_capture_ring_bell();
}

void pmd_capture_dropped(struct pmd_worker *w, uint16_t port, struct rte_mbuf *const *pkts,
                         uint16_t n, enum icgw_drop reason)
{
    struct pmd_capture *c = pmd_capture_on(w);
    uint64_t tsc;

    if (c == NULL || !wants(c, ICGW_CAPTURE_DROP)) {
        return;
    }
    tsc = rte_rdtsc();
    for (uint16_t i = 0; i < n; i++) {
        struct icgw_capture_record *r = NULL;

        keep_drop(c, tsc, port, pkts[i], &r);
        if (r != NULL) {
            r->point = ICGW_CAPTURE_DROP;
            r->reason = (uint8_t)reason;
            push(c, r);
        }
    }
    pmd_capture_ring_bell();
}

void pmd_capture_record_drop(struct pmd_capture *c, const void *frame, uint32_t len, uint8_t reason,
                             const char *flow)
{
    struct icgw_capture_record *r;

    if (c->left == 0 || (c->filter != NULL && bpf_filter(c->filter, frame, len, len) == 0) ||
        (r = take(c, rte_rdtsc())) == NULL) {
        return;
    }
    c->left--;
    r->point = ICGW_CAPTURE_DROP;
    r->port = ICGW_CAPTURE_NO_PORT;
    r->reason = reason;
    r->pkt_len = len;
    r->len = (uint16_t)RTE_MIN(len, c->snaplen);
    memcpy(r->data, frame, r->len);
    if (flow != NULL) {
        strncpy(r->flow, flow, sizeof r->flow - 1);
    }
    push(c, r);
    pmd_capture_ring_bell();
}

uint16_t pmd_capture_port(uint16_t ethdev)
{
    for (uint16_t p = 0; p < pmd.n_ports; p++) {
        if (pmd.ports[p].dev.id == ethdev) {
            return p;
        }
    }
    return ICGW_CAPTURE_NO_PORT;
}
