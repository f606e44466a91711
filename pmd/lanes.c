/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "pmd.h"

/* Rings and the assignment of queues to workers. */

static struct rte_ring *ring_create(const char *kind, unsigned int a, unsigned int b)
{
    char name[RTE_RING_NAMESIZE];

    snprintf(name, sizeof name, "icgw_%s%u_%u", kind, a, b);
    return rte_ring_create(name, PMD_RING_SIZE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static void ring_free(struct rte_ring **ring)
{
    void *m;

    if (!*ring) {
        return;
    }
    while (rte_ring_dequeue(*ring, &m) == 0) {
        rte_pktmbuf_free(m);
    }
    rte_ring_free(*ring);
    *ring = NULL;
}

static bool feeds_create(struct pmd_dev *dev, bool from_control)
{
    if (from_control && !(dev->feeds[0] = ring_create("feed", dev->id, 0))) {
        return false;
    }
    for (uint16_t w = 0; w < pmd.n_workers; w++) {
        if (pmd_dev_queue(dev, w, dev->n_txq) == PMD_NO_QUEUE &&
            !(dev->feeds[1 + w] = ring_create("feed", dev->id, 1 + w))) {
            return false;
        }
    }
    return true;
}

static void feeds_free(struct pmd_dev *dev)
{
    for (unsigned int i = 0; i < RTE_DIM(dev->feeds); i++) {
        ring_free(&dev->feeds[i]);
    }
}

static void out_init(struct pmd_out *out, struct pmd_dev *dev, uint16_t worker,
                     struct rte_ring **feeds, enum icgw_drop full)
{
    out->id = dev->id;
    out->queue = pmd_dev_queue(dev, worker, dev->n_txq);
    out->feed = dev->feeds[1 + worker];
    out->full = full;
    out->feeds = feeds;
    if (out->queue != 0) {
        return;
    }
    for (unsigned int i = 0; i < RTE_DIM(dev->feeds); i++) {
        if (dev->feeds[i]) {
            feeds[out->n_feeds++] = dev->feeds[i];
        }
    }
}

/* Whether some worker has no queue of its own to send by. */
static bool relayed(const struct pmd_dev *dev)
{
    return dev->n_txq < pmd.n_workers;
}

static void lane_init(struct pmd_worker *w, uint16_t p)
{
    struct pmd_port *port = &pmd.ports[p];
    struct pmd_lane *lane = &w->lanes[p];

    lane->id = port->dev.id;
    lane->rx_queue = pmd_dev_queue(&port->dev, w->index, port->dev.n_rxq);
    lane->rest_queue = lane->rx_queue == 0 ? port->dev.rest_queue : PMD_NO_QUEUE;
    out_init(&lane->tx, &port->dev, w->index, w->feeds[2 * p], ICGW_DROP_TX_FULL);
    if (port->host_interface) {
        lane->host_id = port->host.id;
        lane->host_rx_queue = pmd_dev_queue(&port->host, w->index, port->host.n_rxq);
        lane->host_max = port->mtu + PMD_HOST_OVERHEAD;
        out_init(&lane->host, &port->host, w->index, w->feeds[2 * p + 1], ICGW_DROP_HOST_FULL);
    }
    w->relays |= lane->tx.queue == 0 && relayed(&port->dev);
}

static void worker_free(struct pmd_worker *w)
{
    ring_free(&w->slow);
    icgw_memo_free(w->memo);
    rte_free(w->traffic);
    rte_free(w);
}

static struct pmd_worker *worker_create(uint16_t index)
{
    unsigned int lcore = 1 + index; /* pmd_cpus_plan() */
    struct pmd_worker *w = rte_zmalloc_socket("icgw_worker", sizeof *w, RTE_CACHE_LINE_SIZE,
                                              rte_lcore_to_socket_id(lcore));

    if (!w) {
        return NULL;
    }
    w->index = index;
    w->lcore = lcore;
    /* Lanes without a port: receive nothing, drop what is sent there. */
    for (uint16_t p = 0; p < ICGW_MAX_PORTS; p++) {
        struct pmd_lane *lane = &w->lanes[p];

        lane->rx_queue = lane->rest_queue = lane->host_rx_queue = PMD_NO_QUEUE;
        lane->tx.queue = lane->host.queue = PMD_NO_QUEUE;
        lane->tx.full = ICGW_DROP_TX_FULL;
        lane->host.full = ICGW_DROP_HOST_FULL;
        lane->host_max = UINT32_MAX;
    }
    for (uint16_t p = 0; p < pmd.n_ports; p++) {
        lane_init(w, p);
    }
    w->memo = icgw_memo_create((int)rte_lcore_to_socket_id(lcore));
    w->slow = ring_create("slow", index, 0);
    w->traffic = rte_zmalloc_socket("icgw_traffic", ICGW_ACCOUNTS * sizeof *w->traffic,
                                    RTE_CACHE_LINE_SIZE, (int)rte_lcore_to_socket_id(lcore));
    if (!w->memo || !w->slow || !w->traffic) {
        worker_free(w);
        return NULL;
    }
    return w;
}

bool pmd_workers_create(char **error)
{
    bool ok = true;

    for (uint16_t p = 0; p < pmd.n_ports && ok; p++) {
        struct pmd_port *port = &pmd.ports[p];

        ok = feeds_create(&port->dev, true) &&
             (!port->host_interface || feeds_create(&port->host, false));
    }
    for (uint16_t i = 0; i < pmd.n_workers && ok; i++) {
        pmd.workers[i] = worker_create(i);
        ok = pmd.workers[i] != NULL;
    }
    if (!ok) {
        return pmd_fail(error,
                        "no memory for the rings of %u workers: %s; raise [dpdk] memory or lower "
                        "[workers] cores",
                        pmd.n_workers, rte_strerror(rte_errno));
    }
    return pmd_handover_create(error);
}

void pmd_workers_destroy(void)
{
    pmd_handover_destroy();
    for (uint16_t i = 0; i < pmd.n_workers; i++) {
        if (pmd.workers[i]) {
            worker_free(pmd.workers[i]);
            pmd.workers[i] = NULL;
        }
    }
    for (uint16_t p = 0; p < pmd.n_ports; p++) {
        feeds_free(&pmd.ports[p].dev);
        feeds_free(&pmd.ports[p].host);
    }
}
