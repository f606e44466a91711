/* SPDX-License-Identifier: Apache-2.0 */
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "capture.h"

/* Workers that receive hand over to those that the flows belong to. */

/* No rte_ring_create(): each would take a memzone, of which there are 2,560. */
static struct rte_ring *ring_create(uint16_t consumer)
{
    ssize_t size = rte_ring_get_memsize(PMD_HANDOVER_RING_SIZE);
    struct rte_ring *ring =
        rte_malloc_socket("icgw_handover", (size_t)size, RTE_CACHE_LINE_SIZE,
                          (int)rte_lcore_to_socket_id(pmd.workers[consumer]->lcore));

    if (ring) {
        rte_ring_init(ring, "icgw_handover", PMD_HANDOVER_RING_SIZE, RING_F_SP_ENQ | RING_F_SC_DEQ);
    }
    return ring;
}

/* Workers of the port's node; all, if none is. */
static uint16_t n_takers(const struct pmd_dev *dev)
{
    return dev->n_near > 0 ? dev->n_near : pmd.n_workers;
}

/* Equal shares. */
static void share_out(struct pmd_handover *h, const struct pmd_dev *dev)
{
    for (unsigned int i = 0; i < PMD_SHARES; i++) {
        h->share[i] = (uint8_t)dev->owners[i % n_takers(dev)];
    }
}

static bool connect_worker(struct pmd_worker *w, uint16_t p)
{
    struct pmd_handover *h = &w->lanes[p].handover;
    const struct pmd_dev *dev = &pmd.ports[p].dev;

    share_out(h, dev);
    for (uint16_t k = 0; k < n_takers(dev); k++) {
        uint16_t i = dev->owners[k];
        struct pmd_handover *other = &pmd.workers[i]->lanes[p].handover;

        if (i == w->index) {
            continue;
        }
        h->to[i] = ring_create(i);
        if (!h->to[i]) {
            return false;
        }
        other->from[other->n_from++] = h->to[i];
    }
    h->on = true;
    h->all = pmd.ports[p].spread == ICGW_SPREAD_HANDOVER;
    return true;
}

/* Rules miss tunnel packets with VLAN tags or IP options: the receiver of the
 * rest, owner of queue 0, hands these over. */
static uint16_t n_handing_over(const struct pmd_port *port)
{
    switch (port->spread) {
    case ICGW_SPREAD_HANDOVER:
        return port->dev.n_rxq;
    case ICGW_SPREAD_FLOW:
        return n_takers(&port->dev) > 1 ? 1 : 0;
    default:
        return 0;
    }
}

bool pmd_handover_create(char **error)
{
    for (uint16_t p = 0; p < pmd.n_ports; p++) {
        const struct pmd_dev *dev = &pmd.ports[p].dev;

        for (uint16_t q = 0; q < n_handing_over(&pmd.ports[p]); q++) {
            if (!connect_worker(pmd.workers[dev->owners[q]], p)) {
                return pmd_fail(error,
                                "no memory for the rings between %u workers: raise [dpdk] memory "
                                "or lower [workers] cores",
                                pmd.n_workers);
            }
        }
    }
    return true;
}

static void ring_free(struct rte_ring *ring)
{
    void *m;

    while (ring && rte_ring_dequeue(ring, &m) == 0) {
        rte_pktmbuf_free(m);
    }
    rte_free(ring);
}

void pmd_handover_destroy(void)
{
    for (uint16_t i = 0; i < pmd.n_workers; i++) {
        for (uint16_t p = 0; p < pmd.n_ports && pmd.workers[i]; p++) {
            for (uint16_t k = 0; k < pmd.n_workers; k++) {
                ring_free(pmd.workers[i]->lanes[p].handover.to[k]);
            }
        }
    }
}

/* Takes the frames of one worker out of pkts[]; returns how many are left. */
static uint16_t pick(struct rte_mbuf **pkts, uint8_t *owners, uint16_t n, uint8_t owner,
                     struct rte_mbuf **picked)
{
    uint16_t left = 0, taken = 0;

    for (uint16_t i = 0; i < n; i++) {
        bool theirs = owners[i] == owner;

        picked[taken] = pkts[i];
        pkts[left] = pkts[i];
        owners[left] = owners[i];
        taken += theirs;
        left += !theirs;
    }
    return left;
}

uint16_t pmd_handover(struct pmd_worker *w, struct pmd_lane *lane, struct rte_mbuf **pkts,
                      uint16_t n)
{
    const struct pmd_handover *h = &lane->handover;
    struct rte_mbuf *picked[ICGW_BURST];
    uint32_t hashes[ICGW_BURST], tunnels = icgw_flow_hashes(pkts, n, hashes);
    uint8_t owners[ICGW_BURST];
    uint64_t others = 0;

    for (uint16_t i = 0; i < n; i++) {
        /* What is no tunnel packet stays: one worker talks to the host interface. */
        owners[i] = tunnels >> i & 1 ? h->share[hashes[i] >> 24] : (uint8_t)w->index;
        others |= UINT64_C(1) << owners[i];
    }
    for (others &= ~(UINT64_C(1) << w->index); others; others &= others - 1) {
        uint8_t owner = (uint8_t)__builtin_ctzll(others);
        uint16_t left = pick(pkts, owners, n, owner, picked), theirs = n - left;
        uint16_t taken =
            (uint16_t)rte_ring_sp_enqueue_burst(h->to[owner], (void **)picked, theirs, NULL);

        w->stats.handed_over += taken;
        if (unlikely(taken < theirs)) {
            w->stats.drops[ICGW_DROP_HANDOVER_FULL] += theirs - taken;
            pmd_capture_dropped(w, pmd_capture_port(lane->id), &picked[taken], theirs - taken,
                                ICGW_DROP_HANDOVER_FULL);
            rte_pktmbuf_free_bulk(&picked[taken], theirs - taken);
        }
        n = left;
    }
    return n;
}
